package webhooks

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
)

const childDir = "WEBHOOKS_CHILD_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		child(dir)
	}
	os.Exit(m.Run())
}

// child posts what the ledger in dir holds until it is killed.
func child(dir string) {
	l, err := ledger.Open(filepath.Join(dir, "ledger"), ledger.Options{Agency: "customs"})
	if err != nil {
		panic(err)
	}
	w, err := Open(Config{Agency: "customs", Path: filepath.Join(dir, "webhooks.db"), Ledger: l})
	if err != nil {
		panic(err)
	}
	panic(w.Run(context.Background()))
}

// A node that is killed as soon as its receiver has an event, again and again, repeats that event and loses none.
func TestKilledBetweenTheRequestAndItsNote(t *testing.T) {
	kills := 4
	if os.Getenv("COUNTERFOIL_SOAK") != "" {
		kills = 200
	}
	events := kills + 2
	dir := t.TempDir()
	l, err := ledger.Open(filepath.Join(dir, "ledger"), ledger.Options{Agency: "customs"})
	if err != nil {
		t.Fatal(err)
	}
	var facts []proto.Message
	for i := range events {
		facts = append(facts, granted(i+1))
	}
	if err := ledgertest.Begin(t, l, facts...).Commit(); err != nil {
		t.Fatal(err)
	}
	ids := idsIn(t, l)
	w, err := Open(Config{Agency: "customs", Path: filepath.Join(dir, "webhooks.db"), Ledger: l})
	if err != nil {
		t.Fatal(err)
	}
	r := receive(t, nil)
	w.named(t, "erp", r.URL, nil)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	var starting sync.Mutex // held until it is known which process may post, and by who kills it
	var current *os.Process
	seen := map[string]bool{}
	done := make(chan struct{})
	r.mu.Lock()
	r.answer = func(_ http.ResponseWriter, id string) {
		starting.Lock()
		defer starting.Unlock()
		switch last := id == ids[events-1]; {
		case seen[id]:
		case last:
			close(done)
		default:
			_ = current.Kill()
		}
		seen[id] = true
	}
	r.mu.Unlock()
	for range events {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), childDir+"="+dir)
		cmd.Stderr = os.Stderr
		starting.Lock()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		current = cmd.Process
		starting.Unlock()
		exited := make(chan struct{})
		go func() { _ = cmd.Wait(); close(exited) }()
		select {
		case <-exited:
			continue
		case <-done:
		case <-time.After(30 * time.Second):
			t.Error("it neither ended nor came to the last event")
		}
		_ = cmd.Process.Kill()
		<-exited
		break
	}
	took := r.taken()
	if got := slices.Compact(slices.Clone(took)); !slices.Equal(got, ids) {
		t.Errorf("taken were %v; want each at least once, repeated in its place: %v", took, ids)
	}
	if len(took) > 2*events {
		t.Errorf("%d events were taken %d times", events, len(took))
	}
}
