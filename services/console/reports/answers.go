package reports

import (
	"slices"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// answer is what an agency said that was asked to approve a draft.
type answer struct {
	Agency string
	// Given is nil while it has not answered.
	Given *ledgerv1.DraftAnswer
}

// Key is the message that says it.
func (a answer) Key() string {
	switch {
	case a.Given == nil:
		return "reports.awaited"
	case a.Given.GetAnswered().GetApproved():
		return "field.approved"
	}
	return "reports.objects"
}

// Tone is the class of its tag.
func (a answer) Tone() string {
	return map[string]string{"reports.awaited": "cf-tag--warn", "field.approved": "cf-tag--good", "reports.objects": "cf-tag--bad"}[a.Key()]
}

// answersTo are the answers to a draft of a report, of all agencies that it was circulated to, in the order of asking; those that have not
// answered are among them.
func answersTo(r *ledgerv1.Report, draft uint32, given []*queryv1.Row) (all []answer) {
	for _, c := range r.GetCirculated() {
		if c.GetDraft() != draft {
			continue
		}
		for _, agency := range c.GetAgencies() {
			if !slices.ContainsFunc(all, func(a answer) bool { return a.Agency == agency }) {
				all = append(all, answer{Agency: agency})
			}
		}
	}
	for i := range all {
		for _, row := range given {
			g := row.GetDraftAnswer()
			if g.GetAgency() == all[i].Agency && g.GetAnswered().GetReportId() == r.GetId() && g.GetAnswered().GetDraft() == draft {
				all[i].Given = g
			}
		}
	}
	return all
}

// onRecord is a report on record with where it stands.
type onRecord struct {
	*ledgerv1.Report
	Form    string
	Draft   uint32
	Answers []answer
	// Opens is that this node serves a page of it.
	Opens bool
}

// Path is where it stands below the console: its last draft, or, of one that has none, its facts as they stand.
func (r onRecord) Path() string {
	if r.Draft == 0 {
		return path(&reportingv1.Which{Report: r.GetOpened().GetReport(), Year: r.GetOpened().GetYear()})
	}
	return path(&reportingv1.Which{ReportId: r.GetId()})
}
