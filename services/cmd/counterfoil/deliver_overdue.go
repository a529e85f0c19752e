package main

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// lateDelivery is a delivery whose proof did not come in time.
type lateDelivery struct {
	Delivery string   `json:"delivery"`
	Licence  string   `json:"licence"`
	Goods    []string `json:"declarations"`
	Of       string   `json:"of"`
	Due      string   `json:"due"`
	// Days begun since it was due.
	Late int `json:"late_days"`
	// Percent of the period that reminders went out at.
	Reminded []uint32 `json:"reminded"`
	Status   string   `json:"status"`
	Dispute  string   `json:"dispute,omitempty"`
	// RF26.
	Indicator string `json:"indicator"`
}

func newOverdueCommand(env *Env) *cobra.Command {
	var days int
	cmd := &cobra.Command{
		Use:         "overdue",
		Short:       "List the deliveries on record whose proof did not come in time, the latest first, with the reminders that went out",
		Args:        takes(),
		Annotations: map[string]string{"reads": "yes"},
	}
	cmd.Flags().IntVar(&days, "days", 0, "only those that are late by so many days begun, or more")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		rows, err := everyRow(ctx, c, queryv1.Table_TABLE_DELIVERIES, "open", "true")
		if err != nil {
			return doing("overdue deliveries", "", err)
		}
		return env.Print(lateDocument(env.late(rows, days)))
	})
	return cmd
}

// late are the deliveries that are due for so many days, the latest first.
func (env *Env) late(rows []*queryv1.Row, days int) []lateDelivery {
	list := []lateDelivery{}
	now := env.Now()
	for _, r := range rows {
		d, asked := r.GetDelivery(), r.GetDelivery().GetRequested()
		by := overdue(asked.GetDue(), now)
		if by == 0 || by < days {
			continue
		}
		list = append(list, lateDelivery{
			Delivery: d.GetId(), Licence: asked.GetLicenceId(), Goods: asked.GetDeclarationIds(), Of: asked.GetOf(), Due: date(asked.GetDue()), Late: by,
			Reminded: append([]uint32{}, d.GetReminded()...), Status: enum(d.GetStatus()), Dispute: d.GetDispute(), Indicator: "RF26",
		})
	}
	slices.SortStableFunc(list, func(a, b lateDelivery) int { return cmp.Compare(b.Late, a.Late) })
	return list
}

func lateDocument(list []lateDelivery) output.Document {
	heads := []string{"delivery", "status", "licence", "of", "due", "late_days", "reminded", "indicator", "declarations", "dispute"}
	doc := output.Document{Value: list, Items: []any{}, Flat: &output.Grid{Heads: heads}}
	grid := output.Grid{Heads: []string{"delivery", "status", "licence", "of", "due", "days late", "reminded", "indicator"}}
	for _, l := range list {
		doc.Items = append(doc.Items, l)
		var at []string
		for _, percent := range l.Reminded {
			at = append(at, strconv.Itoa(int(percent))+" %")
		}
		reminded := strings.Join(at, ", ")
		grid.Add(l.Delivery, l.Status, l.Licence, l.Of, l.Due, count(l.Late), reminded, l.Indicator)
		doc.Flat.Add(l.Delivery, l.Status, l.Licence, l.Of, l.Due, count(l.Late), reminded, l.Indicator, strings.Join(l.Goods, " "), l.Dispute)
	}
	doc.Sections = []output.Section{{Grid: grid}}
	if len(list) == 0 {
		doc.Sections = []output.Section{{Text: "no proof of delivery is overdue"}}
	}
	return doc
}
