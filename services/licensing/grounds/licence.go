package grounds

import (
	"fmt"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/screening"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

// OfHits are what the judged hits of a subject's latest screening were about: list entries, denials, notices and alerts.
func OfHits(view ledger.View, subject string) (all Grounds, err error) {
	last, err := screening.Latest(view, subject)
	if err != nil {
		return nil, err
	}
	for _, h := range last.GetHits() {
		if h.GetJudgement() == screeningv1.Judgement_JUDGEMENT_UNSPECIFIED {
			continue
		}
		if err := all.Record(view, h.GetId()); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// OfReassessment are the grounds of looking at a licence again: the alert, or the embargo, list entry, denial, delivery or check, that
// it was opened for, and sightings of the licence and of the alert.
func OfReassessment(view ledger.View, r *ledgerv1.Reassessment) (all Grounds, err error) {
	for _, id := range []string{r.GetAlertId(), r.GetCauseId()} {
		if err := all.Record(view, id); err != nil {
			return nil, err
		}
	}
	for _, id := range []string{r.GetLicenceId(), r.GetAlertId()} {
		if err := all.Sightings(view, id); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// OfLicence are the grounds of changing a licence: those of its reassessments that are open.
func OfLicence(view ledger.View, licence string) (all Grounds, err error) {
	rows, err := view.ReassessmentsWith("licence", licence)
	if err != nil {
		return nil, fmt.Errorf("read reassessments of licence %s: %w", licence, err)
	}
	for _, r := range rows {
		if r.GetOutcome() != licensingv1.Outcome_OUTCOME_UNSPECIFIED {
			continue
		}
		of, err := OfReassessment(view, r)
		if err != nil {
			return nil, err
		}
		all = append(all, of...)
	}
	return all, nil
}

// OfAmendment are those of changing a licence, with what its new parties were screened against, and with the conditions that
// are taken over.
func OfAmendment(view ledger.View, l *ledgerv1.Licence, parties, conditions bool) (Grounds, error) {
	all, err := OfLicence(view, l.GetId())
	if err != nil {
		return nil, err
	}
	if parties {
		hits, err := OfHits(view, l.GetId())
		if err != nil {
			return nil, err
		}
		all = append(all, hits...)
	}
	if conditions {
		asked, err := OfConditions(view, l.GetApplicationId())
		if err != nil {
			return nil, err
		}
		all = append(all, asked...)
	}
	return all, nil
}

// OfDenial are the grounds of taking a denial back: what was decided on appeal against it, what others proposed to correct in it,
// and sightings that name it.
func OfDenial(view ledger.View, denial string) (all Grounds, err error) {
	appeals, err := view.AppealsWith("decision", denial)
	if err != nil {
		return nil, fmt.Errorf("read appeals against %s: %w", denial, err)
	}
	for _, a := range appeals {
		if err := all.Add(view, a, &licensingv1.AppealDecided{}); err != nil {
			return nil, err
		}
	}
	corrections, err := view.CorrectionsWith("record", denial)
	if err != nil {
		return nil, fmt.Errorf("read corrections of %s: %w", denial, err)
	}
	for _, c := range corrections {
		if err := all.Add(view, c, &enforcementv1.CorrectionProposed{}); err != nil {
			return nil, err
		}
	}
	err = all.Sightings(view, denial)
	return all, err
}
