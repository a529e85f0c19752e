package lab_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/node"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	"github.com/counterfoil/counterfoil/services/lab"
)

// A command's way is one trace: its call and rule, its fold and append at the agency that decides, the fold at the one that reads, and the
// query that shows it there. And who watches over the processes is told, without a login, how they are.
func TestWatchedFromOutside(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewInMemoryExporter()
	provider := sdk.NewTracerProvider(sdk.WithSyncer(spans))
	plan, err := lab.ReadPlan("")
	if err != nil {
		t.Fatal(err)
	}
	l, stop := startAndStop(t, lab.Folder(t.TempDir()), plan, lab.Options{Tracing: provider, Version: "v-test"})
	licensing, customs := l.Agencies["licensing"].Node, l.Agencies["customs"].Node
	record(t, licensing, granted(1))
	wait(t, customs, licensingAll, 1)
	spans.Reset()

	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	ctx, info := connect.NewClientContext(t.Context())
	info.RequestHeader().Set("Traceparent", "00-"+id+"-00f067aa0ba902b7-01")
	res, err := licensingv1connect.NewLicensingServiceClient(client(licensing, tokenOf(t, licensing))).SuspendLicence(ctx, &licensingv1.SuspendLicenceRequest{
		LicenceId: "licensing/L-1", Reason: "forged end-user certificate", Particulars: &eventv1.Particulars{IdempotencyKey: "traced"},
	})
	if err != nil {
		t.Fatal(err)
	}
	wait(t, customs, licensingAll, res.Receipt.FirstEvent)
	ctx, info = connect.NewClientContext(t.Context())
	info.RequestHeader().Set("Traceparent", "00-"+id+"-00f067aa0ba902b7-01")
	if _, err := queryv1connect.NewQueryServiceClient(client(customs, tokenOf(t, customs))).Get(ctx, &queryv1.GetRequest{Table: queryv1.Table_TABLE_LICENCES, Id: "licensing/L-1"}); err != nil {
		t.Fatal(err)
	}
	t.Run("health", func(t *testing.T) { healthOf(t, customs) })
	t.Run("metrics", func(t *testing.T) { metricsOf(t, licensing, customs) })
	stop()

	seen := map[string]bool{}
	for _, s := range spans.GetSpans() {
		if s.SpanContext.TraceID().String() != id {
			continue
		}
		at := ""
		for _, a := range s.Attributes {
			if a.Key == "agency" {
				at = " at " + a.Value.AsString()
			}
			if a.Value.Type() == attribute.STRING && (strings.Contains(a.Value.AsString(), "forged") || strings.Contains(a.Value.AsString(), "L-1")) {
				t.Errorf("span %s tells content: %v", s.Name, a)
			}
		}
		seen[s.Name+at] = true
	}
	for _, want := range []string{
		"counterfoil.licensing.v1.LicensingService/SuspendLicence", "decide at licensing", "fold at licensing", "append block at licensing",
		"fold block at customs", "counterfoil.query.v1.QueryService/Get",
	} {
		if !seen[want] {
			t.Errorf("the trace has no span %q; it has %v", want, seen)
		}
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
