package denial

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/blind"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// questionSize is how many elements every question has, whatever it asks.
const questionSize = 64

// CheckBlindly asks every other authority that published tokens whether it holds a denial like an application. What is recorded
// tells nobody which application, how much was asked, or whether a check before asked the same. Each check is a new one.
func CheckBlindly(view ledger.View, cmd *licensingv1.CheckBlindlyRequest, secret []byte) ([]proto.Message, error) {
	a, err := dossier.Undecided(view, cmd.GetApplicationId())
	if err != nil {
		return nil, err
	}
	if err := concludesAlone(view); err != nil {
		return nil, err
	}
	holders, err := holders(view)
	switch {
	case err != nil:
		return nil, err
	case len(holders) == 0:
		return nil, fault.Errorf(fault.Precondition, "no other authority has published what it holds denials about; ask them on paper")
	case len(inputsOf(a.GetDeal())) == 0:
		return nil, fault.Errorf(fault.Precondition, "application %s names no end user and no consignee; there is nobody to ask about", a.GetId())
	}
	id, err := view.NextID("B-" + yearOf(cmd.GetParticulars().GetOccurredAt()))
	if err != nil {
		return nil, err
	}
	q, err := question(secret, id, a.GetId(), a.GetDeal())
	if err != nil {
		return nil, err
	}
	return []proto.Message{&licensingv1.BlindCheckAsked{CheckId: id, Elements: q.Elements(), Holders: holders}}, nil
}

// holders are the other agencies that published tokens, by name.
func holders(view ledger.View) (all []string, err error) {
	rows, err := view.DenialTokens()
	if err != nil {
		return nil, fmt.Errorf("read who takes part in blind checks: %w", err)
	}
	for _, t := range rows {
		if agency := ledger.AgencyOf(t.GetId()); agency != view.Agency() {
			all = append(all, agency)
		}
	}
	slices.Sort(all)
	return all, nil
}

// concludesAlone refuses where the conclusion of a check would be recorded for others too.
func concludesAlone(view ledger.View) error {
	kind := (&licensingv1.BlindCheckConcluded{}).ProtoReflect().Descriptor().FullName()
	group, err := view.SharingGroup(kind, "", view.Agency())
	if err != nil {
		return err
	}
	row, err := view.Group(group)
	if err != nil {
		return fmt.Errorf("read group %s: %w", group, err)
	}
	if members := row.GetMembers(); len(members) != 1 || members[0] != view.Agency() {
		return fault.Errorf(fault.Precondition, "by the sharing rules others would read what a blind check of %s comes to; have the authority adopt a rule that records %s for a group of %s alone: counterfoil rules adopt FILE", view.Agency(), kind, view.Agency())
	}
	return nil
}

// question is the one that a check asks of a deal. Its first element is the blinded id of the application, by which the asker
// finds again what it asked about: the check itself does not say.
func question(secret []byte, checkID, applicationID string, deal *licensingv1.Deal) (*blind.Question, error) {
	q, err := blind.AskPadded(secret, checkID, append([][]byte{tag(applicationID)}, inputsOf(deal)...), questionSize)
	if err != nil {
		return nil, fmt.Errorf("ask about application %s: %w", applicationID, err)
	}
	return q, nil
}

// tag is an input that no holder has a token of: theirs begin with the encoding's version.
func tag(applicationID string) []byte { return []byte("application " + applicationID) }
