package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newShareCommand(env *Env) *cobra.Command {
	req := &directoryv1.ShareRequest{}
	cmd := &cobra.Command{
		Use:     "share ID --group GROUP",
		Short:   "Let a wider group read what is on record about one row of this agency",
		Example: `counterfoil share customs/D-000012 --group all --reason "parliament asks"`,
		Args:    takes("ID"),
	}
	cmd.Flags().StringVar(&req.Group, "group", "", "group that is to read it too (required)")
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why")
	require(cmd, "group")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.Id = args[0]
		return c.Directory.Share(ctx, req)
	})
}

func newWidenCommand(env *Env) *cobra.Command {
	req := &directoryv1.WidenRequest{}
	var lasts time.Duration
	cmd := &cobra.Command{
		Use:     "widen --to-group GROUP --for TIME --reason REASON",
		Short:   "Let a wider group read what this agency records for a while, in an emergency",
		Example: `counterfoil widen --to-group all --kind DeclarationAccepted --for 4h --reason "explosion at the port"`,
		Args:    takes(),
	}
	flags := cmd.Flags()
	flags.StringVar(&req.ToGroup, "to-group", "", "group that is to read it too (required)")
	flags.StringSliceVar(&req.Kinds, "kind", nil, "kind of event; may be given more than once (default: every kind)")
	flags.DurationVar(&lasts, "for", 0, "how long, such as 4h; 720h at most (required)")
	flags.StringVar(&req.Reason, "reason", "", "why, for every agency to read (required)")
	flags.StringVar(&req.LegalBasis, "legal-basis", "", "provision that allows it")
	flags.Uint32Var(&req.ReviewDays, "review-days", 0, "days after its end by which it has to be reviewed (default: 14)")
	require(cmd, "to-group", "for", "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, _ []string) (recorded, error) {
		if lasts < time.Second {
			return nil, usage("--for is how long it lasts, such as 4h, not %s", lasts)
		}
		req.Seconds = uint32(min(lasts/time.Second, 1<<31))
		for i, kind := range req.Kinds {
			req.Kinds[i] = fullKind(kind)
		}
		return c.Directory.Widen(ctx, req)
	})
}

// fullKind is the full name of a kind of event that is named by its last part; any other name is left as it is.
func fullKind(name string) string {
	for _, kind := range ledger.Kinds() {
		if strings.EqualFold(string(kind.Name()), name) {
			return string(kind.FullName())
		}
	}
	return name
}

func newWideningCommand(env *Env) *cobra.Command {
	return family("widening", "List, end and review emergency widenings",
		newWideningListCommand(env), newWideningSeenCommand(env), newWideningEndCommand(env), newWideningReviewCommand(env))
}

func newWideningListCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List this agency's emergency widenings",
		Args:  takes(),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		rows, err := ownRows(ctx, c, queryv1.Table_TABLE_WIDENINGS)
		if err != nil {
			return doing("widening list", "", err)
		}
		return env.Print(listDocument(env.Format, queryv1.Table_TABLE_WIDENINGS, rows))
	})
	return cmd
}

func newWideningSeenCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "seen WIDENING",
		Short: "List the events that were shared under a widening, and who could read them because of it",
		Args:  takes("WIDENING"),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		res, err := c.Directory.Seen(ctx, &directoryv1.SeenRequest{WideningId: args[0]})
		if err != nil {
			return doing("widening seen "+args[0], "counterfoil widening list", err)
		}
		doc := output.Document{Value: res, Items: []any{}, ItemType: &directoryv1.SeenEvent{}}
		grid := output.Grid{Heads: []string{"journal", "event", "kind", "about", "recorded"}}
		for _, e := range res.Events {
			doc.Items = append(doc.Items, e)
			grid.Add(e.Journal, number(e.Number), shortKind(e.Kind), e.Subject, date(e.RecordedAt))
		}
		who := "nobody could read them who could not otherwise"
		if len(res.Readers) > 0 {
			who = "because of it they could be read by " + strings.Join(res.Readers, ", ")
		}
		doc.Sections = []output.Section{{Grid: grid, Text: who}}
		return env.Print(doc)
	})
	return cmd
}

func newWideningEndCommand(env *Env) *cobra.Command {
	req := &directoryv1.EndWideningRequest{}
	cmd := &cobra.Command{
		Use:   "end WIDENING",
		Short: "End a widening before its time",
		Args:  takes("WIDENING"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.WideningId = args[0]
		return c.Directory.EndWidening(ctx, req)
	})
}

func newWideningReviewCommand(env *Env) *cobra.Command {
	req := &directoryv1.ReviewWideningRequest{}
	cmd := &cobra.Command{
		Use:   "review WIDENING",
		Short: "Close a widening that is over: what was shared was looked at",
		Args:  takes("WIDENING"),
	}
	cmd.Flags().StringVar(&req.Outcome, "outcome", "", "what the review came to (required)")
	cmd.Flags().StringVar(&req.Note, "note", "", "more about it")
	require(cmd, "outcome")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.WideningId = args[0]
		return c.Directory.ReviewWidening(ctx, req)
	})
}
