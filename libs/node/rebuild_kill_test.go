package node

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/projection"
)

// rounds is how often a process is killed.
func rounds() int {
	if os.Getenv("COUNTERFOIL_SOAK") != "" {
		return 100
	}
	return 2
}

// killed runs this program in a mode and kills it at some moment after it is ready.
func killed(t *testing.T, mode string, home Home, within time.Duration) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), modeEnv+"="+mode, homeEnv+"="+string(home))
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, len("ready\n"))); err != nil {
		t.Errorf("not ready: %v", err)
	}
	<-time.After(rand.N(within))
	_ = cmd.Process.Kill() // an end before it is told below
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the process ended by itself: %v: %s", err, &said)
	}
}

// sameAsAnew closes a node and compares its ledger with one that is built of its streams anew.
func sameAsAnew(t *testing.T, home Home) {
	t.Helper()
	n, stop := running(t, home)
	got, _ := built(t, n.Ledger)
	for _, folder := range []string{projection.RebuildFolder, besideFolder} {
		if there(t, home.path(folder)) {
			t.Errorf("%s is left", folder)
		}
	}
	l, err := ledger.Open(filepath.Join(t.TempDir(), "ledger.db"), ledger.Options{Agency: "licensing"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f := n.followerOf(l)
	f.Keys = n.keys.Fresh()
	if err := f.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want, _ := built(t, l); got != want {
		t.Error("the ledger is not what its streams make")
	}
	stop()
	sound(t, home.path("ledger.db"))
}

// A node is killed while it builds its ledger anew, compares, and puts it in place. Whatever the moment, the next start has a good one.
func TestKilledWhileRebuilding(t *testing.T) {
	home := newHome(t)
	n, stop := running(t, home)
	grants(t, n, 50)
	stop()
	for range rounds() {
		killed(t, "rebuild", home, 400*time.Millisecond)
		if !there(t, home.path("ledger.db")) {
			t.Fatal("there is no ledger")
		}
		sameAsAnew(t, home)
	}
}

// A build beside a node is killed; the node does not notice, and what is there is whole.
func TestKilledWhileBuildingBeside(t *testing.T) {
	home := newHome(t)
	n, stop := running(t, home)
	grants(t, n, 50)
	for range rounds() {
		killed(t, "beside", home, 600*time.Millisecond)
		grants(t, n, 1)
		if path := home.path("ledger.db" + ledger.Next); there(t, path) {
			sound(t, path)
		}
	}
	stop()
	sameAsAnew(t, home)
}

// A start is killed while it uses what was built beside.
func TestKilledWhileTakingWhatWasBuiltBeside(t *testing.T) {
	home := newHome(t)
	n, stop := running(t, home)
	grants(t, n, 50)
	stop()
	for range rounds() {
		if _, err := (Beside{Home: home}).Build(t.Context()); err != nil {
			t.Fatal(err)
		}
		outdate(t, home)
		killed(t, "start", home, 250*time.Millisecond)
		sameAsAnew(t, home)
	}
}
