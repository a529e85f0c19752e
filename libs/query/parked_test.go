package query

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/access"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

const (
	newer       = queryv1.ParkedClass_PARKED_CLASS_UNKNOWN
	beforeStart = queryv1.ParkedClass_PARKED_CLASS_BEFORE_START
	notApplied  = queryv1.ParkedClass_PARKED_CLASS_REFUSED
	knownNow    = queryv1.ParkedClass_PARKED_CLASS_KNOWN_NOW
)

// parkedHistory is a history with events that cannot be applied, for each reason: a kind that no program knows (licensing/all/4), a
// licence reinstated that is not suspended (3) as long as its suspension (2) is of a kind not known, an alert from before the copy
// begins, and an exit whose declaration was withdrawn.
func parkedHistory() (blocks []*journal.Block, start *journal.Block) {
	w := ledgertest.NewWriter()
	foretold, event := w.Event(&licensingv1.LicenceGranted{LicenceId: "licensing/L-2"})
	event.Kind = "counterfoil.future.v1.Foretold"
	alerts := w.Blocks(ledgertest.In("border", &enforcementv1.DiversionAlertRaised{AlertId: "enforcement/DA-1"}),
		ledgertest.In("border", &enforcementv1.AlertConfirmed{AlertId: "enforcement/DA-1", Evidence: "found"}))
	declared := w.Blocks(&customsv1.DeclarationAccepted{DeclarationId: "customs/D-1"}, &customsv1.ExitConfirmed{DeclarationId: "customs/D-1"})
	blocks = w.Blocks(&licensingv1.LicenceGranted{LicenceId: "licensing/L-1"}, &licensingv1.LicenceSuspended{LicenceId: "licensing/L-1", Reason: "forged"},
		&licensingv1.LicenceReinstated{LicenceId: "licensing/L-1", Reason: "explained"})
	return append(blocks, w.Block(foretold, event), alerts[1], ledgertest.Redacted(declared[0], 1), declared[1]), alerts[0]
}

// foldParked folds the history as a program does that knows the kind of the suspension, or does not.
func foldParked(t *testing.T, known bool) *ledger.Ledger {
	t.Helper()
	l := ledgertest.Open(t, "observer")
	tx, err := l.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	blocks, start := parkedHistory()
	if err := tx.BeginAt(start.ID, ledgertest.Position(start)); err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		p := ledgertest.Position(b)
		switch kind := b.Entries[0].Event.GetKind(); {
		case b.ID == start.ID:
			p.StartBlock, p.StartEvents = 1, 1
		case strings.HasSuffix(kind, "Foretold"), strings.HasSuffix(kind, "LicenceSuspended") && !known:
			b.Entries[0].Fact = nil
		}
		if err := tx.Fold(b, p); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return l
}

func parkedService(t *testing.T) *service {
	t.Helper()
	accesses, err := access.Open(filepath.Join(t.TempDir(), "access.db"), access.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = accesses.Close() })
	return &service{Config: Config{Agency: "observer", Ledger: foldParked(t, false), Accesses: accesses}}
}

func places(items []*queryv1.ParkedItem) (names []string) {
	for _, p := range items {
		names = append(names, p.Journal+"/"+string(rune('0'+p.Number)))
	}
	return names
}

