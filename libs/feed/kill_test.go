package feed

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
)

// killed is where a process finds the folder that it feeds from until it is killed.
const killed = "COUNTERFOIL_FEED_KILLED"

var everything = journal.ID{Agency: "licensing", Group: "all"}

func openKilled(dir string) (*ledger.Ledger, *Feed, error) {
	l, err := ledger.Open(filepath.Join(dir, "ledger.db"), ledger.Options{Agency: "customs"})
	if err != nil {
		return nil, nil, err
	}
	f, err := Open(context.Background(), Config{
		Settings: Settings{Listen: "127.0.0.1:0", JSON: true}, Agency: "customs", Dir: dir, Key: []byte("a key of thirty-two bytes or more"), Ledger: l,
	})
	return l, f, err
}

// feedUntilKilled folds block after block while the feed runs, and says so of each.
func feedUntilKilled(dir string) error {
	l, f, err := openKilled(dir)
	if err != nil {
		return err
	}
	go f.Run(context.Background())
	var held uint64
	err = l.View(func(v ledger.View) error {
		p, err := v.Position(everything)
		held = p.GetBlock()
		return err
	})
	w := ledgertest.NewWriter()
	for n := uint64(1); err == nil; n++ {
		var facts []proto.Message
		for i := range 50 {
			facts = append(facts, suspended(i))
		}
		b := w.Together(everything, facts...)
		if n <= held {
			continue
		}
		var tx *ledger.Tx
		if tx, err = l.Begin(); err != nil {
			break
		}
		if err = tx.Fold(b, ledgertest.Position(b)); err == nil {
			err = tx.Commit()
		}
		fmt.Println(n)
	}
	return err
}

// TestKilled: a node that is killed again and again while it feeds has every event in each stream once, in order.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	for round := range 4 {
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), killed+"="+dir)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; n < 5+7*round && lines.Scan(); n++ {
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := child.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("the process ended by itself: %v", err)
		}
	}
	l, f, err := openKilled(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { f.Close(); l.Close() }()
	w := &world{t: t, dir: dir, ledger: l, feed: f}
	w.publish()
	for _, of := range f.writers {
		info, err := of.stream.Info(t.Context())
		w.must(err)
		for number := uint64(1); number <= info.State.LastSeq; number++ {
			m, err := of.stream.GetMsg(t.Context(), number, jetstream.WithGetMsgSubject(">"))
			w.must(err)
			if numberOf(m) != number {
				t.Fatalf("message %d of %s is event %d", number, of.form.stream, numberOf(m))
			}
		}
		s, err := of.status(t.Context())
		w.must(err)
		if s.Behind != 0 || s.LastSequence < 4*50 {
			t.Errorf("in the end: %v", s)
		}
	}
}
