// Package grounds is what licensing's decisions rest on: the events, of others and its own, that they cite. What was shared
// with licensing and is cited is counted as used, see package citations.
package grounds

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/citations"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

// Grounds are events that a decision rests on.
type Grounds []*queryv1.RecordedEvent

// Cited returns the fact with the grounds as its causes, at most citations.Most of them; without any it is the fact itself.
func (g Grounds) Cited(fact proto.Message) proto.Message {
	causes := citations.Choose(g)
	if len(causes) == 0 {
		return fact
	}
	dated, ok := fact.(ledger.Dated)
	if !ok {
		dated.Message = fact
	}
	dated.Causes = causes
	return dated
}

// OfApplication are the grounds of a decision on an application: the opinions in a consultation, which may be nil, and the
// conditions that stand; the denials that it was held against, with the replies of who denied; what hits of its latest
// screening were about, once they were judged; and the verifications of its papers.
func OfApplication(view ledger.View, a *ledgerv1.Application, opinions []*ledgerv1.Opinion) (all Grounds, err error) {
	for _, o := range opinions {
		if err := all.add(view, o, &licensingv1.OpinionGiven{}); err != nil {
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
	err = all.add(view, a, &licensingv1.DocumentVerified{})
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
		if err := all.add(view, c, &licensingv1.ConditionAsked{}, &licensingv1.ConditionChanged{}); err != nil {
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
		if err := all.record(view, u.GetFound().GetDenialId()); err != nil {
			return nil, err
		}
		reply, err := view.UndercutReply(u.GetFound().GetAgency() + "/" + u.GetId())
		if err != nil {
			return nil, fmt.Errorf("read the reply to undercut %s: %w", u.GetId(), err)
		}
		if err := all.add(view, reply, &licensingv1.UndercutReplied{}); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// add takes in the events of these kinds that made a row.
func (g *Grounds) add(view ledger.View, row interface {
	GetJournal() string
	GetEvents() []uint64
}, kinds ...proto.Message) error {
	events, err := view.Made(row, kinds...)
	*g = append(*g, events...)
	return err
}

// record takes in what was stated in a list entry, denial, notice of one, alert or embargo; nothing where the id is none of
// theirs. Ids are unique.
func (g *Grounds) record(view ledger.View, id string) error {
	table, row, err := view.Find(id)
	if err != nil {
		return fmt.Errorf("read %s: %w", id, err)
	}
	switch table {
	case queryv1.Table_TABLE_LIST_ENTRIES:
		return g.add(view, row.GetListEntry(), &screeningv1.ListEntryAdded{}, &screeningv1.ListEntryAmended{})
	case queryv1.Table_TABLE_DENIALS:
		return g.add(view, row.GetDenial(), &licensingv1.LicenceDenied{}, &licensingv1.DenialAmended{})
	case queryv1.Table_TABLE_DENIAL_NOTICES:
		return g.add(view, row.GetDenialNotice(), &licensingv1.DenialNotified{}, &licensingv1.DenialNoticeAmended{})
	case queryv1.Table_TABLE_ALERTS:
		return g.add(view, row.GetAlert(), &enforcementv1.DiversionAlertRaised{}, &enforcementv1.AlertCorroborated{}, &enforcementv1.AlertConfirmed{})
	case queryv1.Table_TABLE_EMBARGOES:
		return g.add(view, row.GetEmbargo(), &screeningv1.EmbargoRecorded{})
	}
	return nil
}
