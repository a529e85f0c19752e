package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel/trace"

	"github.com/counterfoil/counterfoil/libs/spans"
	tracing "github.com/counterfoil/counterfoil/services/enforcement/trace"
	"github.com/counterfoil/counterfoil/services/lab"
)

func newServeCommand(env *Env) *cobra.Command {
	var dir, logLevel string
	o := lab.Options{Version: version()}
	cmd := &cobra.Command{
		Use:   "serve AGENCY --dir DIR",
		Short: "Run one agency's node",
		Long: "Runs the node of an agency that joined with a folder below DIR, or whose folder a hub prepared there, until it is interrupted.\n" +
			"A customs agency exchanges licence messages through two folders, if they are given: see docs/chief.md.",
		Args: takes("the agency"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (o.ChiefIn == "") != (o.ChiefOut == "") {
				return usage("--chief-in and --chief-out belong together: give both folders")
			}
			logger, err := newLogger(env.Err, logLevel)
			if err != nil {
				return err
			}
			o.Logger = logger
			if o.Tracing, err = env.tracing(cmd.Context()); err != nil {
				return err
			}
			return env.serve(cmd.Context(), lab.Folder(dir), args[0], o)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder that the agency joined with (required)")
	cmd.Flags().BoolVar(&o.AllowPlainText, "allow-plain-text", false, "serve the API without TLS where other machines reach it")
	cmd.Flags().StringVar(&o.ChiefIn, "chief-in", "", "folder in which licence messages of another system come in")
	cmd.Flags().StringVar(&o.ChiefOut, "chief-out", "", "folder in which they are answered")
	cmd.Flags().DurationVar(&o.Within.Exit, "exit-within", 30*24*time.Hour, "at customs, how long goods may take from their release to their exit")
	cmd.Flags().DurationVar(&o.Within.Arrival, "arrival-within", 30*24*time.Hour, "at customs, how long imports may take from their release to their arrival")
	addTraceFlags(cmd, &o.TraceClock)
	addLogFlag(cmd, &logLevel)
	require(cmd, "dir")
	return cmd
}

// tracing makes spans where the environment says where to send them; what is left is sent when the command has ended.
func (env *Env) tracing(ctx context.Context) (trace.TracerProvider, error) {
	p, end, err := spans.FromEnvironment(ctx, version())
	if err != nil {
		return nil, err
	}
	env.atEnd(func() error {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return end(last)
	})
	return p, nil
}

// addTraceFlags adds how long traces may take, where the agency traces.
func addTraceFlags(cmd *cobra.Command, c *tracing.Clock) {
	for _, f := range []struct {
		to   *time.Duration
		name string
		days int
		what string
	}{
		{&c.Acknowledge, "trace-acknowledge", 7, "until it is acknowledged"},
		{&c.Answer, "trace-answer", 30, "until its first answer"},
		{&c.Final, "trace-final", 90, "until its last answer"},
		{&c.Urgent, "trace-urgent", 1, "until an urgent one is acknowledged and first answered"},
	} {
		cmd.Flags().DurationVar(f.to, f.name, time.Duration(f.days)*24*time.Hour, "at an agency that traces, how long from the opening of a trace "+f.what)
	}
}

func (env *Env) serve(ctx context.Context, folder lab.Folder, agency string, o lab.Options) error {
	s, err := lab.StartAgency(ctx, folder, agency, o)
	if err != nil {
		return err
	}
	if service := s.Node.Profile.Service; o.ChiefIn != "" && service != "customs" {
		return errors.Join(usage("agency %s has service %s; licence messages are exchanged by customs", agency, service), s.Close())
	}
	go func() {
		select {
		case <-s.Node.Ready():
			env.Advise("agency %s is ready at %s; ask it with: counterfoil --home %s --context %s status", agency, s.Node.URL(), folder, agency)
		case <-ctx.Done():
		}
	}()
	return errors.Join(s.Run(ctx), s.Close())
}

func addLogFlag(cmd *cobra.Command, level *string) {
	cmd.Flags().StringVar(level, "log-level", "warn", "what is logged to the standard error: debug, info, warn or error")
	complete(cmd, "log-level", "debug", "info", "warn", "error")
}

func newLogger(w io.Writer, level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, usage("%s", fmt.Sprintf("log level %q is not debug, info, warn or error", level))
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l})), nil
}
