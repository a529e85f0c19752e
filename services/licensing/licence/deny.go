package licence

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// Deny refuses an application and records the criteria that stood against it. An application is decided once.
func Deny(view ledger.View, cmd *licensingv1.DenyLicenceRequest) ([]proto.Message, error) {
	application, err := dossier.Undecided(view, cmd.GetApplicationId())
	switch {
	case err != nil:
		return nil, err
	case len(cmd.GetCriteria()) == 0:
		return nil, fault.Errorf(fault.Invalid, "give the criteria that stand against application %s", cmd.GetApplicationId())
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for denying application %s", cmd.GetApplicationId())
	}
	id, err := view.NextID("N-" + yearOf(cmd.GetParticulars()))
	if err != nil {
		return nil, err
	}
	return []proto.Message{&licensingv1.LicenceDenied{
		DenialId:      id,
		ApplicationId: application.GetId(),
		Deal:          application.GetDeal(),
		Criteria:      cmd.GetCriteria(),
		Reason:        cmd.GetReason(),
	}}, nil
}