func TestParkedIsListed(t *testing.T) {
	s := parkedService(t)
	everything := []string{"customs/all/2", "enforcement/border/2", "licensing/all/2", "licensing/all/3", "licensing/all/4"}
	newest := []string{"licensing/all/3", "licensing/all/2", "customs/all/2", "enforcement/border/2", "licensing/all/4"}
	for name, tt := range map[string]struct {
		req  *queryv1.ParkedRequest
		want []string
	}{
		"everything":         {&queryv1.ParkedRequest{}, everything},
		"newest first":       {&queryv1.ParkedRequest{NewestFirst: true}, newest},
		"of a journal":       {&queryv1.ParkedRequest{Journal: "licensing/all"}, everything[2:]},
		"of a kind":          {&queryv1.ParkedRequest{Kind: "exitconfirmed"}, everything[:1]},
		"of a kind in full":  {&queryv1.ParkedRequest{Kind: "counterfoil.future.v1.Foretold"}, everything[4:]},
		"unknown":            {&queryv1.ParkedRequest{Class: newer}, everything[4:]},
		"from before":        {&queryv1.ParkedRequest{Class: beforeStart}, everything[:2]},
		"refused":            {&queryv1.ParkedRequest{Class: notApplied}, everything[3:4]},
		"known now":          {&queryv1.ParkedRequest{Class: knownNow}, everything[2:3]},
		"nothing of a group": {&queryv1.ParkedRequest{Journal: "licensing/border"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, size := range []uint32{1, 2, 50} {
				tt.req.PageSize, tt.req.PageToken = size, ""
				var got []string
				for {
					res, err := s.Parked(t.Context(), tt.req)
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, places(res.Events)...)
					count := uint64(0)
					for _, total := range res.Totals {
						count += total.Count
					}
					if count != uint64(len(tt.want)) || len(res.Events) > int(size) {
						t.Fatalf("%d events in all, %d on a page; want %d and at most %d", count, len(res.Events), len(tt.want), size)
					}
					if tt.req.PageToken = res.NextPageToken; tt.req.PageToken == "" {
						break
					}
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("pages of %d:\n%s", size, diff)
				}
			}
		})
	}
	for _, token := range []string{"x", "zz/licensing/all/1", "00/licensing/all/x", "00/LICENSING/all/1", "a/b/c/d/e"} {
		if _, err := s.Parked(t.Context(), &queryv1.ParkedRequest{PageToken: token}); !errors.Is(err, fault.Invalid) {
			t.Errorf("page token %q: %v", token, err)
		}
	}
}

func FuzzParseParkedToken(f *testing.F) {
	f.Add("")
	f.Add("0198/licensing/all/12")
	f.Fuzz(func(t *testing.T, token string) {
		p, err := parseParkedToken(token)
		if err != nil || p == nil {
			return
		}
		again, err := parseParkedToken(parkedToken(p))
		if diff := cmp.Diff(p, again, protocmp.Transform()); diff != "" || err != nil {
			t.Errorf("%q comes back as another place: %v\n%s", token, err, diff)
		}
	})
}

