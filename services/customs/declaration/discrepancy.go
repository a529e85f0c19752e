package declaration

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
)

// stops are the codes of what no officer can let pass, because the licence does not allow it.
var stops = []string{"DX01", "DX02", "DX03", "DX04", "DX05"}

// Override lets goods go on in spite of a discrepancy, for a reason that the officer gives. What a declaration is refused for
// (DX01 to DX05) cannot be overridden. Overriding it twice decides nothing.
func Override(view ledger.View, cmd *customsv1.OverrideDiscrepancyRequest) ([]proto.Message, error) {
	return settle(view, cmd.GetDiscrepancyId(), &customsv1.DiscrepancySettled{DiscrepancyId: cmd.GetDiscrepancyId(), Overridden: true, Reason: cmd.GetReason()})
}

// Settle says what a discrepancy turned out to be. Settling it twice decides nothing.
func Settle(view ledger.View, cmd *customsv1.SettleDiscrepancyRequest) ([]proto.Message, error) {
	return settle(view, cmd.GetDiscrepancyId(), &customsv1.DiscrepancySettled{DiscrepancyId: cmd.GetDiscrepancyId(), Reason: cmd.GetReason()})
}

func settle(view ledger.View, id string, settled *customsv1.DiscrepancySettled) ([]proto.Message, error) {
	row, err := view.Discrepancy(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read discrepancy %s: %w", id, err)
	case row == nil:
		return nil, fault.Errorf(fault.NotFound, "discrepancy %s has not been raised", id)
	case !isOwn(view, id):
		return nil, fault.Errorf(fault.NotAllowed, "discrepancy %s was raised by another agency; only that agency can settle it", id)
	case settled.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for settling discrepancy %s", id)
	case row.GetSettled() != nil && row.GetSettled().GetOverridden() == settled.GetOverridden():
		return nil, nil
	case row.GetSettled() != nil:
		return nil, fault.Errorf(fault.Conflict, "discrepancy %s was settled: %s", id, row.GetSettled().GetReason())
	case settled.GetOverridden() && slices.Contains(stops, row.GetRaised().GetCode()):
		return nil, fault.Coded(fault.Precondition, row.GetRaised().GetCode(), "discrepancy %s cannot be overridden: %s; amend the declaration, or have the licence amended", id, row.GetRaised().GetText())
	}
	return []proto.Message{ledger.Beside(row, settled)}, nil
}
