package duty

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// SubmitReturn records this agency's contribution to a report that it was asked for: figures, or word that there are
// none. It is done once; the same again decides nothing.
func SubmitReturn(view ledger.View, cmd *reportingv1.SubmitReturnRequest) ([]proto.Message, error) {
	request, err := view.ReturnRequest(cmd.GetRequestId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read request %s: %w", cmd.GetRequestId(), err)
	case request == nil:
		return nil, fault.Errorf(fault.NotFound, "request %s is not on record here", cmd.GetRequestId())
	case !slices.Contains(request.GetRequested().GetAgencies(), view.Agency()):
		return nil, fault.Errorf(fault.NotAllowed, "request %s does not ask %s for a return", request.GetId(), view.Agency())
	case cmd.GetNil() != (len(cmd.GetFigures()) == 0):
		return nil, fault.Errorf(fault.Invalid, "a return to request %s either has figures or says that it is nil", request.GetId())
	}
	for i, f := range cmd.GetFigures() {
		if f.GetValue() != 0 && f.GetCurrency() == "" {
			return nil, fault.Errorf(fault.Invalid, "figure %d of the return has a value and no currency", i+1)
		}
	}
	submitted := &reportingv1.AgencyReturnSubmitted{
		RequestId: request.GetId(),
		Nil:       cmd.GetNil(),
		Figures:   cmd.GetFigures(),
		Comment:   cmd.GetComment(),
	}
	earlier, err := view.ReturnSubmission(view.Agency() + "/" + request.GetId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read return to request %s: %w", request.GetId(), err)
	case earlier == nil:
		return []proto.Message{submitted}, nil
	case !proto.Equal(earlier.GetSubmitted(), submitted):
		return nil, fault.Errorf(fault.Conflict, "%s has submitted its return to request %s on %s; wait until corrections are asked for", view.Agency(), request.GetId(), day(earlier.GetAt()))
	}
	return nil, nil
}

// day is a time as sentences say it.
func day(t *timestamppb.Timestamp) string { return t.AsTime().Format(time.DateOnly) }
