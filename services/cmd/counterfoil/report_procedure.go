package main

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/report"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newProcedureCommand(env *Env) *cobra.Command {
	return family("procedure", "Put the State's written procedure for its reports on record, and read it",
		newAdoptProcedureCommand(env), newShowProcedureCommand(env), newListProceduresCommand(env))
}

func newAdoptProcedureCommand(env *Env) *cobra.Command {
	req := &reportingv1.AdoptProcedureRequest{}
	cmd := &cobra.Command{
		Use:     "adopt FILE",
		Short:   "Put a version of the procedure on record, at the reporting agency",
		Example: `counterfoil report procedure adopt reporting.yaml --reason "new dates for customs"`,
		Args:    takes("FILE"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "what is new in it")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		if req.Content, err = env.readFile(args[0]); err != nil {
			return nil, err
		}
		_, err = report.LoadProcedure(args[0], req.Content)
		if refusal := fault.As(err); refusal != nil {
			return nil, problems("", refusal.Error(), "")
		} else if err != nil {
			return nil, err
		}
		return c.Procedure.AdoptProcedure(ctx, req)
	})
}

// adoptedProcedures are the versions of procedures that a node has, by id, and why each was adopted.
func adoptedProcedures(ctx context.Context, c *Clients) (list []report.Adopted, reasons []string, err error) {
	rows, err := everyRowOf(ctx, c, queryv1.Table_TABLE_PROCEDURES, nil)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range rows {
		p := r.GetProcedure()
		terms, err := report.LoadProcedure(p.GetId(), p.GetAdopted().GetContent())
		if err != nil {
			return nil, nil, err
		}
		list, reasons = append(list, report.Adopted{ID: p.GetId(), At: p.GetAt().AsTime(), Terms: terms}), append(reasons, p.GetAdopted().GetReason())
	}
	return list, reasons, nil
}

// listedProcedure is a version of a procedure. Its keys are stable.
type listedProcedure struct {
	ID        string `json:"procedure"`
	State     string `json:"state"`
	Version   uint32 `json:"version"`
	ValidFrom string `json:"valid_from"`
	Adopted   string `json:"adopted"`
	// This year is reported on under it.
	InUse  bool   `json:"in_use"`
	Reason string `json:"reason"`
}

func newListProceduresCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the versions of the procedure that were adopted, and under which this year is reported on",
		Args:  takes(),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		list, reasons, err := adoptedProcedures(ctx, c)
		if err != nil {
			return doing("report procedure list", "", err)
		}
		inUse := report.For(list, env.Now().Year()).ID
		grid := output.Grid{Heads: []string{"procedure", "state", "version", "valid from", "adopted", "in use", "reason"}}
		items := []any{}
		for i, a := range list {
			l := listedProcedure{a.ID, a.Terms.GetState(), a.Terms.GetVersion(), a.Terms.GetValidFrom(), a.At.Format(time.RFC3339), a.ID == inUse, reasons[i]}
			grid.Add(l.ID, l.State, number(uint64(l.Version)), l.ValidFrom, l.Adopted, yesOrNothing(l.InUse), l.Reason)
			items = append(items, l)
		}
		doc := output.Document{Value: items, Items: items, Flat: &grid, Sections: []output.Section{{Grid: grid}}}
		if len(list) == 0 {
			doc.Sections = []output.Section{{Text: "no procedure was adopted: counterfoil report procedure adopt FILE"}}
		}
		return env.Print(doc)
	})
	return cmd
}

func yesOrNothing(is bool) string {
	if is {
		return "yes"
	}
	return ""
}

func newShowProcedureCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "show [YEAR]",
		Short:   "Print the procedure that a year is reported on under, as a document: roles, exchange, calendar, data",
		Example: "counterfoil report procedure show 2027",
		Args:    cobra.MaximumNArgs(1),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		year := env.Now().Year()
		if len(args) == 1 {
			n, err := strconv.ParseUint(args[0], 10, 16)
			if err != nil || n == 0 || n > 2200 {
				return usage("%s is not a year", args[0])
			}
			year = int(n)
		}
		list, _, err := adoptedProcedures(ctx, c)
		if err != nil {
			return doing("report procedure show", "", err)
		}
		a := report.For(list, year)
		if a.Terms == nil {
			return &failure{exit: exitFailed, why: "no procedure is valid in " + strconv.Itoa(year), next: "counterfoil report procedure list"}
		}
		dates, err := c.Calendar.Calendar(ctx, &reportingv1.CalendarRequest{FromYear: uint32(year), ToYear: uint32(year + 2)})
		if err != nil {
			return doing("report procedure show", "", err)
		}
		return env.Print(procedureDocument(a, year, dates.Steps))
	})
	return cmd
}
