// Package rpc is the Connect options of every API: identity in, refusals out, one log line.
package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"connectrpc.com/grpcreflect/v2"
	"connectrpc.com/otelconnect"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/people"
)

const (
	// MaxRequest is the largest request that is read, in bytes.
	MaxRequest = 8 << 20

	// RoleHeader carries the role in which a call is made: one of the caller's. PersonHeader carries who makes it, where
	// the node's own token opens the API; of every other caller the node knows it.
	RoleHeader   = "Counterfoil-Role"
	PersonHeader = "Counterfoil-Person"
	// CodeHeader carries the field's own code of a refusal, such as DX02.
	CodeHeader = "Counterfoil-Code"
)

// Config is what an API is served with.
type Config struct {
	Agency string
	// Door says who a caller is.
	Door *people.Door
	// Gate refuses calls that the node cannot answer yet, by procedure. Optional.
	Gate func(procedure string) error
	// Called is told of every call that was answered, with "ok" or the code of the refusal. Optional.
	Called func(procedure, outcome string, took time.Duration)
	// Tracing is what Traced returned; nil: no call is traced.
	Tracing connect.ServerInterceptor
	Logger  *slog.Logger
}

// NewServer returns a server on which services are registered: every call is authenticated, its request validated by
// the rules in the contract, its refusal turned into a Connect error, and logged in one line without content.
func NewServer(cfg Config) *connect.Server {
	chain := []connect.ServerInterceptor{logged(cfg), authenticated(cfg), Validated()}
	if cfg.Tracing != nil {
		chain = append([]connect.ServerInterceptor{cfg.Tracing}, chain...)
	}
	return connect.NewServer(chain...)
}

// Traced makes a span of every call, as a part of the caller's trace where the call names one (W3C Trace Context). Spans say which call
// it was and how it ended, and nothing of what was asked and answered.
func Traced(p trace.TracerProvider) (connect.ServerInterceptor, error) {
	traced, err := otelconnect.NewServerInterceptor(otelconnect.WithTracerProvider(p), otelconnect.WithPropagator(propagation.TraceContext{}),
		otelconnect.WithTrustRemote(), otelconnect.WithoutMetrics())
	if err != nil {
		return nil, fmt.Errorf("trace calls: %w", err)
	}
	return traced, nil
}

// NewFileServer is NewServer without a door: for a ledger's file in this process, of which whoever can read it may ask everything.
func NewFileServer(cfg Config) *connect.Server {
	return connect.NewServer(logged(cfg), Validated())
}

// Handler serves what is registered, with gRPC reflection, over HTTP/1.1 and HTTP/2, in gRPC, gRPC-Web and JSON; and beside
// it LoginPath, LogoutPath and OpenAPIPath. It fails when something is registered that no role may call.
func Handler(server *connect.Server, cfg Config) (http.Handler, error) {
	grpcreflect.Register(server)
	var procedures []string
	for spec := range server.Specs() {
		if err := people.Declared(spec.Procedure); err != nil {
			return nil, err
		}
		procedures = append(procedures, spec.Procedure)
	}
	mux := http.NewServeMux()
	connecthttp.Mount(mux, server, connecthttp.WithReadMaxBytes(MaxRequest), exactly())
	mux.HandleFunc("POST "+LoginPath, login(cfg))
	mux.HandleFunc("POST "+LogoutPath, logout(cfg))
	mux.HandleFunc("GET "+OpenAPIPath, describe(cfg, procedures))
	return mux, nil
}

// idleFor is how long a connection on which nothing is asked stays open.
const idleFor = 2 * time.Minute

// HTTPServer returns a server for the handler, with HTTP/2 also without TLS. Answers may go on as long as they like.
func HTTPServer(handler http.Handler) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{Handler: handler, Protocols: protocols, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: idleFor}
}

func logged(cfg Config) connect.ServerInterceptor {
	return func(next connect.ServerFunc) connect.ServerFunc {
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
			start := time.Now()
			err := next(ctx, spec, stream)
			answer, internal := refusal(ctx, err)
			if cfg.Called != nil {
				outcome := "ok"
				if answer != nil {
					outcome = connect.CodeOf(answer).String()
				}
				cfg.Called(spec.Procedure, outcome, time.Since(start))
			}
			switch {
			case internal:
				cfg.Logger.Error("call failed", "agency", cfg.Agency, "procedure", spec.Procedure, "took", time.Since(start), "err", err)
			case answer != nil:
				cfg.Logger.Debug("call refused", "agency", cfg.Agency, "procedure", spec.Procedure, "took", time.Since(start), "code", connect.CodeOf(answer).String())
			default:
				cfg.Logger.Debug("call answered", "agency", cfg.Agency, "procedure", spec.Procedure, "took", time.Since(start))
			}
			return answer
		}
	}
}

var codes = map[fault.Kind]connect.Code{
	fault.Invalid:      connect.CodeInvalidArgument,
	fault.NotFound:     connect.CodeNotFound,
	fault.Conflict:     connect.CodeAlreadyExists,
	fault.Precondition: connect.CodeFailedPrecondition,
	fault.NotAllowed:   connect.CodePermissionDenied,
	fault.Unavailable:  connect.CodeUnavailable,
}

// refusal turns err into what the caller reads, and says whether it is a fault of ours, whose text stays in the log.
func refusal(ctx context.Context, err error) (answer error, internal bool) {
	if err == nil {
		return nil, false
	}
	if r := fault.As(err); r != nil && r.Code != "" {
		if info, ok := connect.CallInfoForServerContext(ctx); ok {
			info.ResponseHeader().Set(CodeHeader, r.Code)
		}
	}
	return outcome(err)
}

func outcome(err error) (answer *connect.Error, internal bool) {
	if r := fault.As(err); r != nil {
		return connect.NewError(codes[r.Kind], r.Error()), false
	}
	var stranger people.Stranger
	var known *connect.Error
	switch {
	case errors.As(err, &stranger):
		return connect.NewError(connect.CodeUnauthenticated, stranger.Error()), false
	case errors.As(err, &known) && known.Code() == connect.CodeResourceExhausted: // Connect's reader says so, and nobody else
		return connect.Errorf(connect.CodeResourceExhausted,
			"the request is larger than %d MiB, the most that is read of one, also when it was unpacked; nothing was done: send what it has in several requests, or in smaller files", MaxRequest>>20), false
	case errors.As(err, &known):
		return known, false
	case errors.Is(err, context.Canceled):
		return connect.NewError(connect.CodeCanceled, "the call was given up"), false
	case errors.Is(err, context.DeadlineExceeded):
		return connect.NewError(connect.CodeDeadlineExceeded, "the call took too long"), false
	}
	return connect.NewError(connect.CodeInternal, "something went wrong inside the node; its log says what, and `counterfoil doctor` what to do"), true
}
