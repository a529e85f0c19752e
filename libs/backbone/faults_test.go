package backbone_test

import (
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/backbone"
)

// traffic records a block every other millisecond until it is stopped, which returns how many blocks there are.
func traffic(t *testing.T, n *backbone.Node, group string) (stop func() int) {
	t.Helper()
	return trafficEvery(t, 2*time.Millisecond, n, group)
}

// trafficEvery is traffic at another pace.
func trafficEvery(t *testing.T, every time.Duration, n *backbone.Node, group string) (stop func() int) {
	t.Helper()
	var running sync.WaitGroup
	end := make(chan struct{})
	pace := time.NewTicker(every)
	count := 0
	running.Go(func() {
		defer pace.Stop()
		for {
			select {
			case <-end:
				return
			case <-pace.C:
			}
			if _, err := n.JetStream().Publish(t.Context(), "block."+n.Agency()+"."+group, []byte(itoa(count+1))); err != nil {
				t.Errorf("record block %d: %v", count+1, err)
				return
			}
			count++
		}
	})
	return func() int {
		close(end)
		running.Wait()
		return count
	}
}

// level waits until the reader has n blocks of the journal, reports how long that took, and checks that they are
// the right ones in the right order.
func level(t *testing.T, reader *agency, subject string, n int) {
	t.Helper()
	began := time.Now()
	defer func() {
		if t.Failed() {
			t.Logf("the inbox ends at %d; %+v", last(t, reader.Inbox()), reader.pumps.Status())
		}
	}()
	eventually(t, "the reader is level", func() bool { return last(t, reader.Inbox()) >= uint64(n) })
	t.Logf("level after %v with %d blocks", time.Since(began).Round(time.Millisecond), n)
	if diff := cmp.Diff(numbered(subject, 1, n), contents(t, reader.Inbox())); diff != "" {
		t.Errorf("lost, doubled or out of place:\n%s", diff)
	}
}

func TestCutAndSilentLines(t *testing.T) {
	for _, fault := range []struct {
		name       string
		begin, end func(*cable)
		// noticed is whether the fault must be seen in the status before it ends.
		noticed bool
	}{
		{"cut", (*cable).Cut, (*cable).Mend, true},
		{"half open", (*cable).Silence, (*cable).Speak, true},
		{"silent a while", (*cable).Silence, (*cable).Speak, false},
	} {
		for _, side := range []string{"licensing", "customs"} {
			t.Run(fault.name+" at "+side, func(t *testing.T) {
				t.Parallel()
				h := startHub(t, t.TempDir())
				line := layCable(t, strings.TrimPrefix(h.URLs()[0], "tls://"), 0)
				dial := map[string]func(network, address string) (net.Conn, error){side: line.Dial}
				licensing := startAgency(t, h, "licensing", dial["licensing"])
				customs := startAgency(t, h, "customs", dial["customs"])
				hurt := map[string]*agency{"licensing": licensing, "customs": customs}[side]
				release(t, h, "licensing/all", "customs")
				release(t, h, "customs/all", "licensing")

				stopLicensing, stopCustoms := traffic(t, licensing.Node, "all"), traffic(t, customs.Node, "all")
				eventually(t, "blocks flow", func() bool { return last(t, customs.Inbox()) > 20 })
				fault.begin(line)
				mark := last(t, hurt.Journal())
				eventually(t, "the agency records all the same", func() bool { return last(t, hurt.Journal()) > mark+50 })
				if fault.noticed {
					eventually(t, "the fault is seen", func() bool { return !hurt.pumps.Status().Connected })
				}
				fault.end(line)
				began := time.Now()
				eventually(t, "the line is back", func() bool { return hurt.pumps.Status().Connected })
				t.Logf("connected again after %v", time.Since(began).Round(time.Millisecond))
				a, b := stopLicensing(), stopCustoms()
				level(t, customs, "in.licensing.all", a)
				level(t, licensing, "in.customs.all", b)
			})
		}
	}
}

func TestHubRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := startHub(t, dir)
	licensing := startAgency(t, h, "licensing", nil)
	customs := startAgency(t, h, "customs", nil)
	release(t, h, "licensing/all", "customs")
	stop := traffic(t, licensing.Node, "all")
	for range 3 {
		before := last(t, customs.Inbox())
		eventually(t, "blocks flow", func() bool { return last(t, customs.Inbox()) > before+20 })
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the hub is missed", func() bool { return !customs.pumps.Status().Connected })
		before = last(t, customs.Inbox())
		h = startHub(t, dir)
		began := time.Now()
		eventually(t, "blocks flow again", func() bool { return last(t, customs.Inbox()) > before })
		t.Logf("the next block came %v after the hub was back", time.Since(began).Round(time.Millisecond))
	}
	level(t, customs, "in.licensing.all", stop())
}

