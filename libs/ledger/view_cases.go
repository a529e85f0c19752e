package ledger

import ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"

func (v View) ProhibitionCheck(id string) (*ledgerv1.ProhibitionCheck, error) {
	return get(v, prohibitionChecks, id)
}
func (v View) Assessment(id string) (*ledgerv1.Assessment, error) { return get(v, assessments, id) }
func (v View) Proposal(id string) (*ledgerv1.Proposal, error)     { return get(v, proposals, id) }
func (v View) Appeal(id string) (*ledgerv1.Appeal, error)         { return get(v, appeals, id) }
func (v View) Obligation(id string) (*ledgerv1.Obligation, error) { return get(v, obligations, id) }
func (v View) Consultation(id string) (*ledgerv1.Consultation, error) {
	return get(v, consultations, id)
}
func (v View) Condition(id string) (*ledgerv1.Condition, error)   { return get(v, conditions, id) }
func (v View) Undercut(id string) (*ledgerv1.Undercut, error)     { return get(v, undercuts, id) }
func (v View) BlindCheck(id string) (*ledgerv1.BlindCheck, error) { return get(v, blindChecks, id) }
func (v View) ListEntry(id string) (*ledgerv1.ListEntry, error)   { return get(v, listEntries, id) }
func (v View) WatchList(id string) (*ledgerv1.WatchList, error)   { return get(v, watchLists, id) }
func (v View) Embargo(id string) (*ledgerv1.Embargo, error)       { return get(v, embargoes, id) }
func (v View) Screening(id string) (*ledgerv1.Screening, error)   { return get(v, screenings, id) }
func (v View) Finding(id string) (*ledgerv1.Finding, error)       { return get(v, findings, id) }

func (v View) DenialNotice(id string) (*ledgerv1.DenialNotice, error) { return get(v, notices, id) }

// Opinion is by OpinionID.
func (v View) Opinion(id string) (*ledgerv1.Opinion, error) { return get(v, opinions, id) }

// UndercutReply is by agency, "/", undercut id.
func (v View) UndercutReply(id string) (*ledgerv1.UndercutReply, error) {
	return get(v, undercutReplies, id)
}

// BlindAnswer is by agency, "/", check id.
func (v View) BlindAnswer(id string) (*ledgerv1.BlindAnswer, error) { return get(v, blindAnswers, id) }

// DenialTokens are what every authority published for blind checks, by authority.
func (v View) DenialTokens() ([]*ledgerv1.DenialTokens, error) { return everyRow(v, denialTokens) }

// WatchLists are the latest editions of all watch lists, by agency and source.
func (v View) WatchLists() ([]*ledgerv1.WatchList, error) { return everyRow(v, watchLists) }

// Embargoes are all that were ever recorded, by id.
func (v View) Embargoes() ([]*ledgerv1.Embargo, error) { return everyRow(v, embargoes) }

func (v View) ProhibitionChecksWith(attribute, value string) ([]*ledgerv1.ProhibitionCheck, error) {
	return with(v, prohibitionChecks, attribute, value)
}

func (v View) AssessmentsWith(attribute, value string) ([]*ledgerv1.Assessment, error) {
	return with(v, assessments, attribute, value)
}

func (v View) ProposalsWith(attribute, value string) ([]*ledgerv1.Proposal, error) {
	return with(v, proposals, attribute, value)
}

func (v View) AppealsWith(attribute, value string) ([]*ledgerv1.Appeal, error) {
	return with(v, appeals, attribute, value)
}

func (v View) ObligationsWith(attribute, value string) ([]*ledgerv1.Obligation, error) {
	return with(v, obligations, attribute, value)
}

func (v View) ConsultationsWith(attribute, value string) ([]*ledgerv1.Consultation, error) {
	return with(v, consultations, attribute, value)
}

func (v View) OpinionsWith(attribute, value string) ([]*ledgerv1.Opinion, error) {
	return with(v, opinions, attribute, value)
}

func (v View) ConditionsWith(attribute, value string) ([]*ledgerv1.Condition, error) {
	return with(v, conditions, attribute, value)
}

func (v View) DenialNoticesWith(attribute, value string) ([]*ledgerv1.DenialNotice, error) {
	return with(v, notices, attribute, value)
}

func (v View) UndercutsWith(attribute, value string) ([]*ledgerv1.Undercut, error) {
	return with(v, undercuts, attribute, value)
}

func (v View) UndercutRepliesWith(attribute, value string) ([]*ledgerv1.UndercutReply, error) {
	return with(v, undercutReplies, attribute, value)
}

func (v View) BlindChecksWith(attribute, value string) ([]*ledgerv1.BlindCheck, error) {
	return with(v, blindChecks, attribute, value)
}

func (v View) BlindAnswersWith(attribute, value string) ([]*ledgerv1.BlindAnswer, error) {
	return with(v, blindAnswers, attribute, value)
}

func (v View) BlindConclusionsWith(attribute, value string) ([]*ledgerv1.BlindConclusion, error) {
	return with(v, blindConclusions, attribute, value)
}

func (v View) ListEntriesWith(attribute, value string) ([]*ledgerv1.ListEntry, error) {
	return with(v, listEntries, attribute, value)
}

func (v View) ScreeningsWith(attribute, value string) ([]*ledgerv1.Screening, error) {
	return with(v, screenings, attribute, value)
}

func (v View) FindingsWith(attribute, value string) ([]*ledgerv1.Finding, error) {
	return with(v, findings, attribute, value)
}
