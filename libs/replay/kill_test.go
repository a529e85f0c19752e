package replay_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/replay"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// childEnv makes the test's program do one of the works below, to be killed at it.
const childEnv = "COUNTERFOIL_REPLAY_CHILD"

// begun is what it says when all is open that the work needs.
const begun = "begun\n"

// child does a work in a folder: "replay" folds the ledger in source into the one in into, "snapshot" takes snapshots of the ledger in
// source.
func child(work, dir string) error {
	ctx := context.Background()
	source, err := ledger.Open(filepath.Join(dir, "source", "ledger.db"), ledger.Options{ReadOnly: work == "replay"})
	if err != nil {
		return err
	}
	defer source.Close()
	if work == "snapshot" {
		fmt.Print(begun)
		s := &replay.Snapshots{Live: source, Dir: filepath.Join(dir, "snapshots"), Now: time.Now}
		_, err := s.Take(ctx)
		return err
	}
	into, err := ledger.Open(filepath.Join(dir, "into", "ledger.db"), ledger.Options{Agency: source.Agency()})
	if err != nil {
		return err
	}
	defer into.Close()
	fmt.Print(begun)
	if err := replay.Begin(into, &queryv1.Horizon{}); err != nil {
		return err
	}
	after, err := replay.At(into)
	if err != nil {
		return err
	}
	all := &replay.Horizon{}
	plan, err := all.Plan(ctx, source, after)
	if err != nil {
		return err
	}
	fold := &replay.Into{Ledger: into}
	return fold.Fold(ctx, all.Source(source, after, plan))
}

// toKill makes a ledger of many licences in a folder, and returns the folder and the ledger's root.
func toKill(t *testing.T, licences int) (dir string, root [32]byte) {
	dir = t.TempDir()
	for _, sub := range []string{"source", "into"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	l, err := ledger.Open(filepath.Join(dir, "source", "ledger.db"), ledger.Options{Agency: "licensing"})
	if err != nil {
		t.Fatal(err)
	}
	w := ledgertest.NewWriter()
	for first := 0; first < licences; first += 500 {
		var facts []proto.Message
		for n := first; n < first+500; n++ {
			facts = append(facts, &licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("licensing/L-%06d", n), Deal: &licensingv1.Deal{EndUse: strings.Repeat("x", 300)}})
		}
		id, _ := ledgertest.NewWriter().Event(facts[0])
		foldBlocks(t, l, w.Together(id, facts...))
	}
	root = rootOf(t, l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, root
}

func rootOf(t *testing.T, l *ledger.Ledger) (root [32]byte) {
	t.Helper()
	err := l.View(func(v ledger.View) (err error) {
		root, _, err = v.Root(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// run does a work in another process, kills it at a moment after it began unless that is 0, and says how long it took from there and
// whether it was killed.
func run(t *testing.T, work, dir string, at time.Duration) (took time.Duration, killed bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+work+" "+dir)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len(begun))); err != nil {
		t.Errorf("%s has not begun: %v", work, err)
	}
	began := time.Now()
	if at > 0 {
		defer time.AfterFunc(at, func() { _ = cmd.Process.Kill() }).Stop() // an end before it is told below
	}
	err = cmd.Wait()
	killed = at > 0 && err != nil && strings.Contains(err.Error(), "killed")
	if err != nil && !killed {
		t.Fatalf("%s: %v: %s", work, err, &said)
	}
	return time.Since(began), killed
}

// killed kills a work so many times, each time at some moment within how long it takes when it is let be, and at last lets it come to its
// end. One that came to its end before its moment is begun anew.
func killed(t *testing.T, work, dir string, times int) {
	t.Helper()
	anew := func() {
		if err := errors.Join(os.RemoveAll(filepath.Join(dir, "into")), os.Mkdir(filepath.Join(dir, "into"), 0o700)); err != nil {
			t.Fatal(err)
		}
	}
	whole, _ := run(t, work, dir, 0)
	anew()
	for kills, runs := 0, 0; kills < times; runs++ {
		if runs == 20*times {
			t.Fatalf("%s was killed %d times in %d runs, want %d", work, kills, runs, times)
		}
		if _, was := run(t, work, dir, rand.N(whole)+1); was {
			kills++
		} else {
			anew()
		}
	}
	run(t, work, dir, 0)
}

func killTimes() int {
	if os.Getenv("COUNTERFOIL_SOAK") != "" {
		return 200
	}
	return 6
}

// A replay that is killed at any moment goes on, and comes to what one makes that was let be.
func TestKilledReplayGoesOn(t *testing.T) {
	dir, want := toKill(t, 30_000)
	killed(t, "replay", dir, killTimes())
	l, err := ledger.Open(filepath.Join(dir, "into", "ledger.db"), ledger.Options{Agency: "licensing"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if rootOf(t, l) != want {
		t.Error("what came of it is another ledger")
	}
	err = l.View(func(v ledger.View) error {
		found, err := v.Check(t.Context())
		if len(found) > 0 {
			t.Errorf("Check: %v", found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A snapshot that is killed at any moment leaves those that there are, each what it says, and nothing of its own that is used.
func TestKilledSnapshotLeavesWholeOnes(t *testing.T) {
	dir, want := toKill(t, 30_000)
	killed(t, "snapshot", dir, killTimes())
	l, err := ledger.Open(filepath.Join(dir, "source", "ledger.db"), ledger.Options{Agency: "licensing"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := &replay.Snapshots{Live: l, Dir: filepath.Join(dir, "snapshots"), Now: time.Now}
	list, err := s.List()
	if err != nil || len(list) == 0 {
		t.Fatalf("%d snapshots: %v", len(list), err)
	}
	for _, one := range list {
		copied, err := ledger.Open(filepath.Join(s.Dir, one.File), ledger.Options{Agency: "licensing", ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		if rootOf(t, copied) != want {
			t.Errorf("%s is another ledger", one.File)
		}
		if err := copied.Close(); err != nil {
			t.Fatal(err)
		}
	}
	said, err := filepath.Glob(filepath.Join(s.Dir, "*.db"))
	if err != nil || len(said) != len(list) {
		t.Errorf("%d copies are there and %d say what they are: %v", len(said), len(list), err)
	}
}
