package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/projection"
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
