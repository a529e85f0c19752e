package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// owed is something that somebody has to do.
type owed struct {
	Kind    string `json:"kind"`
	Subject string `json:"subject"`
	Owner   string `json:"owner"`
	Due     string `json:"due,omitempty"`
	// Days begun since it was due; 0 when it is not overdue.
	Overdue int `json:"overdue_days"`
}

func newObligationsCommand(env *Env) *cobra.Command {
	var due bool
	cmd := &cobra.Command{
		Use:   "obligations",
		Short: "List what decisions oblige whom to, and what this agency has to do by a date",
		Args:  takes(),
	}
	cmd.Flags().BoolVar(&due, "due", false, "only what is overdue")
	cmd.AddCommand(newMeetCommand(env))
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		all, err := env.owed(ctx, c)
		if err != nil {
			return doing("obligations of agency "+c.Context.Agency, "", err)
		}
		doc := output.Document{Items: []any{}, Flat: &output.Grid{Heads: []string{"kind", "subject", "owner", "due", "overdue_days"}}}
		grid := output.Grid{Heads: []string{"kind", "subject", "owner", "due", "days overdue"}}
		shown := []owed{}
		for _, o := range all {
			if due && o.Overdue == 0 {
				continue
			}
			shown = append(shown, o)
			doc.Items = append(doc.Items, o)
			doc.Flat.Add(o.Kind, o.Subject, o.Owner, o.Due, count(o.Overdue))
			days := ""
			if o.Overdue > 0 {
				days = count(o.Overdue)
			}
			grid.Add(o.Kind, o.Subject, o.Owner, o.Due, days)
		}
		doc.Value, doc.Sections = shown, []output.Section{{Grid: grid}}
		if len(shown) == 0 {
			doc.Sections = []output.Section{{Text: "nothing is owed"}}
		}
		return env.Print(doc)
	})
	return cmd
}

// owed lists the obligations on record that nobody has met, then this agency's duties that have a date. An obligation of this
// agency is a duty too, and comes once.
func (env *Env) owed(ctx context.Context, c *Clients) (list []owed, err error) {
	rows, err := everyRow(ctx, c, queryv1.Table_TABLE_OBLIGATIONS, "open", "true")
	if err != nil {
		return nil, err
	}
	now := env.Now()
	for _, r := range rows {
		set := r.GetObligation().GetSet()
		list = append(list, owed{set.GetKind(), set.GetSubject(), set.GetOwner(), obligationDue(set), overdue(set.GetDue(), now)})
	}
	res, err := c.Directory.Duties(ctx, &directoryv1.DutiesRequest{})
	if err != nil {
		return nil, err
	}
	for _, d := range res.Duties {
		if d.What != "fulfil" && d.Due != nil {
			list = append(list, owed{d.What, d.Subject, c.Context.Agency, date(d.Due), overdue(d.Due, now)})
		}
	}
	return list, nil
}

// overdue is how many days have begun since something was due.
func overdue(due *timestamppb.Timestamp, now time.Time) int {
	const day = 24 * time.Hour
	if due == nil || !now.After(due.AsTime()) {
		return 0
	}
	return int((now.Sub(due.AsTime()) + day - 1) / day)
}
