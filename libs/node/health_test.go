package node

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/rpc"

	"connectrpc.com/connect/v2"
)

// idle is a service that does nothing.
type idle struct{}

func (idle) Register(*connect.Server)   {}
func (idle) Reactions() []desk.Reaction { return nil }

// The kubelet asks over TLS, without a certificate of its own, and does not check that of the node.
func TestProbedOverTLS(t *testing.T) {
	home := newHome(t)
	if _, err := rpc.Certify(string(home), "licensing", []string{"node.example"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	n, err := New(t.Context(), Config{Home: home})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended, serve := make(chan error, 1), n.serve(idle{})
	go func() { ended <- serve(ctx) }()
	if err := n.follower.CatchUp(ctx); err != nil {
		t.Error(err)
	}
	close(n.ready)
	kubelet := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	for path, want := range map[string]int{"/livez": 200, "/readyz": 200, "/metrics": 200, "/counterfoil.query.v1.QueryService/Status": 405} {
		res, err := kubelet.Get("https://" + n.Addr() + path)
		if err != nil {
			t.Error(err)
			continue
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %d, not %d", path, res.StatusCode, want)
		}
	}
	if res, err := kubelet.Get("http://" + n.Addr() + "/livez"); err == nil && res.StatusCode == 200 {
		t.Error("it answers in plain text")
	}
	stop()
	if err := errors.Join(<-ended, n.Close()); err != nil {
		t.Error(err)
	}
}

func asked(n *Node, path, from string, header ...string) (int, string) {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.RemoteAddr = from
	for _, name := range header {
		r.Header.Set(name, "192.0.2.7")
	}
	w := httptest.NewRecorder()
	n.watched(http.NotFoundHandler()).ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// A node that is not up lives and is not ready, and says what it waits for; the hub is nothing that it waits for.
func TestReadiness(t *testing.T) {
	n, err := New(t.Context(), Config{Home: newHome(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	const here = "127.0.0.1:4711"
	if code, body := asked(n, "/livez", here); code != 200 || body != "ok\n" {
		t.Errorf("livez: %d %q", code, body)
	}
	if code, body := asked(n, "/readyz", here); code != 503 || body != "ledger: is being brought up: 0 % done\n" {
		t.Errorf("readyz: %d %q", code, body)
	}
	if code, body := asked(n, "/readyz?verbose", here); code != 503 || !strings.Contains(body, "[-] ledger: ") || !strings.Contains(body, "[+] hub: not asked yet\n") {
		t.Errorf("readyz?verbose: %d %q", code, body)
	}
	if code, body := asked(n, "/metrics", here); code != 200 || !strings.Contains(body, "\ncounterfoil_ready 0\n") {
		t.Errorf("metrics: %d", code)
	}
	if err := n.follower.CatchUp(context.Background()); err != nil {
		t.Fatal(err)
	}
	close(n.ready)
	if code, body := asked(n, "/readyz", here); code != 200 || body != "ok\n" {
		t.Errorf("readyz of one that is up, without a hub: %d %q", code, body)
	}
	if code, body := asked(n, "/metrics", here); code != 200 || !strings.Contains(body, "\ncounterfoil_ready 1\n") || !strings.Contains(body, `counterfoil_journal_events{journal="authority/directory"}`) {
		t.Errorf("metrics of one that is up: %d", code)
	}
	for _, tt := range []struct {
		metrics, from string
		header        []string
		code          int
	}{
		{"", here, nil, 200}, {"", "[::1]:1", nil, 200}, {"", "[::ffff:127.0.0.1]:1", nil, 200}, {"", "192.0.2.1:1", nil, 404}, {"", "pipe", nil, 404},
		{"", here, []string{"X-Forwarded-For"}, 404}, {"", here, []string{"Forwarded"}, 404}, {"", here, []string{"Via"}, 404}, {"", here, []string{"X-Real-IP"}, 404},
		{"local", here, nil, 200}, {"local", "192.0.2.1:1", nil, 404}, {"all", "192.0.2.1:1", nil, 200}, {"all", here, []string{"Via"}, 200}, {"none", here, nil, 404},
	} {
		n.Profile.API.Metrics = tt.metrics
		if code, _ := asked(n, "/metrics", tt.from, tt.header...); code != tt.code {
			t.Errorf("metrics %q from %s with %v: %d, not %d", tt.metrics, tt.from, tt.header, code, tt.code)
		}
	}
}

// What cannot be looked at keeps back nothing else.
func TestJournalsAreToldOfWhateverElseFails(t *testing.T) {
	n, err := New(t.Context(), Config{Home: newHome(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := n.follower.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.past.Snapshots.Dir = n.cfg.Home.path("agency.json") // no folder
	if err := n.webhooks.Close(); err != nil {
		t.Fatal(err)
	}
	is, err := n.Standing()
	if err == nil || len(is.Journals) == 0 || is.Journals[0].Events == 0 {
		t.Errorf("stands %+v, %v", is, err)
	}
	if _, told := asked(n, "/metrics", "127.0.0.1:4711"); !strings.Contains(told, `counterfoil_journal_events{journal="authority/directory"}`) {
		t.Error("the metrics of journals are gone")
	}
}
