package backbone_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/fault"
)

// The story of a hub of three servers, each a process of its own, under load throughout.
func TestHubOfThreeServers(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	t.Run("no stranger at the routes", func(t *testing.T) { strangersAtRoutes(t, c[0].dir) })
	licensing, customs := c.start(t, 0, "licensing"), c.start(t, 1, "customs")
	c[2].ask(t, "release", "licensing/all", "customs")
	c[0].ask(t, "release", "customs/all", "licensing")
	stopLicensing, stopCustoms := trafficEvery(t, 20*time.Millisecond, licensing.Node, "all"), trafficEvery(t, 20*time.Millisecond, customs.Node, "all")
	flows := func(t *testing.T, what string) {
		t.Helper()
		began := time.Now()
		a, b := last(t, licensing.Journal()), last(t, customs.Journal())
		eventually(t, "what is recorded from now on arrives", func() bool {
			return last(t, customs.Inbox()) > a && last(t, licensing.Inbox()) > b
		})
		t.Logf("%s: what was recorded from then on arrived after %v", what, time.Since(began).Round(time.Millisecond))
	}
	flows(t, "at first")

	for _, led := range []struct{ agency, stream string }{
		{"licensing", backbone.RelayName("licensing")}, {"customs", backbone.FeedStream},
	} {
		at := c.leader(t, led.agency, led.stream)
		c[at].kill(t)
		flows(t, "killed the server that led "+led.stream)
		c[at].start(t)
		c[at].ready(t)
		c.whole(t, "licensing", "customs")
	}
	for _, p := range c {
		p.stop(t)
		flows(t, "stopped "+p.name)
		p.start(t)
		p.ready(t)
		c.whole(t, "licensing", "customs")
	}
	t.Run("suspend at one, out at all", func(t *testing.T) { suspendAtOne(t, c) })

	level(t, customs, "in.licensing.all", stopLicensing())
	level(t, licensing, "in.customs.all", stopCustoms())
	for _, a := range []*agency{licensing, customs} {
		eventually(t, "the relay has all", func() bool { return a.pumps.Status().ToSend == 0 })
		compared, err := a.pumps.CompareRelay(t.Context(), func(own *jetstream.RawStreamMsg, altered bool) {
			t.Errorf("block %d of %s is not in the relay as it was recorded (altered: %v)", own.Sequence, a.Agency(), altered)
		})
		if err != nil || compared != last(t, a.Journal()) {
			t.Errorf("relay of %s: compared %d of %d: %v", a.Agency(), compared, last(t, a.Journal()), err)
		}
	}
}

