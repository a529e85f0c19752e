package handover

import (
	"slices"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// answer has the open consultations that ask the agency, itself or in place of one that was silent, without its answer.
func answer(view ledger.View, _ time.Time) (open []*directoryv1.Duty, err error) {
	rows, err := view.ConsultationsWith("addressee", view.Agency())
	if err != nil {
		return nil, err
	}
	for _, c := range rows {
		ended, err := view.EndOf(c.Opened.GetApplicationId())
		if err != nil {
			return nil, err
		}
		if c.Closed != nil || ended != "" {
			continue
		}
		duty, err := unanswered(view, c)
		if err != nil {
			return nil, err
		}
		if duty != nil {
			open = append(open, duty)
		}
	}
	return open, nil
}

// unanswered is the duty to answer a consultation in the place that was asked for last: that of one whose silence came to
// the agency, or its own; nil when all are filled.
func unanswered(view ledger.View, c *ledgerv1.Consultation) (*directoryv1.Duty, error) {
	for _, s := range slices.Backward(c.Silences) {
		if s.EscalatedTo != view.Agency() {
			continue
		}
		place := s.Agency
		if place == view.Agency() { // in a higher role
			place = ""
		}
		given, err := view.Opinion(ledger.OpinionID(view.Agency(), c.Id, place))
		if given == nil || err != nil {
			return &directoryv1.Duty{Subject: c.Id, What: "answer", Since: c.Due, Due: s.Due}, err
		}
	}
	if !slices.ContainsFunc(c.Opened.GetAddressees(), func(a *licensingv1.Addressee) bool { return a.Agency == view.Agency() }) {
		return nil, nil
	}
	given, err := view.Opinion(ledger.OpinionID(view.Agency(), c.Id, ""))
	if given != nil || err != nil {
		return nil, err
	}
	return &directoryv1.Duty{Subject: c.Id, What: "answer", Since: c.Opened.GetOpenedAt(), Due: c.Due}, nil
}

// decide has the applications to the agency that wait for a decision.
func decide(view ledger.View, _ time.Time) (open []*directoryv1.Duty, err error) {
	positions, err := view.Positions()
	if err != nil {
		return nil, err
	}
	for _, p := range positions {
		if !view.Owns(p.Journal) {
			continue
		}
		rows, err := view.ApplicationsWith("journal", p.Journal)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			ended, err := view.EndOf(r.Id)
			if err != nil {
				return nil, err
			}
			if ended == "" {
				open = append(open, &directoryv1.Duty{Subject: r.Id, What: "decide", Since: r.SubmittedAt})
			}
		}
	}
	return open, nil
}

// decideAppeal has the appeals that were lodged with the agency and wait for a decision. When it has to come is the law of the State,
// which no policy says: it has no date.
func decideAppeal(view ledger.View, _ time.Time) (open []*directoryv1.Duty, err error) {
	rows, err := view.AppealsWith("open", "true")
	for _, r := range rows {
		if mine(view, r) {
			open = append(open, &directoryv1.Duty{Subject: r.Id, What: "decide-appeal", Since: r.LodgedAt})
		}
	}
	return open, err
}

// fulfil has the obligations that the agency has to meet.
func fulfil(view ledger.View, _ time.Time) (open []*directoryv1.Duty, err error) {
	rows, err := view.ObligationsWith("agency", view.Agency())
	for _, r := range rows {
		if r.Met == nil {
			open = append(open, &directoryv1.Duty{Subject: r.Id, What: "fulfil", Since: r.SetAt, Due: r.Set.GetDue()})
		}
	}
	return open, err
}

// judge has the agency's screenings of applications that wait, the latest of each, and its findings, with a hit that nobody
// has judged.
func judge(view ledger.View, _ time.Time) (open []*directoryv1.Duty, err error) {
	screenings, err := view.ScreeningsWith("status", "open")
	if err != nil {
		return nil, err
	}
	for _, r := range screenings {
		counts, err := isLatest(view, r)
		if err != nil {
			return nil, err
		}
		if counts {
			open = append(open, &directoryv1.Duty{Subject: r.Id, What: "judge", Since: r.At})
		}
	}
	findings, err := view.FindingsWith("open", "true")
	if err != nil {
		return nil, err
	}
	for _, r := range findings {
		if mine(view, r) {
			open = append(open, &directoryv1.Duty{Subject: r.Id, What: "judge", Since: r.At})
		}
	}
	return open, nil
}

// isLatest reports whether a screening is the agency's latest of an application that waits.
func isLatest(view ledger.View, r *ledgerv1.Screening) (bool, error) {
	a, err := view.Application(r.Subject)
	if a == nil || !mine(view, r) || err != nil {
		return false, err
	}
	ended, err := view.EndOf(r.Subject)
	if ended != "" || err != nil {
		return false, err
	}
	all, err := view.ScreeningsWith("subject", r.Subject)
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(all, func(o *ledgerv1.Screening) bool { return mine(view, o) && o.At.AsTime().After(r.At.AsTime()) }), nil
}

// reply has the consultations on denials of the agency that ask it and have no reply by it.
func reply(view ledger.View, _ time.Time) (open []*directoryv1.Duty, err error) {
	rows, err := view.UndercutsWith("addressee", view.Agency())
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		given, err := view.UndercutReply(view.Agency() + "/" + r.Id)
		if err != nil {
			return nil, err
		}
		if given == nil && r.Status == ledgerv1.UndercutStatus_UNDERCUT_STATUS_CONSULTING {
			open = append(open, &directoryv1.Duty{Subject: r.Id, What: "reply", Since: r.Opened.GetOpenedAt(), Due: r.Opened.GetDue()})
		}
	}
	return open, nil
}

// sign has the agency's proposals that wait for signatures.
func sign(view ledger.View, _ time.Time) (open []*directoryv1.Duty, err error) {
	rows, err := view.ProposalsWith("open", "true")
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if !mine(view, r) || len(r.Signatures) >= int(r.Proposed.GetNeeded()) {
			continue
		}
		ended, err := view.EndOf(r.Proposed.GetApplicationId())
		if err != nil {
			return nil, err
		}
		decided, err := view.LastDecided(r.Proposed.GetApplicationId())
		if err != nil {
			return nil, err
		}
		if ended == "" && r.At.AsTime().After(decided) {
			open = append(open, &directoryv1.Duty{Subject: r.Id, What: "sign", Since: r.At})
		}
	}
	return open, nil
}
