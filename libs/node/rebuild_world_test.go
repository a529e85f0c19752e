package node

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	bolt "go.etcd.io/bbolt"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/desk/desktest"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

var licensingAll = journal.ID{Agency: "licensing", Group: "all"}

// grant records a licence; without an id the next.
func grant(ctx context.Context, n *Node, id string) error {
	_, err := n.Desk.Record(ctx, &eventv1.Particulars{}, func(v ledger.View) ([]proto.Message, error) {
		next := id
		if id == "" {
			var err error
			if next, err = v.NextID("L"); err != nil {
				return nil, err
			}
		}
		return []proto.Message{&licensingv1.LicenceGranted{LicenceId: next, Deal: &licensingv1.Deal{
			Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"}, Lines: []*transferv1.Line{{Number: 1, Rating: "ML1.a"}},
		}}}, nil
	})
	return err
}

// newHome makes the folder of licensing's node, whose broker holds what a small world gave it.
func newHome(t testing.TB) Home {
	t.Helper()
	w := desktest.New(t, "licensing")
	a := w.Agency("licensing")
	a.Stop()
	home := Home(filepath.Join(t.TempDir(), "licensing"))
	secrets := a.Secrets()
	keys, err := json.Marshal(secrets.Directory)
	if err == nil {
		err = os.Mkdir(string(home), 0o700)
	}
	for name, content := range map[string][]byte{
		"signing.key": a.Signer.Seed(), "sealing.key": secrets.Sealing[0], "authority.pub": secrets.Authority, "directory.keys": keys,
	} {
		err = errors.Join(err, os.WriteFile(home.path(name), content, 0o600))
	}
	if err := errors.Join(err, home.Prepare(Profile{Agency: "licensing", State: "XA", Service: "licensing", Listen: "127.0.0.1:0"})); err != nil {
		t.Fatal(err)
	}
	broker, err := backbone.StartNode(t.Context(), backbone.NodeConfig{Agency: "licensing", Dir: string(home)})
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []struct {
		stream  string
		subject func(id journal.ID) string
		id      journal.ID
		blocks  [][]byte
	}{
		{backbone.InboxStream, backbone.InboxSubject, directory.Journal, a.InboxBlocks(directory.Authority, directory.Group)},
		{backbone.JournalStream, journal.ID.Subject, directory.Own("licensing"), a.Blocks(directory.Group)},
	} {
		for _, data := range from.blocks {
			if _, err := broker.JetStream().PublishMsg(t.Context(), &nats.Msg{Subject: from.subject(from.id), Data: data}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := broker.Close(); err != nil {
		t.Fatal(err)
	}
	return home
}

// running starts the node and has it catch up; stop ends it and closes it.
func running(t testing.TB, home Home) (n *Node, stop func()) {
	t.Helper()
	n, err := New(t.Context(), Config{Home: home})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.follower.CatchUp(t.Context()); err != nil {
		t.Fatal(errors.Join(err, n.Close()))
	}
	if stops := n.follower.State(); len(stops) > 0 {
		t.Errorf("stopped: %v", stops)
	}
	rest, closed := work(context.Background(), n), false
	stop = func() {
		if closed {
			return
		}
		closed = true
		rest()
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return n, stop
}

func grants(t testing.TB, n *Node, count int) {
	t.Helper()
	for range count {
		if err := grant(t.Context(), n, ""); err != nil {
			t.Fatal(err)
		}
	}
}

// built is the root and the name of the file that a node's ledger has.
func built(t *testing.T, l *ledger.Ledger) (root [32]byte, incarnation string) {
	t.Helper()
	root, _ = desktest.RootOf(t, l)
	err := l.View(func(v ledger.View) error {
		incarnation = v.Incarnation()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return root, incarnation
}

// change writes in the meta bucket of a ledger that nobody has open.
func change(t testing.TB, path, key string, value []byte) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte(key), value) })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// outdate makes the node's ledger one of an earlier program.
func outdate(t testing.TB, home Home) {
	t.Helper()
	change(t, home.path("ledger.db"), "schema", binary.BigEndian.AppendUint32(nil, ledger.Schema-1))
}

// sound checks a ledger that nobody writes, page by page and row by row, and returns the name of its file.
func sound(t *testing.T, path string) (incarnation string) {
	t.Helper()
	l, err := ledger.Open(path, ledger.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	err = l.View(func(v ledger.View) error {
		incarnation = v.Incarnation()
		findings, err := v.Check(t.Context())
		for _, f := range findings {
			t.Error(f)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return incarnation
}

func there(t *testing.T, path string) bool {
	t.Helper()
	_, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}
