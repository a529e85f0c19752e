package projection_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/desk/desktest"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/natstest"
	"github.com/counterfoil/counterfoil/libs/projection"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
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
