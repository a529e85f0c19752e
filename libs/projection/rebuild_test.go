package projection_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/desk/desktest"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/natstest"
	"github.com/counterfoil/counterfoil/libs/projection"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

func rebuilt(t *testing.T, a *desktest.Agency, o projection.Rebuilding) *queryv1.RebuildResult {
	t.Helper()
	o.Carry = desk.CarryCursors
	result, err := a.Follower.Rebuild(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(a.LedgerFile()), projection.RebuildFolder)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder of the rebuild is left: %v", err)
	}
	return result
}

// doubt changes an agency's ledger while nobody has it open, and starts the agency again.
func doubt(t *testing.T, a *desktest.Agency, change func(*bolt.Tx) error) {
	t.Helper()
	a.Stop()
	if err := a.Ledger.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(a.LedgerFile(), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(change), db.Close()); err != nil {
		t.Fatal(err)
	}
	a.Open()
	a.Start()
}

// changeLicence writes a row of the ledger that no event made; nil deletes it and leaves its id.
func changeLicence(id string, change func(*ledgerv1.Licence) *ledgerv1.Licence) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		rows := tx.Bucket([]byte("licences rows"))
		number := tx.Bucket([]byte("licences ids")).Get([]byte(id))
		l := &ledgerv1.Licence{}
		if err := proto.Unmarshal(rows.Get(number), l); err != nil {
			return err
		}
		raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(change(l))
		if err != nil {
			return err
		}
		return rows.Put(number, raw)
	}
}

