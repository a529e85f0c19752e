package reassessment_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
	"github.com/counterfoil/counterfoil/services/licensing/reassessment"
)

func TestAnyCommand(t *testing.T) {
	const licenceID, id = "licensing/L-1", "licensing/R-1"
	given := []proto.Message{licence(licenceID, endUser("Border Guard of XB")), &licensingv1.ReassessmentOpened{ReassessmentId: id, LicenceId: licenceID}}
	anycommand.Check(t, "licensing", given, []string{id, licenceID, "licensing-b/R-1", ""}, map[string]anycommand.Rule{
		"conclude": anycommand.Of(reassessment.Conclude, &licensingv1.ConcludeReassessmentRequest{
			Particulars: &eventv1.Particulars{OccurredAt: timestamppb.New(now)}, ReassessmentId: id,
			Outcome: licensingv1.Outcome_OUTCOME_MAINTAINED, Reason: "verified",
		}),
	})
}
