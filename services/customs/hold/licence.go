package hold

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// mostHeld is how many declarations one event holds: a command may record 10,000 facts.
const mostHeld = 5000

// Unlicensed holds what this agency released under a licence that cannot be used any more and has not left, 5,000 declarations at the
// most. Once the licence is reinstated, they can be released again.
func Unlicensed(view ledger.View, licenceID string, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
	licence, err := view.Licence(licenceID)
	if licence == nil || err != nil {
		return nil, err
	}
	unusable := fault.As(writeoff.InForce(licence, at))
	if unusable == nil {
		return nil, nil
	}
	rows, err := touching{view: view}.here("licence", licenceID)
	if err != nil {
		return nil, fmt.Errorf("read declarations under licence %s: %w", licenceID, err)
	}
	var facts []proto.Message
	for _, d := range rows {
		if !view.Owns(d.GetId()) || d.GetStatus() != ledgerv1.DeclarationStatus_DECLARATION_STATUS_RELEASED || len(facts) == mostHeld {
			continue
		}
		fact := ledger.Beside(d, &customsv1.GoodsHeld{
			DeclarationId: d.GetId(), Reason: customsv1.HoldReason_HOLD_REASON_LICENCE, Text: unusable.Sentence, At: timestamppb.New(at),
		})
		fact.Causes = []*eventv1.Cause{cause}
		facts = append(facts, fact)
	}
	return facts, nil
}
