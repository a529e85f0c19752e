package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newCalendarCommand(env *Env) *cobra.Command {
	req := &reportingv1.CalendarRequest{}
	var file string
	cmd := &cobra.Command{
		Use:   "calendar",
		Short: "List the dates of the State's reports, legal and internal, by whom, and where each stands; set working days",
		Example: "counterfoil calendar --agency customs --due\n" +
			"counterfoil calendar --from-year 2027 --to-year 2031 --ics reports.ics",
		Args: takes(),
	}
	flags := cmd.Flags()
	flags.StringVar(&req.Agency, "agency", "", "only what this agency owes")
	flags.BoolVar(&req.Due, "due", false, "only what is not done and is over its date, due today, or soon: within the time of a reminder")
	flags.Uint32Var(&req.FromYear, "from-year", 0, "first year of the dates (default: last year)")
	flags.Uint32Var(&req.ToYear, "to-year", 0, "last year of the dates (default: next year)")
	flags.StringVar(&file, "ics", "", `write it as a file that calendar programs read; "-" is the standard output`)
	cmd.AddCommand(newAdoptCalendarCommand(env), newStepDoneCommand(env))
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		res, err := c.Calendar.Calendar(ctx, req)
		if err != nil {
			return doing("calendar", "", err)
		}
		if file == "" {
			return env.Print(calendarDocument(res))
		}
		text := icsOf(res, env.Now())
		if file == "-" {
			_, err = fmt.Fprint(env.Out, text)
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return fmt.Errorf("write the calendar: %w", err)
		}
		env.Advise("%s has %d dates of %s", file, len(res.Steps), orElse(res.ProcedureId, "no procedure"))
		return nil
	})
	return cmd
}

// calendarDocument has a row for each step; "kind" is legal or informal.
func calendarDocument(res *reportingv1.CalendarResponse) output.Document {
	doc := output.Document{Value: res, Items: []any{}, ItemType: &reportingv1.CalendarStep{}}
	grid := output.Grid{Heads: []string{"date", "report", "step", "agency", "role", "kind", "state", "done", "next"}}
	for _, s := range res.Steps {
		doc.Items = append(doc.Items, s)
		grid.Add(s.Date, fmt.Sprintf("%s/%d", s.Report, s.Year), s.Step, s.Agency, roleCell(s), kindOfDate(s), stateCell(s), date(s.DoneAt), s.Next)
	}
	section := output.Section{Grid: grid}
	switch {
	case res.ProcedureId == "":
		section = output.Section{Text: "no procedure was adopted: counterfoil report procedure adopt FILE"}
	case len(res.Steps) == 0:
		section = output.Section{Text: "nothing is due"}
	}
	doc.Sections = []output.Section{section}
	return doc
}

func kindOfDate(s *reportingv1.CalendarStep) string {
	if s.Legal {
		return "legal"
	}
	return "informal"
}

// roleCell is who has the role, where it was handed over.
func roleCell(s *reportingv1.CalendarStep) string {
	if s.HandedOver == "" {
		return s.Role
	}
	return fmt.Sprintf("%s (%s)", s.Role, s.HandedOver)
}

// stateCell is where a step stands, with the last that was said of it.
func stateCell(s *reportingv1.CalendarStep) string {
	state := enum(s.State)
	if s.DoneAt != nil && s.DoneAt.AsTime().After(s.Due.AsTime()) {
		return state + ", late"
	}
	if n := len(s.Alarms); n > 0 && s.DoneAt == nil {
		if last := s.Alarms[n-1]; last.Alarm == reportingv1.StepAlarm_STEP_ALARM_ESCALATED {
			return fmt.Sprintf("%s, told %s", state, strings.TrimSpace(last.ToldAgency+" "+last.ToldRole))
		}
	}
	return state
}

func newAdoptCalendarCommand(env *Env) *cobra.Command {
	req := &directoryv1.AdoptCalendarRequest{}
	cmd := &cobra.Command{
		Use:   "adopt -f FILE",
		Short: "Set the days that deadlines are counted in, at the coordinating authority",
		Args:  takes(),
	}
	fromFile(cmd, "the calendar")
	require(cmd, "file")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, _ []string) (recorded, error) {
		return c.Authority.AdoptCalendar(ctx, req)
	})
}

func newStepDoneCommand(env *Env) *cobra.Command {
	req := &reportingv1.CompleteStepRequest{}
	cmd := &cobra.Command{
		Use:     "done REPORT/YEAR STEP --text T",
		Short:   "Record, at the reporting agency, that a step was done of which nothing else on record says so",
		Example: `counterfoil calendar done iti/2027 submit --text "handed over with letter 7 of 2028-05-12"`,
		Args:    takes("REPORT/YEAR", "STEP"),
	}
	cmd.Flags().StringVar(&req.Agency, "agency", "", "agency that owed it (default: the only one that does)")
	cmd.Flags().StringVar(&req.Text, "text", "", "what shows that it was done (required)")
	require(cmd, "text")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		name, year, found := strings.Cut(args[0], "/")
		n, err := strconv.ParseUint(year, 10, 32)
		if !found || err != nil {
			return nil, usage("%s is not a report and its year, such as att-annual/2026", args[0])
		}
		req.Report, req.Year, req.Step = name, uint32(n), args[1]
		return c.Procedure.CompleteStep(ctx, req)
	})
}
