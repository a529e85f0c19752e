package ledger

import (
	"google.golang.org/protobuf/proto"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// reporting keeps the rows that the events of counterfoil.reporting.v1 make.
func (f *folding) reporting(fact proto.Message) error {
	switch e := fact.(type) {
	case *reportingv1.AgencyReturnRequested:
		return put(f, returnRequests, &ledgerv1.ReturnRequest{Id: e.RequestId, Requested: e})
	case *reportingv1.AgencyReturnSubmitted:
		return f.returnSubmission(e, f.event.OccurredAt)
	case *reportingv1.FactsUsed:
		return put(f, factsUsed, &ledgerv1.FactsUsed{Id: e.ReportId, Used: e, Agency: f.id.Agency, At: f.event.OccurredAt})
	}
	return f.reports(fact)
}
