package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/policy"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// tried is what reading, checking and playing a policy came to.
type tried struct {
	File     string   `json:"file"`
	Policy   string   `json:"policy"`
	Examples int      `json:"examples"`
	Passed   int      `json:"passed"`
	Errors   []string `json:"errors"`
	Warnings []string `json:"warnings"`
}

func newPolicyTestCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "test FILE…",
		Short: "Read policies, look for what makes no sense, and play their worked examples",
		Long: "Reads policies, looks for what makes no sense, and plays their worked examples. No node is asked, unless --context or\n" +
			"COUNTERFOIL_CONTEXT names one: agencies and calendars are then looked up in its directory. Ends with 3 where there are errors; warnings may be meant so.",
		Example: "counterfoil policy test policies/*.yaml\ncounterfoil policy test --context licensing export.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			known, err := env.known(cmd.Context())
			if err != nil {
				return err
			}
			var all []*tried
			for _, file := range args {
				t, err := env.try(cmd.Context(), file, known)
				if err != nil {
					return err
				}
				all = append(all, t)
			}
			return env.printTried(all)
		},
	}
}

// known is what the directory of the context has, if one was named.
func (env *Env) known(ctx context.Context) (r policy.Registry, err error) {
	if env.Context == "" {
		return r, nil
	}
	c, err := env.Connect()
	if err != nil {
		return r, err
	}
	res, err := directoryAt(ctx, c, "as-of", "")
	if err != nil {
		return r, err
	}
	r = policy.Registry{Agencies: []string{}, Calendars: []string{}}
	for _, a := range res.Agencies {
		if a.Status != ledgerv1.AgencyStatus_AGENCY_STATUS_REMOVED {
			r.Agencies = append(r.Agencies, a.Id)
		}
	}
	for _, k := range res.Calendars {
		r.Calendars = append(r.Calendars, k.Id)
	}
	return r, nil
}

func (env *Env) try(ctx context.Context, file string, known policy.Registry) (*tried, error) {
	content, err := env.readFile(file)
	if err != nil {
		return nil, err
	}
	t := &tried{File: file, Errors: []string{}, Warnings: []string{}}
	p, err := policy.Load(file, content)
	if refusal := fault.As(err); refusal != nil {
		t.Errors = strings.Split(refusal.Error(), "\n")
		return t, nil
	}
	if err != nil {
		return nil, err
	}
	t.Policy = p.ID()
	found, err := policy.CheckUntil(ctx, p, known)
	if err != nil {
		return nil, err
	}
	for _, problem := range found {
		if problem.Severity == policy.Error {
			t.Errors = append(t.Errors, problem.String())
		} else {
			t.Warnings = append(t.Warnings, problem.String())
		}
	}
	results, err := policy.RunTests(ctx, p)
	if err != nil {
		return nil, err
	}
	for _, r := range results {
		if t.Examples++; r.Passed() {
			t.Passed++
		}
		for _, f := range r.Failures {
			t.Errors = append(t.Errors, fmt.Sprintf("%s:%d: error: %s: %s", file, r.Line, r.Name, f))
		}
	}
	return t, nil
}

func (env *Env) printTried(all []*tried) error {
	grid := output.Grid{Heads: []string{"file", "policy", "examples", "passed", "errors", "warnings"}}
	doc := output.Document{Value: all, Items: []any{}, Flat: &grid}
	var lines []string
	wrong := 0
	for _, t := range all {
		grid.Add(t.File, t.Policy, count(t.Examples), count(t.Passed), count(len(t.Errors)), count(len(t.Warnings)))
		doc.Items = append(doc.Items, t)
		lines = append(append(lines, t.Errors...), t.Warnings...)
		wrong += len(t.Errors)
	}
	doc.Sections = []output.Section{{Grid: grid}}
	if len(lines) > 0 {
		doc.Sections = append(doc.Sections, output.Section{Text: strings.Join(lines, "\n")})
	}
	if err := env.Print(doc); err != nil {
		return err
	}
	if wrong > 0 {
		return problems("", fmt.Sprintf("%d errors in %d policies", wrong, len(all)), env.again())
	}
	return nil
}
