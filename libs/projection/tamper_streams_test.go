package projection_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/desk/desktest"
)

// A stream that was made again, even with the same messages, is not the one that the ledger was built from.
func TestStreamMadeAgainIsNoticed(t *testing.T) {
	_, origin, reader := world(t)
	for _, tt := range []struct {
		a      *desktest.Agency
		stream jetstream.Stream
	}{{origin, origin.Own}, {reader, reader.Inbox}} {
		rewrite(t, tt.a, tt.stream, func(s []message) []message { return s })
		tt.a.Open()
		if err := tt.a.Follower.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if stop := tt.a.Follower.State()[licensingAll]; stop == nil || !strings.Contains(stop.Reason, "made again") {
			t.Errorf("%s stopped with %v", tt.a.Name, stop)
		}
	}
}

// The store's folder is put back from an old copy while the broker is down: a rollback that the broker cannot see.
func TestOldCopyOfTheStoreIsNoticed(t *testing.T) {
	for _, where := range []string{"own journal", "inbox"} {
		t.Run(where, func(t *testing.T) {
			w, origin, reader := world(t)
			a := origin
			if where == "inbox" {
				a = reader
			}
			old := t.TempDir()
			a.Server.Offline(func(store string) { copyTree(t, store, old) })
			origin.Record(desktest.Facts(granted("licensing/L-later")))
			w.Carry(origin, reader, "all")
			reader.Wait(licensingAll, 2*blocks+1)
			a.Server.Offline(func(store string) {
				if err := os.RemoveAll(store); err != nil {
					t.Fatal(err)
				}
				copyTree(t, old, store)
			})
			a.Open()
			if err := a.Follower.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			if stop := a.Follower.State()[licensingAll]; stop == nil || !strings.Contains(stop.Reason, "old copy") {
				t.Errorf("stopped with %v", stop)
			}
		})
	}
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// One bit is flipped in the file that the broker keeps the messages in.
func TestBitFlippedInTheStoresFile(t *testing.T) {
	_, _, reader := world(t)
	stored := reader.InboxBlocks("licensing", "all")
	reader.Server.Offline(func(store string) {
		flipped := false
		err := filepath.WalkDir(store, func(path string, d fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".blk" {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if i := bytes.Index(data, stored[1]); i >= 0 {
				data[i+len(stored[1])/2] ^= 1
				flipped = true
				return os.WriteFile(path, data, 0o600)
			}
			return nil
		})
		if err != nil || !flipped {
			t.Fatalf("the block is in no file of the store: %v", err)
		}
	})
	reader.Open()
	if err := reader.Follower.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found := verify(t, reader); !names(found, 2) {
		t.Errorf("verify found %v; want block 2", found)
	}
	reader.Forget()
	reader.Open()
	if err := reader.Follower.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if stop := reader.Follower.State()[licensingAll]; stop == nil || stop.Block != 2 {
		t.Errorf("follower stopped at %v; want block 2", stop)
	}
}
