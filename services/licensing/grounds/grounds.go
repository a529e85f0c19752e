// Package grounds is what licensing's decisions rest on: the events, of others and its own, that they cite. What was shared
// with licensing and is cited is counted as used, see package citations.
package grounds

import (
	"fmt"

	"github.com/counterfoil/counterfoil/libs/citations"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// Grounds are events that a decision rests on.
type Grounds = citations.Grounds

// OfApplication are the grounds of a decision on an application: the opinions in a consultation, which may be nil, and the
// conditions that stand; the denials that it was held against, with the replies of who denied; what hits of its latest
// screening were about, once they were judged; and the verifications of its papers.
func OfApplication(view ledger.View, a *ledgerv1.Application, opinions []*ledgerv1.Opinion) (all Grounds, err error) {
	for _, o := range opinions {
		if err := all.Add(view, o, &licensingv1.OpinionGiven{}); err != nil {
			return nil, err
		}
	}
	for _, find := range []func(ledger.View, string) (Grounds, error){OfConditions, ofUndercuts, OfHits} {
		found, err := find(view, a.GetId())
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	err = all.Add(view, a, &licensingv1.DocumentVerified{})
	return all, err
}

// OfConditions are the conditions on an application that stand, as they were asked for and changed.
func OfConditions(view ledger.View, application string) (all Grounds, err error) {
	rows, err := view.ConditionsWith("application", application)
	if err != nil {
		return nil, fmt.Errorf("read conditions on %s: %w", application, err)
	}
	for _, c := range rows {
		if c.GetDropped() {
			continue
		}
		if err := all.Add(view, c, &licensingv1.ConditionAsked{}, &licensingv1.ConditionChanged{}); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// ofUndercuts are the denials that an application was judged against, and what who denied replied.
func ofUndercuts(view ledger.View, application string) (all Grounds, err error) {
	rows, err := view.UndercutsWith("application", application)
	if err != nil {
		return nil, fmt.Errorf("read undercuts of %s: %w", application, err)
	}
	for _, u := range rows {
		if u.GetJudged() == nil {
			continue
		}
		if err := all.Record(view, u.GetFound().GetDenialId()); err != nil {
			return nil, err
		}
		reply, err := view.UndercutReply(u.GetFound().GetAgency() + "/" + u.GetId())
		if err != nil {
			return nil, fmt.Errorf("read the reply to undercut %s: %w", u.GetId(), err)
		}
		if err := all.Add(view, reply, &licensingv1.UndercutReplied{}); err != nil {
			return nil, err
		}
	}
	return all, nil
}
