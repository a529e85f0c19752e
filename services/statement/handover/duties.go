package handover

import (
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// acknowledge has the alerts that are addressed to the agency and were not acknowledged by it. One that is closed is no
// duty any more.
func acknowledge(view ledger.View, _ time.Time) (open []*directoryv1.Duty, err error) {
	alerts, err := view.AlertsWith("addressee", view.Agency())
	if err != nil {
		return nil, err
	}
	for _, a := range alerts {
		given, err := view.Acknowledgement(view.Agency() + "/" + a.Id)
		if err != nil {
			return nil, err
		}
		if given == nil && a.Status != ledgerv1.AlertStatus_ALERT_STATUS_CLOSED {
			open = append(open, &directoryv1.Duty{Subject: a.Id, What: "acknowledge", Since: a.RaisedAt})
		}
	}
	return open, nil
}

// conclude has the agency's reassessments without an outcome.
func conclude(view ledger.View, _ time.Time) (open []*directoryv1.Duty, err error) {
	rows, err := view.ReassessmentsWith("open", "true")
	for _, r := range rows {
		if mine(view, r) {
			open = append(open, &directoryv1.Duty{Subject: r.Id, What: "conclude", Since: r.OpenedAt})
		}
	}
	return open, err
}

// submit has the returns that the agency was asked for last, of each report of a year, and has not submitted.
func submit(view ledger.View, _ time.Time) (open []*directoryv1.Duty, err error) {
	requests, err := view.RequestsWith("agency", view.Agency())
	if err != nil {
		return nil, err
	}
	for _, r := range requests {
		counts, err := report.Asked(view, view.Agency(), r)
		if err != nil {
			return nil, err
		}
		if counts.Request.GetId() != r.Id || counts.Submission != nil {
			continue
		}
		since, err := stated(view, r)
		if err != nil {
			return nil, err
		}
		open = append(open, &directoryv1.Duty{Subject: r.Id, What: "submit", Since: since, Due: r.Requested.GetDue()})
	}
	return open, nil
}

// withdraw has the orders to purge an event that the agency holds and has not carried out.
func withdraw(view ledger.View, _ time.Time) (open []*directoryv1.Duty, err error) {
	orders, err := view.Withdrawals()
	if err != nil {
		return nil, err
	}
	for _, w := range orders {
		given, err := view.WithdrawalReceiptsWith("request", w.Id)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(given, func(r *ledgerv1.WithdrawalReceipt) bool { return r.Agency == view.Agency() }) {
			open = append(open, &directoryv1.Duty{Subject: w.Id, What: "withdraw", Since: w.At, Due: w.Withdrawn.GetDue()})
		}
	}
	return open, nil
}

// review has the agency's emergency widenings that are over and were not reviewed.
func review(view ledger.View, now time.Time) (open []*directoryv1.Duty, err error) {
	rows, err := view.Widenings()
	if err != nil {
		return nil, err
	}
	for _, w := range rows {
		if end := ended(w); mine(view, w) && w.Review == nil && !now.Before(end.AsTime()) {
			open = append(open, &directoryv1.Duty{Subject: w.Id, What: "review", Since: end, Due: w.Widened.GetReviewBy()})
		}
	}
	return open, nil
}

// ended is when a widening is over.
func ended(w *ledgerv1.Widening) *timestamppb.Timestamp {
	if w.EndedAt != nil {
		return w.EndedAt
	}
	return w.Widened.GetUntil()
}

// agree has the members of groups that wait for a person of the agency to agree, where its consent is asked for.
func agree(view ledger.View, _ time.Time) (open []*directoryv1.Duty, err error) {
	own, err := view.AgencyRow(view.Agency())
	if own.GetConsent() != "ask" || err != nil {
		return nil, err
	}
	groups, err := view.Groups()
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		if g.Id == directoryGroup || !publishes(g, view.Agency()) {
			continue
		}
		for _, m := range g.Since {
			if m.Agency == view.Agency() {
				continue
			}
			id := ledger.ReleaseID(view.Agency(), g.Id, m.Agency)
			release, err := view.Release(id)
			if err != nil {
				return nil, err
			}
			if release == nil || left(release) && m.Since.AsTime().After(release.Since.AsTime()) {
				open = append(open, &directoryv1.Duty{Subject: id, What: "agree", Since: m.Since})
			}
		}
	}
	return open, nil
}

// left reports whether a release is over, so that the reader has to come in anew.
func left(r *ledgerv1.Release) bool { return r.State == ledgerv1.ReleaseState_RELEASE_STATE_ENDED }

const directoryGroup = "directory"

func publishes(g *ledgerv1.Group, agency string) bool {
	return slices.Contains(g.Members, agency) && (len(g.Publishers) == 0 || slices.Contains(g.Publishers, agency))
}

// made is a row that says which events made it.
type made interface {
	GetJournal() string
	GetEvents() []uint64
}

// mine reports whether a row is of the agency itself.
func mine(view ledger.View, r made) bool { return view.Owns(r.GetJournal()) }

// stated is when a row's first event was true.
func stated(view ledger.View, r made) (*timestamppb.Timestamp, error) {
	events, err := view.EventsOf(r)
	if len(events) == 0 {
		return nil, err
	}
	return events[0].OccurredAt, nil
}
