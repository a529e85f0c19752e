package trace

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/custody"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/enforcement/grounds"
)

// Answer records an answer, in part or final; a final one ends the trace. It says who had the item, or why the chain ends. From
// records, both are taken from what is on record here, and it is refused where the records do not say whose the item is. The same
// again decides nothing.
func Answer(view ledger.View, cmd *enforcementv1.AnswerTraceRequest) ([]proto.Message, error) {
	t, err := own(view, cmd.GetTraceId())
	if err != nil {
		return nil, err
	}
	fact := &enforcementv1.TraceAnswered{
		TraceId: t.GetId(), Final: cmd.GetFinal(), By: cmd.GetBy(), Chain: cmd.GetChain(), LastLawfulHolder: cmd.GetLastLawfulHolder(), End: cmd.GetEnd(), Text: cmd.GetText(),
	}
	if fact.By == "" {
		fact.By = view.Agency()
	}
	if cmd.GetFromRecords() {
		if err := fromRecords(view, t, fact); err != nil {
			return nil, err
		}
	}
	if slices.ContainsFunc(t.GetAnswers(), func(a *enforcementv1.TraceAnswered) bool { return proto.Equal(a, fact) }) {
		return nil, nil
	}
	if t, err = open(view, cmd.GetTraceId()); err != nil {
		return nil, err
	}
	if _, err := actor(view, t, cmd.GetBy()); err != nil {
		return nil, err
	}
	if len(fact.GetChain()) == 0 && fact.GetLastLawfulHolder() == "" && fact.GetEnd() == "" {
		return nil, fault.Errorf(fault.Invalid, "say in the answer to trace %s who had the item, or why the chain ends", t.GetId())
	}
	g, err := grounds.OfAnswer(view, t.GetId(), fact.GetChain())
	if err != nil {
		return nil, err
	}
	return []proto.Message{g.Cited(ledger.Beside(t, fact))}, nil
}

func fromRecords(view ledger.View, t *ledgerv1.Trace, fact *enforcementv1.TraceAnswered) error {
	if len(fact.GetChain()) > 0 || fact.GetLastLawfulHolder() != "" {
		return fault.Errorf(fault.Invalid, "give the chain of trace %s, or have it taken from the records, and not both", t.GetId())
	}
	chain, err := custody.Traced(view, t, "")
	switch {
	case err != nil:
		return err
	case fact.GetBy() != view.Agency():
		return fault.Errorf(fault.Invalid, "the records here are %s's and no answer of %s", view.Agency(), fact.GetBy())
	}
	fact.Chain, fact.LastLawfulHolder = chain.Holders, chain.LastLawful
	return nil
}