// strangersAtRoutes tries the port for the other servers as somebody who is none.
func strangersAtRoutes(t *testing.T, dir string) {
	config, err := backbone.LoadHubConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	certificate := func(name string) []tls.Certificate {
		pair, err := tls.LoadX509KeyPair(filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key"))
		if err != nil {
			t.Fatal(err)
		}
		return []tls.Certificate{pair}
	}
	for _, tt := range []struct {
		name         string
		certificates []tls.Certificate
		in           bool
	}{
		{"no certificate", nil, false},
		{"a certificate towards agencies", certificate("server"), false},
		{"a server's certificate", certificate("route"), true},
	} {
		conn, err := tls.Dial("tcp", config.Cluster.Listen, &tls.Config{RootCAs: pool, Certificates: tt.certificates})
		if err == nil {
			// A server that refuses the client's certificate says so when it is first listened to.
			conn.SetDeadline(time.Now().Add(patience))
			_, err = conn.Read(make([]byte, 1))
			conn.Close()
		}
		if in := err == nil; in != tt.in {
			t.Errorf("%s at the port for servers: %v", tt.name, err)
		}
	}
}

// suspendAtOne has an agency connected to each server and suspends it at another.
func suspendAtOne(t *testing.T, c cluster) {
	creds := c.add(t, 0, "police")
	n := startNode(t, "police", t.TempDir())
	for at, url := range creds.HubURLs {
		there := *creds
		there.HubURLs = []string{url}
		p := startPumps(t, backbone.PumpConfig{Node: n, Credentials: &there})
		eventually(t, "the police are connected", func() bool { return p.Status().Connected })
		decider := c[(at+1)%len(c)]
		eventually(t, "seen from another server", func() bool { return decider.ask(t, "connected", "police") == "true" })
		began := time.Now()
		decider.ask(t, "suspend", "police")
		eventually(t, "the police are dropped", func() bool { return !p.Status().Connected })
		dropped := time.Since(began)
		for _, other := range c {
			eventually(t, other.name+" knows", func() bool { return other.ask(t, "access", "police") == "suspended" })
		}
		t.Logf("suspended at %s: dropped by %s after %v, known to all after %v", decider.name, c[at].name,
			dropped.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
		if time.Since(began) > 5*time.Second {
			t.Error("too late")
		}
		eventually(t, "the police are refused", func() bool { return refused(p) })
		if decider.ask(t, "connected", "police") != "false" {
			t.Error("a suspended agency is still connected to some server")
		}
		decider.ask(t, "resume", "police")
		eventually(t, "the police are back", func() bool { return p.Status().Connected })
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Two servers that copy at once must do no harm, since for a moment they may.
func TestSeveralCopiersDoNoHarm(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var servers []backbone.Server
	for _, name := range []string{"aa", "bb", "cc"} {
		servers = append(servers, backbone.Server{Name: name, Host: "127.0.0.1", Port: freePorts(t)})
	}
	if err := backbone.InitHub(dir, servers); err != nil {
		t.Fatal(err)
	}
	hubs := make([]*backbone.Hub, len(servers))
	started := make(chan error)
	for i, s := range servers {
		config, err := backbone.LoadHubConfig(filepath.Join(dir, s.Name))
		if err != nil {
			t.Fatal(err)
		}
		config.Logger = logger(t).With("server", s.Name)
		go func() {
			h, err := backbone.StartHub(context.WithoutCancel(t.Context()), config)
			hubs[i] = h
			started <- err
		}()
	}
	for range hubs {
		if err := <-started; err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, h := range hubs {
			h.Close()
		}
	})
	for _, h := range hubs {
		h.Copy()
	}
	licensing, customs := startAgency(t, hubs[0], "licensing", nil), startAgency(t, hubs[1], "customs", nil)
	for _, group := range []string{"all", "border"} {
		release(t, hubs[2], "licensing/"+group, "customs")
	}
	all, border := traffic(t, licensing.Node, "all"), traffic(t, licensing.Node, "border")
	eventually(t, "blocks flow", func() bool { return last(t, customs.Inbox()) > 200 })
	a, b := all(), border()
	eventually(t, "customs has all", func() bool { return last(t, customs.Inbox()) >= uint64(a+b) })
	next := map[string]int{}
	for _, msg := range contents(t, customs.Inbox()) {
		subject, number, _ := strings.Cut(msg, " ")
		if next[subject]++; number != itoa(next[subject]) {
			t.Fatalf("%s came when %d was due", msg, next[subject])
		}
	}
	if next["in.licensing.all"] != a || next["in.licensing.border"] != b {
		t.Errorf("recorded %d and %d, and customs has %v", a, b, next)
	}
}

func TestInitHub(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := func(name string, port int) backbone.Server {
		return backbone.Server{Name: name, Host: "hub.example", Port: port}
	}
	three := []backbone.Server{server("aa", 4222), server("bb", 4222), server("cc", 4222)}
	for name, wrong := range map[string][]backbone.Server{
		"none": nil, "two": three[:2], "same name": {three[0], three[0], three[1]}, "no host": {{Name: "aa", Port: 4222}},
		"port": {server("aa", 65000)}, "name": {server("../x", 4222)},
	} {
		if err := backbone.InitHub(dir, wrong); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := backbone.InitHub(dir, three); err != nil {
		t.Fatal(err)
	}
	if err := backbone.InitHub(dir, three[:1]); !errors.Is(err, fault.Conflict) {
		t.Errorf("a second time: %v", err)
	}
	want := []string{"ca.pem", "hub.yaml", "operator.seed", "route.key", "route.pem", "server.key", "server.pem"}
	for _, s := range three {
		entries, err := os.ReadDir(filepath.Join(dir, s.Name))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, e.Name())
			if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s/%s: %v, %v", s.Name, e.Name(), info.Mode(), err)
			}
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("folder of %s: %v", s.Name, got)
		}
	}
	config, err := backbone.LoadHubConfig(filepath.Join(dir, "bb"))
	if err != nil || config.Name != "bb" || len(config.URLs) != 3 || len(config.Cluster.Routes) != 2 {
		t.Errorf("settings of bb: %+v, %v", config, err)
	}
	if _, err := backbone.LoadHubConfig(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("settings of no server: %v", err)
	}
}
