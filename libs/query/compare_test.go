package query

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/descent"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/replay"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func comparing(l *ledger.Ledger) *service {
	return &service{Config: Config{Agency: l.Agency(), Ledger: l}}
}

// comparingPast is comparing, and has the past of the ledger too.
func comparingPast(t *testing.T, l *ledger.Ledger) *service {
	past, err := replay.Open(replay.Config{Live: l, Dir: filepath.Join(t.TempDir(), "past"), Now: func() time.Time { return day(31) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := past.Close(); err != nil {
			t.Error(err)
		}
	})
	s := comparing(l)
	s.Past = past
	return s
}

func licence(id string, variant int) proto.Message {
	return &licensingv1.LicenceGranted{LicenceId: id, Deal: &licensingv1.Deal{EndUse: fmt.Sprint("use ", variant), Lines: []*transferv1.Line{{Number: 1, Rating: "ML1"}}}}
}

func foldInto(t interface{ Fatal(...any) }, l *ledger.Ledger, blocks ...*journal.Block) {
	tx, err := l.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for _, b := range blocks {
		if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// pair are two ledgers, and what a plain comparison of their rows finds in a journal.
type pair struct {
	journal string
	differ  map[string]descent.What
}

// written is a ledger and who writes its blocks. Those of two sides have the same headers where they have as many events.
type written struct {
	*ledger.Ledger
	*ledgertest.Writer
}

// drawPair folds a block into a journal of its own on both sides, with other rows.
func drawPair(t *rapid.T, sides [2]written, run int) pair {
	p := pair{fmt.Sprintf("licensing/run-%d", run), map[string]descent.What{}}
	id, _ := journal.ParseID(p.journal)
	facts := [2]ledgertest.Facts{}
	n := rapid.SampledFrom([]int{1, 5, 30, 120}).Draw(t, "licences")
	otherwise := rapid.SampledFrom([]int{0, 1, 10, 100}).Draw(t, "per cent that differ")
	for k := range n {
		name := fmt.Sprintf("licensing/R-%d-%d", run, k)
		side := rapid.IntRange(0, 99).Draw(t, "differs") // what the sides have of it
		what := [2]proto.Message{licence(name, 0), licence(name, 0)}
		if side < otherwise {
			switch side % 4 {
			case 0:
				what[0] = &licensingv1.Heartbeat{}
				p.differ["licences "+name], p.differ["lines "+name+"#1"] = descent.OnlyB, descent.OnlyB
			case 1:
				what[1] = &licensingv1.Heartbeat{}
				p.differ["licences "+name], p.differ["lines "+name+"#1"] = descent.OnlyA, descent.OnlyA
			case 2:
				what[1] = licence(name, 1)
				p.differ["licences "+name] = descent.Content
			default:
				what = [2]proto.Message{&licensingv1.Heartbeat{}, &licensingv1.Heartbeat{}}
			}
		}
		facts[0], facts[1] = append(facts[0], what[0]), append(facts[1], what[1])
	}
	for i, side := range sides {
		foldInto(t, side.Ledger, side.Together(id, facts[i]...))
	}
	return p
}

// The descent finds exactly the rows that a plain comparison finds, and never more than it is asked for.
func TestDescentFindsWhatDiffers(t *testing.T) {
	descends(t, func(s descent.Side) descent.Side { return s }, func(t *rapid.T, err error) {
		if err != nil {
			t.Fatal(err)
		}
	}, func() bool { return false })
}

// altering is a side that answers otherwise than it should.
type altering struct {
	descent.Side
	alter func(*queryv1.RowTreeRequest, *queryv1.RowTreeResponse)
}

func (s altering) RowTree(ctx context.Context, req *queryv1.RowTreeRequest) (*queryv1.RowTreeResponse, error) {
	res, err := s.Side.RowTree(ctx, req)
	if err == nil {
		s.alter(req, res)
	}
	return res, err
}

func TestDescentPropertyNoticesMutants(t *testing.T) {
	rows := func(change func(*queryv1.TreeAnswer)) func(*queryv1.RowTreeRequest, *queryv1.RowTreeResponse) {
		return func(_ *queryv1.RowTreeRequest, res *queryv1.RowTreeResponse) {
			for _, a := range res.Answers {
				if len(a.Rows) > 0 {
					change(a)
				}
			}
		}
	}
	for name, alter := range map[string]func(*queryv1.RowTreeRequest, *queryv1.RowTreeResponse){
		"a row is kept back": rows(func(a *queryv1.TreeAnswer) { a.Rows = a.Rows[1:] }),
		"another id":         rows(func(a *queryv1.TreeAnswer) { a.Rows[0].Id += "0" }),
		"another table":      rows(func(a *queryv1.TreeAnswer) { a.Rows[0].Table = "denials" }),
		"another hash":       rows(func(a *queryv1.TreeAnswer) { a.Rows[0].Hash[0] ^= 1 }),
		"no hash":            rows(func(a *queryv1.TreeAnswer) { a.Rows[0].Hash = nil }),
		"every root is the same": func(_ *queryv1.RowTreeRequest, res *queryv1.RowTreeResponse) {
			for _, r := range res.Roots {
				r.Root = &queryv1.TreeNode{Hash: make([]byte, 32), Rows: 1}
			}
		},
		"a child is hidden": func(_ *queryv1.RowTreeRequest, res *queryv1.RowTreeResponse) {
			for _, a := range res.Answers {
				if len(a.Children) > 0 {
					a.Children[3] = &queryv1.TreeNode{}
				}
			}
		},
		"an answer is missing": func(_ *queryv1.RowTreeRequest, res *queryv1.RowTreeResponse) {
			res.Answers = res.Answers[:max(0, len(res.Answers)-1)]
		},
	} {
		t.Run(name, func(t *testing.T) {
			caught := false
			descends(t, func(s descent.Side) descent.Side { return altering{s, alter} },
				func(_ *rapid.T, err error) { caught = caught || err != nil }, func() bool { return caught })
			if !caught {
				t.Error("it is not noticed")
			}
		})
	}
}

func descends(t *testing.T, as func(descent.Side) descent.Side, verdict func(*rapid.T, error), enough func() bool) {
	sides, run := [2]written{}, 0
	for i, agency := range []string{"licensing", "customs"} {
		sides[i] = written{ledgertest.Open(t, agency), ledgertest.NewWriter()}
	}
	x, y := as(comparing(sides[0].Ledger)), descent.Side(comparing(sides[1].Ledger))
	rapid.Check(t, func(t *rapid.T) {
		if enough() {
			return
		}
		run++
		p := drawPair(t, sides, run)
		limit := rapid.SampledFrom([]int{1, 7, 1_000}).Draw(t, "limit")
		verdict(t, p.check(t.Context(), x, y, limit))
	})
}

func (p pair) check(ctx context.Context, a, b descent.Side, limit int) error {
	r, err := descent.Compare(ctx, a, b, descent.Options{Journals: []string{p.journal}, Limit: limit})
	if err != nil {
		return err
	}
	if same := len(p.differ) == 0; r.Same() != same || (r.RootA == r.RootB) != same {
		return fmt.Errorf("%d rows differ; it says that the ledgers are the same: %v, roots %s and %s", len(p.differ), r.Same(), r.RootA, r.RootB)
	}
	if len(r.Rows) != min(limit, len(p.differ)) {
		return fmt.Errorf("it found %d of %d rows that differ, at a limit of %d", len(r.Rows), len(p.differ), limit)
	}
	if rest := uint64(len(p.differ) - len(r.Rows)); r.More > rest || (r.More > 0) != (rest > 0) {
		return fmt.Errorf("it says that %d more differ, of %d", r.More, rest)
	}
	seen := map[string]bool{}
	for _, row := range r.Rows {
		key := row.Table + " " + row.ID
		if p.differ[key] != row.What || seen[key] || row.Journal != p.journal {
			return fmt.Errorf("%s %s: %s, want %q", row.Journal, key, row.What, p.differ[key])
		}
		seen[key] = true
		if (row.A != nil) == (row.What == descent.OnlyB) || (row.B != nil) == (row.What == descent.OnlyA) {
			return fmt.Errorf("%s: made by %v and %v", key, row.A, row.B)
		}
	}
	return nil
}

func TestJournalsThatCannotBeCompared(t *testing.T) {
	w := ledgertest.NewWriter()
	same := w.Blocks(licence("licensing/L-1", 0), licence("licensing/L-2", 0))
	border := w.Blocks(ledgertest.In("border", licence("licensing/L-3", 0)))
	parted := w.Blocks(ledgertest.In("parted", licence("licensing/L-4", 0)))
	alone := w.Blocks(ledgertest.In("alone", licence("licensing/L-5", 0)))
	otherwise := ledgertest.NewWriter()
	otherwise.Blocks(licence("licensing/L-9", 0))
	a, b := ledgertest.Open(t, "licensing"), ledgertest.Open(t, "customs")
	foldInto(t, a, slices.Concat(same, border, parted, alone)...)
	foldInto(t, b, slices.Concat(same[:1], border, otherwise.Blocks(ledgertest.In("parted", licence("licensing/L-4", 0))))...)

	r, err := descent.Compare(t.Context(), comparing(a), comparing(b), descent.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, j := range r.Journals {
		got[j.Name] = string(j.State) + ": " + j.Why
	}
	want := map[string]string{
		"licensing/all":    "not compared: licensing is at block 2, customs at block 1",
		"licensing/border": "equal: ",
		"licensing/parted": "not compared: block 1 is another one at licensing than at customs: the journal has parted",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || r.Same() || r.RootA != r.RootB || len(r.Rows) > 0 {
		t.Errorf("%v, want %v; roots %s and %s, rows %v", got, want, r.RootA, r.RootB, r.Rows)
	}
	if r, err = descent.Compare(t.Context(), comparing(a), comparing(b), descent.Options{Journals: []string{"licensing/alone"}}); err != nil || r.Journals[0].Why != "customs does not have it" {
		t.Errorf("%+v, %v", r, err)
	}
	level := descent.Options{Journals: []string{"licensing/all"}, Level: true}
	if r, err = descent.Compare(t.Context(), comparingPast(t, a), comparingPast(t, b), level); err != nil || !r.Same() || r.Journals[0].BlockA != 1 || r.Journals[0].RowsA != 2 {
		t.Errorf("after block 1: %+v, %v", r, err)
	}
	if r, err = descent.Compare(t.Context(), comparing(a), comparing(b), descent.Options{Journals: []string{"licensing/border"}}); err != nil || !r.Same() {
		t.Errorf("%+v, %v", r, err)
	}
}

// moving is a side whose rows change before it is first asked for them, of each of the first few trees.
type moving struct {
	*service
	moved map[string]bool // by tree
	until int
	move  func(n int)
}

func (m *moving) RowTree(ctx context.Context, req *queryv1.RowTreeRequest) (*queryv1.RowTreeResponse, error) {
	if req.Tree != "" && !m.moved[req.Tree] && len(m.moved) < m.until {
		m.moved[req.Tree] = true
		m.move(len(m.moved))
	}
	return m.service.RowTree(ctx, req)
}

func TestRowsThatChangeAreComparedAgain(t *testing.T) {
	for until, tt := range map[int]struct {
		rows int
		want error
	}{0: {1, nil}, 2: {2, nil}, 3: {0, fault.Unavailable}} {
		w, other := ledgertest.NewWriter(), ledgertest.NewWriter()
		a, b := ledgertest.Open(t, "licensing"), ledgertest.Open(t, "customs")
		foldInto(t, a, w.Blocks(licence("licensing/L-1", 0))...)
		foldInto(t, b, other.Blocks(licence("licensing/L-1", 1))...)
		m := &moving{service: comparing(a), moved: map[string]bool{}, until: until, move: func(n int) {
			suspended := &licensingv1.LicenceAmended{LicenceId: "licensing/L-1", Deal: &licensingv1.Deal{EndUse: fmt.Sprint(n)}}
			foldInto(t, a, w.Blocks(suspended)...)
			foldInto(t, b, other.Blocks(&licensingv1.Heartbeat{})...)
		}}
		r, err := descent.Compare(t.Context(), m, comparing(b), descent.Options{})
		if !errors.Is(err, tt.want) || err == nil && len(r.Rows) != tt.rows {
			t.Errorf("rows that change %d times: %v, %v; want %d and %v", until, r, err, tt.rows, tt.want)
		}
	}
}

func TestTreesAreForgotten(t *testing.T) {
	s := comparing(ledgertest.Open(t, "licensing"))
	foldInto(t, s.Ledger, ledgertest.NewWriter().Blocks(licence("licensing/L-1", 0))...)
	first := ""
	for range keptTrees + 1 {
		res, err := s.RowTree(t.Context(), &queryv1.RowTreeRequest{Journals: []string{"licensing/all"}})
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = res.Tree
		}
		again, err := s.RowTree(t.Context(), &queryv1.RowTreeRequest{Tree: res.Tree, Places: []*queryv1.TreePlace{{Journal: "licensing/all"}}})
		if err != nil || again.Moved || len(again.Answers) != 1 {
			t.Errorf("%v, %v", again, err)
		}
	}
	if res, err := s.RowTree(t.Context(), &queryv1.RowTreeRequest{Tree: first}); err != nil || !res.Moved {
		t.Errorf("the oldest tree is still there: %v, %v", res, err)
	}
	for name, req := range map[string]*queryv1.RowTreeRequest{
		"no journal":      {},
		"another journal": {Journals: []string{"licensing/all"}, Places: []*queryv1.TreePlace{{Journal: "licensing/border"}}},
		"below a bucket":  {Journals: []string{"licensing/all"}, Places: []*queryv1.TreePlace{{Journal: "licensing/all", Prefix: "0123"}}},
	} {
		if _, err := s.RowTree(t.Context(), req); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	none, err := s.RowEvents(t.Context(), &queryv1.RowEventsRequest{Rows: []*queryv1.RowName{{Table: "licences", Id: "licensing/L-2"}, {Table: "none", Id: "x"}}})
	if err != nil || none.Rows[0].OnRecord || none.Rows[1].OnRecord {
		t.Errorf("%v, %v", none, err)
	}
}
