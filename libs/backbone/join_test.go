package backbone_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/fault"
)

var rehearsed = [32]byte{1, 2, 3}

// invite returns the credentials that an invitation of the agency makes.
func invite(t *testing.T, h *backbone.Hub, name string, valid time.Duration) *backbone.Credentials {
	t.Helper()
	a, seed, _ := keysOf(t, name)
	g, err := h.Invite(t.Context(), a, time.Now().Add(valid), rehearsed)
	if err != nil {
		t.Fatal(err)
	}
	if g.Expires.IsZero() || time.Until(g.Expires) > valid {
		t.Errorf("an invitation for %v ends at %v", valid, g.Expires)
	}
	return g.With(seed)
}

func TestJoin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := startHub(t, dir)
	licensing := startAgency(t, h, "licensing", nil)
	kit := invite(t, h, "customs", time.Hour)
	release(t, h, "licensing/all", "customs")
	record(t, licensing.Node, "all", "1")
	if got := access(t, h, "customs"); got != "invited" {
		t.Errorf("access of an agency that is invited: %s", got)
	}
	_, _, signer := keysOf(t, "customs")
	_, _, other := keysOf(t, "police")
	var joined *backbone.Credentials
	join := func(root [32]byte, signer ed25519.PrivateKey) error {
		return backbone.Join(t.Context(), kit, "customs", root, signer, nil, func(c *backbone.Credentials) error { joined = c; return nil })
	}
	if err := join([32]byte{9}, signer); !errors.Is(err, fault.Precondition) || !strings.Contains(err.Error(), "the rehearsal came out otherwise") {
		t.Errorf("with another root: %v", err)
	}
	if err := join(rehearsed, other); !errors.Is(err, fault.NotAllowed) || !strings.Contains(err.Error(), "signing key") {
		t.Errorf("signed by somebody else: %v", err)
	}
	if err := h.Suspend(t.Context(), "customs"); err != nil {
		t.Fatal(err)
	}
	if err := join(rehearsed, signer); !errors.Is(err, fault.NotAllowed) || !strings.Contains(err.Error(), "suspended") {
		t.Errorf("while suspended: %v", err)
	}
	if err := h.Resume(t.Context(), "customs"); err != nil {
		t.Fatal(err)
	}
	if got := access(t, h, "customs"); got != "invited" {
		t.Errorf("access after all that: %s", got)
	}
	// The kit allows nothing else.
	nc, denied := intruder(t, kit, "customs")
	for _, subject := range []string{"block.customs.all", "$JS.API.STREAM.INFO.FEED", "hub.present", "hub.renew"} {
		if err := nc.Publish(subject, nil); err != nil {
			t.Fatal(err)
		}
		if err := <-denied; !errors.Is(err, nats.ErrPermissionViolation) {
			t.Errorf("%s with a kit: %v", subject, err)
		}
	}

	if err := join(rehearsed, signer); err != nil {
		t.Fatal(err)
	}
	if got := access(t, h, "customs"); got != "live" {
		t.Errorf("access of an agency that has joined: %s", got)
	}
	n := startNode(t, "customs", t.TempDir())
	customs := &agency{n, startPumps(t, backbone.PumpConfig{Node: n, Credentials: joined})}
	level(t, customs, "in.licensing.all", 1)
	if up, err := h.Connected("customs"); err != nil || !up {
		t.Errorf("connected: %v, %v", up, err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = startHub(t, dir)
	if err := join(rehearsed, signer); !errors.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "used already") {
		t.Errorf("a second time: %v", err)
	}
	if letIn(t, kit, "customs") {
		t.Error("a kit that was used lets in")
	}
	a, _, _ := keysOf(t, "customs")
	if _, err := h.Invite(t.Context(), a, time.Now().Add(time.Hour), rehearsed); !errors.Is(err, fault.Conflict) {
		t.Errorf("invite an agency that is live: %v", err)
	}
}

