package declaration

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/customs/matching"
)

// inTransit reports whether goods are on their way to an office that has not discharged them.
func inTransit(d *ledgerv1.Declaration) bool {
	return d.GetTransit() != nil && d.GetDischargedAt() == nil
}

// OpenTransit sends released goods under customs' control to an office, where they have to be by a time (docs/border.md).
// Opening the same again decides nothing.
func OpenTransit(view ledger.View, cmd *customsv1.OpenTransitRequest) ([]proto.Message, error) {
	d, err := ownDeclaration(view, cmd.GetDeclarationId())
	if err != nil {
		return nil, err
	}
	opened := &customsv1.TransitOpened{DeclarationId: d.GetId(), OfficeOfDestination: cmd.GetOfficeOfDestination(), Due: cmd.GetDue()}
	if opened.OfficeOfDestination == "" {
		opened.OfficeOfDestination = d.GetAccepted().GetConsignment().GetOfficeOfDestination()
	}
	switch at := cmd.GetParticulars().GetOccurredAt().AsTime(); {
	case proto.Equal(d.GetTransit(), opened):
		return nil, nil
	case d.GetTransit() != nil:
		return nil, fault.Errorf(fault.Conflict, "the goods of declaration %s were sent to %s; discharge that transit, and declare the next by itself", d.GetId(), d.GetTransit().GetOfficeOfDestination())
	case d.GetStatus() == cancelled || d.GetStatus() == exited || d.GetStatus() == arrived:
		return nil, fault.Errorf(fault.Precondition, "the goods of declaration %s are no longer here; declare them anew", d.GetId())
	case d.GetStatus() != released:
		return nil, unmoved(d)
	case opened.OfficeOfDestination == "":
		return nil, fault.Errorf(fault.Invalid, "say to which office the goods of declaration %s go", d.GetId())
	case cmd.GetDue() == nil || !cmd.GetDue().AsTime().After(at):
		return nil, fault.Errorf(fault.Invalid, "say by when the goods of declaration %s have to be at %s: a time after now", d.GetId(), opened.OfficeOfDestination)
	}
	return beside(d, []proto.Message{opened}), nil
}

// DischargeTransit says that goods came to an office. That it is another than they were sent to, and what the command says in words of
// how they differ, are discrepancies (DX15). Discharging again decides nothing.
func DischargeTransit(view ledger.View, cmd *customsv1.DischargeTransitRequest) ([]proto.Message, error) {
	d, err := ownDeclaration(view, cmd.GetDeclarationId())
	if err != nil {
		return nil, err
	}
	to, office := d.GetTransit().GetOfficeOfDestination(), cmd.GetOffice()
	if office == "" {
		office = to
	}
	switch {
	case d.GetTransit() == nil:
		return nil, fault.Errorf(fault.Precondition, "no transit of declaration %s was opened", d.GetId())
	case d.GetDischargedAt() != nil:
		return nil, nil
	case d.GetStatus() == cancelled:
		return nil, fault.Errorf(fault.Precondition, "declaration %s was cancelled; lodge another", d.GetId())
	case d.GetStatus() == held:
		return nil, unmoved(d)
	}
	at := cmd.GetParticulars().GetOccurredAt()
	raised := different(d, nil, "DX15", cmd.GetDifference())
	if office != to {
		raised = append(raised, matching.New(d.GetId(), d.GetAccepted().GetLicenceId(), "DX15", 0, to, office, fmt.Sprintf("the goods were sent to office %s and came to %s", to, office)))
	}
	facts, err := numbered(view, raised, at.AsTime())
	if err != nil {
		return nil, err
	}
	discharged := &customsv1.TransitDischarged{DeclarationId: d.GetId(), Office: office, At: at}
	return beside(d, append([]proto.Message{discharged}, facts...)), nil
}
