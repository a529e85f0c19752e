package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newWatchCommand(env *Env) *cobra.Command {
	req := &queryv1.WatchRequest{}
	var kinds, where []string
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Print events as they arrive, from any point on",
		Long: "Watch prints every event of the ledger, then new ones as they arrive. When it ends, however it ends, it says on the\n" +
			"standard error which token to go on from; nothing is lost or doubled between the two.\n\n" +
			"As jsonl an event is a line. The last event of each group that came together carries \"token\": store it once\n" +
			"the line is dealt with.",
		Example: "counterfoil watch --from now --kind LicenceSuspended\n" +
			"counterfoil watch --until-caught-up -o jsonl",
		Args: takes(),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		if (env.Format == output.JSON || env.Format == output.YAML) && !req.UntilCaughtUp {
			return usage("-o %s is one document, which a watch without --until-caught-up never ends; use -o jsonl", env.Format)
		}
		asked := conditions{}
		asked.add("kind", kinds...)
		if err := asked.where(where); err != nil {
			return err
		}
		req.Filter = &queryv1.Filter{Conditions: asked.all}
		w := watcher{env: env, token: req.Token}
		err := w.run(ctx, c, req)
		if w.token != "" && w.token != "now" {
			env.Advise("resume with: counterfoil watch --from %s", quote(w.token))
		}
		if ctx.Err() != nil {
			return nil // ended by the person who started it
		}
		return doing("watch", "", err)
	})
	cmd.Flags().StringVar(&req.Token, "from", "", `token that an earlier watch ended with, or "now" (default: the start of the ledger)`)
	cmd.Flags().StringSliceVar(&kinds, "kind", nil, "only events of this kind, such as LicenceGranted")
	cmd.Flags().StringArrayVar(&where, "where", nil, "attribute=value: only events with it, such as journal=licensing/border")
	cmd.Flags().BoolVar(&req.UntilCaughtUp, "until-caught-up", false, "end when everything there is was printed")
	return cmd
}

// watcher prints events as they come. token is what to resume from: past every event that was printed, and none other.
type watcher struct {
	env    *Env
	token  string
	lines  *output.Lines
	events []json.RawMessage // gathered for json and yaml
}

// watched is what a watch came to, as json and yaml.
type watched struct {
	Events []json.RawMessage `json:"events"`
	Token  string            `json:"token"`
}

func (w *watcher) run(ctx context.Context, c *Clients, req *queryv1.WatchRequest) error {
	var err error
	if w.lines, err = output.NewLines(w.env.Out, w.env.Format, &queryv1.RecordedEvent{}); err != nil {
		return err
	}
	stream, err := c.Query.Watch(ctx, req)
	if err != nil {
		return err
	}
	defer stream.Close()
	for {
		res, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return w.end()
		}
		if err != nil {
			return err
		}
		for i, event := range res.Events {
			if err := w.show(event, res.Token, i == len(res.Events)-1); err != nil {
				return err
			}
		}
		w.token = res.Token
	}
}

func (w *watcher) show(event *queryv1.RecordedEvent, token string, last bool) error {
	switch w.env.Format {
	case output.Table:
		_, err := fmt.Fprintf(w.env.Out, "%-20s  %-30s  %8d  %s\n", output.Clean(date(event.RecordedAt)), output.Clean(event.Journal),
			event.Number, output.Clean(shortKind(event.Kind)+"  "+event.Id))
		return err
	case output.CSV:
		return w.lines.Write(event)
	case output.JSONL:
		line, err := withToken(event, token, last)
		if err != nil {
			return err
		}
		return w.lines.Write(line)
	}
	data, err := output.Proto(event)
	w.events = append(w.events, data)
	return err
}

// withToken puts the token, as a further key, on the event that it resumes after.
func withToken(event *queryv1.RecordedEvent, token string, last bool) (json.RawMessage, error) {
	data, err := output.Proto(event)
	if err != nil || !last {
		return data, err
	}
	quoted, err := json.Marshal(token)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(data[:len(data)-1], `,"token":%s}`, quoted), nil
}

func (w *watcher) end() error {
	if w.env.Format != output.JSON && w.env.Format != output.YAML {
		return nil
	}
	if w.events == nil {
		w.events = []json.RawMessage{}
	}
	return w.env.Print(output.Document{Value: watched{w.events, w.token}})
}
