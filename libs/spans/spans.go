// Package spans sends what OpenTelemetry traces of a process where the environment says.
package spans

import (
	"context"
	"fmt"
	"os"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Tracer is the tracer of a part of the program, such as "github.com/counterfoil/counterfoil/libs/backbone"; where p is nil, one whose spans
// are never made.
func Tracer(p trace.TracerProvider, name string) trace.Tracer {
	if p == nil {
		return noop.Tracer{}
	}
	return p.Tracer(name)
}

// FromEnvironment returns what makes spans and sends them by OTLP over HTTP, as the variables OTEL_… of OpenTelemetry say, and what sends
// the last ones; nil, and nothing to do, where neither OTEL_EXPORTER_OTLP_ENDPOINT nor OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is set.
func FromEnvironment(ctx context.Context, version string) (p trace.TracerProvider, end func(context.Context) error, err error) {
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		return nil, func(context.Context) error { return nil }, nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("send traces: %w", err)
	}
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "counterfoil"), attribute.String("service.version", version)),
		resource.WithFromEnv()) // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win
	if err != nil {
		return nil, nil, fmt.Errorf("send traces: %w", err)
	}
	made := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(about))
	return made, made.Shutdown, nil
}
