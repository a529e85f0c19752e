package alert

import (
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
)

// Close ends an alert that was confirmed or refuted; that finding stays. What was learned may be told of in a report
// on measures against diversion (Article 13(2)). Closing it twice decides nothing.
func Close(view ledger.View, cmd *enforcementv1.CloseAlertRequest) ([]proto.Message, error) {
	a, err := ownAlert(view, cmd.GetAlertId())
	switch {
	case err != nil:
		return nil, err
	case cmd.GetOutcome() == "":
		return nil, fault.Errorf(fault.Invalid, "say what came of alert %s", a.GetId())
	case a.GetStatus() == closed:
		return nil, nil
	case a.GetStatus() != confirmed && a.GetStatus() != refuted:
		return nil, fault.Errorf(fault.Precondition, "alert %s is %s; confirm or refute it before closing it", a.GetId(), statusWord(a.GetStatus()))
	}
	return []proto.Message{ledger.Beside(a, &enforcementv1.AlertClosed{
		AlertId: a.GetId(), Outcome: cmd.GetOutcome(), Lessons: cmd.GetLessons(), ForReport: cmd.GetForReport(),
	})}, nil
}
