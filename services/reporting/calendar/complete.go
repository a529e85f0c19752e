package calendar

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/duedates"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// known are the steps of a report that comes of figures of which the record says itself that they were done.
var known = []string{report.StepOpen, report.StepReturn, report.StepCirculate, report.StepApprove, report.StepFreeze, report.StepSubmit, report.StepPublish}

// Complete records that a step of a report was done of which nothing else on record says so. Of one that is done it decides nothing. It
// is refused for steps that are done by a command of their own, and says which.
func Complete(view ledger.View, cmd *reportingv1.CompleteStepRequest) ([]proto.Message, error) {
	d, err := dateOf(view, cmd)
	if err != nil {
		return nil, err
	}
	now := cmd.GetParticulars().GetOccurredAt().AsTime()
	step, err := duedates.NewRecord(view).Step(d, now)
	if err != nil {
		return nil, err
	}
	_, figures := report.FormOf(cmd.GetReport())
	switch {
	case step.GetState() == reportingv1.StepState_STEP_STATE_DONE:
		return nil, nil
	case figures && slices.Contains(known, cmd.GetStep()) || cmd.GetStep() == report.StepReturn:
		return nil, fault.Errorf(fault.Precondition, "step %s of %s of %d is done by what it records and not by saying so: %s", cmd.GetStep(), cmd.GetReport(), cmd.GetYear(), step.GetNext())
	case cmd.GetText() == "":
		return nil, fault.Errorf(fault.Invalid, "say what shows that step %s of %s of %d was done", cmd.GetStep(), cmd.GetReport(), cmd.GetYear())
	}
	said := &reportingv1.StepDone{
		StepId: d.ID(), Report: cmd.GetReport(), Year: cmd.GetYear(), Step: cmd.GetStep(), Agency: d.Agency, Text: cmd.GetText(),
	}
	row, err := view.ReportStep(d.ID())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read step %s: %w", d.ID(), err)
	case row != nil:
		return []proto.Message{ledger.Beside(row, said)}, nil
	}
	return []proto.Message{said}, nil
}

// dateOf is the date that a command is about.
func dateOf(view ledger.View, cmd *reportingv1.CompleteStepRequest) (d duedates.Date, err error) {
	dates, err := duedates.Of(view, cmd.GetReport(), int(cmd.GetYear()))
	if err != nil {
		return d, err
	}
	var owing []string
	for _, one := range dates {
		if one.Step.GetStep() == cmd.GetStep() && view.Owns(one.Procedure.ID) && (cmd.GetAgency() == "" || one.Agency == cmd.GetAgency()) {
			d, owing = one, append(owing, one.Agency)
		}
	}
	switch {
	case len(owing) == 0:
		return d, fault.Errorf(fault.NotFound, "the procedure has no step %s of %s of %d that is owed by %s; see: counterfoil calendar --from-year %d --to-year %d",
			cmd.GetStep(), cmd.GetReport(), cmd.GetYear(), orAnybody(cmd.GetAgency()), cmd.GetYear(), cmd.GetYear()+1)
	case len(owing) > 1:
		return d, fault.Errorf(fault.Invalid, "step %s of %s of %d is owed by %s; name one of them", cmd.GetStep(), cmd.GetReport(), cmd.GetYear(), strings.Join(owing, ", "))
	}
	return d, nil
}

func orAnybody(agency string) string {
	if agency == "" {
		return "anybody"
	}
	return agency
}
