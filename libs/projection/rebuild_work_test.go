package projection_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/desk/desktest"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/projection"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// While a ledger is built anew again and again: commands are recorded, a watcher sees every event once and in order, what is read is
// never older than what was acknowledged, a view sees its own state to its end, and a reaction hears every event once.
func TestWorkGoesOnWhileALedgerIsReplaced(t *testing.T) {
	w := desktest.New(t, "licensing", "customs")
	a := w.Agency("licensing")
	a.Stop()
	a.Open(desk.Reaction{Name: "suspend", Kind: "counterfoil.licensing.v1.LicenceGranted", React: func(_ ledger.View, _ journal.ID, e journal.Entry) ([]proto.Message, error) {
		return []proto.Message{&licensingv1.LicenceSuspended{LicenceId: e.Fact.(*licensingv1.LicenceGranted).LicenceId, Reason: "heard"}}, nil
	}})
	a.Start()
	a.Record(desktest.Facts(granted("licensing/L-first")))
	const licences, events = 120, 2*120 + 2 // each is granted by a command, and suspended by a reaction
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	old, release, viewed := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() { viewed <- seesItsOwn(ctx, a.Ledger, old, release) }() // from before the first rebuild to the end
	<-old
	watched := make(chan error, 1)
	go func() { watched <- watch(ctx, a.Ledger, events) }()
	recorded := make(chan error, 1)
	go func() { recorded <- grantEach(a, licences) }()
	rebuilds := 0
	for done := false; !done; rebuilds++ {
		if r := rebuilt(t, a, projection.Rebuilding{}); !r.Swapped || r.Differences > 0 {
			t.Errorf("rebuild %d: %v", rebuilds, r)
		}
		select {
		case err := <-recorded:
			if err != nil {
				t.Error(err)
			}
			done = true
		default:
		}
	}
	close(release)
	for what, ended := range map[string]chan error{"watch": watched, "view": viewed} {
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	isAsBuiltInOneGo(ctx, t, a, licences+1, events)
	t.Logf("%d rebuilds during %d commands", rebuilds, licences)
}

// seesItsOwn holds a view open, from when it closes old until release is closed, and fails when its state changed.
func seesItsOwn(ctx context.Context, l *ledger.Ledger, old chan<- struct{}, release <-chan struct{}) error {
	return l.View(func(v ledger.View) error {
		before, _, err := v.Root(ctx)
		close(old)
		<-release
		after, _, rootErr := v.Root(ctx)
		if before != after {
			err = errors.New("the state of an open view changed")
		}
		return errors.Join(err, rootErr)
	})
}

// grantEach grants so many licences one after the other, and fails when one that was acknowledged is not read.
func grantEach(a *desktest.Agency, licences int) error {
	for i := range licences {
		id := fmt.Sprintf("licensing/L-%06d", i)
		a.Record(desktest.Facts(granted(id)))
		err := a.Ledger.View(func(v ledger.View) error {
			if l, err := v.Licence(id); l == nil || err != nil {
				return fmt.Errorf("%s was acknowledged and is not read: %w", id, err)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// isAsBuiltInOneGo builds the ledger of an agency anew from nothing: it has the same root, and each of so many licences was suspended once.
func isAsBuiltInOneGo(ctx context.Context, t *testing.T, a *desktest.Agency, licences int, events uint64) {
	t.Helper()
	got, _ := a.Root()
	a.Stop()
	a.Forget()
	a.Open()
	if err := a.Follower.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
	if want, _ := a.Root(); got != want {
		t.Error("the root is not that of a ledger that is built in one go")
	}
	err := a.Ledger.View(func(v ledger.View) error {
		suspended, err := v.LicencesWith("status", "suspended")
		p, positionErr := v.Position(licensingAll)
		if len(suspended) != licences || p.GetEvents() != events {
			t.Errorf("%d licences are suspended after %d events; want each of %d once", len(suspended), p.GetEvents(), licences)
		}
		return errors.Join(err, positionErr)
	})
	if err != nil {
		t.Error(err)
	}
}

// watch follows licensing's journal as a watcher does, until it has seen so many events, and fails when one is lost or comes twice.
func watch(ctx context.Context, l *ledger.Ledger, events uint64) error {
	token, last := "", uint64(0)
	filter := &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: "journal", Values: []string{licensingAll.String()}}}}
	for last < events {
		changed, more := l.Changed(), false
		err := l.Committed(func(v ledger.View) error {
			seen, next, left, err := v.EventsAfter(token, filter, 7)
			for _, e := range seen {
				if e.Number != last+1 {
					return fmt.Errorf("event %d was seen after event %d", e.Number, last)
				}
				last = e.Number
			}
			token, more = next, left
			return err
		})
		if err != nil {
			return err
		}
		if more || last == events {
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("at event %d: %w", last, ctx.Err())
		}
	}
	return nil
}

// Events that an older program parked because it did not know their kinds are applied by one that does; what was parked is said.
func TestWhatWasUnknownIsKnown(t *testing.T) {
	w := desktest.New(t, "licensing", "customs")
	origin, reader := w.Agency("licensing"), w.Agency("customs")
	w.Carry(origin, reader, directory.Group)
	reader.Wait(directory.Own("licensing"), 1)
	reader.Stop()
	for i := range blocks {
		origin.Record(desktest.Facts(granted(fmt.Sprintf("licensing/L-%d", i))))
	}
	w.Carry(origin, reader, "all")
	foldAsBefore(t, reader)
	reader.Open()
	reader.Start()
	if r, err := reader.Ledger.RetryParked(t.Context(), directory.Journal, 0); err != nil || len(r.Applied) > 0 {
		t.Fatalf("the directory had something parked: %v, %v", r, err)
	}
	r := rebuilt(t, reader, projection.Rebuilding{})
	for _, j := range r.Journals {
		if j.Journal == licensingAll.String() && (j.ParkedBefore != blocks || j.Parked != 0 || j.Missing == 0 || j.Changed+j.Surplus > 0) {
			t.Errorf("found is %v", j)
		}
	}
	_, of := origin.Root()
	if _, at := reader.Root(); !r.Swapped || at[licensingAll] != of[licensingAll] {
		t.Errorf("customs has other rows than licensing: %v", r)
	}
}

// foldAsBefore folds licensing's journal as a program does that knows no kind of its events.
func foldAsBefore(t *testing.T, a *desktest.Agency) {
	t.Helper()
	info, err := a.Inbox.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tx, err := a.Ledger.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if err := a.Keys.Learn(tx.View); err != nil {
		t.Fatal(err)
	}
	head, err := journal.HeadAt(licensingAll, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = journal.Read(t.Context(), a.Inbox, "in.licensing.all", 1, info.State.LastSeq, func(m journal.Message) error {
		b, err := m.Block()
		if err != nil {
			return err
		}
		if err := b.Open(a.Keys); err != nil {
			return err
		}
		for i := range b.Entries {
			b.Entries[i].Fact = nil
		}
		if head, err = head.Next(b); err != nil {
			return err
		}
		return tx.Fold(b, head.Position())
	})
	if err := errors.Join(err, tx.Commit()); err != nil {
		t.Fatal(err)
	}
}
