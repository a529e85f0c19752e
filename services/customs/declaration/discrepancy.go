package declaration

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/refdata"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/customs/matching"
	"github.com/counterfoil/counterfoil/services/customs/release"
)

// stops are the codes of what no officer can let pass, because the licence does not allow it.
var stops = []string{"DX01", "DX02", "DX03", "DX04", "DX05"}

// Note records a discrepancy that an officer found, of the severity of its code; for one of high severity, goods that are still here
// are held. The codes that a declaration is refused for are not for an officer to note. Noting the same while it is open decides
// nothing.
func Note(view ledger.View, cmd *customsv1.NoteDiscrepancyRequest) ([]proto.Message, error) {
	d, err := ownDeclaration(view, cmd.GetDeclarationId())
	if err != nil {
		return nil, err
	}
	known, _ := refdata.Discrepancy(cmd.GetCode())
	of := func(i *customsv1.Item) bool { return i.GetNumber() == cmd.GetItem() }
	switch {
	case known.Code == "" || slices.Contains(stops, cmd.GetCode()):
		return nil, fault.Errorf(fault.Invalid, "%q is no discrepancy that an officer notes; take one of DX06 to DX24", cmd.GetCode())
	case cmd.GetText() == "":
		return nil, fault.Errorf(fault.Invalid, "say what was found on declaration %s", d.GetId())
	case d.GetStatus() == cancelled:
		return nil, fault.Errorf(fault.Precondition, "declaration %s was cancelled", d.GetId())
	case cmd.GetItem() != 0 && !slices.ContainsFunc(d.GetAccepted().GetItems(), of):
		return nil, fault.Errorf(fault.NotFound, "declaration %s has no item %d; see: counterfoil get declarations %s", d.GetId(), cmd.GetItem(), d.GetId())
	}
	raised := matching.New(d.GetId(), d.GetAccepted().GetLicenceId(), cmd.GetCode(), cmd.GetItem(), cmd.GetExpected(), cmd.GetFound(), cmd.GetText())
	raised.Noted = true
	open, err := openOf(view, d.GetId())
	if err != nil || slices.ContainsFunc(open, func(o *customsv1.DiscrepancyRaised) bool { return same(o, raised) && o.GetText() == raised.GetText() }) {
		return nil, err
	}
	at := cmd.GetParticulars().GetOccurredAt()
	facts, err := numbered(view, []*customsv1.DiscrepancyRaised{raised}, at.AsTime())
	if err != nil {
		return nil, err
	}
	if raised.GetSeverity() == customsv1.Severity_SEVERITY_HIGH && (d.GetStatus() == accepted || d.GetStatus() == released) {
		facts = append(facts, release.Open(raised, at))
	}
	return beside(d, facts), nil
}

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
		return nil, fault.Errorf(fault.NotFound, "discrepancy %s has not been raised; see: counterfoil list discrepancies", id)
	case !view.Owns(id):
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
