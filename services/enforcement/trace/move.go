package trace

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/services/enforcement/grounds"
)

// Send records that an authority elsewhere was asked. A request that was received is not passed on: its use is limited to what
// it was made for. Sending it to the same again decides nothing.
func Send(view ledger.View, cmd *enforcementv1.SendTraceRequest) ([]proto.Message, error) {
	t, err := open(view, cmd.GetTraceId())
	switch {
	case err != nil:
		return nil, err
	case t.GetOpened().GetReceived():
		return nil, fault.Errorf(fault.Precondition, "trace %s was received from %s and is not passed on; ask with a trace of your own, with their consent", t.GetId(), t.GetOpened().GetRequester())
	case cmd.GetTo() == view.Agency() || cmd.GetTo() == "":
		return nil, fault.Errorf(fault.Invalid, "say which authority elsewhere is asked in trace %s", t.GetId())
	case slices.ContainsFunc(t.GetSent(), func(s *enforcementv1.TraceSent) bool { return s.GetTo() == cmd.GetTo() }):
		return nil, nil
	}
	return beside(t, &enforcementv1.TraceSent{TraceId: t.GetId(), To: cmd.GetTo(), At: cmd.GetParticulars().GetOccurredAt()}), nil
}

// Acknowledge records that this agency took a received trace up, or that an authority that was asked did. The same again decides
// nothing.
func Acknowledge(view ledger.View, cmd *enforcementv1.AcknowledgeTraceRequest) ([]proto.Message, error) {
	t, err := open(view, cmd.GetTraceId())
	if err != nil {
		return nil, err
	}
	by, err := asked(view, t, cmd.GetBy())
	switch {
	case err != nil:
		return nil, err
	case slices.ContainsFunc(t.GetAcknowledged(), func(a *enforcementv1.TraceAcknowledged) bool { return a.GetBy() == by }):
		return nil, nil
	case len(t.GetAnswers()) > 0:
		return nil, fault.Errorf(fault.Precondition, "trace %s has an answer, so there is nothing to acknowledge", t.GetId())
	}
	return beside(t, &enforcementv1.TraceAcknowledged{TraceId: t.GetId(), By: by, At: cmd.GetParticulars().GetOccurredAt()}), nil
}

// RequestInformation records that who traces the item has to know more. The same again decides nothing.
func RequestInformation(view ledger.View, cmd *enforcementv1.RequestTraceInformationRequest) ([]proto.Message, error) {
	t, err := open(view, cmd.GetTraceId())
	if err != nil {
		return nil, err
	}
	by, err := asked(view, t, cmd.GetBy())
	switch fact := (&enforcementv1.TraceInformationRequested{TraceId: cmd.GetTraceId(), By: by, Text: cmd.GetText()}); {
	case err != nil:
		return nil, err
	case cmd.GetText() == "":
		return nil, fault.Errorf(fault.Invalid, "say what has to be known about trace %s", t.GetId())
	case proto.Equal(fact, t.GetInformation()):
		return nil, nil
	default:
		return beside(t, fact), nil
	}
}

// Refuse records that a trace is not answered, and why. That ends it, so that one of several authorities that were asked does not
// end it for the others.
func Refuse(view ledger.View, cmd *enforcementv1.RefuseTraceRequest) ([]proto.Message, error) {
	t, err := own(view, cmd.GetTraceId())
	if err != nil {
		return nil, err
	}
	fact := &enforcementv1.TraceRefused{TraceId: t.GetId(), By: cmd.GetBy(), Reason: cmd.GetReason(), Text: cmd.GetText()}
	if fact.By == "" {
		fact.By = view.Agency()
	}
	if proto.Equal(fact, t.GetRefused()) {
		return nil, nil
	}
	if t, err = open(view, cmd.GetTraceId()); err != nil {
		return nil, err
	}
	switch _, err = asked(view, t, cmd.GetBy()); {
	case err != nil:
		return nil, err
	case cmd.GetReason() == "" || cmd.GetText() == "":
		return nil, fault.Errorf(fault.Invalid, "say why trace %s is not answered: the requester is told", t.GetId())
	case len(t.GetSent()) > 1:
		return nil, fault.Errorf(fault.Precondition, "trace %s was sent to %d authorities; record that %s refuses as an answer in part: counterfoil trace answer %s --by %q --end confidential --text %q",
			t.GetId(), len(t.GetSent()), fact.By, t.GetId(), fact.By, cmd.GetText())
	}
	g, err := grounds.OfAnswer(view, t.GetId(), nil)
	if err != nil {
		return nil, err
	}
	return []proto.Message{g.Cited(ledger.Beside(t, fact))}, nil
}

// Delay records that the answer comes later than it was due, why, and when: later than it was promised before. The same again
// decides nothing.
func Delay(view ledger.View, cmd *enforcementv1.DelayTraceRequest) ([]proto.Message, error) {
	t, err := open(view, cmd.GetTraceId())
	if err != nil {
		return nil, err
	}
	by, err := asked(view, t, cmd.GetBy())
	fact := &enforcementv1.TraceDelayed{TraceId: t.GetId(), By: by, Reason: cmd.GetReason(), Text: cmd.GetText(), Until: cmd.GetUntil()}
	switch before := t.GetDelayed().GetUntil(); {
	case err != nil:
		return nil, err
	case proto.Equal(fact, t.GetDelayed()):
		return nil, nil
	case cmd.GetReason() == "" || cmd.GetText() == "":
		return nil, fault.Errorf(fault.Invalid, "say why trace %s is delayed: the requester is told", t.GetId())
	case !cmd.GetUntil().AsTime().After(cmd.GetParticulars().GetOccurredAt().AsTime()):
		return nil, fault.Errorf(fault.Invalid, "say when trace %s is answered: a time to come", t.GetId())
	case before != nil && !cmd.GetUntil().AsTime().After(before.AsTime()):
		return nil, fault.Errorf(fault.Conflict, "trace %s is delayed until %s already; a further delay ends later", t.GetId(), before.AsTime().Format("2006-01-02"))
	}
	return beside(t, fact), nil
}

// Withdraw records that nobody needs the answer any more. It ends the trace; the same again decides nothing.
func Withdraw(view ledger.View, cmd *enforcementv1.WithdrawTraceRequest) ([]proto.Message, error) {
	t, err := own(view, cmd.GetTraceId())
	switch {
	case err != nil:
		return nil, err
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "say why trace %s is withdrawn", t.GetId())
	case ledger.TraceEnded(t) && t.GetStatusReason() == cmd.GetReason():
		return nil, nil
	}
	if t, err = open(view, cmd.GetTraceId()); err != nil {
		return nil, err
	}
	return beside(t, &enforcementv1.TraceWithdrawn{TraceId: t.GetId(), Reason: cmd.GetReason()}), nil
}
