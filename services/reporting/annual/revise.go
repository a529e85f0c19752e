package annual

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Revise opens the next revision of a frozen report, which stays as it is (docs/reports.md). Only the last is revised, and only one
// revision is open; the same again decides nothing.
func Revise(view ledger.View, cmd *reportingv1.ReviseReportRequest) ([]proto.Message, error) {
	r, err := own(view, cmd.GetReportId())
	if err != nil {
		return nil, err
	}
	latest, err := Latest(view, r.GetOpened().GetReport(), r.GetOpened().GetYear())
	if err != nil {
		return nil, err
	}
	open := latest.GetOpened()
	switch {
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for which %s is revised: --reason", r.GetId())
	case r.GetFrozen() == nil:
		return nil, fault.Errorf(fault.Precondition, "%s is not frozen: a new draft changes it: counterfoil report circulate %s", r.GetId(), named(r))
	case latest.GetFrozen() == nil && open.GetRevises() == r.GetId() && open.GetReason() == cmd.GetReason():
		return nil, nil
	case latest.GetFrozen() == nil:
		return nil, fault.Errorf(fault.Conflict, "%s is open already (%s); go on with it: counterfoil report circulate %s", latest.GetId(), open.GetReason(), named(r))
	case latest.GetId() != r.GetId():
		return nil, fault.Errorf(fault.Conflict, "%s was revised; the last is %s: counterfoil report revise %s --reason REASON", r.GetId(), latest.GetId(), latest.GetId())
	}
	revision := open.GetRevision() + 1
	opened := &reportingv1.ReportOpened{
		ReportId: report.ID(view.Agency(), open.GetReport(), int(open.GetYear()), int(revision)), Report: open.GetReport(), Year: open.GetYear(),
		Revision: revision, Revises: r.GetId(), Reason: cmd.GetReason(),
	}
	return []proto.Message{ledger.Beside(r, opened)}, nil
}
