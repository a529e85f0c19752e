package ledger_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// open opens a new ledger for one rapid run, which has no folder of its own.
func open(t *rapid.T, folder string) *ledger.Ledger {
	f, err := os.CreateTemp(folder, "ledger-*")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(f.Name(), ledger.Options{Agency: "licensing"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(l.Close(), os.Remove(f.Name())); err != nil {
			t.Error(err)
		}
	})
	return l
}

// inOrder has all blocks of one journal after the other.
func inOrder(h ledgertest.Journals) (blocks []*journal.Block) {
	var ids []journal.ID
	for id := range h {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(x, y journal.ID) int { return strings.Compare(x.String(), y.String()) })
	for _, id := range ids {
		blocks = append(blocks, h[id]...)
	}
	return blocks
}

// shuffled draws another order, in which each journal keeps its own.
func shuffled(t *rapid.T, h ledgertest.Journals) (blocks []*journal.Block) {
	of := map[journal.ID]int{}
	for _, b := range rapid.Permutation(inOrder(h)).Draw(t, "order") {
		blocks = append(blocks, h[b.ID][of[b.ID]])
		of[b.ID]++
	}
	return blocks
}

// fold folds blocks, in transactions that end where commit says so.
func fold(t interface {
	Fatal(...any)
}, l *ledger.Ledger, blocks []*journal.Block, commit func() bool) {
	begin := func() *ledger.Tx {
		tx, err := l.Begin()
		if err != nil {
			t.Fatal(err)
		}
		return tx
	}
	tx := begin()
	defer func() { tx.Rollback() }()
	for _, b := range blocks {
		if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
			t.Fatal(err)
		}
		if commit() {
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			tx = begin()
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

func never() bool { return false }

// state is all that two equal ledgers must agree on.
type state struct {
	Root     [32]byte
	Journals map[journal.ID][32]byte
	Rows     map[string][]proto.Message
	Parked   []*ledgerv1.ParkedEvent
	Findings []string
}

func stateOf(t *rapid.T, l *ledger.Ledger) (s state) {
	s.Rows = map[string][]proto.Message{}
	err := l.View(func(v ledger.View) (err error) {
		if s.Root, s.Journals, err = v.Root(t.Context()); err != nil {
			return err
		}
		for _, name := range ledger.TableNames() {
			rows, err := v.Scan(name)
			if err != nil {
				return err
			}
			slices.SortFunc(rows, func(x, y ledger.Scanned) int { return strings.Compare(x.Row.GetId(), y.Row.GetId()) })
			for _, r := range rows {
				s.Rows[name] = append(s.Rows[name], r.Row)
				if at, ok, err := ledger.DateOffTheWire(name, r.Row); err != nil || ok && !proto.Equal(at, r.Date) {
					t.Fatalf("%s is of %v, off the wire %v, %v", r.Row.GetId(), r.Date, at, err)
				}
			}
		}
		if s.Parked, err = v.ParkedEvents(); err != nil {
			return err
		}
		slices.SortFunc(s.Parked, func(x, y *ledgerv1.ParkedEvent) int {
			return strings.Compare(fmt.Sprintf("%s %9d", x.Journal, x.Number), fmt.Sprintf("%s %9d", y.Journal, y.Number))
		})
		for _, p := range s.Parked {
			p.Reason = "" // which of several reasons is found first may depend on what other journals have brought
			p.Also = nil  // it is kept where the event was parked first
		}
		s.Findings, err = v.Check(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnyOrderAndAnyPiecesMakeTheSameLedger(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		rough := rapid.Bool().Draw(t, "rough")
		history := ledgertest.History
		if rough {
			history = ledgertest.RoughHistory
		}
		h := history(t)
		one, other := open(t, folder), open(t, folder)
		fold(t, one, inOrder(h), never)
		fold(t, other, shuffled(t, h), func() bool { return rapid.Bool().Draw(t, "commit") })
		s := stateOf(t, one)
		if diff := cmp.Diff(s, stateOf(t, other), protocmp.Transform()); diff != "" {
			t.Fatalf("the two ledgers differ:\n%s", diff)
		}
		if len(s.Findings) > 0 {
			t.Fatalf("Check: %v", s.Findings)
		}
		s.checkLines(t)
		if len(s.Parked) > 0 && !rough {
			t.Fatalf("parked: %v", s.Parked)
		}
	})
}

// checkLines checks that every decision has the lines of its deal, as it stands, and that there are no others.
func (s state) checkLines(t *rapid.T) {
	var want []proto.Message
	add := func(r interface {
		GetId() string
		GetJournal() string
		GetEvents() []uint64
		GetDeal() *licensingv1.Deal
		GetStatus() ledgerv1.Status
		GetDecidedAt() *timestamppb.Timestamp
	}) {
		for _, l := range r.GetDeal().GetLines() {
			want = append(want, &ledgerv1.Line{
				Id: fmt.Sprintf("%s#%d", r.GetId(), l.Number), Journal: r.GetJournal(), Events: r.GetEvents(), DecisionId: r.GetId(), Line: l,
				Kind: r.GetDeal().Kind, Destination: r.GetDeal().Destination, Status: r.GetStatus(), DecidedAt: r.GetDecidedAt(),
			})
		}
	}
	for _, r := range s.Rows["licences"] {
		add(r.(*ledgerv1.Licence))
	}
	for _, r := range s.Rows["denials"] {
		add(r.(*ledgerv1.Denial))
	}
	slices.SortFunc(want, func(x, y proto.Message) int {
		return strings.Compare(x.(*ledgerv1.Line).Id, y.(*ledgerv1.Line).Id)
	})
	if diff := cmp.Diff(want, s.Rows["lines"], protocmp.Transform()); diff != "" {
		t.Fatalf("lines do not follow from decisions:\n%s", diff)
	}
}

func TestReadingIndexesBetweenEventsChangesNothing(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		h := ledgertest.RoughHistory(t)
		one, other := open(t, folder), open(t, folder)
		fold(t, one, inOrder(h), never)
		tx, err := other.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		for _, b := range inOrder(h) {
			for _, e := range b.Entries {
				var why *ledger.Unappliable
				if err := tx.Apply(b.ID, e); errors.As(err, &why) {
					break // Fold goes on from here, and parks it
				} else if err != nil {
					t.Fatal(err)
				}
				if rapid.Bool().Draw(t, "read") {
					if _, err := tx.LinesWith("journal", "licensing/all"); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(stateOf(t, one), stateOf(t, other), protocmp.Transform()); diff != "" {
			t.Fatalf("the two ledgers differ:\n%s", diff)
		}
	})
}

func TestARefusedApplyLeavesNoTrace(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		h := ledgertest.RoughHistory(t)
		one, other := open(t, folder), open(t, folder)
		fold(t, one, inOrder(h), never)
		tx, err := other.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		for _, b := range inOrder(h) {
			// Half of what follows fails at its last event, which is of a number that does not follow.
			bad := slices.Clone(b.Entries)
			bad = append(bad, journal.Entry{Number: 1 << 20, Event: b.Entries[0].Event, Fact: b.Entries[0].Fact})
			if err := tx.Apply(b.ID, bad...); err == nil {
				t.Fatal("events that do not follow were applied")
			}
			if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(stateOf(t, one), stateOf(t, other), protocmp.Transform()); diff != "" {
			t.Fatalf("the two ledgers differ:\n%s", diff)
		}
	})
}

func TestABlockIsFoldedOnce(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		blocks := inOrder(ledgertest.History(t))
		if len(blocks) == 0 {
			return
		}
		l := open(t, folder)
		fold(t, l, blocks, never)
		before := stateOf(t, l)
		again := rapid.SampledFrom(blocks).Draw(t, "again")
		tx, err := l.Begin()
		if err != nil {
			t.Fatal(err)
		}
		var out *ledger.OutOfStep
		if err := tx.Fold(again, ledgertest.Position(again)); !errors.As(err, &out) || !out.Folded() {
			t.Fatalf("Fold again: %v", err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, stateOf(t, l), protocmp.Transform()); diff != "" {
			t.Fatalf("the ledger changed:\n%s", diff)
		}
	})
}

func TestWatchLosesAndDoublesNothing(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		h := ledgertest.RoughHistory(t)
		blocks := shuffled(t, h)
		l := open(t, folder)
		token, next := "", 0
		sent := map[string]uint64{}
		watch := func(l *ledger.Ledger) bool {
			var more bool
			err := l.View(func(v ledger.View) (err error) {
				var events []*queryv1.RecordedEvent
				events, token, more, err = v.EventsAfter(token, nil, rapid.IntRange(1, 5).Draw(t, "limit"))
				for _, e := range events {
					if e.Number != sent[e.Journal]+1 {
						t.Fatalf("event %d of %s was sent after %d", e.Number, e.Journal, sent[e.Journal])
					}
					sent[e.Journal]++
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return more
		}
		for next < len(blocks) {
			switch rapid.IntRange(0, 5).Draw(t, "then") {
			case 0: // built anew, of all or less, in another order
				l = open(t, folder)
				again := shuffled(t, ledgertest.Journals(first(blocks[:next])))
				fold(t, l, again, never)
			case 1, 2:
				n := rapid.IntRange(next+1, len(blocks)).Draw(t, "fold to")
				fold(t, l, blocks[next:n], never)
				next = n
			default:
				watch(l)
			}
		}
		for watch(l) {
		}
		want := map[string]uint64{}
		for id, of := range h {
			last := of[len(of)-1].Header
			want[id.String()] = last.FirstEvent + uint64(last.Count) - 1
		}
		if diff := cmp.Diff(want, sent); diff != "" {
			t.Fatalf("sent:\n%s", diff)
		}
	})
}

func first(blocks []*journal.Block) ledgertest.Journals {
	h := ledgertest.Journals{}
	for _, b := range blocks {
		h[b.ID] = append(h[b.ID], b)
	}
	return h
}
