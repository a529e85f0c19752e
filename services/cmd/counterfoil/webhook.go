package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/webhooks"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newWebhookCommand(env *Env) *cobra.Command {
	cmd := family("webhook", "Post what this node folds to the agency's own systems",
		newWebhookAddCommand(env), newWebhookListCommand(env), newWebhookShowCommand(env), newWebhookTestCommand(env), newWebhookParkedCommand(env),
		newWebhookRetryCommand(env), newWebhookReplayCommand(env), newWebhookRotateCommand(env), newWebhookOffCommand(env), newWebhookOnCommand(env),
		newWebhookRemoveCommand(env))
	cmd.Long = "Posts each event that this node folds to addresses that its operator names, as CloudEvents JSON, signed after Standard\n" +
		"Webhooks 1.0.0. An event goes until it is taken, or is parked after its last try, and then the next one goes. A receiver\n" +
		"may be given an event twice, and tells by its webhook-id, which is the event's UUID."
	return cmd
}

// webhookSecret is what a receiver checks signatures with, as it is printed once.
type webhookSecret struct {
	Webhook   string `json:"webhook"`
	Secret    string `json:"secret,omitempty"`
	PublicKey string `json:"public_key"`
}

func newWebhookAddCommand(env *Env) *cobra.Command {
	req := &queryv1.AddWebhookRequest{Filter: &queryv1.WebhookFilter{}}
	var secretFile, caFile string
	cmd := &cobra.Command{
		Use:   "add NAME URL",
		Short: "Begin to post there what is folded from now on, and print the secret that signs it, once",
		Example: "counterfoil webhook add erp https://erp.customs.example/counterfoil\n" +
			"counterfoil webhook add desk http://127.0.0.1:9000/in --kind LicenceSuspended --kind EventWithdrawn",
		Args: takes("NAME", "URL"),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		req.Name, req.Url = args[0], args[1]
		if caFile != "" {
			data, err := os.ReadFile(caFile)
			if err != nil {
				return fmt.Errorf("read who certifies the receiver: %w", err)
			}
			req.CaPem = string(data)
		}
		secret, made, err := env.webhookSecret(secretFile)
		if err != nil {
			return err
		}
		req.Secret = secret
		res, err := c.Webhook.AddWebhook(ctx, req)
		if err != nil {
			return doing("add webhook "+args[0], "counterfoil webhook list", err)
		}
		env.Advise("it begins with what is folded from now on; what was before: counterfoil webhook replay %s --from DAY", args[0])
		if kinds := req.Filter.Kinds; len(kinds) > 0 && !slices.ContainsFunc(kinds, isWithdrawal) {
			env.Advise("its receiver is not told when an event that it was given is withdrawn, and would keep what it has to purge: remove it, and add it with --kind EventWithdrawn too")
		}
		return env.printWebhookSecret(res.Webhook, secret, made)
	})
	cmd.Flags().StringSliceVar(&req.Filter.Kinds, "kind", nil, "only events of this kind, such as LicenceSuspended; give it once for each")
	cmd.Flags().StringSliceVar(&req.Filter.Agencies, "agency", nil, "only what this agency recorded; give it once for each")
	cmd.Flags().StringSliceVar(&req.Filter.Groups, "group", nil, "only what was recorded for this sharing group; give it once for each")
	cmd.Flags().Uint32Var(&req.Tries, "tries", 6, "how often an event is tried before it is parked, at most 10: six tries take a night, ten three days")
	cmd.Flags().BoolVar(&req.AnyAddress, "any-address", false, "also where the name leads to this machine, its link or a cloud's metadata")
	cmd.Flags().StringVar(&caFile, "ca-file", "", "PEM file of who certifies the receiver (default: whom this machine trusts)")
	webhookSecretFlag(cmd, &secretFile)
	return cmd
}

func isWithdrawal(kind string) bool {
	return kind[strings.LastIndexByte(kind, '.')+1:] == "EventWithdrawn"
}

func webhookSecretFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "secret-file", "", `file that holds the secret, whsec_…; "-" is the standard input (default: one is made and printed)`)
}

// webhookSecret reads a secret from a file, or makes one, and says which.
func (env *Env) webhookSecret(file string) (secret string, made bool, err error) {
	if file == "" {
		return webhooks.NewSecret(), true, nil
	}
	secret, err = env.readSecret(file)
	if err == nil {
		_, err = webhooks.ParseSecret(secret)
	}
	return secret, false, err
}

func (env *Env) printWebhookSecret(w *queryv1.Webhook, secret string, made bool) error {
	shown := webhookSecret{Webhook: w.Name, PublicKey: w.Keys[0].PublicKey}
	doc := output.Document{Flat: &output.Grid{Heads: []string{"webhook", "secret", "public key"}}}
	grid := output.Grid{Heads: []string{"checks", "with"}}
	if made {
		env.Advise("The secret of webhook %s follows. It is shown once.", w.Name)
		shown.Secret = secret
		grid.Add("v1 (HMAC-SHA256)", secret)
	}
	grid.Add("v1a (Ed25519)", shown.PublicKey)
	doc.Flat.Add(shown.Webhook, shown.Secret, shown.PublicKey)
	doc.Value, doc.Items, doc.Sections = shown, []any{shown}, []output.Section{{Grid: grid}}
	return env.Print(doc)
}

func newWebhookListCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List where events are posted, and how far that is", Args: takes(),
		RunE: env.online(func(ctx context.Context, c *Clients, _ []string) error {
			res, err := c.Webhook.ListWebhooks(ctx, &queryv1.ListWebhooksRequest{})
			if err != nil {
				return doing("list the webhooks", "", err)
			}
			doc := output.Document{Value: res, Items: []any{}, ItemType: &queryv1.Webhook{}}
			grid := output.Grid{Heads: []string{"name", "state", "delivered", "left", "parked", "last try", "address"}}
			for _, w := range res.Webhooks {
				doc.Items = append(doc.Items, w)
				grid.Add(w.Name, webhookState(w), number(w.Delivered), number(w.Left), number(w.Parked), tryWords(w.Last), w.Url)
			}
			doc.Sections = []output.Section{{Grid: grid}}
			if len(res.Webhooks) == 0 {
				doc.Sections = []output.Section{{Text: "nothing is posted anywhere; begin with: counterfoil webhook add NAME URL"}}
			}
			return env.Print(doc)
		}),
	}
}

func webhookState(w *queryv1.Webhook) string {
	switch {
	case w.Off != "":
		return "off: " + w.Off
	case w.NextAt != nil:
		return "waits until " + date(w.NextAt)
	case w.ReplayingSince != nil:
		return "replays since " + date(w.ReplayingSince)
	}
	return "on"
}

// tryWords says what came of a request.
func tryWords(t *queryv1.DeliveryTry) string {
	switch {
	case t == nil:
		return ""
	case t.Failed == "":
		return fmt.Sprintf("%s: taken", date(t.At))
	}
	return fmt.Sprintf("%s: %s (try %d)", date(t.At), t.Failed, t.Number)
}

func newWebhookShowCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show a webhook: what is posted, how far, and what it is signed with", Args: takes("NAME"),
		RunE: env.online(func(ctx context.Context, c *Clients, args []string) error {
			res, err := c.Webhook.ListWebhooks(ctx, &queryv1.ListWebhooksRequest{Name: args[0]})
			if err != nil {
				return doing("show webhook "+args[0], "counterfoil webhook list", err)
			}
			return env.Print(webhookDocument(res.Webhooks[0]))
		}),
	}
}

func webhookDocument(w *queryv1.Webhook) output.Document {
	grid := output.Grid{Heads: []string{"field", "value"}}
	grid.Add("name", w.Name)
	grid.Add("address", w.Url)
	grid.Add("state", webhookState(w))
	grid.Add("kinds", orElse(strings.Join(w.Filter.GetKinds(), ", "), "all"))
	grid.Add("agencies", orElse(strings.Join(w.Filter.GetAgencies(), ", "), "all"))
	grid.Add("groups", orElse(strings.Join(w.Filter.GetGroups(), ", "), "all"))
	grid.Add("tries", number(uint64(w.Tries)))
	grid.Add("any address", yesNo(w.AnyAddress))
	grid.Add("authority of its own", yesNo(w.OwnCa))
	grid.Add("added", date(w.AddedAt))
	grid.Add("delivered", number(w.Delivered))
	grid.Add("left", number(w.Left))
	grid.Add("parked", number(w.Parked))
	grid.Add("last try", tryWords(w.Last))
	keys := output.Grid{Heads: []string{"secret", "public key", "until"}}
	for _, k := range w.Keys {
		keys.Add(k.SecretId, k.PublicKey, date(k.Until))
	}
	return output.Document{Value: w, Items: []any{w}, ItemType: w, Sections: []output.Section{{Grid: grid}, {Title: "signed with", Grid: keys}}}
}

func newWebhookTestCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "test NAME", Short: "Post one event that is no record, and say what came of it", Args: takes("NAME"),
		RunE: env.online(func(ctx context.Context, c *Clients, args []string) error {
			res, err := c.Webhook.TestWebhook(ctx, &queryv1.TestWebhookRequest{Name: args[0]})
			if err != nil {
				return doing("test webhook "+args[0], "counterfoil webhook list", err)
			}
			doc := output.Document{Value: res.Try, Items: []any{res.Try}, ItemType: res.Try, Sections: []output.Section{{Text: tryWords(res.Try)}}}
			if err := env.Print(doc); err != nil || res.Try.Failed == "" {
				return err
			}
			return problems("test webhook "+args[0], "it was not taken: "+res.Try.Failed, "counterfoil webhook show "+args[0])
		}),
	}
}
