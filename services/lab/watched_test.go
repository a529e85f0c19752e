package lab_test

import (
	"context"
	"encoding/hex"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/spans"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	"github.com/counterfoil/counterfoil/services/lab"
)

// A command's way is one trace, from whoever calls over the hub to what another agency does about it, as a collector of OpenTelemetry
// gets it. And who watches over the processes is told, without a login, how they are.
func TestWatchedFromOutside(t *testing.T) {
	got := collectSpans(t)
	provider, end, err := spans.FromEnvironment(t.Context(), "v-test")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := lab.ReadPlan("")
	if err != nil {
		t.Fatal(err)
	}
	l, stop := startAndStop(t, lab.Folder(t.TempDir()), plan, lab.Options{Tracing: provider, Version: "v-test"})
	authority, licensing, customs := l.Hub.Authority(), l.Agencies["licensing"].Node, l.Agencies["customs"].Node
	record(t, licensing, granted(1))
	wait(t, customs, licensingAll, 1)
	record(t, customs, accepted(1), &customsv1.GoodsReleased{DeclarationId: "customs/D-1", At: timestamppb.New(time.Now())})

	const id, asked = "4bf92f3577b34da6a3ce929d0e0e4736", "5cf92f3577b34da6a3ce929d0e0e4736"
	traced := func(id string) context.Context {
		ctx, info := connect.NewClientContext(t.Context())
		info.RequestHeader().Set("Traceparent", "00-"+id+"-00f067aa0ba902b7-01")
		return ctx
	}
	res, err := licensingv1connect.NewLicensingServiceClient(client(licensing, tokenOf(t, licensing))).SuspendLicence(traced(id), &licensingv1.SuspendLicenceRequest{
		LicenceId: "licensing/L-1", Reason: "forged end-user certificate", Particulars: &eventv1.Particulars{IdempotencyKey: "traced"},
	})
	if err != nil {
		t.Fatal(err)
	}
	wait(t, customs, licensingAll, res.Receipt.FirstEvent)
	if _, err := queryv1connect.NewQueryServiceClient(client(customs, tokenOf(t, customs))).Get(traced(id), &queryv1.GetRequest{Table: queryv1.Table_TABLE_LICENCES, Id: "licensing/L-1"}); err != nil {
		t.Fatal(err)
	}
	wait(t, licensing, journal.ID{Agency: "customs", Group: "border"}, 3) // what was released is held
	if _, err := queryv1connect.NewQueryServiceClient(client(authority, tokenOf(t, authority))).Status(traced(asked), &queryv1.StatusRequest{}); err != nil {
		t.Fatal(err)
	}
	t.Run("health", func(t *testing.T) { healthOf(t, customs) })
	t.Run("metrics", func(t *testing.T) { metricsOf(t, licensing, customs) })
	stop()
	if err := end(context.Background()); err != nil {
		t.Fatal(err)
	}
	all := got()
	isOneTrace(t, all, id, []string{
		"counterfoil.licensing.v1.LicensingService/SuspendLicence", "decide at licensing", "fold at licensing", "append block at licensing",
		"append block at licensing > relay block at hub", "relay block at hub > fold block at customs", "fold block at customs > react at customs",
		"react at customs > append block at customs", "relay block at hub > fold block at licensing", // and so on, with what it recorded
		"counterfoil.query.v1.QueryService/Get",
	})
	isOneTrace(t, all, asked, []string{"counterfoil.query.v1.QueryService/Status"})
}

// isOneTrace checks that the spans of a trace hang together below its caller's, are all those that are wanted, and tell no content.
func isOneTrace(t *testing.T, all []*tracev1.Span, id string, want []string) {
	t.Helper()
	seen, names, parents := map[string]bool{}, map[string]string{}, map[string]string{}
	for _, s := range all {
		if hex.EncodeToString(s.TraceId) != id {
			continue
		}
		at := ""
		for _, a := range s.Attributes {
			if a.Key == "agency" {
				at = " at " + a.Value.GetStringValue()
			}
			if v := a.Value.GetStringValue(); strings.Contains(v, "forged") || strings.Contains(v, "L-1") {
				t.Errorf("span %s tells content: %v", s.Name, a)
			}
		}
		seen[s.Name+at] = true
		span := hex.EncodeToString(s.SpanId)
		names[span], parents[span] = s.Name+at, hex.EncodeToString(s.ParentSpanId)
	}
	for span, parent := range parents {
		if _, known := parents[parent]; !known && parent != "00f067aa0ba902b7" {
			t.Errorf("span %s is below %s, which is not of the trace", names[span], parent)
		}
		seen[names[parent]+" > "+names[span]] = true
	}
	for _, want := range want {
		if !seen[want] {
			t.Errorf("the trace has no span %q; it has %v", want, slices.Sorted(maps.Keys(seen)))
		}
	}
}

// collectSpans has OpenTelemetry's variables name a collector, which takes OTLP over HTTP, and returns what it was sent.
func collectSpans(t *testing.T) func() []*tracev1.Span {
	var mu sync.Mutex
	var all []*tracev1.Span
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		var sent collectorv1.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(data, &sent)
		}
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("sent to %s: %v", r.URL.Path, err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, of := range sent.ResourceSpans {
			for _, scope := range of.ScopeSpans {
				all = append(all, scope.Spans...)
			}
		}
	}))
	t.Cleanup(collector.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	return func() []*tracev1.Span {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
}

func fetch(t *testing.T, url string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func healthOf(t *testing.T, n *node.Node) {
	for path, want := range map[string]string{
		"/livez": "ok\n", "/readyz": "ok\n",
		"/readyz?verbose": "[+] ledger: ok\n[+] own journals: ok\n[+] journals of others: ok\n[+] hub: ok\n",
	} {
		if status, body := fetch(t, n.URL()+path); status != 200 || body != want {
			t.Errorf("%s: %d %q; want %q", path, status, body, want)
		}
	}
}

func metricsOf(t *testing.T, licensing, customs *node.Node) {
	_, body := fetch(t, customs.URL()+"/metrics")
	for _, line := range []string{
		`counterfoil_build_info{version="v-test"} 1`, "counterfoil_ready 1", "counterfoil_hub_connected 1", `counterfoil_journal_events{journal="licensing/all"} 2`,
		`counterfoil_journal_behind_blocks{journal="licensing/all"} 0`, `counterfoil_journal_stopped{journal="licensing/all"} 0`, "counterfoil_webhooks_on 0",
	} {
		if !strings.Contains(body, line+"\n") {
			t.Errorf("customs does not tell %s", line)
		}
	}
	for _, content := range []string{"L-1", "forged"} {
		if strings.Contains(body, content) {
			t.Errorf("what customs tells has %q", content)
		}
	}
	_, body = fetch(t, licensing.URL()+"/metrics")
	if line := `counterfoil_call_seconds_count{outcome="ok",procedure="/counterfoil.licensing.v1.LicensingService/SuspendLicence"} 1`; !strings.Contains(body, line+"\n") {
		t.Errorf("licensing does not tell %s", line)
	}
	for _, header := range []string{"X-Forwarded-For", "Forwarded", "Via", "X-Real-Ip"} {
		if status, _ := fetch(t, customs.URL()+"/metrics", header, "192.0.2.7"); status != 404 {
			t.Errorf("handed on with %s: %d", header, status)
		}
	}
}
