// Package rpc is the Connect options of every API: identity in, refusals out, one log line.
package rpc

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"connectrpc.com/grpcreflect/v2"
	"connectrpc.com/validate"

	"github.com/counterfoil/counterfoil/libs/fault"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

const (
	// MaxRequest is the largest request that is read, in bytes.
	MaxRequest = 8 << 20

	// RoleHeader and PersonHeader carry who acts; the token says that they may.
	RoleHeader   = "Counterfoil-Role"
	PersonHeader = "Counterfoil-Person"
	// CodeHeader carries the field's own code of a refusal, such as DX02.
	CodeHeader = "Counterfoil-Code"

	maxName = 100
)

// Config is what an API is served with.
type Config struct {
	Agency string
	// Tokens are SHA-256 digests of the bearer tokens that open this node's API.
	Tokens [][sha256.Size]byte
	// Gate refuses calls that the node cannot answer yet, by procedure. Optional.
	Gate   func(procedure string) error
	Logger *slog.Logger
}

// NewServer returns a server on which services are registered: every call is authenticated, its request validated by
// the rules in the contract, its refusal turned into a Connect error, and logged in one line without content.
func NewServer(cfg Config) *connect.Server {
	return connect.NewServer(logged(cfg), authenticated(cfg), validate.NewServerInterceptor())
}

// Handler serves what is registered, with gRPC reflection, over HTTP/1.1 and HTTP/2, in gRPC, gRPC-Web and JSON.
func Handler(server *connect.Server) http.Handler {
	grpcreflect.Register(server)
	mux := http.NewServeMux()
	connecthttp.Mount(mux, server, connecthttp.WithReadMaxBytes(MaxRequest))
	return mux
}

// HTTPServer returns a server for the handler with HTTP/2 without TLS allowed, for a loopback or proxied address.
func HTTPServer(handler http.Handler) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{Handler: handler, Protocols: protocols, ReadHeaderTimeout: 10 * time.Second}
}

type officerKey struct{}

// Officer returns who makes this call, or nil outside of one.
func Officer(ctx context.Context) *eventv1.Officer {
	officer, _ := ctx.Value(officerKey{}).(*eventv1.Officer)
	return officer
}

func authenticated(cfg Config) connect.ServerInterceptor {
	return func(next connect.ServerFunc) connect.ServerFunc {
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
			info, ok := connect.CallInfoForServerContext(ctx)
			if !ok {
				return connect.NewError(connect.CodeInternal, "call without call info")
			}
			token, found := strings.CutPrefix(info.RequestHeader().Get("Authorization"), "Bearer ")
			if !found || !known(cfg.Tokens, token) {
				return connect.Errorf(connect.CodeUnauthenticated, "the token is not one of agency %s; use a context that this node wrote", cfg.Agency)
			}
			officer := &eventv1.Officer{Role: info.RequestHeader().Get(RoleHeader), Person: info.RequestHeader().Get(PersonHeader)}
			if len(officer.Role) > maxName || len(officer.Person) > maxName {
				return connect.Errorf(connect.CodeInvalidArgument, "role and person have at most %d bytes", maxName)
			}
			if cfg.Gate != nil {
				if err := cfg.Gate(spec.Procedure); err != nil {
					return err
				}
			}
			return next(context.WithValue(ctx, officerKey{}, officer), spec, stream)
		}
	}
}

// known compares in constant time per token.
func known(tokens [][sha256.Size]byte, token string) bool {
	sum := sha256.Sum256([]byte(token))
	found := 0
	for i := range tokens {
		found |= subtle.ConstantTimeCompare(tokens[i][:], sum[:])
	}
	return found == 1
}

func logged(cfg Config) connect.ServerInterceptor {
	return func(next connect.ServerFunc) connect.ServerFunc {
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
			start := time.Now()
			err := next(ctx, spec, stream)
			answer, internal := refusal(ctx, err)
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
	if r := fault.As(err); r != nil {
		if info, ok := connect.CallInfoForServerContext(ctx); ok && r.Code != "" {
			info.ResponseHeader().Set(CodeHeader, r.Code)
		}
		return connect.NewError(codes[r.Kind], r.Error()), false
	}
	var known *connect.Error
	switch {
	case errors.As(err, &known):
		return known, false
	case errors.Is(err, context.Canceled):
		return connect.NewError(connect.CodeCanceled, "the call was given up"), false
	case errors.Is(err, context.DeadlineExceeded):
		return connect.NewError(connect.CodeDeadlineExceeded, "the call took too long"), false
	}
	return connect.NewError(connect.CodeInternal, "something went wrong inside the node; its log says what, and `counterfoil doctor` what to do"), true
}
