package ledger

import ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"

func (v View) Discrepancy(id string) (*ledgerv1.Discrepancy, error) {
	return get(v, discrepancies, id)
}

func (v View) Allowance(id string) (*ledgerv1.Allowance, error) {
	return get(v, allowances, id)
}

func (v View) AllowanceReturn(id string) (*ledgerv1.AllowanceReturn, error) {
	return get(v, allowanceReturns, id)
}

func (v View) Delivery(id string) (*ledgerv1.Delivery, error) {
	return get(v, deliveries, id)
}

// DeliveryConfirmation is by agency, "/", delivery id.
func (v View) DeliveryConfirmation(id string) (*ledgerv1.DeliveryConfirmation, error) {
	return get(v, deliveryConfirmations, id)
}

func (v View) PostDeliveryCheck(id string) (*ledgerv1.PostDeliveryCheck, error) {
	return get(v, postDeliveryChecks, id)
}

// AlertView is by agency, "/", alert id.
func (v View) AlertView(id string) (*ledgerv1.AlertView, error) {
	return get(v, alertViews, id)
}

func (v View) AlertAction(id string) (*ledgerv1.AlertAction, error) {
	return get(v, alertActions, id)
}

func (v View) ConsequenceOffer(id string) (*ledgerv1.ConsequenceOffer, error) {
	return get(v, consequences, id)
}

func (v View) Sighting(id string) (*ledgerv1.Sighting, error) {
	return get(v, sightings, id)
}

func (v View) Correction(id string) (*ledgerv1.Correction, error) {
	return get(v, corrections, id)
}

// CorrectionAnswer is by agency, "/", correction id.
func (v View) CorrectionAnswer(id string) (*ledgerv1.CorrectionAnswer, error) {
	return get(v, correctionAnswers, id)
}

func (v View) Trace(id string) (*ledgerv1.Trace, error) {
	return get(v, traces, id)
}

// TraceReply is by agency, "/", trace id.
func (v View) TraceReply(id string) (*ledgerv1.TraceReply, error) {
	return get(v, traceReplies, id)
}

func (v View) TraceHit(id string) (*ledgerv1.TraceHit, error) {
	return get(v, traceHits, id)
}

func (v View) FactsUsed(id string) (*ledgerv1.FactsUsed, error) {
	return get(v, factsUsed, id)
}

func (v View) DiscrepanciesWith(attribute, value string) ([]*ledgerv1.Discrepancy, error) {
	return with(v, discrepancies, attribute, value)
}

func (v View) AllowancesWith(attribute, value string) ([]*ledgerv1.Allowance, error) {
	return with(v, allowances, attribute, value)
}

func (v View) AllowanceReturnsWith(attribute, value string) ([]*ledgerv1.AllowanceReturn, error) {
	return with(v, allowanceReturns, attribute, value)
}

// TalliesWith are what each journal's entries against licence lines come to: by licence, or by a post that was given some.
func (v View) TalliesWith(attribute, value string) ([]*ledgerv1.Tally, error) {
	return with(v, tallies, attribute, value)
}

func (v View) DeliveriesWith(attribute, value string) ([]*ledgerv1.Delivery, error) {
	return with(v, deliveries, attribute, value)
}

func (v View) DeliveryConfirmationsWith(attribute, value string) ([]*ledgerv1.DeliveryConfirmation, error) {
	return with(v, deliveryConfirmations, attribute, value)
}

func (v View) PostDeliveryChecksWith(attribute, value string) ([]*ledgerv1.PostDeliveryCheck, error) {
	return with(v, postDeliveryChecks, attribute, value)
}

func (v View) AlertViewsWith(attribute, value string) ([]*ledgerv1.AlertView, error) {
	return with(v, alertViews, attribute, value)
}

func (v View) AlertActionsWith(attribute, value string) ([]*ledgerv1.AlertAction, error) {
	return with(v, alertActions, attribute, value)
}

func (v View) ConsequenceOffersWith(attribute, value string) ([]*ledgerv1.ConsequenceOffer, error) {
	return with(v, consequences, attribute, value)
}

func (v View) SightingsWith(attribute, value string) ([]*ledgerv1.Sighting, error) {
	return with(v, sightings, attribute, value)
}

func (v View) CorrectionsWith(attribute, value string) ([]*ledgerv1.Correction, error) {
	return with(v, corrections, attribute, value)
}

func (v View) CorrectionAnswersWith(attribute, value string) ([]*ledgerv1.CorrectionAnswer, error) {
	return with(v, correctionAnswers, attribute, value)
}

func (v View) TracesWith(attribute, value string) ([]*ledgerv1.Trace, error) {
	return with(v, traces, attribute, value)
}

func (v View) TraceRepliesWith(attribute, value string) ([]*ledgerv1.TraceReply, error) {
	return with(v, traceReplies, attribute, value)
}

func (v View) TraceHitsWith(attribute, value string) ([]*ledgerv1.TraceHit, error) {
	return with(v, traceHits, attribute, value)
}

func (v View) AllFactsUsedWith(attribute, value string) ([]*ledgerv1.FactsUsed, error) {
	return with(v, factsUsed, attribute, value)
}
