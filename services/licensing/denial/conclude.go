package denial

import (
	"bytes"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/blind"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// Result is what a blind check came to so far.
type Result struct {
	ApplicationID string
	// Holders are the agencies that hold a denial like it, Open those that have not answered.
	Holders, Open []string
	// Invalid are those whose answer does not hold, and why.
	Invalid []*eventv1.Withheld
}

// ResultOf takes off the blinds of what was answered to a check of this agency.
func ResultOf(view ledger.View, checkID string, secret []byte) (*Result, error) {
	check, err := view.BlindCheck(checkID)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read check %s: %w", checkID, err)
	case check == nil:
		return nil, fault.Errorf(fault.NotFound, "blind check %s is not on record here; see: counterfoil list blind-checks", checkID)
	case !view.Owns(checkID):
		return nil, fault.Errorf(fault.NotAllowed, "blind check %s was asked by %s; only that agency can read the answers", checkID, ledger.AgencyOf(checkID))
	}
	application, q, err := asked(view, check, secret)
	if err != nil {
		return nil, err
	}
	res := &Result{ApplicationID: application}
	for _, holder := range check.GetAsked().GetHolders() {
		if err := res.add(view, holder, checkID, q); err != nil {
			return nil, err
		}
	}
	return res, nil
}

func (res *Result) add(view ledger.View, holder, checkID string, q *blind.Question) error {
	answer, err := view.BlindAnswer(holder + "/" + checkID)
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", holder, err)
	}
	if answer == nil {
		res.Open = append(res.Open, holder)
		return nil
	}
	published, err := publishedBy(view, holder)
	if err != nil {
		return err
	}
	hit, why := lookedUp(q, answer.GetAnswered(), published)
	switch {
	case why != "":
		res.Invalid = append(res.Invalid, &eventv1.Withheld{Agency: holder, Rule: why})
	case hit:
		res.Holders = append(res.Holders, holder)
	}
	return nil
}

func publishedBy(view ledger.View, holder string) (*licensingv1.DenialTokensPublished, error) {
	rows, err := view.DenialTokens()
	if err != nil {
		return nil, fmt.Errorf("read the tokens on record: %w", err)
	}
	for _, t := range rows {
		if ledger.AgencyOf(t.GetId()) == holder {
			return t.GetPublished(), nil
		}
	}
	return nil, nil
}

// lookedUp reports whether a token of the question is among those that its holder published, or why the answer does not hold.
func lookedUp(q *blind.Question, answer *licensingv1.BlindCheckAnswered, published *licensingv1.DenialTokensPublished) (hit bool, why string) {
	if !bytes.Equal(answer.GetPublicKey(), published.GetPublicKey()) {
		return false, "it was answered with another key than the tokens on record were made with; ask again"
	}
	tokens, err := q.Finish(published.GetPublicKey(), answer.GetEvaluated(), answer.GetProof())
	if err != nil {
		return false, err.Error()
	}
	return slices.ContainsFunc(tokens, func(token []byte) bool {
		return slices.ContainsFunc(published.GetTokens(), func(t []byte) bool { return bytes.Equal(t, token) })
	}), ""
}

// asked makes the question of a check again, and finds what it was about: the application whose blinded id is its first
// element, with the parties and lines that it had then.
func asked(view ledger.View, check *ledgerv1.BlindCheck, secret []byte) (application string, q *blind.Question, err error) {
	elements := check.GetAsked().GetElements()
	applications, err := everyApplication(view)
	if err != nil {
		return "", nil, err
	}
	for _, a := range slices.Backward(applications) {
		first, err := blind.Ask(secret, check.GetId(), [][]byte{tag(a.GetId())})
		if err != nil {
			return "", nil, fmt.Errorf("make the question of check %s again: %w", check.GetId(), err)
		}
		if len(elements) == 0 || !bytes.Equal(first.Elements()[0], elements[0]) {
			continue
		}
		again := func(deal *licensingv1.Deal) bool {
			q, err = question(secret, check.GetId(), a.GetId(), deal)
			return err == nil && slices.EqualFunc(q.Elements(), elements, bytes.Equal)
		}
		if again(a.GetDeal()) {
			return a.GetId(), q, nil
		}
		deals, err := earlierDeals(view, a)
		if err != nil {
			return "", nil, err
		}
		if slices.ContainsFunc(deals, again) {
			return a.GetId(), q, nil
		}
	}
	return "", nil, fault.Errorf(fault.Precondition, "what check %s asked cannot be worked out any more: the key that it was asked with was changed; ask again: counterfoil denial check APPLICATION", check.GetId())
}

// everyApplication are the applications to this agency, by id.
func everyApplication(view ledger.View) (all []*ledgerv1.Application, err error) {
	for _, status := range []string{"submitted", "retracted", "returned", "routed"} {
		rows, err := view.ApplicationsWith("status", status)
		if err != nil {
			return nil, fmt.Errorf("read applications: %w", err)
		}
		for _, a := range rows {
			if view.Owns(a.GetId()) {
				all = append(all, a)
			}
		}
	}
	return all, nil
}

// earlierDeals are the deals that an application stated, the latest first.
func earlierDeals(view ledger.View, a *ledgerv1.Application) (deals []*licensingv1.Deal, err error) {
	events, err := view.EventsOf(a)
	if err != nil {
		return nil, fmt.Errorf("read the events of application %s: %w", a.GetId(), err)
	}
	for _, e := range slices.Backward(events) {
		fact, err := e.GetFact().UnmarshalNew()
		if err != nil {
			return nil, fmt.Errorf("read event %d of %s: %w", e.GetNumber(), e.GetJournal(), err)
		}
		if stated, ok := fact.(interface{ GetDeal() *licensingv1.Deal }); ok {
			deals = append(deals, stated.GetDeal())
		}
	}
	return deals, nil
}

// Conclude records what a check came to once every agency that was asked has answered, for the asker alone. Before that, and
// again, it decides nothing.
func Conclude(view ledger.View, cmd *licensingv1.BlindCheckRequest, secret []byte) ([]proto.Message, error) {
	res, err := ResultOf(view, cmd.GetCheckId(), secret)
	if err != nil || len(res.Open) > 0 {
		return nil, err
	}
	earlier, err := view.BlindConclusionsWith("request", cmd.GetCheckId())
	if err != nil {
		return nil, fmt.Errorf("read conclusions of check %s: %w", cmd.GetCheckId(), err)
	}
	if len(earlier) > 0 {
		return nil, nil
	}
	if err := concludesAlone(view); err != nil {
		return nil, err
	}
	fact := &licensingv1.BlindCheckConcluded{
		ConclusionId: cmd.GetCheckId() + ".concluded", CheckId: cmd.GetCheckId(), ApplicationId: res.ApplicationID, Holders: res.Holders,
	}
	for _, i := range res.Invalid {
		fact.Open = append(fact.Open, i.GetAgency())
	}
	return []proto.Message{fact}, nil
}
