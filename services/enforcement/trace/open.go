package trace

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/custody"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
)

// Open records an item that was recovered, or another authority's request, under a new id, "T-" and the year. It carries what
// the Instrument has a request carry (paragraph 17): why the item is taken for illicit, where and when it was found, its marks and
// type, and what the answer is for. A mark is stated with a serial that records can be found by.
func Open(view ledger.View, cmd *enforcementv1.OpenTraceRequest, clock Clock) ([]proto.Message, error) {
	at := cmd.GetParticulars().GetOccurredAt().AsTime()
	switch {
	case len(cmd.GetMarks()) == 0:
		return nil, fault.Errorf(fault.Invalid, "state the marks of the item")
	case cmd.GetReceived() && cmd.GetRequester() == "":
		return nil, fault.Errorf(fault.Invalid, "say which authority asks")
	case !cmd.GetReceived() && cmd.GetRequester() != "" && cmd.GetRequester() != view.Agency():
		return nil, fault.Errorf(fault.Invalid, "a trace that %s asks for is a received one; say so, or leave the requester out", cmd.GetRequester())
	case cmd.GetRecoveredAt().AsTime().After(at):
		return nil, fault.Errorf(fault.Invalid, "the item was recovered after it was reported; correct one of the times")
	}
	for _, m := range cmd.GetMarks() {
		if err := custody.Findable(m); err != nil {
			return nil, err
		}
	}
	if id := cmd.GetAlertId(); id != "" {
		alert, err := view.Alert(id)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read alert %s: %w", id, err)
		case alert == nil:
			return nil, fault.Errorf(fault.NotFound, "alert %s is not on record here", id)
		}
	}
	id, err := view.NextID("T-" + at.Format("2006"))
	if err != nil {
		return nil, err
	}
	opened := &enforcementv1.TraceOpened{
		TraceId: id, Received: cmd.GetReceived(), Marks: cmd.GetMarks(), Item: cmd.GetItem(), Ground: cmd.GetGround(), Circumstances: cmd.GetCircumstances(),
		RecoveredAt: cmd.GetRecoveredAt(), Place: cmd.GetPlace(), Country: cmd.GetCountry(), Requester: cmd.GetRequester(), Purpose: cmd.GetPurpose(),
		Urgent: cmd.GetUrgent(), References: cmd.GetReferences(), AlertId: cmd.GetAlertId(), Evidence: cmd.GetEvidence(),
	}
	if !opened.Received {
		opened.Requester = view.Agency()
	}
	opened.AcknowledgeBy, opened.AnswerBy, opened.FinalBy = clock.dates(at, cmd.GetUrgent())
	return []proto.Message{opened}, nil
}
