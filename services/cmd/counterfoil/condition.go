package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newConditionCommand(env *Env) *cobra.Command {
	return family("condition", "Ask that a licence carry conditions, and change or let go what this agency asked for",
		newAddConditionCommand(env), newChangeConditionCommand(env), newDropConditionCommand(env))
}

func newAddConditionCommand(env *Env) *cobra.Command {
	req := &licensingv1.AddConditionRequest{}
	cmd := &cobra.Command{
		Use:   "add APPLICATION",
		Short: "Ask that a licence carry a condition, where this agency was asked for its opinion",
		Args:  takes("APPLICATION"),
	}
	cmd.Flags().StringVar(&req.Text, "text", "", "what the licence shall say (required)")
	require(cmd, "text")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.ApplicationId = args[0]
		return c.Opinion.AddCondition(ctx, req)
	})
}

func newChangeConditionCommand(env *Env) *cobra.Command {
	req := &licensingv1.ChangeConditionRequest{}
	cmd := &cobra.Command{
		Use:   "change CONDITION",
		Short: "Change a condition that this agency asked for",
		Args:  takes("CONDITION"),
	}
	cmd.Flags().StringVar(&req.Text, "text", "", "what the licence shall say instead (required)")
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why (required)")
	require(cmd, "text", "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.ConditionId = args[0]
		return c.Opinion.ChangeCondition(ctx, req)
	})
}

func newDropConditionCommand(env *Env) *cobra.Command {
	req := &licensingv1.DropConditionRequest{}
	cmd := &cobra.Command{
		Use:   "drop CONDITION",
		Short: "Let a condition go that this agency asked for; it stays on record",
		Args:  takes("CONDITION"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.ConditionId = args[0]
		return c.Opinion.DropCondition(ctx, req)
	})
}

// conditionsOf shows people what became of the conditions that were asked for: of a licence, or of an application. A condition
// whose own row is not read here is shown as the licence has it. Other rows have none.
func (env *Env) conditionsOf(ctx context.Context, c *Clients, row *queryv1.Row, h *queryv1.Horizon) ([]output.Section, error) {
	licence := row.GetLicence()
	application := orElse(licence.GetApplicationId(), row.GetApplication().GetId())
	if application == "" || env.Format != output.Table {
		return nil, nil
	}
	ofIt := &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: "application", Values: []string{application}}}}
	asked, err := everyPage(ctx, c, &queryv1.ListRequest{Table: queryv1.Table_TABLE_CONDITIONS, Filter: ofIt, Horizon: h})
	if err != nil {
		return nil, err
	}
	grid := output.Grid{Heads: []string{"condition", "asked by", "text as asked", "text now", "state"}}
	read := map[string]bool{}
	for _, a := range asked {
		k := a.GetCondition()
		read[k.GetId()] = true
		grid.Add(k.GetId(), k.GetAgency(), orElse(k.GetAsked(), k.GetText()), k.GetText(), conditionOn(licence, k))
	}
	for _, kept := range licence.GetKept() {
		if !read[kept.ConditionId] {
			grid.Add(kept.ConditionId, kept.AskedBy, "", kept.Text, "kept")
		}
	}
	if len(grid.Rows) == 0 {
		return nil, nil
	}
	return []output.Section{{Title: "conditions", Grid: grid}}, nil
}

// conditionOn says what became of a condition: dropped by who asked for it; changed, where the licence does not say what it
// says now; kept, where it does; asked, where there is no licence or the licence has it not.
func conditionOn(licence *ledgerv1.Licence, k *ledgerv1.Condition) string {
	i := slices.IndexFunc(licence.GetKept(), func(o *licensingv1.ConditionKept) bool { return o.ConditionId == k.GetId() })
	if i >= 0 && !k.GetDropped() && licence.Kept[i].Text == k.GetText() {
		return "kept"
	}
	return conditionState(k)
}

func conditionState(k *ledgerv1.Condition) string {
	switch {
	case k.GetDropped():
		return "dropped"
	case k.GetAsked() != "":
		return "changed"
	}
	return "asked"
}

// everyRow lists all rows of a table that have a value of an attribute.
func everyRow(ctx context.Context, c *Clients, table queryv1.Table, attribute, value string) ([]*queryv1.Row, error) {
	return everyRowOf(ctx, c, table, &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: attribute, Values: []string{value}}}})
}

// everyRowOf lists all rows of a table that a filter lets through; nil is all of them.
func everyRowOf(ctx context.Context, c *Clients, table queryv1.Table, filter *queryv1.Filter) ([]*queryv1.Row, error) {
	return everyPage(ctx, c, &queryv1.ListRequest{Table: table, Filter: filter})
}

// everyPage lists every page that a request asks for.
func everyPage(ctx context.Context, c *Clients, req *queryv1.ListRequest) (rows []*queryv1.Row, err error) {
	req.PageSize = maxPage
	for {
		res, err := c.Query.List(ctx, req)
		if err != nil {
			return nil, err
		}
		rows = append(rows, res.Rows...)
		if res.NextPageToken == "" {
			return rows, nil
		}
		req.PageToken = res.NextPageToken
	}
}
