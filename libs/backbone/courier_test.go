package backbone_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/backbone"
)

// carry takes messages numbered from..to of a journal in by courier.
func carry(t *testing.T, to *backbone.Node, id string, from, until int) {
	t.Helper()
	err := to.TakeIn(t.Context(), "licensing test", func(ctx context.Context, in *backbone.Intake) error {
		for i := from; i <= until; i++ {
			if err := in.Put(ctx, journalID(t, id), backbone.Carried{Sequence: uint64(i), Data: []byte(itoa(i))}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// What came by courier keeps the place in the feed, and the pump goes on there: nothing is lost, doubled or taken for a feed that
// was rolled back. So it is when the courier came before the line, too.
func TestLineGoesOnAfterACourier(t *testing.T) {
	t.Parallel()
	for name, overLine := range map[string]int{"before the line": 0, "between": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := startHub(t, t.TempDir())
			licensing := startAgency(t, h, "licensing", nil)
			n, creds := startNode(t, "customs", t.TempDir()), addAgency(t, h, "customs")
			release(t, h, "licensing/all", "customs")
			if overLine > 0 {
				p := startPumps(t, backbone.PumpConfig{Node: n, Credentials: creds})
				for i := 1; i <= overLine; i++ {
					record(t, licensing.Node, "all", itoa(i))
				}
				eventually(t, "they came over the line", func() bool { return last(t, n.Inbox()) == uint64(overLine) })
				if err := p.Close(); err != nil {
					t.Fatal(err)
				}
			}
			before := n.FeedPosition(t)
			for i := overLine + 1; i <= 8; i++ {
				record(t, licensing.Node, "all", itoa(i))
			}
			carry(t, n, "licensing/all", overLine+1, 5)
			carry(t, n, "licensing/all", 6, 7)
			if diff := cmp.Diff(before, n.FeedPosition(t)); diff != "" || (overLine > 0) != (before != "") {
				t.Errorf("the place in the feed has changed:\n%s", diff)
			}
			p := startPumps(t, backbone.PumpConfig{Node: n, Credentials: creds})
			record(t, licensing.Node, "all", "9")
			eventually(t, "the line goes on", func() bool { return last(t, n.Inbox()) >= 9 })
			if diff := cmp.Diff(numbered("in.licensing.all", 1, 9), contents(t, n.Inbox())); diff != "" {
				t.Error(diff)
			}
			if stopped := p.Status().Stopped; stopped != "" {
				t.Errorf("the pump stopped: %s", stopped)
			}
		})
	}
}

// A courier writes again and again while the pump does.
func TestCourierBesideThePump(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	licensing, customs := startAgency(t, h, "licensing", nil), startAgency(t, h, "customs", nil)
	release(t, h, "licensing/all", "customs")
	const each = 400
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := 1; i <= each; i++ {
			record(t, licensing.Node, "all", itoa(i))
		}
	})
	for i := 1; i <= each; i += 10 {
		carry(t, customs.Node, "police/all", i, i+9)
	}
	writing.Wait()
	eventually(t, "both have come", func() bool { return last(t, customs.Inbox()) >= 2*each })
	want := map[string][]string{"in.licensing.all": sequence(1, each), "in.police.all": sequence(1, each)}
	if diff := cmp.Diff(want, perJournal(t, customs.Inbox())); diff != "" {
		t.Error(diff)
	}
}
