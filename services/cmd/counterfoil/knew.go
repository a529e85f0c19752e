package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// knewShown is how many events of each list are shown when not all are asked for.
const knewShown = 10

func newKnewCommand(env *Env) *cobra.Command {
	req := &queryv1.KnewRequest{}
	var all bool
	cmd := &cobra.Command{
		Use:   "knew DECISION",
		Short: "Show what an agency had received when it decided something, what had not arrived, and what it did not use",
		Long: "Looks back at a decision: the last one on a record, one of its events by number, or an event by its id. Of what concerns\n" +
			"the case it shows what the agency had received by then and what of that the decision cites, what existed elsewhere and had\n" +
			"not arrived, and what had arrived and is not cited; each with the link by which it concerns the case.\n\n" +
			"What is not cited was not necessarily ignored: the records cannot say what a person read.",
		Example: "counterfoil knew licensing/L-2026-000001\n" +
			"counterfoil knew licensing/L-2026-000001 --event 7 --all\n" +
			"counterfoil knew customs/all/12 -o json",
		Args: takes("DECISION"),
	}
	cmd.Flags().Uint64Var(&req.Event, "event", 0, "the decision that is this event of the record's journal (default: the last decision)")
	cmd.Flags().BoolVar(&all, "all", false, fmt.Sprintf("show every event, not %d of each list, and how far the agency had each journal", knewShown))
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		req.Id = args[0]
		res, err := c.Knowledge.Knew(ctx, req)
		if err != nil {
			return doing("knew "+args[0], "", err)
		}
		env.adviseBasis(res.Basis)
		return env.Print(knewDocument(res, all))
	})
	return cmd
}

// knewDocument is a paragraph and the lists. As lines and records, the items are the events of all lists.
func knewDocument(res *queryv1.KnewResponse, all bool) output.Document {
	doc := output.Document{Value: res, Items: []any{}, ItemType: &queryv1.KnownEvent{}, Sections: []output.Section{{Text: res.Summary}}}
	var used, unused []*queryv1.KnownEvent
	for _, e := range res.Received {
		doc.Items = append(doc.Items, e)
		if e.Use == queryv1.KnownUse_KNOWN_USE_NONE {
			unused = append(unused, e)
		} else {
			used = append(used, e)
		}
	}
	for _, e := range res.NotArrived {
		doc.Items = append(doc.Items, e)
	}
	most := knewShown
	if all {
		most = max(len(res.Received), len(res.NotArrived))
	}
	doc.Sections = append(doc.Sections,
		knownSection("received and used", "use", used, most, func(e *queryv1.KnownEvent) string { return enum(e.Use) }),
		knownSection("had not arrived", "came", res.NotArrived, most, came),
		knownSection("had arrived and is not cited", "came", unused, most, came))
	if len(res.LeftOut) > 0 {
		grid := output.Grid{Heads: []string{"not looked at", "records"}}
		for _, l := range res.LeftOut {
			grid.Add(l.What, number(l.Records))
		}
		doc.Sections = append(doc.Sections, output.Section{Title: "left out", Grid: grid})
	}
	if len(res.Findings) > 0 {
		grid := output.Grid{Heads: []string{"what does not fit together", "next"}}
		for _, f := range res.Findings {
			grid.Add(f.What, f.Next)
		}
		doc.Sections = append(doc.Sections, output.Section{Grid: grid})
	}
	if all {
		doc.Sections = append(doc.Sections, journalsKnown(res))
	}
	return doc
}

// knownSection shows the first events of a list, with one column of its own.
func knownSection(title, head string, list []*queryv1.KnownEvent, most int, own func(*queryv1.KnownEvent) string) output.Section {
	s := output.Section{Title: fmt.Sprintf("%s (%d)", title, len(list))}
	if len(list) == 0 {
		s.Text = "none"
		return s
	}
	s.Grid.Heads = []string{"event", "what", "by", "happened", "stated", "written", "received", head, "why it matters"}
	for _, e := range list[:min(len(list), most)] {
		s.Grid.Add(fmt.Sprintf("%s/%d", e.Journal, e.Number), e.Words, strings.TrimSpace(e.Agency+" "+e.Role), date(e.OccurredAt), date(e.RecordedAt), date(e.WrittenAt), orElse(date(e.ReceivedAt), "not confirmed"),
			own(e), strings.Join(append(slices.Clone(e.Why), remarks(e)...), "; "))
	}
	if more := len(list) - most; more > 0 {
		s.Text = fmt.Sprintf("and %d more: --all", more)
	}
	return s
}

// remarks are what is particular about an event.
func remarks(e *queryv1.KnownEvent) (all []string) {
	for _, r := range []struct {
		is   bool
		text string
	}{
		{e.StatedLater, "it had happened and was stated later"}, {e.SharedLater, "it was shared later"},
		{e.NotShared, "the journal is not one that the agency is given"}, {e.Parked, "it could not be applied here"},
	} {
		if r.is {
			all = append(all, r.text)
		}
	}
	return all
}

// came is when an event came, from the decision on.
func came(e *queryv1.KnownEvent) string {
	switch {
	case e.ReceivedAt == nil:
		return ""
	case e.CameAfterSeconds > 0:
		return age(float64(e.CameAfterSeconds)) + " later"
	case e.CameAfterSeconds < 0:
		return age(float64(-e.CameAfterSeconds)) + " before"
	case e.Use == queryv1.KnownUse_KNOWN_USE_UNSPECIFIED:
		return "just after"
	}
	return "just before"
}

func journalsKnown(res *queryv1.KnewResponse) output.Section {
	grid := output.Grid{Heads: []string{"journal", "block", "events", "known by", "stated root"}}
	for _, j := range res.Journals {
		root := ""
		if j.Root != queryv1.KnownRoot_KNOWN_ROOT_UNSPECIFIED {
			root = strings.ReplaceAll(enum(j.Root), "_", " ")
		}
		grid.Add(j.Journal, number(j.Block), number(j.Events), enum(j.Source), root)
	}
	return output.Section{Title: "how far " + res.Agency + " had each journal", Grid: grid}
}
