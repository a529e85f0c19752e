package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// audienceFlags ask who reads something, on record or not yet.
type audienceFlags struct {
	audience      bool
	kind, marking string
}

func (a *audienceFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&a.audience, "audience", false, "show who reads it, who does not, and by which rule")
	flags.StringVar(&a.kind, "kind", "", "with --audience, before anything is recorded: kind of the event, such as LicenceGranted")
	flags.StringVar(&a.marking, "marking", "", "with --kind: its marking")
}

// arguments accepts an ID, or, asked before recording, none.
func (a *audienceFlags) arguments(cmd *cobra.Command, args []string) error {
	switch {
	case a.kind == "" && a.marking == "":
		return takes("ID")(cmd, args)
	case !a.audience:
		return errors.New("--kind and --marking are given with --audience")
	case a.kind == "":
		return errors.New("--marking is given with --kind")
	}
	return takes()(cmd, args)
}

func (a *audienceFlags) request(args []string) *queryv1.AudienceRequest {
	req := &queryv1.AudienceRequest{Kind: a.kind, Marking: a.marking}
	if len(args) > 0 {
		req.Id = args[0]
	}
	return req
}

func (env *Env) explainAudience(ctx context.Context, c *Clients, req *queryv1.AudienceRequest) error {
	res, err := c.Query.Audience(ctx, req)
	if err != nil {
		return doing("explain the audience of "+orElse(req.Id, req.Kind), "", err)
	}
	env.adviseBasis(res.Basis)
	return env.Print(audienceDocument(res))
}

func audienceDocument(res *queryv1.AudienceResponse) output.Document {
	doc := output.Document{Value: res, Items: []any{}, ItemType: &queryv1.Audience{}, Flat: &output.Grid{Heads: []string{"journal", "agency", "reads", "rule"}}}
	for _, a := range res.Audiences {
		doc.Items = append(doc.Items, a)
		section := output.Section{Title: a.Journal, Grid: output.Grid{Heads: []string{"agency", "reads", "why"}}}
		if len(a.Events) > 0 {
			section.Title += "  event " + numbers(a.Events)
		}
		for _, r := range a.Readers {
			section.Grid.Add(r.Agency, yesNo(r.Reads), r.Rule)
			doc.Flat.Add(a.Journal, r.Agency, fmt.Sprint(r.Reads), r.Rule)
		}
		section.Text = "sharing rule: " + a.Rule
		if a.Purpose != "" {
			section.Text += "\npurpose: " + a.Purpose
		}
		if a.LegalBasis != "" {
			section.Text += "\nlegal basis: " + a.LegalBasis
		}
		doc.Sections = append(doc.Sections, section)
	}
	return doc
}

// dryRunDocument shows what a command would record, and for whom.
func dryRunDocument(res recorded) (output.Document, error) {
	run := res.GetReceipt().GetDryRun()
	doc := output.Document{Value: res, ItemType: res}
	text := "nothing was recorded: this was a dry run"
	if run.Journal == "" {
		doc.Sections = []output.Section{{Text: text + ", and nothing would have to be recorded"}}
		return doc, nil
	}
	for _, packed := range run.Facts {
		fact, err := packed.UnmarshalNew()
		if err != nil {
			return doc, fmt.Errorf("read what would be recorded: %w", err)
		}
		fields, err := output.Pairs(fact)
		if err != nil {
			return doc, err
		}
		doc.Sections = append(doc.Sections, output.Section{
			Title: fmt.Sprintf("%s, would be recorded in %s", shortKind(packed.TypeUrl), run.Journal),
			Grid:  output.Grid{Heads: []string{"field", "value"}, Rows: fields.Rows},
		})
	}
	doc.Sections = append(doc.Sections, readersSection(run))
	doc.Sections = append(doc.Sections, output.Section{Text: text})
	return doc, nil
}

func readersSection(run *eventv1.DryRun) output.Section {
	s := output.Section{Title: "who would read it", Grid: output.Grid{Heads: []string{"agency", "reads", "why not"}}}
	for _, agency := range run.Readers {
		s.Grid.Add(agency, yesNo(true), "")
	}
	for _, w := range run.Withheld {
		s.Grid.Add(w.Agency, yesNo(false), w.Rule)
	}
	return s
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func numbers(all []uint64) string {
	words := make([]string, len(all))
	for i, n := range all {
		words[i] = number(n)
	}
	return strings.Join(words, ", ")
}
