package licence

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// holder owns what the holder of a licence has to do.
const holder = "holder"

// undertakings are what an end user promised that has to be seen to after the grant, by code (elements of end-user
// certificates); the others bind without an act of their own.
var undertakings = map[string]string{
	"U5": "deliver proof of arrival, as the end user undertook",
	"U6": "allow verification on site, as the end user undertook",
	"U8": "destroy the old weapons replaced, as the end user undertook",
}

// obliged are the obligations that a grant brings: of the policy, of undertakings in the papers, of mitigations that were
// agreed, and the review of what was decided in an emergency. They are recorded where the licence is.
func obliged(view ledger.View, f *dossier.File, licence string, emergency bool, by *eventv1.Particulars) ([]proto.Message, error) {
	at := by.GetOccurredAt().AsTime()
	list, err := obligations(view, f, emergency, at)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	group, err := view.SharingGroup((&licensingv1.LicenceGranted{}).ProtoReflect().Descriptor().FullName(), by.GetMarking(), view.Agency())
	if err != nil {
		return nil, err
	}
	ids, err := view.NextIDs("O-"+yearOf(by), len(list))
	if err != nil {
		return nil, err
	}
	facts := make([]proto.Message, len(list))
	for i, o := range list {
		o.ObligationId, o.Subject = ids[i], licence
		facts[i] = ledger.Dated{Message: o, Group: group}
	}
	return facts, nil
}

func obligations(view ledger.View, f *dossier.File, emergency bool, at time.Time) ([]*licensingv1.ObligationSet, error) {
	var list []*licensingv1.ObligationSet
	byPolicy, err := f.Obligations()
	if err != nil {
		return nil, err
	}
	for _, o := range byPolicy {
		set := &licensingv1.ObligationSet{Kind: o.GetKind(), Owner: o.GetOwner(), Text: o.GetText(), Days: o.GetDays(), After: o.GetAfter()}
		if o.GetAfter() == "grant" {
			set.Due = stamp(at.AddDate(0, 0, int(o.GetDays())))
		}
		list = append(list, set)
	}
	for _, d := range f.Application.GetDeal().GetDocuments() {
		for _, code := range d.GetUndertakings() {
			if text := undertakings[code]; text != "" {
				list = append(list, &licensingv1.ObligationSet{Kind: code, Owner: holder, Text: text, After: "after exit"})
			}
		}
	}
	mitigations, err := mitigated(view, f)
	if err != nil {
		return nil, err
	}
	list = append(list, mitigations...)
	if emergency {
		review, err := reviewed(view, f, at)
		if err != nil {
			return nil, err
		}
		list = append(list, review)
	}
	return list, nil
}

// mitigated are the measures of the assessment that the grant rests on (Article 7(2)).
func mitigated(view ledger.View, f *dossier.File) ([]*licensingv1.ObligationSet, error) {
	b := &licensingv1.Basis{}
	if _, err := risks(view, f, b); err != nil || b.AssessmentId == "" {
		return nil, err
	}
	a, err := view.Assessment(b.AssessmentId)
	if err != nil {
		return nil, fmt.Errorf("read assessment %s: %w", b.AssessmentId, err)
	}
	var list []*licensingv1.ObligationSet
	for _, m := range a.GetAssessed().GetMitigations() {
		set := &licensingv1.ObligationSet{Kind: "mitigation", Owner: m.GetOwner(), Text: m.GetMeasure(), After: "before export"}
		if due, err := time.Parse(time.DateOnly, m.GetDueOn()); err == nil {
			set.Due, set.After = stamp(due.AddDate(0, 0, 1).Add(-time.Second)), ""
		}
		list = append(list, set)
	}
	return list, nil
}

// reviewed is the review that a decision in an emergency obliges the decider to (principle P7 of the cooperation models).
func reviewed(view ledger.View, f *dossier.File, at time.Time) (*licensingv1.ObligationSet, error) {
	set := &licensingv1.ObligationSet{Kind: "emergency_review", Owner: view.Agency(), Text: "review the decision with all who would have been asked"}
	for _, p := range f.Policies {
		e := p.Terms.GetEmergency()
		if e == nil {
			continue
		}
		cal, err := dossier.Calendar(view, p)
		if err != nil {
			return nil, err
		}
		if due := policy.Deadline(cal, at, int(e.GetReviewWithinWorkingDays()), nil); set.Due == nil || due.Before(set.Due.AsTime()) {
			set.Due = stamp(due)
		}
	}
	return set, nil
}

// Meet says that something that a decision obliges to was done.
func Meet(view ledger.View, cmd *licensingv1.MeetObligationRequest) ([]proto.Message, error) {
	o, err := view.Obligation(cmd.GetObligationId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read obligation %s: %w", cmd.GetObligationId(), err)
	case o == nil:
		return nil, fault.Errorf(fault.NotFound, "obligation %s is not on record", cmd.GetObligationId())
	case !view.Owns(o.GetId()):
		return nil, fault.Errorf(fault.NotAllowed, "obligation %s was set by another agency, which says when it is met", o.GetId())
	case cmd.GetHow() == "":
		return nil, fault.Errorf(fault.Invalid, "say how obligation %s was met", o.GetId())
	case o.GetMet() != nil && o.GetMet().GetHow() == cmd.GetHow():
		return nil, nil
	case o.GetMet() != nil:
		return nil, fault.Errorf(fault.Conflict, "obligation %s is met already: %s", o.GetId(), o.GetMet().GetHow())
	}
	return []proto.Message{ledger.Beside(o, &licensingv1.ObligationMet{ObligationId: o.GetId(), How: cmd.GetHow()})}, nil
}