// A row that no event made is named, and gone once the ledger was built anew under those who have it open; what was there is aside.
func TestADoubtedLedgerIsBuiltAnew(t *testing.T) {
	w, origin, reader := world(t)
	for _, a := range []*desktest.Agency{origin, reader} {
		want, _ := a.Root()
		doubt(t, a, changeLicence("licensing/L-2a", func(l *ledgerv1.Licence) *ledgerv1.Licence {
			l.Status = ledgerv1.Status_STATUS_REVOKED
			return l
		}))
		if got, _ := a.Root(); got == want {
			t.Fatal("the root did not change with a row")
		}
		looked := rebuilt(t, a, projection.Rebuilding{DryRun: true})
		result := rebuilt(t, a, projection.Rebuilding{})
		for _, r := range []*queryv1.RebuildResult{looked, result} {
			if r.Differences != 1 || len(r.Rows) != 1 || r.Rows[0].Id != "licensing/L-2a" || r.Rows[0].Table != "licences" || r.Rows[0].What != "changed" {
				t.Errorf("%s: what differs is %v", a.Name, r)
			}
		}
		if looked.Swapped || looked.Stays == "" || !result.Swapped || result.Stays != "" || result.Paused.AsDuration() <= 0 {
			t.Errorf("%s: looked %v, then %v", a.Name, looked, result)
		}
		if got, _ := a.Root(); got != want {
			t.Errorf("%s: the root is not that of before", a.Name)
		}
		aside, err := ledger.Open(a.LedgerFile()+ledger.Aside, ledger.Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := desktest.RootOf(t, aside); got == want {
			t.Error("what is aside is not the old ledger")
		}
		if err := aside.Close(); err != nil {
			t.Fatal(err)
		}
		if found, _, err := a.Follower.Verify(t.Context(), func(uint64, uint64) {}); err != nil || len(found) > 0 {
			t.Errorf("%s: verify finds %v, %v", a.Name, found, err)
		}
	}
	origin.Record(desktest.Facts(granted("licensing/L-after")))
	w.Carry(origin, reader, "all")
	reader.Wait(licensingAll, 2*blocks+1)
}

// Rows that are missing or too many, a block and a parked event that the streams do not have: each is named by its journal.
func TestEveryDifferenceIsNamed(t *testing.T) {
	_, _, reader := world(t)
	want, _ := reader.Root()
	doubt(t, reader, func(tx *bolt.Tx) error {
		ids := tx.Bucket([]byte("licences ids"))
		return errors.Join(
			ids.Put([]byte("licensing/L-none"), ids.Get([]byte("licensing/L-0a"))),
			ids.Delete([]byte("licensing/L-1b")),
			changeBlock(tx))
	})
	r := rebuilt(t, reader, projection.Rebuilding{})
	for _, j := range r.Journals {
		if j.Journal != licensingAll.String() {
			continue
		}
		if j.Missing != 1 || j.Surplus != 1 || j.Changed != 0 || len(j.Findings) != 1 || !strings.Contains(j.Findings[0], "another block") {
			t.Errorf("found is %v", j)
		}
	}
	if r.Differences != 2 || !r.Swapped {
		t.Errorf("result is %v", r)
	}
	if got, _ := reader.Root(); got != want {
		t.Error("the root is not that of before")
	}
}

// changeBlock flips a bit in the body of a block that the ledger keeps.
func changeBlock(tx *bolt.Tx) error {
	b := tx.Bucket([]byte("blocks"))
	k, raw := b.Cursor().Last()
	kept := &ledgerv1.FoldedBlock{}
	if err := proto.Unmarshal(raw, kept); err != nil {
		return err
	}
	kept.Body[len(kept.Body)/2] ^= 1
	raw, err := proto.Marshal(kept)
	if err != nil {
		return err
	}
	return b.Put(k, raw)
}

// A history without a block, and one without any at all, are built anew like others.
func TestAnEmptyHistoryIsBuiltAnew(t *testing.T) {
	w := desktest.New(t, "licensing")
	for range 2 {
		if r := rebuilt(t, w.Agency("licensing"), projection.Rebuilding{}); !r.Swapped || r.Differences > 0 {
			t.Errorf("a ledger with a directory only: %v", r)
		}
	}
	empty, err := ledger.Open(filepath.Join(t.TempDir(), "ledger.db"), ledger.Options{Agency: "licensing"})
	if err != nil {
		t.Fatal(err)
	}
	defer empty.Close()
	server := natstest.Start(t)
	f := projection.New(projection.Config{
		Agency: "licensing", Ledger: empty, Keys: directory.NewKeys("licensing", directory.Secrets{}),
		JetStream: server.JetStream(), Own: server.Journal("licensing"), Inbox: server.Inbox(), Evidence: t.TempDir(),
	})
	if err := f.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r, err := f.Rebuild(t.Context(), projection.Rebuilding{}); err != nil || !r.Swapped || r.Blocks != 0 {
		t.Errorf("an empty ledger: %v, %v", r, err)
	}
}

// What the streams have lost since, the ledger keeps: it is not replaced by one that holds less.
func TestALedgerIsNotReplacedByLess(t *testing.T) {
	_, _, reader := world(t)
	info, err := reader.Inbox.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := reader.Inbox.DeleteMsg(t.Context(), info.State.LastSeq-1); err != nil {
		t.Fatal(err)
	}
	want, _ := reader.Root()
	r := rebuilt(t, reader, projection.Rebuilding{})
	if r.Swapped || !strings.Contains(r.Stays, "4 blocks of licensing/all, and built anew it would hold 2") {
		t.Errorf("result is %v", r)
	}
	if got, _ := reader.Root(); got != want {
		t.Error("the ledger is another one")
	}
}

// One rebuild goes on at a time, and one that is broken off changes nothing.
func TestARebuildThatIsBrokenOff(t *testing.T) {
	_, _, reader := world(t)
	before := incarnation(t, reader.Ledger)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := reader.Follower.Rebuild(ctx, projection.Rebuilding{Progress: func(queryv1.RebuildPhase, uint64, uint64) {
		if _, err := reader.Follower.Rebuild(t.Context(), projection.Rebuilding{}); !errors.Is(err, fault.Conflict) {
			t.Errorf("a second rebuild beside the first: %v", err)
		}
		cancel()
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("broken off: %v", err)
	}
	if incarnation(t, reader.Ledger) != before {
		t.Error("the ledger was replaced")
	}
	if r := rebuilt(t, reader, projection.Rebuilding{}); !r.Swapped || incarnation(t, reader.Ledger) == before {
		t.Errorf("result is %v", r)
	}
}

func incarnation(t *testing.T, l *ledger.Ledger) (name string) {
	t.Helper()
	err := l.View(func(v ledger.View) error {
		name = v.Incarnation()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return name
}

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
	go func() { // a view from before the first rebuild to the end
		viewed <- a.Ledger.View(func(v ledger.View) error {
			before, _, err := v.Root(ctx)
			close(old)
			<-release
			after, _, rootErr := v.Root(ctx)
			if before != after {
				err = errors.New("the state of an open view changed")
			}
			return errors.Join(err, rootErr)
		})
	}()
	<-old
	watched := make(chan error, 1)
	go func() { watched <- watch(ctx, a.Ledger, events) }()
	recorded := make(chan error, 1)
	go func() {
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
				recorded <- err
				return
			}
		}
		recorded <- nil
	}()
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
		if len(suspended) != licences+1 || p.GetEvents() != events {
			t.Errorf("%d licences are suspended after %d events; want each of %d once", len(suspended), p.GetEvents(), licences+1)
		}
		return errors.Join(err, positionErr)
	})
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d rebuilds during %d commands", rebuilds, licences)
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
