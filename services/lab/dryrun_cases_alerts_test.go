package lab_test

import (
	"slices"

	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// incidents has agencies see an alert each in its own way, act on it and on what it leads to, add what was seen, and propose to
// correct the licence that it names.
func (r rehearsed) incidents(licence, alert string) {
	r.Helper()
	r.do("reporting", &enforcementv1.ClassifyAlertRequest{
		AlertId: alert, Verdict: enforcementv1.Verdict_VERDICT_SUSPECTED, Stage: enforcementv1.Stage_STAGE_D2_IN_TRANSIT, Type: "route_change",
		Confidence: enforcementv1.Confidence_CONFIDENCE_LOW, Reason: "it may be late only",
	})
	r.do("licensing", &enforcementv1.ActOnAlertRequest{AlertId: alert, Action: "mitigation", Text: "the holder was asked", Records: []string{licence}})
	r.do("licensing", &enforcementv1.AnswerConsequenceRequest{OfferId: r.offer(alert), Taken: true})
	r.do("reporting", &enforcementv1.AddSightingRequest{Text: "crates on a market", Country: "XC", Records: []string{licence}})
	correction := r.do("reporting", &enforcementv1.ProposeCorrectionRequest{RecordId: licence, Field: "deal.end_use", Value: "training", Reason: "so the certificate says"})
	r.do("licensing", &enforcementv1.AnswerCorrectionRequest{CorrectionId: correction, Accepted: true})
}

// offer waits until licensing is offered to compare a licence with denials.
func (r rehearsed) offer(alert string) (id string) {
	r.Helper()
	comesTo(r.T, r.node("licensing"), "a denial check is offered", func(v ledger.View) bool {
		rows, err := v.ConsequenceOffersWith("alert", alert)
		i := slices.IndexFunc(rows, func(o *ledgerv1.ConsequenceOffer) bool {
			return o.GetOffered().GetConsequence() == enforcementv1.Consequence_CONSEQUENCE_DENIAL_CHECK
		})
		if err == nil && i >= 0 {
			id = rows[i].GetId()
		}
		return id != ""
	})
	return id
}
