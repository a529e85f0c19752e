package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/durationpb"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newWebhookParkedCommand(env *Env) *cobra.Command {
	var req queryv1.ParkedDeliveriesRequest
	cmd := &cobra.Command{
		Use: "parked NAME", Short: "List the events that were tried in vain, and why", Args: takes("NAME"),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		req.Name = args[0]
		res, err := c.Webhook.ParkedDeliveries(ctx, &req)
		if err != nil {
			return doing("list what webhook "+args[0]+" has parked", "counterfoil webhook list", err)
		}
		doc := output.Document{Value: res, Items: []any{}, ItemType: &queryv1.ParkedDelivery{}}
		grid := output.Grid{Heads: []string{"event", "place", "kind", "parked", "last try"}}
		for _, d := range res.Deliveries {
			doc.Items = append(doc.Items, d)
			grid.Add(d.EventId, d.Journal+"/"+number(d.Number), shortKind(d.Kind), date(d.ParkedAt), tryWords(d.Last))
		}
		doc.Sections = []output.Section{{Grid: grid}}
		if len(res.Deliveries) == 0 {
			doc.Sections = []output.Section{{Text: "nothing is parked"}}
		}
		if res.NextPageToken != "" {
			env.Advise("there is more: %s", env.again("--page-token", res.NextPageToken))
		}
		return env.Print(doc)
	})
	cmd.Flags().Uint32Var(&req.PageSize, "page-size", 50, "deliveries of a page, at most 1000")
	cmd.Flags().StringVar(&req.PageToken, "page-token", "", "go on where an earlier page ended")
	return cmd
}

func newWebhookRetryCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "retry NAME [EVENT]...",
		Short: "Post once more what is parked, all or these events, and let what failed wait no longer",
		Args:  cobra.MinimumNArgs(1),
		RunE: env.online(func(ctx context.Context, c *Clients, args []string) error {
			res, err := c.Webhook.RetryDeliveries(ctx, &queryv1.RetryDeliveriesRequest{Name: args[0], EventIds: args[1:]})
			if err != nil {
				return doing("retry webhook "+args[0], "counterfoil webhook parked "+quote(args[0]), err)
			}
			env.Advise("see what comes of it: counterfoil webhook parked %s", args[0])
			return env.Print(output.Document{Value: res, Items: []any{res}, ItemType: res, Sections: []output.Section{{Text: "to be posted again: " + number(res.Again)}}})
		}),
	}
}

func newWebhookReplayCommand(env *Env) *cobra.Command {
	var from string
	cmd := &cobra.Command{
		Use:     "replay NAME --from TIME",
		Short:   "Post again what this node received since a time, then go on",
		Example: "counterfoil webhook replay erp --from 2026-03-01",
		Args:    takes("NAME"),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		since, err := parseTime("from", from)
		if err != nil {
			return err
		}
		if since == nil {
			return usage("--from is empty: give a day or a time")
		}
		res, err := c.Webhook.ReplayWebhook(ctx, &queryv1.ReplayWebhookRequest{Name: args[0], Since: since})
		if err != nil {
			return doing("replay webhook "+args[0], "counterfoil webhook list", err)
		}
		return env.Print(webhookDocument(res.Webhook))
	})
	cmd.Flags().StringVar(&from, "from", "", "a day, or a time with its zone, since when this node received it (required)")
	require(cmd, "from")
	return cmd
}

func newWebhookRotateCommand(env *Env) *cobra.Command {
	var secretFile string
	var keep time.Duration
	cmd := &cobra.Command{
		Use:   "rotate NAME",
		Short: "Sign with another secret and key; those before sign beside them for a while",
		Args:  takes("NAME"),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		secret, made, err := env.webhookSecret(secretFile)
		if err != nil {
			return err
		}
		res, err := c.Webhook.RotateWebhook(ctx, &queryv1.RotateWebhookRequest{Name: args[0], Secret: secret, Keep: durationpb.New(keep)})
		if err != nil {
			return doing("rotate webhook "+args[0], "counterfoil webhook list", err)
		}
		if keep > 0 {
			env.Advise("what signed until now signs beside the new until %s", date(res.Webhook.Keys[1].Until))
		}
		return env.printWebhookSecret(res.Webhook, secret, made)
	})
	cmd.Flags().DurationVar(&keep, "keep", 24*time.Hour, "how long what signed until now signs beside the new, at most 720h; 0 when it is known to others")
	webhookSecretFlag(cmd, &secretFile)
	return cmd
}

func newWebhookOffCommand(env *Env) *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: "off NAME --reason REASON", Short: "Post nothing there until it is turned on again", Args: takes("NAME")}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		if reason == "" {
			return usage("--reason is empty: say why, for whoever finds it off")
		}
		return env.switchWebhook(ctx, c, args[0], reason)
	})
	cmd.Flags().StringVar(&reason, "reason", "", "why, for whoever finds it off (required)")
	require(cmd, "reason")
	return cmd
}

func newWebhookOnCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "on NAME", Short: "Go on where it was turned off, by a person, by 410 Gone or by too much that is parked", Args: takes("NAME"),
		RunE: env.online(func(ctx context.Context, c *Clients, args []string) error {
			return env.switchWebhook(ctx, c, args[0], "")
		}),
	}
}

func (env *Env) switchWebhook(ctx context.Context, c *Clients, name, off string) error {
	res, err := c.Webhook.SwitchWebhook(ctx, &queryv1.SwitchWebhookRequest{Name: name, Off: off})
	if err != nil {
		return doing("switch webhook "+name, "counterfoil webhook list", err)
	}
	return env.Print(webhookDocument(res.Webhook))
}

func newWebhookRemoveCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME", Short: "Post nothing there any more, and forget its secrets and what is parked", Args: takes("NAME"),
		RunE: env.online(func(ctx context.Context, c *Clients, args []string) error {
			if err := env.Confirm("What webhook " + args[0] + " has not delivered yet is not posted any more. Go on?"); err != nil {
				return err
			}
			if _, err := c.Webhook.RemoveWebhook(ctx, &queryv1.RemoveWebhookRequest{Name: args[0]}); err != nil {
				return doing("remove webhook "+args[0], "counterfoil webhook list", err)
			}
			env.Advise("webhook %s is removed", args[0])
			return nil
		}),
	}
}
