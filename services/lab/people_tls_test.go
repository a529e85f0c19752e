package lab_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/people"
	"github.com/counterfoil/counterfoil/libs/rpc"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	"github.com/counterfoil/counterfoil/services/lab"
)

// setAPI changes how a node that does not run serves its API.
func setAPI(t *testing.T, folder lab.Folder, agency string, change func(*node.Profile)) {
	t.Helper()
	home := folder.Home(agency)
	p, err := home.Profile()
	if err != nil {
		t.Fatal(err)
	}
	change(&p)
	data, err := json.Marshal(p)
	if err == nil {
		err = os.WriteFile(filepath.Join(string(home), "agency.json"), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestNodeTokenCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	t.Run("prepare", func(t *testing.T) { start(t, folder, lab.Options{}) })
	setAPI(t, folder, "licensing", func(p *node.Profile) { p.NoNodeToken = true })
	addUser(t, usersOf(folder, "licensing"), "u-12", people.Viewer)
	n := start(t, folder, lab.Options{}).Agencies["licensing"].Node
	if code, _ := post(t, n, tokenOf(t, n), queryv1connect.QueryServiceStatusProcedure); code != "unauthenticated" {
		t.Errorf("with the node's own token: %q", code)
	}
	if code, message := post(t, n, sessionOf(t, n, "u-12"), queryv1connect.QueryServiceStatusProcedure); code != "" {
		t.Errorf("with a session: %q %s", code, message)
	}
}

// answered asks a node by TLS, on a connection of its own.
func answered(t *testing.T, n *node.Node, settings *tls.Config) (*http.Response, error) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: settings, ForceAttemptHTTP2: true, DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.URL()+queryv1connect.QueryServiceStatusProcedure, bytes.NewReader([]byte("{}")))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+tokenOf(t, n))
	res, err := client.Do(req)
	if err == nil {
		res.Body.Close()
	}
	return res, err
}

func TestTLS(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	t.Run("prepare", func(t *testing.T) { start(t, folder, lab.Options{}) })
	home := string(folder.Home("licensing"))
	if _, err := rpc.Certify(home, "licensing", []string{"localhost", "127.0.0.1"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	n := start(t, folder, lab.Options{}).Agencies["licensing"].Node
	if !strings.HasPrefix(n.URL(), "https://") {
		t.Fatalf("the API is at %s", n.URL())
	}
	ca, err := os.ReadFile(n.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	good := &tls.Config{RootCAs: pool}
	first, err := answered(t, n, good)
	if err != nil || first.StatusCode != http.StatusOK || first.ProtoMajor != 2 || first.TLS.Version != tls.VersionTLS13 {
		t.Fatalf("with the node's authority: %v, %v", first, err)
	}
	refusesOthers(t, n, pool)
	renews(t, n, home, good, first)
}

// refusesOthers asks a node in the ways that it does not answer.
func refusesOthers(t *testing.T, n *node.Node, pool *x509.CertPool) {
	t.Helper()
	for name, settings := range map[string]*tls.Config{
		"without the authority": {RootCAs: x509.NewCertPool()}, "as another name": {RootCAs: pool, ServerName: "licensing.example"},
		"TLS 1.2": {RootCAs: pool, MaxVersion: tls.VersionTLS12},
	} {
		if _, err := answered(t, n, settings); err == nil {
			t.Errorf("%s: it is answered", name)
		}
	}
	if res, err := http.Get("http" + strings.TrimPrefix(n.URL(), "https") + "/"); err == nil {
		res.Body.Close()
		if res.StatusCode != http.StatusBadRequest {
			t.Errorf("plain text is answered: %s", res.Status)
		}
	}
}

// renews fails where a renewed certificate is not used without a restart, or a pair that cannot be used is.
func renews(t *testing.T, n *node.Node, home string, good *tls.Config, first *http.Response) {
	t.Helper()
	if _, err := rpc.Certify(home, "licensing", []string{"localhost", "127.0.0.1"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	second, err := answered(t, n, good)
	if err != nil || second.TLS.PeerCertificates[0].Equal(first.TLS.PeerCertificates[0]) {
		t.Fatalf("after a renewal: %v", err)
	}
	if err := os.WriteFile(filepath.Join(home, "tls.crt"), []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	third, err := answered(t, n, good)
	if err != nil || !third.TLS.PeerCertificates[0].Equal(second.TLS.PeerCertificates[0]) {
		t.Errorf("after the file was spoilt: %v", err)
	}
}

// Beyond a loopback address a node does not start without a certificate, and says what to do.
func TestPlainTextBeyondLoopbackIsRefused(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	t.Run("prepare", func(t *testing.T) { start(t, folder, lab.Options{}) })
	for _, listen := range []string{"192.0.2.1:0", ":0", "0.0.0.0:0", "[::]:0"} {
		setAPI(t, folder, "observer", func(p *node.Profile) { p.Listen = listen })
		n, err := node.New(t.Context(), node.Config{Home: folder.Home("observer")})
		if err == nil {
			t.Errorf("it started on %s", n.Addr())
			_ = n.Close()
			continue
		}
		if !strings.Contains(err.Error(), "counterfoil tls make --dir "+string(folder.Home("observer"))) || !strings.Contains(err.Error(), "--allow-plain-text") {
			t.Errorf("on %s: %v", listen, err)
		}
	}
	// Told otherwise, and with a certificate, it gets as far as listening, which fails here: the address is of no machine.
	setAPI(t, folder, "observer", func(p *node.Profile) { p.Listen = "192.0.2.1:0" })
	listens := func(name string, cfg node.Config) {
		t.Helper()
		n, err := node.New(t.Context(), cfg)
		if err == nil {
			_ = n.Close()
		}
		if err == nil || strings.Contains(err.Error(), "plain text") || !strings.Contains(err.Error(), "listen") {
			t.Errorf("%s: %v; want it to try to listen", name, err)
		}
	}
	home := folder.Home("observer")
	listens("allowed by the flag", node.Config{Home: home, AllowPlainText: true})
	setAPI(t, folder, "observer", func(p *node.Profile) { p.AllowPlainText = true })
	listens("allowed in agency.json", node.Config{Home: home})
	setAPI(t, folder, "observer", func(p *node.Profile) { p.AllowPlainText = false })
	if _, err := rpc.Certify(string(home), "observer", []string{"192.0.2.1"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	listens("with a certificate", node.Config{Home: home})
	if err := os.Chmod(filepath.Join(string(home), "tls.key"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := node.New(t.Context(), node.Config{Home: home}); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("with a key that others can read: %v", err)
	}
}
