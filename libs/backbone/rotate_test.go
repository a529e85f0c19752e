package backbone_test

import (
	"bufio"
	"context"
	"crypto"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/fault"
)

// startKeeper runs a node that renews its credentials, which are in the folder that is returned.
func startKeeper(t *testing.T, h *backbone.Hub, name string) (*agency, string) {
	t.Helper()
	dir := t.TempDir()
	if err := addAgency(t, h, name).WriteTo(dir); err != nil {
		t.Fatal(err)
	}
	n := startNode(t, name, t.TempDir())
	return &agency{n, keep(t, n, dir)}, dir
}

// keep starts pumps that renew the credentials in the folder.
func keep(t *testing.T, n *backbone.Node, dir string) *backbone.Pumps {
	t.Helper()
	_, _, signer := keysOf(t, n.Agency())
	return startPumps(t, backbone.PumpConfig{Node: n, Credentials: load(t, dir), Dir: dir, Signer: signer})
}

func load(t *testing.T, dir string) *backbone.Credentials {
	t.Helper()
	c, err := backbone.LoadCredentials(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// letIn reports whether the hub lets the credentials in.
func letIn(t *testing.T, c *backbone.Credentials, name string) bool {
	t.Helper()
	nc, err := nats.Connect(c.HubURLs[0], userOf(c), trust(c), nats.CustomInboxPrefix(backbone.InboxPrefix(name)), nats.NoReconnect())
	if err == nil {
		nc.Close()
	} else if !errors.Is(err, nats.ErrAuthorization) && !strings.Contains(strings.ToLower(err.Error()), "authentication expired") {
		t.Fatal(err)
	}
	return err == nil
}

func rotate(t *testing.T, h *backbone.Hub, name string, deadline time.Duration) {
	t.Helper()
	if err := h.Rotate(t.Context(), name, time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
}

// rotated waits until the node in whose folder they are has credentials other than the old ones, and the old are refused.
func rotated(t *testing.T, h *backbone.Hub, name, dir string, old *backbone.Credentials) {
	t.Helper()
	eventually(t, "the rotation is done", func() bool {
		_, err := os.Stat(filepath.Join(dir, "hub.next"))
		return !h.Renewing(name) && errors.Is(err, fs.ErrNotExist)
	})
	if now := load(t, dir); string(now.Seed) == string(old.Seed) {
		t.Error("the key is still the old one")
	} else if !letIn(t, now, name) {
		t.Error("the new credentials are refused")
	}
	if letIn(t, old, name) {
		t.Error("the old credentials are still good")
	}
}

func TestRotationUnderLoad(t *testing.T) {
	t.Parallel()
	hubDir := t.TempDir()
	h := startHub(t, hubDir)
	licensing, dir := startKeeper(t, h, "licensing")
	customs, customsDir := startKeeper(t, h, "customs")
	release(t, h, "licensing/all", "customs")
	release(t, h, "customs/all", "licensing")
	a, b := traffic(t, licensing.Node, "all"), traffic(t, customs.Node, "all")
	for range 3 {
		before := last(t, customs.Inbox())
		eventually(t, "blocks flow", func() bool { return last(t, customs.Inbox()) > before+20 })
		old, oldCustoms := load(t, dir), load(t, customsDir)
		began := time.Now()
		rotate(t, h, "licensing", time.Minute)
		rotate(t, h, "customs", time.Minute)
		rotated(t, h, "licensing", dir, old)
		rotated(t, h, "customs", customsDir, oldCustoms)
		t.Logf("rotated after %v", time.Since(began).Round(time.Millisecond))
	}
	level(t, customs, "in.licensing.all", a())
	level(t, licensing, "in.customs.all", b())

	// The hub remembers who is let in, and so does the node.
	if err := errors.Join(licensing.pumps.Close(), h.Close()); err != nil {
		t.Fatal(err)
	}
	startHub(t, hubDir)
	if err := keep(t, licensing.Node, dir).Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

// An agency is shut out and let in again while it publishes. The server may tell it then that its message is larger than the
// nothing that it may send, at which the client closes the line for good; the node makes another.
func TestShutOutWhilePublishing(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	licensing, _ := startKeeper(t, h, "licensing")
	customs, _ := startKeeper(t, h, "customs")
	release(t, h, "licensing/all", "customs")
	recorded := traffic(t, licensing.Node, "all")
	flows := func() {
		t.Helper()
		before := last(t, customs.Inbox())
		eventually(t, "blocks flow", func() bool { return last(t, customs.Inbox()) > before+20 })
	}
	for range 8 {
		flows()
		if err := errors.Join(h.Suspend(t.Context(), "licensing"), h.Resume(t.Context(), "licensing")); err != nil {
			t.Fatal(err)
		}
	}
	flows()
	licensing.pumps.CloseLine()
	flows()
	level(t, customs, "in.licensing.all", recorded())
}

func TestRotationOfANodeThatWasAway(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	licensing, dir := startKeeper(t, h, "licensing")
	if err := licensing.pumps.Close(); err != nil {
		t.Fatal(err)
	}
	old := load(t, dir)
	rotate(t, h, "licensing", time.Minute)
	if !letIn(t, old, "licensing") {
		t.Fatal("the old credentials are refused before the deadline")
	}
	keep(t, licensing.Node, dir)
	rotated(t, h, "licensing", dir, old)

	// One that does not come in time is shut out, and comes back by a new invitation only.
	customs, customsDir := startKeeper(t, h, "customs")
	if err := customs.pumps.Close(); err != nil {
		t.Fatal(err)
	}
	rotate(t, h, "customs", time.Second)
	eventually(t, "customs is shut out", func() bool { return access(t, h, "customs") == "suspended" })
	if letIn(t, load(t, customsDir), "customs") {
		t.Error("the old credentials are good after the deadline")
	}
	if err := h.Resume(t.Context(), "customs"); !errors.Is(err, fault.Precondition) {
		t.Errorf("resume after the deadline: %v", err)
	}
	if err := h.Rotate(t.Context(), "licensing", time.Now()); !errors.Is(err, fault.Invalid) {
		t.Errorf("a deadline that has passed: %v", err)
	}
}

func access(t *testing.T, h *backbone.Hub, name string) string {
	t.Helper()
	got, err := h.Access(name)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// killAt has the process killed at a point of a rotation. Which point it is shows in what the node is given to
// sign and to dial: it signs once when it connects and once when it hears of the rotation, then to ask for new
// credentials, and then with the new ones.
func killAt(c *backbone.PumpConfig, point string) {
	k := &killer{signer: c.Signer, point: point}
	c.Signer, c.Dial = k, k.dial
}

type killer struct {
	signer       crypto.Signer
	point        string
	signs, dials atomic.Int32
}

// reach kills the process if this is the point.
func (k *killer) reach(point string) {
	if point == k.point {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

func (k *killer) Public() crypto.PublicKey { return k.signer.Public() }

func (k *killer) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	k.reach("sign" + strconv.Itoa(int(k.signs.Add(1))))
	return k.signer.Sign(rand, digest, opts)
}

func (k *killer) dial(network, address string) (net.Conn, error) {
	k.reach("dial" + strconv.Itoa(int(k.dials.Add(1))))
	conn, err := net.Dial(network, address)
	return &killerConn{conn, k}, err
}

type killerConn struct {
	net.Conn
	k *killer
}

func (c *killerConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	// Little else that comes then is as long as the answer with the JWT.
	if c.k.signs.Load() == 3 && n > 200 {
		c.k.reach("granted")
	}
	return n, err
}

func TestRotationThatIsKilled(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		point, what string
		// late is whether it comes right also when the node is back after the deadline only.
		late bool
	}{
		{"sign3", "before it asks", false},
		{"granted", "before it has kept the answer", false},
		{"dial2", "before it connects with the new credentials", true},
		{"sign4", "before it presents them", true},
		{"dial3", "after the hub has shut the old ones out", true},
	} {
		for _, late := range []bool{false, true} {
			if late && !tt.late {
				continue
			}
			t.Run(tt.what+map[bool]string{true: ", back after the deadline"}[late], func(t *testing.T) {
				t.Parallel()
				killedAt(t, tt.point, late)
			})
		}
	}
}

func killedAt(t *testing.T, point string, late bool) {
	h := startHub(t, t.TempDir())
	customs := startAgency(t, h, "customs", nil)
	dir, creds := t.TempDir(), t.TempDir()
	if err := addAgency(t, h, "licensing").WriteTo(creds); err != nil {
		t.Fatal(err)
	}
	release(t, h, "licensing/all", "customs")
	_, _, signer := keysOf(t, "licensing")
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), nodeEnv+"="+strings.Join([]string{"licensing", dir, creds, hex.EncodeToString(signer), point}, " "))
	cmd.Stderr = t.Output()
	said, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	old := load(t, creds)
	deadline := time.Minute
	if late {
		deadline = 3 * time.Second
	}
	lines, acknowledged := bufio.NewScanner(said), uint64(0)
	for lines.Scan() {
		if acknowledged, err = strconv.ParseUint(lines.Text(), 10, 64); err != nil {
			t.Fatal(err)
		}
		if acknowledged == 20 {
			rotate(t, h, "licensing", deadline)
		}
	}
	if err := cmd.Wait(); err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the node was not killed: %v", err)
	}
	if late {
		eventually(t, "the deadline has passed", func() bool { return !h.Renewing("licensing") })
	}
	n := startNode(t, "licensing", dir)
	again := &agency{n, keep(t, n, creds)}
	rotated(t, h, "licensing", creds, old)
	record(t, n, "all", itoa(int(last(t, n.Journal()))+1))
	recorded := last(t, n.Journal())
	if recorded <= acknowledged {
		t.Errorf("block %d was acknowledged, and the journal ends at %d", acknowledged, recorded)
	}
	level(t, customs, "in.licensing.all", int(recorded))
	eventually(t, "all is sent", func() bool { return again.pumps.Status().ToSend == 0 })
}