func TestNodeStartsWithoutAHub(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := startHub(t, dir)
	creds := addAgency(t, h, "licensing")
	customs := startAgency(t, h, "customs", nil)
	release(t, h, "licensing/all", "customs")
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	n := startNode(t, "licensing", t.TempDir())
	p := startPumps(t, backbone.PumpConfig{Node: n, Credentials: creds})
	if err := p.Ready(t.Context()); !errors.Is(err, backbone.ErrUnreachable) {
		t.Errorf("ready without a hub: %v", err)
	}
	record(t, n, "all", "1")
	if s := p.Status(); s.Connected || s.Reconciled || s.ToSend != 1 || s.LastError == "" {
		t.Errorf("status without a hub: %+v", s)
	}
	startHub(t, dir)
	level(t, customs, "in.licensing.all", 1)
	<-p.Reconciled()
	if err := p.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	eventually(t, "all is sent", func() bool { return p.Status().ToSend == 0 })
	if s := p.Status(); !s.Connected || !s.Reconciled || s.LastHeard.IsZero() || s.Stopped != "" {
		t.Errorf("status with a hub: %+v", s)
	}
}

func TestNodeRestart(t *testing.T) {
	t.Parallel()
	h := startHub(t, t.TempDir())
	customs := startAgency(t, h, "customs", nil)
	creds := addAgency(t, h, "licensing")
	release(t, h, "licensing/all", "customs")
	release(t, h, "customs/all", "licensing")
	dir, total := t.TempDir(), 0
	for round := range 3 {
		n := startNode(t, "licensing", dir)
		p := startPumps(t, backbone.PumpConfig{Node: n, Credentials: creds})
		if err := p.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 30 {
			total++
			record(t, n, "all", itoa(total))
			record(t, customs.Node, "all", itoa(total))
		}
		// The last round waits; the others stop in the middle of things.
		if round == 2 {
			level(t, &agency{n, p}, "in.customs.all", total)
			level(t, customs, "in.licensing.all", total)
		}
		if err := errors.Join(p.Close(), n.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStoreIsEncryptedAndItsKeyIsNeeded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := startNode(t, "licensing", dir)
	secret := strings.Repeat("end-user certificate ", 20)
	record(t, n, "all", secret)
	created := n.JournalCreated()
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if file := fileHolding(t, dir, "end-user certificate"); file != "" {
		t.Errorf("%s can be read without the key", file)
	}
	n = startNode(t, "licensing", dir)
	if got := contents(t, n.Journal()); len(got) != 1 || got[0] != "block.licensing.all "+secret {
		t.Errorf("after a restart: %q", got)
	}
	if !n.JournalCreated().Equal(created) || created.IsZero() {
		t.Errorf("the journal made at %v says %v after a restart", created, n.JournalCreated())
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(key string) error{
		"another key": func(key string) error { return overwrite(key, strings.Repeat("x", 44)) },
		"no key":      remove,
	} {
		if err := spoil(dir + "/store.key"); err != nil {
			t.Fatal(err)
		}
		other, err := backbone.StartNode(t.Context(), backbone.NodeConfig{Agency: "licensing", Dir: dir})
		if err == nil {
			other.Close()
			t.Errorf("%s: the store was opened", name)
		} else if !strings.Contains(err.Error(), "store.key") {
			t.Errorf("%s: %v does not say what to look at", name, err)
		}
	}
}

func TestTwoBrokersOnOneFolder(t *testing.T) {
	t.Parallel()
	hubDir, nodeDir := t.TempDir(), t.TempDir()
	h := startHub(t, hubDir)
	startNode(t, "licensing", nodeDir)
	if other, err := backbone.StartHub(t.Context(), backbone.HubConfig{Dir: hubDir, Listen: "127.0.0.1:0"}); err == nil {
		other.Close()
		t.Error("two hubs share a folder")
	}
	if other, err := backbone.StartNode(t.Context(), backbone.NodeConfig{Agency: "licensing", Dir: nodeDir}); err == nil {
		other.Close()
		t.Error("two nodes share a folder")
	}
	// Nor do two hubs share an address, and the second says so rather than wait.
	listen := strings.TrimPrefix(h.URLs()[0], "tls://")
	other, err := backbone.StartHub(t.Context(), backbone.HubConfig{Dir: t.TempDir(), Listen: listen})
	if err == nil {
		other.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("two hubs at %s: %v", listen, err)
	}
}

// deleteStream deletes a stream at the hub, as only its operator can.
func deleteStream(t *testing.T, h *backbone.Hub, agency, name string) {
	t.Helper()
	err := h.InAccount(agency, func(js jetstream.JetStream) error { return js.DeleteStream(t.Context(), name) })
	if err != nil {
		t.Fatal(err)
	}
}
