package main

import (
	"context"
	"encoding/hex"
	"strings"
	"time"

	"github.com/spf13/cobra"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// lagEvery is how often a watched lag is asked for.
const lagEvery = 2 * time.Second

func newAgencyShowCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Say all that the directory and the hub know of an agency",
		Args:  takes("NAME"),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		res, err := c.Authority.ShowAgency(ctx, &directoryv1.ShowAgencyRequest{Agency: args[0]})
		if err != nil {
			return doing("agency show "+args[0], "counterfoil directory show", err)
		}
		return env.Print(showDocument(res))
	})
	return cmd
}

func showDocument(res *directoryv1.ShowAgencyResponse) output.Document {
	about := output.Grid{Heads: []string{"agency", "title", "state", "service", "post of", "status", "access", "connected", "groups", "signing keys"}}
	about.Add(res.Agency.GetAgency(), res.Title, res.State, res.Service, res.PostOf, strings.TrimSpace(res.Status+" "+res.StatusReason), res.Agency.GetAccess(),
		yes(res.Agency.GetConnected()), strings.Join(res.Groups, " "), strings.Join(res.SigningKeys, " "))
	contacts := output.Grid{Heads: []string{"role", "reach", "hours"}}
	for _, c := range res.Contacts {
		contacts.Add(c.Role, c.Reach, c.Hours)
	}
	competences := output.Grid{Heads: []string{"category", "kind", "step"}}
	for _, c := range res.Competences {
		competences.Add(orElse(c.Category, "every"), orElse(c.Kind, "every"), orElse(c.Step, "every"))
	}
	doc := output.Document{Value: res, ItemType: res, Items: []any{res}, Sections: []output.Section{{Grid: about}}}
	for _, section := range []output.Section{{Title: "contacts", Grid: contacts}, {Title: "competences", Grid: competences}} {
		if len(section.Grid.Rows) > 0 {
			doc.Sections = append(doc.Sections, section)
		}
	}
	doc.Sections = append(doc.Sections, output.Section{Title: "journals", Grid: lagGrid([]*directoryv1.AgencyLag{res.Agency})})
	return doc
}

func newAgencyLagCommand(env *Env) *cobra.Command {
	var watch bool
	cmd := &cobra.Command{
		Use:   "lag",
		Short: "Say how far every agency is, by its own receipts and by what the hub sees",
		Args:  takes(),
	}
	cmd.Flags().BoolVar(&watch, "watch", false, "go on saying so every two seconds, until interrupted")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		for {
			res, err := c.Authority.Lag(ctx, &directoryv1.LagRequest{})
			if err != nil {
				return doing("agency lag", "", err)
			}
			if err := env.Print(lagDocument(res)); err != nil || !watch {
				return err
			}
			select {
			case <-time.After(lagEvery):
			case <-ctx.Done():
				return nil
			}
		}
	})
	return cmd
}

func lagDocument(res *directoryv1.LagResponse) output.Document {
	doc := output.Document{Value: res, ItemType: &directoryv1.AgencyLag{}}
	for _, a := range res.Agencies {
		doc.Items = append(doc.Items, a)
	}
	doc.Sections = []output.Section{{Grid: lagGrid(res.Agencies)}}
	return doc
}

func lagGrid(agencies []*directoryv1.AgencyLag) output.Grid {
	grid := output.Grid{Heads: []string{"agency", "access", "connected", "journal", "at the hub", "has", "behind", "said", "why"}}
	for _, a := range agencies {
		said := "nothing yet"
		if a.ReceiptAgeSeconds >= 0 {
			said = age(a.ReceiptAgeSeconds) + " ago"
		}
		if len(a.Journals) == 0 {
			grid.Add(a.Agency, a.Access, yes(a.Connected), "", "", "", "", said, "")
		}
		for _, j := range a.Journals {
			grid.Add(a.Agency, a.Access, yes(a.Connected), j.Journal, number(j.Head), number(j.Block), number(j.Behind), said, j.Reason)
		}
	}
	return grid
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

func newAgencyEndKeyCommand(env *Env) *cobra.Command {
	req := &directoryv1.EndSigningKeyRequest{Ended: &directoryv1.SigningKeyEnded{}}
	var from string
	cmd := &cobra.Command{
		Use:   "end-key NAME KEY",
		Short: "Take an agency's signing key out of use: later blocks under it are not believed",
		Args:  takes("NAME", "KEY"),
	}
	cmd.Flags().StringVar(&req.Ended.Reason, "reason", "", "why (required)")
	cmd.Flags().StringVar(&from, "from", "", "from when on it is not believed (default: now)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		req.Ended.Agency = args[0]
		if req.Ended.KeyId, err = hex.DecodeString(args[1]); err != nil {
			return nil, usage("%s is no key id, which is 16 hex digits; see: counterfoil agency show %s", args[1], args[0])
		}
		if req.Ended.ValidUntil, err = parseTime("from", from); err != nil {
			return nil, err
		}
		return c.Authority.EndSigningKey(ctx, req)
	})
}
