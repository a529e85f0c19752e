package screening

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

// Screen compares every party of a deal, in every role, with all that is on record. It returns a ScreeningPerformed with
// the whole certificate; or a ScreeningNotPerformed when a list that is required is not on record or was older than it
// may be at the time, or when a party has no name that can be compared. Hits that an officer judged to be another in an
// earlier screening of the subject are judged so again where neither the party nor the row has changed since.
func Screen(view ledger.View, subject string, deal *licensingv1.Deal, lists []Required, at time.Time, id string) (proto.Message, error) {
	on, err := view.WatchLists()
	if err != nil {
		return nil, fmt.Errorf("read the watch lists: %w", err)
	}
	if sources, reasons := lacking(on, lists, at); len(reasons) > 0 {
		return notPerformed(id, subject, reasons, sources), nil
	}
	if reasons := unnamed(deal); len(reasons) > 0 {
		return notPerformed(id, subject, reasons, nil), nil
	}
	hits, err := hitsOf(view, subject, deal)
	if err != nil {
		return nil, err
	}
	if err := carryOver(view, subject, deal, hits); err != nil {
		return nil, err
	}
	certificate := &screeningv1.Certificate{
		ScreeningId: id, PerformedAt: timestamppb.New(at), Matcher: Version, ReviewLine: ReviewLine, Lists: used(on), Result: ledger.ResultOf(hits),
	}
	for _, p := range deal.GetParties() {
		certificate.Parties = append(certificate.Parties, &screeningv1.CoveredParty{Role: p.GetRole(), Digest: ledger.PartyDigest(p)})
	}
	if certificate.Denials, certificate.Alerts, err = heldCounts(view); err != nil {
		return nil, err
	}
	knowledge, err := knowledgeOf(view)
	if err != nil {
		return nil, err
	}
	return &screeningv1.ScreeningPerformed{ScreeningId: id, Subject: subject, Certificate: certificate, Hits: hits, Knowledge: knowledge}, nil
}

func notPerformed(id, subject string, reasons, sources []string) *screeningv1.ScreeningNotPerformed {
	return &screeningv1.ScreeningNotPerformed{ScreeningId: id, Subject: subject, Reason: sentence(reasons), Lists: sources}
}

// hitsOf are the hits of all parties from the review line on, numbered through. What was decided on the subject itself is
// not held against it.
func hitsOf(view ledger.View, subject string, deal *licensingv1.Deal) ([]*screeningv1.Hit, error) {
	var all []*screeningv1.Hit
	for i, p := range deal.GetParties() {
		hits, err := party(view, p, subject, ReviewLine)
		if err != nil {
			return nil, fmt.Errorf("screen %s of %s: %w", ofParty(i+1, p), subject, err)
		}
		for _, h := range hits {
			h.Party, h.Number = uint32(i+1), uint32(len(all)+1)
			all = append(all, h)
		}
	}
	return all, nil
}

// heldCounts are how many denials and notices, and how many open alerts, parties are compared with.
func heldCounts(view ledger.View) (denials, alerts uint64, err error) {
	count := func(of queryv1.Table, attribute, value string) (uint64, error) {
		n, _, err := view.Count(of, &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: attribute, Values: []string{value}}}}, "")
		return n, err
	}
	own, err := count(queryv1.Table_TABLE_DENIALS, "status", "refused")
	if err != nil {
		return 0, 0, fmt.Errorf("count denials: %w", err)
	}
	notices, err := count(queryv1.Table_TABLE_DENIAL_NOTICES, "status", "refused")
	if err != nil {
		return 0, 0, fmt.Errorf("count notices of denials: %w", err)
	}
	if alerts, err = count(queryv1.Table_TABLE_ALERTS, "open", "true"); err != nil {
		return 0, 0, fmt.Errorf("count alerts: %w", err)
	}
	return own + notices, alerts, nil
}

// knowledgeOf is how far this ledger has every journal now.
func knowledgeOf(view ledger.View) (*eventv1.Knowledge, error) {
	positions, err := view.Positions()
	if err != nil {
		return nil, fmt.Errorf("read how far the journals are: %w", err)
	}
	k := &eventv1.Knowledge{}
	for _, p := range positions {
		k.Journals = append(k.Journals, &eventv1.Reach{Journal: p.GetJournal(), Block: p.GetBlock(), Events: p.GetEvents(), Root: p.GetRoot()})
	}
	return k, nil
}
