package ledger_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// asBefore is the block as a program reads it that does not know the kinds of these events.
func asBefore(b *journal.Block, unknown func(e *eventv1.Event) bool) *journal.Block {
	before := *b
	before.Entries = slices.Clone(b.Entries)
	for i, e := range before.Entries {
		if unknown(e.Event) {
			before.Entries[i].Fact = nil
		}
	}
	return &before
}

// upgraded is a history, and the same as a program read it that did not know some of its kinds.
func upgraded(t *rapid.T) (whole, before ledgertest.Journals) {
	if rapid.Bool().Draw(t, "shared") {
		whole = sharedTwice(t)
	} else {
		whole = ledgertest.RoughHistory(t)
	}
	known := map[string]bool{}
	unknown := func(e *eventv1.Event) bool {
		if _, drawn := known[e.Kind]; !drawn {
			known[e.Kind] = rapid.IntRange(0, 2).Draw(t, "known") > 0
		}
		return !known[e.Kind]
	}
	before = ledgertest.Journals{}
	for _, b := range inOrder(whole) {
		before[b.ID] = append(before[b.ID], asBefore(b, unknown))
	}
	return whole, before
}

func parkedIn(t interface{ Fatal(...any) }, l *ledger.Ledger) (all []*ledgerv1.ParkedEvent, classes map[queryv1.ParkedClass]int) {
	classes = map[queryv1.ParkedClass]int{}
	err := l.View(func(v ledger.View) (err error) {
		all, err = v.ParkedEvents()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		classes[ledger.ParkedClass(p)]++
	}
	slices.SortFunc(all, ledger.CompareParked)
	return all, classes
}

// After every retry, of all or of one journal or one event, the ledger equals one that this program builds anew of the
// journals that were folded anew, row for row and in what is parked.
func TestARetryMakesTheLedgerThatIsBuiltAnew(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		whole, before := upgraded(t)
		l := open(t, folder)
		fold(t, l, shuffled(t, before), func() bool { return rapid.Bool().Draw(t, "commit") })
		for all := false; !all; {
			parked, _ := parkedIn(t, l)
			id, number := journal.ID{}, uint64(0)
			if all = len(parked) == 0 || rapid.Bool().Draw(t, "all"); !all {
				p := rapid.SampledFrom(parked).Draw(t, "parked")
				id, _ = journal.ParseID(p.Journal)
				if rapid.Bool().Draw(t, "one") {
					number = p.Number
				}
			}
			retried, err := l.RetryParked(t.Context(), id, number)
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range retried.Anew {
				before[id] = whole[id]
			}
			anew := open(t, folder)
			fold(t, anew, shuffled(t, before), never)
			s, want := stateOf(t, l), stateOf(t, anew)
			if diff := cmp.Diff(want, s, protocmp.Transform()); diff != "" {
				t.Fatalf("the ledger that retried differs:\n%s", diff)
			}
			left, _ := parkedIn(t, l)
			gone := slices.DeleteFunc(parked, func(p *ledgerv1.ParkedEvent) bool {
				return slices.ContainsFunc(left, func(q *ledgerv1.ParkedEvent) bool { return ledger.CompareParked(p, q) == 0 })
			})
			if diff := cmp.Diff(gone, retried.Applied, protocmp.Transform(), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("applied are not those that are parked no longer:\n%s", diff)
			}
		}
		if _, classes := parkedIn(t, l); classes[queryv1.ParkedClass_PARKED_CLASS_KNOWN_NOW] > 0 {
			t.Fatalf("kinds are known and their events parked: %v", classes)
		}
	})
}

// Events folded where they are found, after those that they came before, make other rows; the property notices.
func TestApplyingLateIsNoticed(t *testing.T) {
	folder := t.TempDir()
	noticed := 0
	rapid.Check(t, func(t *rapid.T) {
		whole, before := upgraded(t)
		l, anew := open(t, folder), open(t, folder)
		fold(t, l, shuffled(t, before), never)
		parked, _ := parkedIn(t, l)
		if err := l.ApplyLate(parked); err != nil {
			t.Fatal(err)
		}
		fold(t, anew, inOrder(whole), never)
		if stateOf(t, l).Root != stateOf(t, anew).Root {
			noticed++
		}
	})
	if noticed == 0 {
		t.Error("no history had an event whose place counts")
	}
}

var third = journal.ID{Agency: "licensing", Group: "committee"}

// sharedTwice is a history whose rows are shared with a wide group as they grow and, some of them, whole with a third.
func sharedTwice(t *rapid.T) ledgertest.Journals {
	h := drawSharing(t).blocks
	w := ledgertest.NewWriter()
	for _, id := range []string{"licensing/L-1", "licensing/L-2", "licensing/L-3"} {
		var events []*eventv1.Event
		for _, b := range h[wide] {
			for _, e := range b.Entries {
				if of, ok := e.Fact.(interface{ GetLicenceId() string }); ok && e.Event.Origin != nil && of.GetLicenceId() == id {
					events = append(events, proto.CloneOf(e.Event))
				}
			}
		}
		if len(events) > 0 && rapid.Bool().Draw(t, "again") {
			h[third] = append(h[third], w.Block(third, events...))
		}
	}
	return h
}

