package node

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
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
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/projection"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// modeEnv makes the test's own program do something on the home in homeEnv until it is killed, or is done (see TestMain).
const (
	modeEnv = "COUNTERFOIL_TEST_NODE_MODE"
	homeEnv = "COUNTERFOIL_TEST_NODE_HOME"
)

func TestMain(m *testing.M) {
	if mode := os.Getenv(modeEnv); mode != "" {
		if err := modes[mode](context.Background(), Home(os.Getenv(homeEnv))); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// modes are what a process does that is killed.
var modes = map[string]func(context.Context, Home) error{
	// Commands are recorded, and the ledger is built anew again and again.
	"rebuild": func(ctx context.Context, home Home) error {
		n, err := New(ctx, Config{Home: home})
		if err != nil {
			return err
		}
		work(ctx, n)
		if err := n.follower.CatchUp(ctx); err != nil {
			return err
		}
		fmt.Println("ready")
		failed := make(chan error, 2)
		go func() {
			for {
				if err := grant(ctx, n, ""); err != nil {
					failed <- err
				}
			}
		}()
		go func() {
			for {
				if r, err := n.rebuild(ctx, projection.Rebuilding{}); err != nil || !r.Swapped || r.Differences > 0 {
					failed <- fmt.Errorf("rebuild: %v, %w", r, err)
				}
			}
		}()
		return <-failed
	},
	// A ledger is built beside a node again and again.
	"beside": func(ctx context.Context, home Home) error {
		fmt.Println("ready")
		for {
			if _, err := (Beside{Home: home}).Build(ctx); err != nil {
				return err
			}
		}
	},
	// The node starts, and is level.
	"start": func(ctx context.Context, home Home) error {
		fmt.Println("ready")
		n, err := New(ctx, Config{Home: home})
		if err != nil {
			return err
		}
		if err := n.follower.CatchUp(ctx); err != nil {
			return err
		}
		select {}
	},
}

// work has the desk and the follower of a node at work, without a hub and without an API, and returns what ends that.
func work(ctx context.Context, n *Node) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	atDesk, following := make(chan struct{}), make(chan struct{})
	go func() { defer close(atDesk); _ = n.Desk.Run(ctx) }()
	go func() { defer close(following); _ = n.follower.Run(ctx) }()
	return func() { cancel(); <-atDesk; <-following }
}

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

// A ledger that is built beside a node while it works is used by the next program's first start, which folds only what came since.
func TestALedgerThatWasBuiltBesideIsUsed(t *testing.T) {
	home := newHome(t)
	n, stop := running(t, home)
	grants(t, n, 20)
	b, err := Beside{Home: home}.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if b.Agency != "licensing" || b.Schema != ledger.Schema || len(b.Stopped) > 0 || len(b.Positions) < 3 || there(t, home.path(besideFolder)) {
		t.Errorf("built is %+v", b)
	}
	if info, err := os.Stat(b.Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info, err)
	}
	grants(t, n, 5)
	want, _ := built(t, n.Ledger)
	stop()
	next := sound(t, b.Path)
	outdate(t, home)
	n, stop = running(t, home)
	if root, incarnation := built(t, n.Ledger); root != want || incarnation != next {
		t.Errorf("the ledger is another one than was built beside, or the root is")
	}
	if done := n.done.Load(); done != 5 {
		t.Errorf("%d blocks were folded at the start; want the 5 that came since", done)
	}
	if there(t, b.Path) || there(t, b.Path+".open") || !there(t, home.path("ledger.db"+ledger.Aside)) {
		t.Error("the file is not moved, or the old one is not aside")
	}
	grants(t, n, 1)
	stop()
	_, stop = running(t, home)
	stop()
}

// A ledger beside that is damaged, another's, of another program or of other streams is passed over, and the ordinary way is taken.
func TestABadLedgerBesideIsPassedOver(t *testing.T) {
	home := newHome(t)
	n, stop := running(t, home)
	grants(t, n, 10)
	b, err := Beside{Home: home}.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want, _ := built(t, n.Ledger)
	stop()
	good, err := os.ReadFile(b.Path)
	if err != nil {
		t.Fatal(err)
	}
	states := func(made map[string]time.Time) func() error {
		return func() error {
			l, err := ledger.Open(b.Path, ledger.Options{})
			if err != nil {
				return err
			}
			return errors.Join(projection.StateStreams(l, made), l.Close())
		}
	}
	for _, tt := range []struct {
		name  string
		spoil func() error
	}{
		{"damaged", func() error { return os.WriteFile(b.Path, bytes.Repeat([]byte{7}, 1<<16), 0o600) }},
		{"cut off", func() error { return os.Truncate(b.Path, 5*4096) }},
		{"empty", func() error { return os.WriteFile(b.Path, nil, 0o600) }},
		{"another agency's", func() error { change(t, b.Path, "agency", []byte("customs")); return nil }},
		{"another program's", func() error { change(t, b.Path, "schema", []byte{0, 0, 0, 99}); return nil }},
		{"of other streams", states(map[string]time.Time{backbone.JournalStream: time.Unix(1, 0)})},
		{"of blocks that are not there", func() error { return changePosition(b.Path) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := errors.Join(os.WriteFile(b.Path, good, 0o600), tt.spoil()); err != nil {
				t.Fatal(err)
			}
			outdate(t, home)
			n, stop := running(t, home)
			defer stop()
			if root, _ := built(t, n.Ledger); root != want {
				t.Error("the root is another one")
			}
			if !there(t, b.Path) {
				t.Error("the file was taken")
			}
		})
	}
}

// changePosition has a ledger say that it folded one block more than it did.
func changePosition(path string) error {
	l, err := ledger.Open(path, ledger.Options{})
	if err != nil {
		return err
	}
	tx, err := l.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	p, err := tx.Position(licensingAll)
	if err != nil {
		return err
	}
	p.Block, p.Events, p.Sequence = p.Block+1, p.Events+1, p.Sequence+1
	return errors.Join(tx.BeginAt(licensingAll, p), tx.Passed(licensingAll, p.Sequence), tx.Commit(), l.Close())
}

// One builds beside a node at a time, and a start leaves it alone.
func TestOneBuildsBesideANodeAtATime(t *testing.T) {
	home := newHome(t)
	unlock, err := home.lockBeside()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(home.path(besideFolder), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := (Beside{Home: home}).Build(t.Context()); !errors.Is(err, fault.Conflict) {
		t.Errorf("a second build: %v", err)
	}
	_, stop := running(t, home)
	stop()
	if !there(t, home.path(besideFolder)) {
		t.Error("the folder of a build under way is gone")
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	_, stop = running(t, home)
	stop()
	if there(t, home.path(besideFolder)) {
		t.Error("the folder of a build that was killed is left")
	}
}
