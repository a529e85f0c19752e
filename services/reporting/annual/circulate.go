package annual

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/duedates"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Circulate closes the draft and asks agencies to approve it: those that are named or, by default, the procedure's approvers; by the
// date of its step "approve". A draft that says the same as the last is that draft, circulated again; to the same agencies, by the same
// date and with the same note it decides nothing. It is refused where an agency that is asked would not read it.
func Circulate(view ledger.View, d *Draft, cmd *reportingv1.CirculateReportRequest) ([]proto.Message, error) {
	at, err := d.at(view)
	if err != nil {
		return nil, err
	}
	circulated := &reportingv1.DraftCirculated{ReportId: at.opened.GetReportId(), Draft: at.draft, Agencies: slices.Sorted(slices.Values(cmd.GetAgencies())), Note: cmd.GetNote()}
	if len(circulated.Agencies) == 0 {
		circulated.Agencies = slices.Sorted(slices.Values(d.Spec.Terms.GetApprovers()))
	}
	if err := d.reach(view, at, circulated.Agencies, cmd.GetParticulars().GetMarking()); err != nil {
		return nil, err
	}
	if circulated.Due, err = d.dueAt(view, cmd); err != nil {
		return nil, err
	}
	if at.last(d.same) {
		circulated.Draft = d.same
		for _, c := range at.report.GetCirculated() {
			if proto.Equal(c, circulated) {
				return nil, nil
			}
		}
		return at.facts(circulated), nil
	}
	facts, err := d.closed(view, at)
	if err != nil {
		return nil, err
	}
	return at.facts(append(facts, circulated)...), nil
}

// reach refuses agencies that do not exist, or that would not read the draft.
func (d *Draft) reach(view ledger.View, at place, agencies []string, marking string) error {
	if len(agencies) == 0 {
		return fault.Errorf(fault.Invalid, "the procedure names no agency that approves %s; name those that are asked: --agency", d.Spec.Form.Name)
	}
	for _, name := range agencies {
		switch agency, err := view.AgencyRow(name); {
		case err != nil:
			return fmt.Errorf("read agency %s: %w", name, err)
		case agency == nil:
			return fault.Errorf(fault.Invalid, "agency %s is not in the directory and cannot be asked; see: counterfoil list agencies", name)
		}
		if at.report == nil {
			if _, err := view.GroupHeardBy(name, at.opened, marking); err != nil {
				return err
			}
			continue
		}
		_, in, _ := strings.Cut(at.report.GetJournal(), "/")
		group, err := view.Group(in)
		switch {
		case err != nil:
			return fmt.Errorf("read group %s: %w", in, err)
		case !slices.Contains(group.GetMembers(), name):
			return fault.Errorf(fault.Precondition, "%s does not read group %s, which %s is recorded for; ask another, or have the authority let it in", name, in, at.report.GetId())
		}
	}
	return nil
}

// dueAt is by when a draft has to be answered.
func (d *Draft) dueAt(view ledger.View, cmd *reportingv1.CirculateReportRequest) (*timestamppb.Timestamp, error) {
	due := cmd.GetDue()
	if due == nil {
		at, err := duedates.DueOf(view, d.Spec.Form.Name, d.Spec.Year, report.StepApprove)
		switch {
		case err != nil:
			return nil, err
		case at.IsZero():
			return nil, fault.Errorf(fault.Invalid, "the procedure has no date for approving %s; say by when: --due", d.Spec.Form.Name)
		}
		due = timestamppb.New(at)
	}
	if at := cmd.GetParticulars().GetOccurredAt().AsTime(); !due.AsTime().After(at) {
		return nil, fault.Errorf(fault.Invalid, "a draft of %s cannot be answered by %s; say by when: --due", at.Format(time.DateOnly), due.AsTime().Format(time.DateOnly))
	}
	return due, nil
}