func TestParkedEventSaysWhatWouldBringItOn(t *testing.T) {
	s := parkedService(t)
	for _, tt := range []struct {
		journal  string
		number   uint64
		class    queryv1.ParkedClass
		reason   string
		row      string
		here     bool
		remedy   string
		notGiven uint64
		accessed string
	}{
		{"licensing/all", 2, knownNow, "does not know", "", false, "type: counterfoil parked retry licensing/all 2", 0, "licensing/all/2"},
		{"licensing/all", 3, notApplied, "licensing/L-1 is granted", "licensing/L-1", true, "ask licensing to put what it meant on record anew", 0, "licensing/all/3"},
		{"licensing/all", 4, newer, "does not know", "", false, "upgrade this node's program", 0, "licensing/all/4"},
		{"enforcement/border", 2, beforeStart, "is not on record", "enforcement/DA-1", false, "counterfoil share enforcement/DA-1 --group GROUP", 1, "enforcement/border/2"},
		{"customs/all", 2, beforeStart, "is not on record", "customs/D-1", false, "was withdrawn", 0, "customs/all/2"},
	} {
		res, err := s.ParkedEvent(t.Context(), &queryv1.ParkedEventRequest{Journal: tt.journal, Number: tt.number})
		if err != nil {
			t.Fatal(err)
		}
		p := res.Parked
		if p.Class != tt.class || !strings.Contains(p.Reason, tt.reason) || p.RowId != tt.row || (res.Row != nil) != tt.here || !strings.Contains(p.Remedy, tt.remedy) {
			t.Errorf("%s/%d: %v, row there %v", tt.journal, tt.number, p, res.Row != nil)
		}
		if res.Event.GetNumber() != tt.number || len(res.Event.GetRaw()) == 0 || res.Event.Signer == "" || res.Event.Id != p.Id || len(res.Basis.GetPositions()) != 3 {
			t.Errorf("%s/%d: event %v", tt.journal, tt.number, res.Event)
		}
		if res.NotGiven != tt.notGiven || res.Withdrawn != (tt.journal == "customs/all") {
			t.Errorf("%s/%d: %d events are not given, some withdrawn: %v", tt.journal, tt.number, res.NotGiven, res.Withdrawn)
		}
		list, err := s.Access(t.Context(), &queryv1.AccessRequest{Id: tt.accessed})
		if err != nil || len(list.Accesses) != 1 || list.Accesses[0].Call != "ParkedEvent" || !slices.Contains(list.Accesses[0].Owners, strings.Split(tt.journal, "/")[0]) {
			t.Errorf("%s: noted as read: %v, %v", tt.accessed, list.GetAccesses(), err)
		}
	}
	for _, req := range []*queryv1.ParkedEventRequest{{Journal: "licensing/all", Number: 1}, {Journal: "licensing/all", Number: 99}, {Journal: "licensing/border", Number: 1}} {
		if _, err := s.ParkedEvent(t.Context(), req); !errors.Is(err, fault.NotFound) {
			t.Errorf("%v: %v", req, err)
		}
	}
	if _, err := s.ParkedEvent(t.Context(), &queryv1.ParkedEventRequest{Journal: "all", Number: 1}); !errors.Is(err, fault.Invalid) {
		t.Errorf("no journal: %v", err)
	}
}

// The suspension is of a kind that is known by now: with it the reinstatement that rests on it is applied, and the ledger has
// the rows of one that is built anew. What no retry can bring on is left, and said.
func TestRetryAppliesWhatIsKnownByNow(t *testing.T) {
	s := parkedService(t)
	root := func(l *ledger.Ledger) (root [32]byte) {
		err := l.View(func(v ledger.View) (err error) {
			root, _, err = v.Root(t.Context())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return root
	}
	retry := func(req *queryv1.RetryParkedRequest, applied uint64, anew []string, left ...string) {
		t.Helper()
		res, err := s.RetryParked(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if res.Applied != applied || !slices.Equal(res.FoldedAnew, anew) || !slices.Equal(places(res.Left), left) {
			t.Errorf("retry of %v: %v", req, res)
		}
	}
	before := root(s.Ledger)
	retry(&queryv1.RetryParkedRequest{Journal: "customs/all"}, 0, nil, "customs/all/2")
	retry(&queryv1.RetryParkedRequest{Journal: "licensing/all", Number: 3}, 0, nil, "licensing/all/3")
	retry(&queryv1.RetryParkedRequest{Journal: "enforcement/border", Number: 2}, 0, nil, "enforcement/border/2")
	if root(s.Ledger) != before {
		t.Error("a retry that applied nothing changed rows")
	}
	if check, err := s.checkParked(t.Context()); err != nil || check.Ok || check.Next != "counterfoil parked retry" {
		t.Errorf("doctor: %v, %v", check, err)
	}
	retry(&queryv1.RetryParkedRequest{}, 2, []string{"licensing/all"}, "customs/all/2", "enforcement/border/2", "licensing/all/4")
	if root(s.Ledger) != root(foldParked(t, true)) {
		t.Error("the ledger differs from one that is built anew")
	}
	if check, err := s.checkParked(t.Context()); err != nil || check.Ok || check.Next != "counterfoil parked" {
		t.Errorf("doctor: %v, %v", check, err)
	}
	for _, req := range []*queryv1.RetryParkedRequest{{Journal: "licensing/all", Number: 3}, {Journal: "licensing/border"}} {
		if _, err := s.RetryParked(t.Context(), req); !errors.Is(err, fault.NotFound) {
			t.Errorf("%v: %v", req, err)
		}
	}
}
