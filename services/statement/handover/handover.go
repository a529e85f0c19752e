// Package handover is who has a role at an agency, and what is open there: pure rules.
package handover

import (
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
)

// HandOver records that a role passes on, with the duties that are open now.
func HandOver(view ledger.View, cmd *directoryv1.HandOverRequest) ([]proto.Message, error) {
	if cmd.GetFromPerson() == cmd.GetToPerson() {
		return nil, fault.Errorf(fault.Invalid, "%s cannot take over %s from themselves", cmd.GetToPerson(), cmd.GetRole())
	}
	duties, err := Duties(view, cmd.GetParticulars().GetOccurredAt().AsTime())
	if err != nil {
		return nil, err
	}
	id, err := view.NextID("handover")
	if err != nil {
		return nil, err
	}
	return []proto.Message{&directoryv1.RoleHandedOver{
		HandoverId: id, Role: cmd.GetRole(), FromPerson: cmd.GetFromPerson(), ToPerson: cmd.GetToPerson(), Duties: duties, Note: cmd.GetNote(),
	}}, nil
}

// Duties are what is open at the agency at a time: what it still owes others or itself, one act after the other.
func Duties(view ledger.View, now time.Time) ([]*directoryv1.Duty, error) {
	var all []*directoryv1.Duty
	for _, find := range []func(ledger.View, time.Time) ([]*directoryv1.Duty, error){
		acknowledge, answer, answerConsequence, answerCorrection, approve, check, conclude, decide, decideAppeal, fulfil, inform, judge, lift, release, reply, settle, sign, submit,
		trace, raise, verify, withdraw, review, agree,
	} {
		some, err := find(view, now)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}
