package rpc

import (
	"context"
	"errors"
	"strings"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/people"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// lookAgain is how often it is asked whether the caller of a call that goes on may still make it.
const lookAgain = time.Second

type callerKey struct{}

// Caller returns who makes this call, and nil outside of one.
func Caller(ctx context.Context) *people.Caller {
	caller, _ := ctx.Value(callerKey{}).(*people.Caller)
	return caller
}

// Officer returns the role and person that go on record for this call, or nil outside of one.
func Officer(ctx context.Context) *eventv1.Officer {
	caller := Caller(ctx)
	if caller == nil {
		return nil
	}
	return &eventv1.Officer{Role: caller.Role, Person: caller.Person}
}

// authenticated lets in who may make the call, in a role that the caller has; into so many calls that go on at a time.
func authenticated(cfg Config) connect.ServerInterceptor {
	going := &streams{open: map[string]int{}}
	return func(next connect.ServerFunc) connect.ServerFunc {
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
			info, ok := connect.CallInfoForServerContext(ctx)
			if !ok {
				return connect.NewError(connect.CodeInternal, "call without call info")
			}
			token := bearer(info.RequestHeader().Get("Authorization"))
			may := func() (people.Caller, error) {
				caller, err := cfg.Door.Caller(ctx, token)
				if err != nil {
					return caller, err
				}
				return caller.As(spec.Procedure, info.RequestHeader().Get(RoleHeader), info.RequestHeader().Get(PersonHeader))
			}
			caller, err := may()
			if err != nil {
				return err
			}
			if cfg.Gate != nil {
				if err := cfg.Gate(spec.Procedure); err != nil {
					return err
				}
			}
			ctx = context.WithValue(ctx, callerKey{}, &caller)
			if spec.StreamType == connect.StreamTypeUnary {
				return next(ctx, spec, stream)
			}
			if err := going.begin(caller.User); err != nil {
				return err
			}
			defer going.end(caller.User)
			return whileAllowed(ctx, may, func(ctx context.Context) error { return next(ctx, spec, stream) })
		}
	}
}

// whileAllowed ends a call that goes on when its caller may no longer make it.
func whileAllowed(ctx context.Context, may func() (people.Caller, error), call func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		tick := time.NewTicker(lookAgain)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if _, err := may(); err != nil {
					cancel(err)
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	err := call(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// bearer returns the token of an Authorization header, or nothing.
func bearer(header string) string {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}
