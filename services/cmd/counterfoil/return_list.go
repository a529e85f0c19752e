package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// askedReturn is what one agency was asked for, and what it said.
type askedReturn struct {
	Request string `json:"request"`
	Form    string `json:"form"`
	Year    uint32 `json:"year"`
	Agency  string `json:"agency"`
	Due     string `json:"due"`
	// "awaited", "overdue", "submitted", "nil", or "taken over" where the agency was asked again.
	State     string   `json:"state"`
	Submitted string   `json:"submitted,omitempty"`
	Figures   int      `json:"figures"`
	NilTables []string `json:"nil_tables,omitempty"`
	Comment   string   `json:"comment,omitempty"`
}

func newReturnListCommand(env *Env) *cobra.Command {
	var year uint32
	var open bool
	cmd := &cobra.Command{
		Use:         "list",
		Short:       "List who was asked for a return, and who has submitted it",
		Args:        takes(),
		Annotations: readsOnly,
	}
	cmd.Flags().Uint32Var(&year, "year", 0, "only of this year")
	cmd.Flags().BoolVar(&open, "open", false, "only those that are awaited")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		requests, err := everyRowOf(ctx, c, queryv1.Table_TABLE_RETURN_REQUESTS, nil)
		if err != nil {
			return doing("return list", "", err)
		}
		submissions, err := everyRowOf(ctx, c, queryv1.Table_TABLE_RETURN_SUBMISSIONS, nil)
		if err != nil {
			return doing("return list", "", err)
		}
		list := []askedReturn{}
		for _, r := range returnsAsked(requests, submissions, env.Now()) {
			if (year == 0 || r.Year == year) && (!open || r.State == "awaited" || r.State == "overdue") {
				list = append(list, r)
			}
		}
		return env.Print(returnsDocument(list))
	})
	return cmd
}

// returnsAsked joins requests, in the order of asking, with what came of them.
func returnsAsked(requests, submissions []*queryv1.Row, now time.Time) (list []askedReturn) {
	given := map[string]*ledgerv1.ReturnSubmission{}
	for _, r := range submissions {
		given[r.GetReturnSubmission().GetId()] = r.GetReturnSubmission()
	}
	last := map[string]string{} // request, by agency, form and year
	of := func(agency, form string, year uint32) string { return fmt.Sprint(agency, " ", form, " ", year) }
	for _, r := range requests {
		for _, agency := range r.GetReturnRequest().GetRequested().GetAgencies() {
			last[of(agency, r.GetReturnRequest().GetRequested().GetForm(), r.GetReturnRequest().GetRequested().GetYear())] = r.GetReturnRequest().GetId()
		}
	}
	for _, r := range requests {
		id, asked := r.GetReturnRequest().GetId(), r.GetReturnRequest().GetRequested()
		for _, agency := range asked.GetAgencies() {
			one := askedReturn{Request: id, Form: asked.GetForm(), Year: asked.GetYear(), Agency: agency, Due: date(asked.GetDue()), State: "awaited"}
			submission := given[agency+"/"+id]
			switch said := submission.GetSubmitted(); {
			case last[of(agency, asked.GetForm(), asked.GetYear())] != id:
				one.State = "taken over"
			case said.GetNil():
				one.State = "nil"
			case said != nil:
				one.State = "submitted"
			case asked.GetDue().AsTime().Before(now):
				one.State = "overdue"
			}
			if said := submission.GetSubmitted(); said != nil {
				one.Submitted, one.Figures, one.NilTables, one.Comment = date(submission.GetAt()), len(said.GetFigures()), said.GetNilTables(), said.GetComment()
			}
			list = append(list, one)
		}
	}
	return list
}

func returnsDocument(list []askedReturn) output.Document {
	heads := []string{"request", "form", "year", "agency", "due", "state", "submitted", "figures", "nil tables", "comment"}
	doc := output.Document{Value: list, Items: []any{}}
	grid := output.Grid{Heads: heads}
	for _, r := range list {
		doc.Items = append(doc.Items, r)
		grid.Add(r.Request, r.Form, count(int(r.Year)), r.Agency, r.Due, r.State, r.Submitted, count(r.Figures), strings.Join(r.NilTables, " "), r.Comment)
	}
	doc.Flat = &grid
	doc.Sections = []output.Section{{Grid: grid}}
	if len(list) == 0 {
		doc.Sections = []output.Section{{Text: "no return was asked for"}}
	}
	return doc
}
