package duty

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/custody"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Reply records what this agency's records say of the items of another agency's trace, or why it does not say it. A later reply
// replaces it; the same again decides nothing.
func Reply(view ledger.View, cmd *enforcementv1.ReplyToTraceRequest) ([]proto.Message, error) {
	t, err := view.Trace(cmd.GetTraceId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read trace %s: %w", cmd.GetTraceId(), err)
	case t == nil:
		return nil, fault.Errorf(fault.NotFound, "trace %s is not on record here; see: counterfoil list traces", cmd.GetTraceId())
	case view.Owns(t.GetId()):
		return nil, fault.Errorf(fault.Precondition, "trace %s is this agency's own; answer it: counterfoil trace answer %s", t.GetId(), t.GetId())
	case cmd.GetRefused() != "" && (cmd.GetText() == "" || len(cmd.GetChain()) > 0 || cmd.GetFromRecords()):
		return nil, fault.Errorf(fault.Invalid, "a reply to trace %s that refuses says why, and nothing of who had the item", t.GetId())
	case cmd.GetFromRecords() && len(cmd.GetChain()) > 0:
		return nil, fault.Errorf(fault.Invalid, "give the chain of trace %s, or have it taken from the records, and not both", t.GetId())
	}
	fact := &enforcementv1.TraceReplied{TraceId: t.GetId(), Chain: cmd.GetChain(), Text: cmd.GetText(), Refused: cmd.GetRefused()}
	if cmd.GetFromRecords() {
		answer, err := custody.Traced(view, t, view.Agency())
		if err != nil {
			return nil, err
		}
		fact.Chain = answer.Holders
	}
	earlier, err := view.TraceReply(view.Agency() + "/" + t.GetId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read reply to trace %s: %w", t.GetId(), err)
	case proto.Equal(earlier.GetReplied(), fact):
		return nil, nil
	case len(fact.GetChain()) == 0 && fact.GetText() == "":
		return nil, fault.Errorf(fault.Invalid, "say in the reply to trace %s who had the item, or what else the records say", t.GetId())
	case ledger.TraceEnded(t):
		return nil, fault.Errorf(fault.Precondition, "trace %s has ended; tell the agency that opened it", t.GetId())
	}
	return []proto.Message{replying(earlier, fact)}, nil
}

// replying puts a later reply where the earlier one is.
func replying(earlier *ledgerv1.TraceReply, fact *enforcementv1.TraceReplied) proto.Message {
	if earlier == nil {
		return fact
	}
	return ledger.Beside(earlier, fact)
}
