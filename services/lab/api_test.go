package lab_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"connectrpc.com/grpcreflect/v2"

	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/rpc"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	"github.com/counterfoil/counterfoil/services/lab"
)

// tokenOf reads the token that opens a node's API.
func tokenOf(t *testing.T, n *node.Node) string {
	t.Helper()
	token, err := os.ReadFile(n.TokenFile())
	if err != nil {
		t.Fatal(err)
	}
	return string(token)
}

// client speaks to a node in one of the protocols; without a token it is a stranger.
func client(n *node.Node, token string, options ...connecthttp.Option) *connect.Client {
	return clientAt("http://"+n.Addr(), token, options...)
}

func clientAt(url, token string, options ...connecthttp.Option) *connect.Client {
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	identify := func(next connect.ClientFunc) connect.ClientFunc {
		return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
			if info, ok := connect.CallInfoForClientContext(ctx); ok && token != "" {
				info.RequestHeader().Set("Authorization", "Bearer "+token)
				info.RequestHeader().Set(rpc.RoleHeader, "analyst")
			}
			return next(ctx, spec)
		}
	}
	return connect.NewClient(connecthttp.NewTransport(&http.Client{Transport: transport}, url, options...), identify)
}

func TestEveryProtocolIsAnswered(t *testing.T) {
	t.Parallel()
	l := start(t, lab.Folder(t.TempDir()), lab.Options{})
	n := l.Agencies["licensing"].Node
	record(t, n, granted(1), granted(2))
	token := tokenOf(t, n)
	req := &queryv1.CountRequest{Table: queryv1.Table_TABLE_LICENCES}
	for name, options := range map[string][]connecthttp.Option{
		"Connect": nil, "Connect JSON": {connecthttp.WithProtoJSON()}, "gRPC": {connecthttp.WithGRPC()}, "gRPC-Web": {connecthttp.WithGRPCWeb()},
	} {
		t.Run(name, func(t *testing.T) {
			res, err := queryv1connect.NewQueryServiceClient(client(n, token, options...)).Count(t.Context(), req)
			if err != nil || res.Total != 2 || len(res.Basis.GetPositions()) == 0 {
				t.Errorf("Count = %v, %v; want 2 licences and what that rests on", res, err)
			}
		})
	}
	t.Run("plain JSON over HTTP/1.1", func(t *testing.T) {
		post, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+n.Addr()+"/counterfoil.query.v1.QueryService/Count", strings.NewReader(`{"table":"TABLE_LICENCES"}`))
		if err != nil {
			t.Fatal(err)
		}
		post.Header.Set("Content-Type", "application/json")
		post.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(post)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(`"total":"2"`)) {
			t.Errorf("%s: %s, %v", res.Status, body, err)
		}
	})
	t.Run("reflection", func(t *testing.T) {
		stream := grpcreflect.NewClient(client(n, token, connecthttp.WithGRPC())).NewStream(t.Context())
		names, err := stream.ListServices()
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{queryv1connect.QueryServiceName, licensingv1connect.LicensingServiceName} {
			if !strings.Contains(fmt.Sprint(names), want) {
				t.Errorf("reflection names %v; want %s among them", names, want)
			}
		}
	})
}

