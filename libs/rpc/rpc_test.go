package rpc_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/people"
	"github.com/counterfoil/counterfoil/libs/rpc"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
)

func config(t *testing.T) rpc.Config {
	t.Helper()
	door, err := people.Open(people.Config{Agency: "customs", Dir: t.TempDir(), NodeToken: "token"})
	if err != nil {
		t.Fatal(err)
	}
	return rpc.Config{Agency: "customs", Door: door, Logger: slog.New(slog.DiscardHandler)}
}

// A node does not serve what nobody said who may call.
func TestUndeclaredProcedureIsNotServed(t *testing.T) {
	cfg := config(t)
	queries := rpc.NewServer(cfg)
	queryv1connect.RegisterQueryServiceHandler(queries, queryv1connect.UnimplementedQueryServiceHandler{})
	if _, err := rpc.Handler(queries, cfg); err != nil {
		t.Errorf("the queries: %v", err)
	}
	server := rpc.NewServer(cfg)
	server.Register(connect.Method{
		Spec:    connect.Spec{Procedure: "/counterfoil.future.v1.FutureService/Foretell"},
		Handler: func(context.Context, connect.Spec, connect.ServerStream) error { return nil },
	})
	if _, err := rpc.Handler(server, cfg); err == nil || !strings.Contains(err.Error(), "nobody may call /counterfoil.future.v1.FutureService/Foretell: say which roles may, in the table in libs/people/allowed.go") {
		t.Errorf("a procedure that is not declared: %v", err)
	}
}

func TestCertify(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	if _, err := rpc.Certify(dir, "customs", nil, now); err == nil {
		t.Error("a certificate for no name was made")
	}
	until, err := rpc.Certify(dir, "customs", []string{"customs.example", "192.0.2.7"}, now)
	if err != nil || until.Sub(now) < 364*24*time.Hour {
		t.Fatalf("Certify: until %s, %v", until, err)
	}
	authority, first := read(t, dir, "ca.crt"), leaf(t, dir)
	if _, err := rpc.Certify(dir, "customs", []string{"customs.example"}, now.AddDate(0, 11, 0)); err != nil {
		t.Fatal(err)
	}
	second := leaf(t, dir)
	if string(read(t, dir, "ca.crt")) != string(authority) || second.Equal(first) {
		t.Error("a renewal makes another certificate by the same authority; it did not")
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	for _, tt := range []struct {
		of   *x509.Certificate
		name string
		at   time.Time
		ok   bool
	}{
		{first, "customs.example", now, true},
		{first, "192.0.2.7", now, true},
		{first, "customs.example", now.Add(-time.Hour), true},
		{first, "customs.example", now.AddDate(1, 0, 1), false},
		{first, "licensing.example", now, false},
		{second, "customs.example", now.AddDate(1, 0, 1), true},
		{second, "192.0.2.7", now.AddDate(0, 11, 0), false},
	} {
		if _, err := tt.of.Verify(x509.VerifyOptions{Roots: pool, DNSName: tt.name, CurrentTime: tt.at}); (err == nil) != tt.ok {
			t.Errorf("%s at %s: %v", tt.name, tt.at.Format(time.DateOnly), err)
		}
	}
	for _, name := range []string{"ca.crt", "ca.key", "tls.crt", "tls.key"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v; want mode 0600", name, info.Mode(), err)
		}
	}
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func leaf(t *testing.T, dir string) *x509.Certificate {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key"))
	if err != nil {
		t.Fatal(err)
	}
	return pair.Leaf
}

func TestLoopback(t *testing.T) {
	for listen, local := range map[string]bool{"127.0.0.1:0": true, "[::1]:7101": true, "127.8.8.8:1": true, ":0": false, "0.0.0.0:1": false, "[::]:1": false, "192.0.2.1:1": false} {
		if got, err := rpc.Loopback(listen); got != local || err != nil {
			t.Errorf("Loopback(%q): %v, %v", listen, got, err)
		}
	}
	if _, err := rpc.Loopback("nowhere"); err == nil {
		t.Error("an address without a port was taken")
	}
}

// What a node serves is told to whoever it knows, and to nobody else.
func TestOpenAPIIsForCallers(t *testing.T) {
	cfg := config(t)
	queries := rpc.NewServer(cfg)
	queryv1connect.RegisterProofServiceHandler(queries, queryv1connect.UnimplementedProofServiceHandler{})
	handler, err := rpc.Handler(queries, cfg)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(authorization string) *httptest.ResponseRecorder {
		res, req := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, rpc.OpenAPIPath, nil)
		req.Header.Set("Authorization", authorization)
		handler.ServeHTTP(res, req)
		return res
	}
	if res := ask("Bearer token"); res.Code != http.StatusOK || !strings.Contains(res.Body.String(), `"/counterfoil.query.v1.ProofService/Prove"`) {
		t.Errorf("a caller is answered %d: %.300s", res.Code, res.Body)
	}
	if res := ask("token"); !strings.Contains(res.Body.String(), "sends its token as Authorization: Bearer") {
		t.Errorf("a system whose token is not sent as one is answered %s", res.Body)
	}
	for _, authorization := range []string{"", "Bearer other", "Basic dG9rZW46"} {
		if res := ask(authorization); res.Code != http.StatusUnauthorized || !strings.Contains(res.Body.String(), `"unauthenticated"`) {
			t.Errorf("with %q the answer is %d: %.300s", authorization, res.Code, res.Body)
		}
	}
}
