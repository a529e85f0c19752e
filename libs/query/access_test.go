package query_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	"github.com/counterfoil/counterfoil/libs/access"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/people"
	"github.com/counterfoil/counterfoil/libs/query"
	"github.com/counterfoil/counterfoil/libs/rpc"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
)

// serve answers the queries over HTTP/2 on a loopback address.
func serve(b *testing.B, l *ledger.Ledger, accesses *access.Journal) queryv1connect.QueryServiceClient {
	b.Helper()
	door, err := people.Open(people.Config{Agency: "licensing", Dir: b.TempDir(), NodeToken: "token"})
	if err != nil {
		b.Fatal(err)
	}
	cfg := rpc.Config{Agency: "licensing", Door: door, Logger: slog.New(slog.DiscardHandler)}
	server := rpc.NewServer(cfg)
	query.Register(server, query.Config{Agency: "licensing", Ledger: l, Now: time.Now, Accesses: accesses})
	handler, err := rpc.Handler(server, cfg)
	if err != nil {
		b.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	h := rpc.HTTPServer(handler)
	go h.Serve(listener)
	b.Cleanup(func() { h.Close() })
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	identify := func(next connect.ClientFunc) connect.ClientFunc {
		return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
			info, _ := connect.CallInfoForClientContext(ctx)
			info.RequestHeader().Set("Authorization", "Bearer token")
			return next(ctx, spec)
		}
	}
	return queryv1connect.NewQueryServiceClient(connect.NewClient(connecthttp.NewTransport(&http.Client{Transport: transport}, "http://"+listener.Addr().String()), identify))
}

// BenchmarkGet reads a row over the API with and without an access journal in turn, and says how much longer it takes
// with one.
func BenchmarkGet(b *testing.B) {
	l := ledgertest.Open(b, "licensing")
	tx := ledgertest.Begin(b, l, &licensingv1.LicenceGranted{LicenceId: "licensing/L-000001", Deal: &licensingv1.Deal{Destination: &licensingv1.Place{Country: "XB"}}})
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
	accesses, err := access.Open(filepath.Join(b.TempDir(), "access.db"), access.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := accesses.Close(); err != nil {
			b.Error(err)
		}
	})
	var took [2]time.Duration
	clients := [2]queryv1connect.QueryServiceClient{serve(b, l, nil), serve(b, l, accesses)}
	for b.Loop() {
		for i, q := range clients {
			began := time.Now()
			if _, err := q.Get(b.Context(), &queryv1.GetRequest{Table: queryv1.Table_TABLE_LICENCES, Id: "licensing/L-000001"}); err != nil {
				b.Fatal(err)
			}
			took[i] += time.Since(began)
		}
	}
	b.ReportMetric(float64(took[0].Microseconds())/float64(b.N), "µs/without")
	b.ReportMetric(float64(took[1].Microseconds())/float64(b.N), "µs/with")
	b.ReportMetric(float64(took[1])/float64(took[0]), "with/without")
}
