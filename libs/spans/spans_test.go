package spans_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/spans"
)

func TestNothingIsSentUnlessTheEnvironmentSays(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
	p, end, err := spans.FromEnvironment(t.Context(), "v1")
	if p != nil || err != nil || end(t.Context()) != nil {
		t.Errorf("%v, %v", p, err)
	}
}

func TestTracerOfNothingMakesNoSpan(t *testing.T) {
	_, span := spans.Tracer(nil, "test").Start(t.Context(), "append block")
	if span.SpanContext().IsValid() || span.IsRecording() {
		t.Error("a span is made although nothing is traced")
	}
}

func TestSpansArriveAtACollector(t *testing.T) {
	var mu sync.Mutex
	got := &collectorv1.ExportTraceServiceRequest{}
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			body, _ = gzip.NewReader(body)
		}
		data, _ := io.ReadAll(body)
		mu.Lock()
		defer mu.Unlock()
		if err := proto.Unmarshal(data, got); err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	p, end, err := spans.FromEnvironment(t.Context(), "v1")
	if err != nil {
		t.Fatal(err)
	}
	_, span := spans.Tracer(p, "test").Start(t.Context(), "append block")
	span.End()
	if err := end(context.Background()); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(got.ResourceSpans) != 1 || got.ResourceSpans[0].ScopeSpans[0].Spans[0].Name != "append block" {
		t.Errorf("arrived: %v", got)
	}
}
