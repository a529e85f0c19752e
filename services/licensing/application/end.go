package application

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// Withdraw ends an application because the applicant says so, which is no denial. Withdrawing it twice decides nothing.
func Withdraw(view ledger.View, cmd *licensingv1.WithdrawApplicationRequest) ([]proto.Message, error) {
	return end(view, cmd, ledgerv1.Status_STATUS_RETRACTED, &licensingv1.ApplicationWithdrawn{ApplicationId: cmd.GetApplicationId(), Reason: cmd.GetReason()})
}

// Return sends an incomplete application back, which is no denial. Returning it twice decides nothing.
func Return(view ledger.View, cmd *licensingv1.ReturnApplicationRequest) ([]proto.Message, error) {
	return end(view, cmd, ledgerv1.Status_STATUS_RETURNED, &licensingv1.ApplicationReturned{ApplicationId: cmd.GetApplicationId(), Reason: cmd.GetReason()})
}

// ending is a command that ends an application.
type ending interface {
	GetApplicationId() string
	GetReason() string
}

func end(view ledger.View, cmd ending, to ledgerv1.Status, fact proto.Message) ([]proto.Message, error) {
	id := cmd.GetApplicationId()
	before, err := view.Application(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read application %s: %w", id, err)
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "say why application %s ends without a decision", id)
	case before.GetStatus() == to && view.Owns(id):
		return nil, nil
	}
	a, err := dossier.Undecided(view, id)
	if err != nil {
		return nil, err
	}
	return []proto.Message{ledger.Beside(a, fact)}, nil
}
