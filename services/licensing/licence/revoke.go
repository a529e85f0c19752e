package licence

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/grounds"
)

// Revoke ends a licence that is in force or suspended, for good. Revoking it twice decides nothing.
func Revoke(view ledger.View, cmd *licensingv1.RevokeLicenceRequest) ([]proto.Message, error) {
	l, err := ownLicence(view, cmd.GetLicenceId())
	switch {
	case err != nil:
		return nil, err
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for revoking licence %s", cmd.GetLicenceId())
	case l.GetStatus() == ledgerv1.Status_STATUS_REVOKED:
		return nil, nil
	case l.GetStatus() != ledgerv1.Status_STATUS_GRANTED && l.GetStatus() != ledgerv1.Status_STATUS_SUSPENDED:
		return nil, fault.Errorf(fault.Precondition, "licence %s is %s and cannot be revoked", cmd.GetLicenceId(), statusWord(l.GetStatus()))
	}
	g, err := grounds.OfLicence(view, l.GetId())
	if err != nil {
		return nil, err
	}
	return []proto.Message{g.Cited(ledger.Beside(l, &licensingv1.LicenceRevoked{LicenceId: cmd.GetLicenceId(), Reason: cmd.GetReason()}))}, nil
}
