package annual

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Submit records that a frozen report was handed over; to several, each in its time. The same again decides nothing.
func Submit(view ledger.View, cmd *reportingv1.SubmitReportRequest) ([]proto.Message, error) {
	r, err := own(view, cmd.GetReportId())
	switch {
	case err != nil:
		return nil, err
	case r.GetFrozen() == nil:
		return nil, fault.Errorf(fault.Precondition, "%s is not frozen, and only what is frozen is handed over: counterfoil report freeze %s", r.GetId(), named(r))
	}
	if _, err := report.Read(view, r.GetId(), r.GetFrozen().GetDraft()); err != nil { // what is handed over is what was frozen
		return nil, err
	}
	submitted := &reportingv1.ReportSubmitted{
		ReportId: r.GetId(), To: cmd.GetTo(), Audience: cmd.GetAudience(), Files: cmd.GetFiles(), Reference: cmd.GetReference(),
		At: cmd.GetParticulars().GetOccurredAt(),
	}
	for _, before := range r.GetSubmitted() {
		same := proto.CloneOf(before)
		same.At = submitted.GetAt()
		if proto.Equal(same, submitted) {
			return nil, nil
		}
	}
	return []proto.Message{ledger.Beside(r, submitted)}, nil
}
