package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/clients"
	"github.com/counterfoil/counterfoil/libs/config"
	"github.com/counterfoil/counterfoil/libs/plain"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// The exit codes that scripts may rely on.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitProblems    = 3 // the command did its work and found something wrong
	exitNotAllowed  = 4
	exitUnreachable = 5
)

// failure is how a command ended otherwise than well: what was being done, why it was not, and the one command to run
// next.
type failure struct {
	exit      int
	what, why string
	next      string
	err       error
}

func (f *failure) Error() string { return f.what + ": " + f.why }
func (f *failure) Unwrap() error { return f.err }

// doing says what was being done when err happened, and what to run next when that depends on it; next may be empty. It
// returns nil when err is nil.
func doing(what, next string, err error) error {
	if err == nil {
		return nil
	}
	var within *failure
	if errors.As(err, &within) { // its own exit code and advice stay
		named := *within
		named.what = orElse(named.what, what)
		return &named
	}
	return &failure{what: what, next: next, err: err}
}

// problems says that the command found something wrong.
func problems(what, why, next string) error {
	return &failure{exit: exitProblems, what: what, why: why, next: next}
}

// usage says that the command line cannot be right.
func usage(format string, args ...any) error {
	return &failure{exit: exitUsage, why: fmt.Sprintf(format, args...)}
}

// failure completes what a command returned. An error from before a command's body ran is wrong usage.
func (env *Env) failure(err error) *failure {
	f := &failure{err: err}
	var given *failure
	if errors.As(err, &given) {
		copied := *given
		f = &copied
	}
	if f.what == "" {
		f.what = strings.TrimSpace("counterfoil " + env.command)
	}
	judged := f.exit == 0
	if judged {
		f.exit, f.why = env.judge(f.err)
	}
	aboutRecord := f.exit == exitFailed && connect.CodeOf(f.err) != connect.CodeUnimplemented
	if f.next == "" || judged && !aboutRecord { // what a command says to run next is about the record
		f.next = env.next(f)
	}
	if named := namedIn(f.why); judged && named != "" && !strings.HasPrefix(f.next, named) { // the command may know more of it
		f.next = named
	}
	return f
}

// namedIn is the command that a refusal says to run; the first where it names several.
func namedIn(why string) string {
	at := strings.Index(why, ": counterfoil ")
	if at < 0 {
		return ""
	}
	command, _, _ := strings.Cut(why[at+len(": "):], "; ")
	for _, other := range []string{", counterfoil ", ", or "} {
		command, _, _ = strings.Cut(command, other)
	}
	return strings.TrimSpace(command)
}

// judge returns the exit code that an error comes to, and the reason for people.
func (env *Env) judge(err error) (exit int, why string) {
	if !env.began {
		return exitUsage, err.Error()
	}
	if errors.Is(err, config.ErrNoContext) {
		return exitUsage, err.Error()
	}
	if errors.Is(err, context.Canceled) {
		return exitFailed, "it was interrupted"
	}
	var refusal *connect.Error
	if !errors.As(err, &refusal) {
		if errors.Is(err, context.DeadlineExceeded) {
			return exitUnreachable, "no answer came in time"
		}
		return exitFailed, err.Error()
	}
	why = refusal.Message()
	var withCode clients.Coded
	if errors.As(err, &withCode) && !strings.Contains(why, withCode.Code) {
		why = withCode.Code + ": " + why
	}
	switch refusal.Code() {
	case connect.CodeUnavailable, connect.CodeDeadlineExceeded:
		return exitUnreachable, env.unreached(refusal, why)
	case connect.CodePermissionDenied, connect.CodeUnauthenticated:
		return exitNotAllowed, orElse(why, "the node did not say why")
	case connect.CodeInvalidArgument, connect.CodeResourceExhausted:
		return exitUsage, orElse(env.typed(why), "the node did not say why")
	case connect.CodeUnimplemented:
		return exitFailed, fmt.Sprintf("the node of agency %s does not do this", env.in.Agency)
	case connect.CodeCanceled:
		return exitFailed, "it was interrupted"
	}
	return exitFailed, orElse(why, "the node had an error and says more in its log")
}

// unreached tells a node that is not there from one that cannot answer now.
func (env *Env) unreached(refusal *connect.Error, why string) string {
	if refusal.IsRemote() && why != "" {
		return why
	}
	var network *net.OpError
	if errors.As(refusal, &network) {
		why = network.Err.Error()
	}
	return fmt.Sprintf("the node of agency %s at %s was not reached: %s", env.in.Agency, env.in.URL, orElse(why, "no answer"))
}

// next returns the command that helps on, for a kind of failure.
func (env *Env) next(f *failure) string {
	switch {
	case f.exit == exitUnreachable:
		if env.key != "" { // what became of it is not known; the key makes sending it again safe
			return env.again("--idempotency-key", env.key)
		}
		return "counterfoil status --all"
	case f.exit == exitNotAllowed && env.in.User != "" && connect.CodeOf(f.err) == connect.CodeUnauthenticated:
		return "counterfoil login --context " + quote(env.in.Name)
	case f.exit == exitNotAllowed || errors.Is(f.err, config.ErrNoContext):
		return "counterfoil context list"
	case f.exit == exitUsage:
		return strings.TrimSpace("counterfoil "+env.command) + " --help"
	case connect.CodeOf(f.err) == connect.CodeUnimplemented:
		return "counterfoil context list"
	}
	return "counterfoil doctor"
}

// again returns the command line as it was given, with a flag and, when it takes one, its value in place of those it has.
func (env *Env) again(flag ...string) string {
	words := []string{"counterfoil"}
	skip := false
	for _, arg := range env.args {
		switch {
		case skip:
			skip = false
		case len(flag) > 0 && arg == flag[0]:
			skip = len(flag) > 1
		case len(flag) > 0 && strings.HasPrefix(arg, flag[0]+"="):
		default:
			words = append(words, quote(arg))
		}
	}
	for _, word := range flag {
		words = append(words, quote(word))
	}
	return strings.Join(words, " ")
}

// quote returns the word as a shell reads it back.
func quote(word string) string { return plain.Word(word) }

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// explain prints a failure for a person: what, why and what next.
func explain(w io.Writer, f *failure) {
	var why []string
	for line := range strings.Lines(f.why) {
		why = append(why, output.Clean(strings.TrimSpace(line)))
	}
	fmt.Fprintf(w, "error: %s\n  why:  %s\n  next: %s\n", output.Clean(f.what), strings.Join(why, "\n        "), output.Clean(f.next))
}
