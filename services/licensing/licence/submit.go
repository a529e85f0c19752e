package licence

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// Submit puts an application on the record under a new id, "A-" and the year it was made in.
func Submit(view ledger.View, cmd *licensingv1.SubmitApplicationRequest) ([]proto.Message, error) {
	deal, err := NewDeal(view, cmd.GetDeal())
	if err != nil {
		return nil, err
	}
	id, err := view.NextID("A-" + yearOf(cmd.GetParticulars()))
	if err != nil {
		return nil, err
	}
	return []proto.Message{&licensingv1.ApplicationSubmitted{ApplicationId: id, Deal: deal}}, nil
}