// late folds the history but for what stands before each journal's start, in an order that is drawn.
func late(t *rapid.T, l *ledger.Ledger, h ledgertest.Journals, starts map[journal.ID]int) {
	rest := ledgertest.Journals{}
	tx, err := l.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for id, blocks := range h {
		start := starts[id]
		if start > 0 {
			if err := tx.BeginAt(id, ledgertest.Position(blocks[start-1])); err != nil {
				t.Fatal(err)
			}
		}
		rest[id] = blocks[start:]
	}
	for _, b := range shuffled(t, rest) {
		p := ledgertest.Position(b)
		if start := starts[b.ID]; start > 0 {
			before := ledgertest.Position(h[b.ID][start-1])
			p.StartBlock, p.StartEvents = before.Block, before.Events
		}
		if err := tx.Fold(b, p); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// Copies of several journals that begin late are the same in any order: rows, commands and what is parked. A retry changes
// nothing in them, since nothing was unknown.
func TestCopiesOfSeveralJournalsAreAlikeInAnyOrder(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		h := sharedTwice(t)
		starts := map[journal.ID]int{}
		for _, id := range []journal.ID{narrow, wide} {
			if n := len(h[id]); n > 1 {
				starts[id] = rapid.IntRange(0, n-1).Draw(t, "start")
			}
		}
		one, other := open(t, folder), open(t, folder)
		late(t, one, h, starts)
		late(t, other, h, starts)
		parked, _ := parkedIn(t, one)
		retried, err := one.RetryParked(t.Context(), journal.ID{}, 0)
		if err != nil || len(retried.Anew)+len(retried.Applied) > 0 || len(retried.Still) != len(parked) {
			t.Fatalf("RetryParked = %v, %v; want nothing done", retried, err)
		}
		s := stateOf(t, one)
		if diff := cmp.Diff(stateOf(t, other), s, protocmp.Transform()); diff != "" {
			t.Fatalf("the two differ:\n%s", diff)
		}
		if len(s.Findings) > 0 {
			t.Fatalf("Check: %v", s.Findings)
		}
	})
}

// An event that is parked in two copies that begin after its row is parked in neither once a third journal brings the whole
// row, and its command is kept.
func TestAThirdJournalEndsWhatTwoCopiesParked(t *testing.T) {
	w := ledgertest.NewWriter()
	_, grant := w.Event(ledgertest.In(narrow.Group, grantedL))
	_, suspend := w.Event(ledgertest.In(narrow.Group, suspendedL))
	suspend.Command = &eventv1.Command{Key: "k-1", Digest: []byte{1}, Events: 1}
	h := ledgertest.Journals{
		narrow: {w.Block(narrow, grant), w.Block(narrow, suspend)},
		wide:   {w.Block(wide, again(grant, narrow, 1)), w.Block(wide, again(suspend, narrow, 2))},
		third:  {w.Block(third, again(grant, narrow, 1), again(suspend, narrow, 2))},
	}
	l := ledgertest.Open(t, "customs")
	tx, err := l.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for _, id := range []journal.ID{narrow, wide} {
		before, after := ledgertest.Position(h[id][0]), ledgertest.Position(h[id][1])
		after.StartBlock, after.StartEvents = before.Block, before.Events
		if err := errors.Join(tx.BeginAt(id, before), tx.Fold(h[id][1], after)); err != nil {
			t.Fatal(err)
		}
	}
	parked, err := tx.ParkedEvents()
	if err != nil || len(parked) != 2 || len(parked[0].Also) != 1 || !parked[1].BeforeStart || parked[1].RowId != grantedL.LicenceId {
		t.Fatalf("parked: %v, %v", parked, err)
	}
	if err := tx.Fold(h[third][0], ledgertest.Position(h[third][0])); err != nil {
		t.Fatal(err)
	}
	if parked, err = tx.ParkedEvents(); err != nil || len(parked) > 0 {
		t.Errorf("parked: %v, %v", parked, err)
	}
	r, err := tx.Licence(grantedL.LicenceId)
	if diff := cmp.Diff([]uint64{1, 2}, r.GetEvents()); diff != "" || err != nil {
		t.Errorf("the licence rests on other events: %v\n%s", err, diff)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	err = l.View(func(v ledger.View) error {
		events, _, _, err := v.EventsAfter("", nil, 10)
		if err != nil || len(events) != 2 {
			t.Errorf("watched: %v, %v; want each event once", events, err)
		}
		findings, err := v.Check(t.Context())
		if len(findings) > 0 {
			t.Errorf("Check: %v", findings)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
