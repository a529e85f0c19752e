package ledger_test

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// An event is found where a cause points, or where it was repeated for more readers; not under another's id.
func TestCited(t *testing.T) {
	tx := ledgertest.Begin(t, ledgertest.Open(t, "licensing"))
	w := ledgertest.NewWriter()
	put := func(b *journal.Block) {
		t.Helper()
		if err := tx.Apply(b.ID, b.Entries...); err != nil {
			t.Fatal(err)
		}
		if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
			t.Fatal(err)
		}
	}
	_, withheld := w.Event(&licensingv1.OpinionGiven{ConsultationId: "licensing/C-1"})
	origin := &eventv1.Cause{Journal: "customs/border", Number: 7, Id: withheld.Id}
	repeat := proto.CloneOf(withheld)
	repeat.Origin = origin
	put(w.Block(journal.ID{Agency: "customs", Group: "all"}, repeat))
	_, plain := w.Event(&licensingv1.OpinionGiven{ConsultationId: "licensing/C-2"})
	put(w.Block(journal.ID{Agency: "customs", Group: "all"}, plain))
	for name, tt := range map[string]struct {
		cause *eventv1.Cause
		want  uint64 // number in customs/all; 0: nothing
	}{
		"as it stands":          {&eventv1.Cause{Journal: "customs/all", Number: 2, Id: plain.Id}, 2},
		"shared later":          {origin, 1},
		"another stands there":  {&eventv1.Cause{Journal: "customs/all", Number: 2, Id: withheld.Id}, 0},
		"never given":           {&eventv1.Cause{Journal: "customs/border", Number: 8, Id: plain.Id}, 0},
		"no journal of anybody": {&eventv1.Cause{Journal: "customs", Number: 2, Id: plain.Id}, 0},
	} {
		e, err := tx.Cited(tt.cause)
		if err != nil || e.GetNumber() != tt.want || tt.want > 0 && e.GetJournal() != "customs/all" {
			t.Errorf("%s: event %d of %q, %v; want event %d", name, e.GetNumber(), e.GetJournal(), err, tt.want)
		}
	}
}

// Decisions are read with what they cite, also in the transaction that recorded them; not those that cite nothing, repeat
// another, or have no block yet.
func TestEachCiting(t *testing.T) {
	all := journal.ID{Agency: "licensing", Group: "all"}
	tx := ledgertest.Begin(t, ledgertest.Open(t, "licensing"))
	w := ledgertest.NewWriter()
	cause := &eventv1.Cause{Journal: "customs/all", Number: 1, Id: make([]byte, 16)}
	granted := func(id string, causes ...*eventv1.Cause) *eventv1.Event {
		_, e := w.Event(ledger.Dated{Message: &licensingv1.LicenceGranted{LicenceId: id}, Causes: causes})
		return e
	}
	elsewhere := granted("licensing/L-3", cause)
	elsewhere.Origin = &eventv1.Cause{Journal: "licensing/border", Number: 1, Id: elsewhere.Id}
	b := w.Block(all, granted("licensing/L-1", cause), granted("licensing/L-2"), elsewhere, granted("licensing/L-4", cause, cause))
	if err := tx.Apply(all, b.Entries...); err != nil {
		t.Fatal(err)
	}
	if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
		t.Fatal(err)
	}
	next := w.Block(all, granted("licensing/L-5", cause))
	if err := tx.Apply(all, next.Entries...); err != nil {
		t.Fatal(err)
	}
	var cited []int
	err := tx.EachCiting(all, "counterfoil.licensing.v1.LicenceGranted", func(written time.Time, causes []*eventv1.Cause) error {
		if !written.Equal(b.Header.RecordedAt.AsTime()) {
			t.Errorf("written at %s, and the block at %s", written, b.Header.RecordedAt.AsTime())
		}
		cited = append(cited, len(causes))
		return nil
	})
	if err != nil || !slices.Equal(cited, []int{1, 2}) {
		t.Errorf("decisions cite %v, %v; want 1 and 2", cited, err)
	}
	if entries, err := tx.EntriesOfKind(all, "counterfoil.licensing.v1.LicenceGranted", 0, 10); err != nil || len(entries) != 4 {
		t.Errorf("%d decisions are in blocks, %v; want 4", len(entries), err)
	}
}