// A line that is cut just when the answer comes must not cost the kit.
func TestJoinIsInterrupted(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	kit := invite(t, h, "customs", time.Hour)
	_, _, signer := keysOf(t, "customs")
	line := layCable(t, strings.TrimPrefix(h.URLs()[0], "tls://"), 0)
	dials := 0
	var kept *backbone.Credentials
	keep := func(c *backbone.Credentials) error { kept = c; return nil }
	err := backbone.Join(t.Context(), kit, "customs", rehearsed, signer, func(network, address string) (net.Conn, error) {
		if dials++; dials == 2 { // the answer has come, and is lost
			return nil, errors.New("the line is cut")
		}
		return line.Dial(network, address)
	}, keep)
	if err == nil || kept == nil || access(t, h, "customs") != "live" {
		t.Fatalf("joined over a line that was cut: %v, kept: %v", err, kept != nil)
	}
	if err := backbone.Join(t.Context(), kit, "customs", rehearsed, signer, nil, keep); err != nil {
		t.Errorf("asked again: %v", err)
	}
	if letIn(t, kit, "customs") {
		t.Error("a kit that was used lets in")
	}
}

func TestKitThatHasEnded(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	kit := invite(t, h, "customs", 2*time.Second)
	_, _, signer := keysOf(t, "customs")
	eventually(t, "the kit is refused", func() bool { return !letIn(t, kit, "customs") })
	keep := func(*backbone.Credentials) error { return errors.New("the hub gave credentials") }
	if err := backbone.Join(t.Context(), kit, "customs", rehearsed, signer, nil, keep); !errors.Is(err, fault.NotAllowed) ||
		!strings.Contains(err.Error(), "expired") {
		t.Errorf("join with a kit that has ended: %v", err)
	}
	// A new invitation ends the one before it.
	second := invite(t, h, "customs", time.Hour)
	invite(t, h, "customs", 2*time.Hour)
	if err := backbone.Join(t.Context(), second, "customs", rehearsed, signer, nil, keep); !errors.Is(err, fault.Conflict) {
		t.Errorf("join with a kit that another took the place of: %v", err)
	}
	a, _, _ := keysOf(t, "customs")
	if _, err := h.Invite(t.Context(), a, time.Now(), rehearsed); !errors.Is(err, fault.Invalid) {
		t.Errorf("invite until now: %v", err)
	}
}

