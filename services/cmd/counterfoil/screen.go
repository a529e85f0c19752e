package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newScreenCommand(env *Env) *cobra.Command {
	party := &transferv1.Party{}
	req := &screeningv1.ScreenNameRequest{Party: party}
	subject := &screeningv1.ScreenSubjectRequest{}
	var role string
	var explain bool
	cmd := &cobra.Command{
		Use:   "screen NAME | --application ID",
		Short: "Compare a name, or all parties of an application or a licence, with watch lists, denials and alerts",
		Long: "A name is compared and nothing is recorded. An application or a licence is screened as a whole, and what came of it\n" +
			"is recorded: whoever is near waits for an officer's judgement.",
		Example: "counterfoil screen \"Zarkovia Defence Trading\" --country XB --explain\n" +
			"counterfoil screen --application licensing/A-2026-000001\n" +
			"counterfoil screen judge licensing/S-2026-000001 1 --another --reason \"born in another year\"",
	}
	recorded := recording(env, cmd, subject, func(ctx context.Context, c *Clients, _ []string) (recorded, error) {
		return c.Screening.ScreenSubject(ctx, subject)
	})
	record := recorded.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if subject.Subject != "" {
			return record(cmd, args)
		}
		var err error
		if party.Role, err = parseRole(role); err != nil {
			return err
		}
		return env.online(func(ctx context.Context, c *Clients, args []string) error {
			party.Name = args[0]
			res, err := c.Screening.ScreenName(ctx, req)
			if err != nil {
				return doing("screen "+quote(args[0]), "", err)
			}
			return env.Print(screenDocument(res, explain))
		})(cmd, args)
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if subject.Subject != "" {
			return takes()(cmd, args)
		}
		return takes("NAME")(cmd, args)
	}
	flags := cmd.Flags()
	flags.StringVar(&party.Country, "country", "", "the party's State, ISO 3166-1 alpha-2")
	flags.StringArrayVar(&party.Identifiers, "identifier", nil, "SCHEME:VALUE, such as lei:213800KUD8LAJWSQ9D15; may be given more than once")
	flags.StringVar(&role, "role", "end_user", "what the party does: exporter, importer, consignee, end_user, broker, carrier, forwarder or financier")
	flags.Uint32Var(&req.DownTo, "down-to", 0, "also show what scores less than the review line, down to this, of 1000")
	flags.BoolVar(&explain, "explain", false, "show word by word why names are alike")
	flags.StringVar(&subject.Subject, "application", "", "application or licence that is screened as a whole")
	cmd.AddCommand(newJudgeCommand(env))
	return cmd
}

func newJudgeCommand(env *Env) *cobra.Command {
	req := &screeningv1.JudgeHitRequest{}
	var same, another bool
	cmd := &cobra.Command{
		Use:   "judge SCREENING HIT",
		Short: "Say whether a party is who a hit of a screening or a finding says",
		Example: "counterfoil screen judge licensing/S-2026-000001 1 --another --reason \"born in another year\"\n" +
			"counterfoil screen judge licensing/F-2026-000001 1 --same --reason \"registry extract\" --evidence xb-reg:77",
		Args: takes("SCREENING", "HIT"),
	}
	cmd.Flags().BoolVar(&same, "same", false, "it is; give --evidence beside the name")
	cmd.Flags().BoolVar(&another, "another", false, "it is somebody else")
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why (required)")
	cmd.Flags().StringArrayVar(&req.Evidence, "evidence", nil, "what agrees beside the name: an identifier, a date of birth, an address; may be given more than once")
	cmd.MarkFlagsOneRequired("same", "another")
	cmd.MarkFlagsMutuallyExclusive("same", "another")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.ScreeningId, req.Judgement = args[0], screeningv1.Judgement_JUDGEMENT_ANOTHER
		if same {
			req.Judgement = screeningv1.Judgement_JUDGEMENT_SAME
		}
		if _, err := fmt.Sscan(args[1], &req.Hit); err != nil {
			return nil, usage("%q is no number of a hit", args[1])
		}
		return c.Screening.JudgeHit(ctx, req)
	})
}

// parseRole reads a role by its name, such as end_user.
func parseRole(name string) (transferv1.Role, error) {
	if n, known := transferv1.Role_value["ROLE_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))]; known && n != 0 {
		return transferv1.Role(n), nil
	}
	return 0, usage("there is no role %q", name)
}

// screenDocument shows the hits, and with explain each of them word by word. What was compared with is always shown: no hit
// says nothing without it.
func screenDocument(res *screeningv1.ScreenNameResponse, explain bool) output.Document {
	hits := output.Grid{Heads: []string{"hit", "score", "against", "id", "name", "country", "identifiers"}}
	doc := output.Document{Value: res, ItemType: &screeningv1.Hit{}, Items: []any{}}
	for _, h := range res.Hits {
		doc.Items = append(doc.Items, h)
		hits.Add(hitCells(h)...)
	}
	summary := output.Section{Grid: hits, Text: fmt.Sprintf("matcher %s, review line %d", res.Matcher, res.ReviewLine)}
	if len(res.Hits) == 0 {
		summary = output.Section{Text: fmt.Sprintf("nothing on record comes near (matcher %s, review line %d)", res.Matcher, res.ReviewLine)}
	}
	doc.Sections = append(doc.Sections, summary)
	if explain {
		for _, h := range res.Hits {
			doc.Sections = append(doc.Sections, pairsSection(h))
		}
	}
	lists := output.Grid{Heads: []string{"list", "edition", "entries", "recorded"}}
	for _, l := range res.Lists {
		lists.Add(l.Source, l.Edition, number(l.Entries), date(l.RecordedAt))
	}
	section := output.Section{Title: "compared with", Grid: lists}
	if len(res.Lists) == 0 {
		section = output.Section{Title: "compared with", Text: "no watch list is on record: counterfoil import watchlist --help"}
	}
	doc.Sections = append(doc.Sections, section)
	return doc
}

func hitCells(h *screeningv1.Hit) []string {
	return []string{number(uint64(h.Number)), number(uint64(h.Score)), enum(h.Against), h.Id, h.Name, h.Country, strings.Join(h.Identifiers, " ")}
}

// pairsSection explains a hit word by word, the heaviest first.
func pairsSection(h *screeningv1.Hit) output.Section {
	s := output.Section{Title: fmt.Sprintf("hit %d: %s", h.Number, output.Clean(h.Name)), Grid: output.Grid{Heads: []string{"word", "on record", "alike", "weight", "how"}}}
	for _, p := range h.Pairs {
		s.Grid.Add(p.Word, p.Listed, number(uint64(p.Similarity)), number(uint64(p.Weight)), p.How)
	}
	for _, id := range slices.Sorted(slices.Values(h.Identifiers)) {
		s.Grid.Add(id, id, "1000", "", "same identifier: score 1000")
	}
	return s
}
