package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// parkedClasses are what --class takes, in the order of the contract.
var parkedClasses = []string{"unknown", "before_start", "refused", "known_now"}

func newParkedCommand(env *Env) *cobra.Command {
	cmd := newParkedListCommand(env)
	cmd.Use = "parked"
	cmd.Long = "Lists the events that this node's ledger could not apply, and why. An event is parked because its kind is newer than the\n" +
		"program (unknown), because it rests on what this copy was not given or was withdrawn (before_start), because it breaks a\n" +
		"rule (refused), or because its kind was unknown until this program came (known_now), which is what a retry is for."
	cmd.AddCommand(newParkedListCommand(env), newParkedShowCommand(env), newParkedRetryCommand(env))
	return cmd
}

func newParkedListCommand(env *Env) *cobra.Command {
	var req queryv1.ParkedRequest
	var class string
	var all bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the events that could not be applied, and why; show and retry them",
		Example: "counterfoil parked\ncounterfoil parked list --journal licensing/border --kind LicenceSuspended --newest",
		Args:    takes(),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		for i, name := range parkedClasses {
			if class == name {
				req.Class = queryv1.ParkedClass(i + 1)
			}
		}
		switch {
		case class != "" && req.Class == queryv1.ParkedClass_PARKED_CLASS_UNSPECIFIED:
			return usage("--class is one of %s, not %s", strings.Join(parkedClasses, ", "), class)
		case req.PageSize > maxPage:
			return usage("--page-size is at most %d; --all gives every page", maxPage)
		}
		if all {
			req.PageSize = maxPage
		}
		return doing("list what is parked", "", env.listParked(ctx, c, &req, all))
	})
	cmd.Flags().StringVar(&req.Journal, "journal", "", "only of this journal, as agency/group")
	cmd.Flags().StringVar(&req.Kind, "kind", "", "only of this kind, such as LicenceSuspended")
	cmd.Flags().StringVar(&class, "class", "", "only of this class: "+strings.Join(parkedClasses, ", "))
	cmd.Flags().BoolVar(&req.NewestFirst, "newest", false, "what was made last first, instead of by journal and number")
	cmd.Flags().BoolVar(&req.NewestFirst, "newest-first", false, "the former name of --newest")
	cmd.Flags().Lookup("newest-first").Hidden = true
	cmd.Flags().Uint32Var(&req.PageSize, "page-size", 50, "events of a page, at most 1000")
	cmd.Flags().StringVar(&req.PageToken, "page-token", "", "go on where an earlier page ended")
	cmd.Flags().BoolVar(&all, "all", false, "every page, one after the other")
	complete(cmd, "class", parkedClasses...)
	return cmd
}

func (env *Env) listParked(ctx context.Context, c *Clients, req *queryv1.ParkedRequest, all bool) error {
	whole, err := c.Query.Parked(ctx, req)
	if err != nil {
		return err
	}
	for all && whole.NextPageToken != "" {
		req.PageToken = whole.NextPageToken
		res, err := c.Query.Parked(ctx, req)
		if err != nil {
			return err
		}
		res.Events = append(whole.Events, res.Events...)
		whole = res
	}
	doc := output.Document{Value: whole, ItemType: &queryv1.ParkedItem{}}
	doc.Items, doc.Sections = parkedSections(whole.Events, whole.Totals)
	if len(whole.Totals) == 0 {
		doc.Sections = append(doc.Sections, output.Section{Text: "nothing is parked"})
	}
	if err := env.Print(doc); err != nil {
		return err
	}
	env.adviseBasis(whole.Basis)
	if whole.NextPageToken != "" {
		env.Advise("there is more: %s", env.again("--page-token", whole.NextPageToken))
	}
	return nil
}

// parkedSections show parked events, then how many there are.
func parkedSections(events []*queryv1.ParkedItem, totals []*queryv1.ParkedTotal) (items []any, sections []output.Section) {
	items = []any{}
	grid := output.Grid{Heads: []string{"journal", "event", "kind", "class", "row", "why", "what would bring it on"}}
	for _, p := range events {
		items = append(items, p)
		grid.Add(p.Journal, number(p.Number), shortKind(p.Kind), enum(p.Class), p.RowId, p.Reason, p.Remedy)
	}
	counts := output.Grid{Heads: []string{"journal", "class", "parked"}}
	for _, t := range totals {
		counts.Add(t.Journal, enum(t.Class), number(t.Count))
	}
	if len(totals) == 0 {
		return items, nil
	}
	return items, []output.Section{{Grid: grid}, {Grid: counts}}
}

func newParkedShowCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "show JOURNAL NUMBER",
		Short:   "Show a parked event in full, the row that it wants, and what would bring it on",
		Example: "counterfoil parked show licensing/border 12",
		Args:    takes("JOURNAL", "NUMBER"),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		number, err := parseEventNumber(args[1])
		if err != nil {
			return err
		}
		res, err := c.Query.ParkedEvent(ctx, &queryv1.ParkedEventRequest{Journal: args[0], Number: number})
		if err != nil {
			return doing("show parked event "+args[0]+"/"+args[1], "counterfoil parked", err)
		}
		doc, err := parkedDocument(res)
		if err != nil {
			return err
		}
		env.adviseBasis(res.Basis)
		return env.Print(doc)
	})
	return cmd
}

func parseEventNumber(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n == 0 {
		return 0, usage("%s is no number of an event: they begin with 1", text)
	}
	return n, nil
}

func parkedDocument(res *queryv1.ParkedEventResponse) (output.Document, error) {
	p := res.Parked
	doc := output.Document{Value: res, Items: []any{res}, ItemType: &queryv1.ParkedEventResponse{}}
	why := output.Section{Title: fmt.Sprintf("parked: %s", enum(p.GetClass())), Grid: output.Grid{Heads: []string{"field", "value"}}}
	why.Grid.Add("why", p.GetReason())
	why.Grid.Add("what would bring it on", p.GetRemedy())
	switch row := content(res.Row); {
	case row != nil:
		why.Grid.Add("the row it wants", p.GetRowId()+", on record here")
	case p.GetRowId() != "":
		why.Grid.Add("the row it wants", p.GetRowId()+", not on record here")
	}
	if res.NotGiven > 0 {
		why.Grid.Add("not given to this agency", fmt.Sprintf("the first %d events of %s", res.NotGiven, p.GetJournal()))
	}
	if res.Withdrawn {
		why.Grid.Add("withdrawn", "events of "+p.GetJournal()+" that others rested on")
	}
	doc.Sections = append(doc.Sections, why)
	event, err := eventSection(res.Event)
	if err != nil {
		return doc, err
	}
	doc.Sections = append(doc.Sections, event)
	if content(res.Row) != nil {
		doc.Sections = append(doc.Sections, output.Section{Title: "the row as it stands", Grid: output.Grid{Heads: heads(res.Table), Rows: [][]string{cells(res.Row)}}})
	}
	return doc, nil
}

func newParkedRetryCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "retry [JOURNAL [NUMBER]]",
		Short: "Apply the parked events that this program can apply by now",
		Long: "Applies parked events whose kind this program knows and the one before did not: all journals of that agency are folded\n" +
			"anew from the blocks that are here, at some 30,000 events a second, while commands wait. The ledger is then as if it was\n" +
			"built anew. No other event is applied by trying again: each is applied in its place in its journal or not at all. The\n" +
			"exit code is 3 when something is still parked, with what would bring it on.",
		Example: "counterfoil parked retry\ncounterfoil parked retry licensing/border 12",
		Args:    cobra.MaximumNArgs(2),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) (err error) {
		req := &queryv1.RetryParkedRequest{}
		if len(args) > 0 {
			if req.Journal = args[0]; req.Journal == "" {
				return usage("give JOURNAL: it was empty")
			}
		}
		if len(args) > 1 {
			if req.Number, err = parseEventNumber(args[1]); err != nil {
				return err
			}
		}
		what := strings.TrimSpace("retry what is parked " + strings.Join(args, " "))
		res, err := c.Query.RetryParked(ctx, req)
		if err != nil {
			return doing(what, "counterfoil parked", err)
		}
		doc := output.Document{Value: res, ItemType: &queryv1.ParkedItem{}}
		doc.Items, doc.Sections = parkedSections(res.Left, res.Still)
		doc.Sections = append(doc.Sections, output.Section{Text: retriedWords(res)})
		if err := env.Print(doc); err != nil || len(res.Still) == 0 {
			return err
		}
		return problems(what, stillParked(res.Still), "counterfoil parked")
	})
	return cmd
}

func retriedWords(res *queryv1.RetryParkedResponse) string {
	if len(res.FoldedAnew) == 0 {
		return "no kind is known by now that was not: nothing was folded anew"
	}
	return fmt.Sprintf("applied: %d; folded anew: %s", res.Applied, strings.Join(res.FoldedAnew, ", "))
}

// stillParked counts what is still parked by class.
func stillParked(totals []*queryv1.ParkedTotal) string {
	counts, all := make([]uint64, len(parkedClasses)+1), uint64(0)
	for _, t := range totals {
		all += t.Count
		if int(t.Class) < len(counts) {
			counts[t.Class] += t.Count
		}
	}
	var words []string
	for i, name := range parkedClasses {
		if n := counts[i+1]; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, name))
		}
	}
	return fmt.Sprintf("still parked: %d (%s)", all, strings.Join(words, ", "))
}
