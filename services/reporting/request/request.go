package request

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/duedates"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Return asks agencies of the directory for their contribution to a form of a year, under a new id, "Q-" and the year of asking. The
// reporting agency may be among them. Without agencies those are asked that the State's procedure names, and without a date it is due at
// the date of the step "return" (duedates). It lies after the asking. Of several requests for the same form and
// year, the last that asks an agency is the one that counts. A form that the program does not know may be asked for by any name.
func Return(view ledger.View, cmd *reportingv1.RequestReturnRequest) ([]proto.Message, error) {
	asked := cmd.GetParticulars().GetOccurredAt().AsTime()
	if form, known := report.FormOf(cmd.GetForm()); known && len(form.TakesReturns()) == 0 {
		return nil, fault.Errorf(fault.Invalid, "report %s comes of decisions and movements alone, and no return adds to it: counterfoil report build %s", form.Name, form.Name)
	}
	agencies, due, err := byProcedure(view, cmd)
	switch {
	case err != nil:
		return nil, err
	case len(agencies) == 0:
		return nil, fault.Errorf(fault.Invalid, "name the agencies that are asked (--agency): no procedure on record says who contributes to %s of %d", cmd.GetForm(), cmd.GetYear())
	case due == nil:
		return nil, fault.Errorf(fault.Invalid, "say by when the returns are due (--due): no procedure on record has a step \"return\" for %s of %d", cmd.GetForm(), cmd.GetYear())
	case !due.AsTime().After(asked):
		return nil, fault.Errorf(fault.Invalid, "a return that is asked for on %s cannot be due on %s; give a later day (--due)", asked.Format(time.DateOnly), due.AsTime().Format(time.DateOnly))
	}
	fact := &reportingv1.AgencyReturnRequested{Year: cmd.GetYear(), Form: cmd.GetForm(), Agencies: agencies, Due: due}
	for _, name := range agencies {
		agency, err := view.AgencyRow(name)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read agency %s: %w", name, err)
		case agency == nil:
			return nil, fault.Errorf(fault.Invalid, "agency %s is not in the directory and cannot be asked", name)
		}
		if err := report.Hears(view, name, fact, cmd.GetParticulars().GetMarking()); err != nil {
			return nil, err
		}
	}
	if fact.RequestId, err = view.NextID("Q-" + asked.Format("2006")); err != nil {
		return nil, err
	}
	return []proto.Message{fact}, nil
}

// byProcedure fills in what a command leaves to the procedure of its year.
func byProcedure(view ledger.View, cmd *reportingv1.RequestReturnRequest) (agencies []string, due *timestamppb.Timestamp, err error) {
	agencies, due = cmd.GetAgencies(), cmd.GetDue()
	if len(agencies) > 0 && due != nil {
		return agencies, due, nil
	}
	_, procedure, err := report.ProcedureOf(view, int(cmd.GetYear()))
	if err != nil {
		return nil, nil, err
	}
	if len(agencies) == 0 {
		agencies = report.TermsOf(procedure, cmd.GetForm()).GetContributors()
	}
	if due == nil {
		date, err := duedates.DueOf(view, cmd.GetForm(), int(cmd.GetYear()), report.StepReturn)
		if err != nil {
			return nil, nil, fmt.Errorf("find the date of returns to %s: %w", cmd.GetForm(), err)
		}
		if !date.IsZero() {
			due = timestamppb.New(date)
		}
	}
	return agencies, due, nil
}