func TestStrangersAndBadRequestsAreRefused(t *testing.T) {
	t.Parallel()
	l := start(t, lab.Folder(t.TempDir()), lab.Options{})
	n := l.Agencies["licensing"].Node
	own, others := tokenOf(t, n), tokenOf(t, l.Agencies["customs"].Node)
	for name, tt := range map[string]struct {
		token string
		req   *licensingv1.SuspendLicenceRequest
		want  connect.Code
	}{
		"no token":             {"", &licensingv1.SuspendLicenceRequest{LicenceId: "licensing/L-1", Reason: "r"}, connect.CodeUnauthenticated},
		"another agency's":     {others, &licensingv1.SuspendLicenceRequest{LicenceId: "licensing/L-1", Reason: "r"}, connect.CodeUnauthenticated},
		"empty request":        {own, &licensingv1.SuspendLicenceRequest{}, connect.CodeInvalidArgument},
		"an id with a space":   {own, &licensingv1.SuspendLicenceRequest{LicenceId: "licensing/L 1", Reason: "r"}, connect.CodeInvalidArgument},
		"a reason too long":    {own, &licensingv1.SuspendLicenceRequest{LicenceId: "licensing/L-1", Reason: strings.Repeat("r", 241)}, connect.CodeInvalidArgument},
		"a licence not issued": {own, &licensingv1.SuspendLicenceRequest{LicenceId: "licensing/L-1", Reason: "r"}, connect.CodeNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := licensingv1connect.NewLicensingServiceClient(client(n, tt.token)).SuspendLicence(t.Context(), tt.req)
			if connect.CodeOf(err) != tt.want {
				t.Errorf("SuspendLicence: %v; want %v", err, tt.want)
			}
		})
	}
	if total, directory := len(watched(t, n, "").ids), eventsOfDirectory(t, n); total > directory {
		t.Errorf("%d events are on record beside the directory's", total-directory)
	}
}

func eventsOfDirectory(t *testing.T, n *node.Node) int {
	t.Helper()
	var journals []string
	for _, agency := range []string{"authority", "licensing", "customs", "enforcement", "reporting", "observer"} {
		journals = append(journals, agency+"/directory")
	}
	return eventsOf(t, n, journals...)
}

// eventsOf counts the events of some journals in a node's ledger.
func eventsOf(t *testing.T, n *node.Node, journals ...string) int {
	t.Helper()
	res, err := queryv1connect.NewQueryServiceClient(client(n, tokenOf(t, n))).Count(t.Context(), &queryv1.CountRequest{
		Table: queryv1.Table_TABLE_EVENTS, Filter: &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: "journal", Values: journals}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return int(res.Total)
}

// seen is what a watcher was sent, and the token it goes on with.
type seen struct {
	ids   []string
	token string
}

// watched reads a watch from a token until it is caught up.
func watched(t *testing.T, n *node.Node, token string) (s seen) {
	t.Helper()
	s.token = token
	stream, err := queryv1connect.NewQueryServiceClient(client(n, tokenOf(t, n))).Watch(t.Context(), &queryv1.WatchRequest{Token: token, UntilCaughtUp: true})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	for {
		res, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return s
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range res.Events {
			s.ids = append(s.ids, e.Id)
		}
		s.token = res.Token
	}
}

// A watcher that resumes from its token is sent every event once: across a break, a restart, and a ledger that was
// deleted and built again.
func TestWatchResumes(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	quiet := lab.Options{ReceiptEvery: time.Hour} // nothing comes on record beside what is recorded here
	var all seen
	run(t, folder, quiet, func(l *lab.Lab) {
		customs := l.Agencies["customs"].Node
		for n := range 5 {
			record(t, l.Agencies["licensing"].Node, granted(n))
			record(t, customs, accepted(n))
		}
		wait(t, customs, licensingAll, 5)
		all = watched(t, customs, "")
		for n := 5; n < 10; n++ {
			record(t, l.Agencies["licensing"].Node, granted(n))
			record(t, customs, accepted(n))
		}
		wait(t, customs, licensingAll, 10)
		more := watched(t, customs, all.token)
		all = seen{append(all.ids, more.ids...), more.token}
		record(t, customs, accepted(10))
	})()
	if err := os.Remove(filepath.Join(string(folder), "customs", "ledger.db")); err != nil {
		t.Fatal(err)
	}
	l := start(t, folder, quiet)
	customs := l.Agencies["customs"].Node
	record(t, l.Agencies["licensing"].Node, granted(10))
	wait(t, customs, licensingAll, 11)
	more := watched(t, customs, all.token)
	all.ids = append(all.ids, more.ids...)
	want := watched(t, customs, "").ids
	slices.Sort(want)
	got := slices.Clone(all.ids)
	slices.Sort(got)
	if !slices.Equal(got, want) || len(slices.Compact(got)) != len(want) {
		t.Errorf("%d events were sent in pieces, %d are on record", len(all.ids), len(want))
	}
}