func TestRemovedAgency(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	licensing, customs, police := startAgency(t, h, "licensing", nil), startAgency(t, h, "customs", nil), startAgency(t, h, "police", nil)
	for _, r := range [][2]string{{"licensing/all", "customs"}, {"licensing/all", "police"}, {"customs/all", "police"}} {
		release(t, h, r[0], r[1])
	}
	record(t, licensing.Node, "all", "1")
	record(t, customs.Node, "all", "1")
	eventually(t, "all is delivered", func() bool { return last(t, customs.Inbox()) == 1 && last(t, police.Inbox()) == 2 })
	old := addAgency(t, h, "customs")

	began := time.Now()
	if err := h.Remove(t.Context(), "customs"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "customs is dropped", func() bool { return !customs.pumps.Status().Connected })
	t.Logf("removed after %v", time.Since(began).Round(time.Millisecond))
	if err := h.Remove(t.Context(), "customs"); err != nil {
		t.Errorf("a second time: %v", err)
	}
	if up, err := h.Connected("customs"); err != nil || up || access(t, h, "customs") != "removed" || letIn(t, old, "customs") {
		t.Errorf("after the removal: connected %v, %v, access %s, let in %v", up, err, access(t, h, "customs"), letIn(t, old, "customs"))
	}
	for _, r := range h.Releases() {
		if r.Reader == "customs" {
			t.Errorf("%s is still released", r)
		}
	}
	err := h.InAccount("customs", func(js jetstream.JetStream) error {
		if _, err := js.Stream(t.Context(), backbone.RelayName("customs")); err != nil {
			t.Errorf("relay of a removed agency: %v", err)
		}
		_, err := js.Stream(t.Context(), backbone.FeedStream)
		return err
	})
	if !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Errorf("feed of a removed agency: %v", err)
	}
	record(t, licensing.Node, "all", "2")
	eventually(t, "the police have it", func() bool { return last(t, police.Inbox()) == 3 })
	if got := last(t, customs.Inbox()); got != 1 {
		t.Errorf("customs read on to %d", got)
	}
	a, _, _ := keysOf(t, "customs")
	if _, err := h.AddAgency(t.Context(), a); !errors.Is(err, fault.Conflict) {
		t.Errorf("added again with the old user: %v", err)
	}
	if err := h.Release(t.Context(), journalID(t, "licensing/all"), "customs", 0); !errors.Is(err, fault.Precondition) {
		t.Errorf("release to a removed agency: %v", err)
	}

	// Added again with a new user it has a new feed; what it reads there is what is released to it now.
	seed, user, err := backbone.NewUser()
	if err != nil {
		t.Fatal(err)
	}
	a.User = user
	g, err := h.AddAgency(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if letIn(t, old, "customs") {
		t.Error("the old credentials are good again")
	}
	n := startNode(t, "customs", t.TempDir())
	again := startPumps(t, backbone.PumpConfig{Node: n, Credentials: g.With(seed)})
	if err := h.Release(t.Context(), journalID(t, "licensing/all"), "customs", 1); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new feed is read", func() bool { return last(t, n.Inbox()) == 1 })
	if got := contents(t, n.Inbox()); got[0] != "in.licensing.all 2" {
		t.Errorf("inbox: %q", got)
	}
	if err := again.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestReleaseAfter(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	licensing, customs := startAgency(t, h, "licensing", nil), startAgency(t, h, "customs", nil)
	releaseAfter := func(after uint64) {
		t.Helper()
		if err := h.Release(t.Context(), journalID(t, "licensing/all"), "customs", after); err != nil {
			t.Fatal(err)
		}
	}
	next := 0
	more := func(n int) {
		for range n {
			next++
			record(t, licensing.Node, "all", itoa(next))
		}
	}
	has := func(want string) {
		t.Helper()
		var got string
		eventually(t, "customs has "+want, func() bool {
			got = strings.ReplaceAll(strings.Join(contents(t, customs.Inbox()), " "), "in.licensing.all ", "")
			return len(got) >= len(want)
		})
		if got != want {
			t.Errorf("customs has %s, not %s", got, want)
		}
	}
	more(5)
	releaseAfter(3)
	has("4 5")
	// What the feed is past stays out, and what it holds stays in.
	releaseAfter(0)
	more(1)
	has("4 5 6")
	releaseAfter(8)
	more(3)
	has("4 5 6 9")
	if got := h.Releases(); len(got) != 1 || got[0].After != 8 {
		t.Errorf("releases: %+v", got)
	}
}

func TestStatementsThatAreForged(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	addAgency(t, h, "police")
	creds := addAgency(t, h, "customs")
	nc, _ := intruder(t, creds, "customs")
	a, _, signer := keysOf(t, "customs")
	p, _, others := keysOf(t, "police")
	_, user, err := backbone.NewUser()
	if err != nil {
		t.Fatal(err)
	}
	rotate(t, h, "customs", time.Hour)
	rotate(t, h, "police", time.Hour)
	for _, tt := range []struct {
		name                         string
		signer                       ed25519.PrivateKey
		over, subject, agency, user_ string
	}{
		{"another's key", others, "hub.renew", "hub.renew", "customs", user},
		{"another's name", signer, "hub.renew", "hub.renew", "police", user},
		{"another's name and key", others, "hub.renew", "hub.renew", "police", user},
		{"made for something else", signer, "hub.renew", "hub.present", "customs", user},
		{"not a user", signer, "hub.renew", "hub.renew", "customs", "SUANYTHING"},
		{"the present user", signer, "hub.renew", "hub.renew", "customs", a.User},
		{"presents another's user", signer, "hub.present", "hub.present", "customs", p.User},
		{"presents nobody", signer, "hub.present", "hub.present", "customs", ""},
	} {
		token, err := backbone.Tell(t.Context(), nc, tt.signer, tt.over, tt.subject, tt.agency, tt.user_, nil)
		if fault.As(err) == nil || token != "" {
			t.Errorf("%s: %v", tt.name, err)
		} else if strings.Contains(err.Error(), "police") {
			t.Errorf("%s: the answer names another agency: %v", tt.name, err)
		}
	}
	for name, at := range map[string]time.Time{"old": time.Now().Add(-time.Hour), "of the future": time.Now().Add(time.Hour)} {
		data, err := backbone.Statement(signer, "hub.renew", "customs", user, at)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		msg, err := nc.RequestWithContext(ctx, "hub.renew", data)
		cancel()
		if err != nil || !strings.Contains(string(msg.Data), "set the clock") {
			t.Errorf("a statement %s: %s, %v", name, msg.Data, err)
		}
	}
	if !h.Renewing("police") || !h.Renewing("customs") {
		t.Error("a forged statement has ended a rotation")
	}
	// One that is true is taken.
	if token, err := backbone.Tell(t.Context(), nc, signer, "hub.renew", "hub.renew", "customs", user, nil); err != nil || token == "" {
		t.Errorf("a true statement: %v", err)
	}
}
