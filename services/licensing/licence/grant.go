package licence

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// Grant decides an application in its favour: a licence for the deal as it was applied for. The licence may be used
// from valid_from, or from when it is granted if the command does not say, and before valid_until. An application is
// decided once.
func Grant(view ledger.View, cmd *licensingv1.GrantLicenceRequest) ([]proto.Message, error) {
	application, err := dossier.Undecided(view, cmd.GetApplicationId())
	if err != nil {
		return nil, err
	}
	from, until := cmd.GetValidFrom(), cmd.GetValidUntil()
	if from == nil {
		from = cmd.GetParticulars().GetOccurredAt()
	}
	if until != nil && !until.AsTime().After(from.AsTime()) {
		return nil, fault.Errorf(fault.Invalid, "a licence that is valid from %s cannot end on %s; give a later valid_until", day(from.AsTime()), day(until.AsTime()))
	}
	id, err := view.NextID("L-" + yearOf(cmd.GetParticulars()))
	if err != nil {
		return nil, err
	}
	return []proto.Message{&licensingv1.LicenceGranted{
		LicenceId:     id,
		ApplicationId: application.GetId(),
		Deal:          application.GetDeal(),
		ValidFrom:     from,
		ValidUntil:    until,
		Conditions:    cmd.GetConditions(),
	}}, nil
}
