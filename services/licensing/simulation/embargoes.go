package simulation

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	"github.com/counterfoil/counterfoil/services/licensing/gate"
)

// embargo is one on record, or one as if.
type embargo struct {
	row *ledgerv1.Embargo
	// As if it had been recorded on its first day.
	asIf bool
	// When what is on record of it happened; ended is zero where it was not ended.
	recorded, ended time.Time
}

// embargoes are those of Article 6(1), as they are and as if. Both are empty where nothing is otherwise.
type embargoes struct{ onRecord, asIf []*embargo }

func embargoesOf(view ledger.View, changes []*queryv1.WhatIfEmbargo) (all embargoes, err error) {
	if len(changes) == 0 {
		return all, nil
	}
	rows, err := view.Embargoes()
	if err != nil {
		return all, fmt.Errorf("read the embargoes: %w", err)
	}
	for _, row := range rows {
		e, err := recordedEmbargo(view, row)
		if err != nil {
			return all, err
		}
		all.onRecord = append(all.onRecord, e)
	}
	all.asIf = slices.Clone(all.onRecord)
	for _, c := range changes {
		if err := all.change(c); err != nil {
			return all, err
		}
	}
	return all, nil
}

func recordedEmbargo(view ledger.View, row *ledgerv1.Embargo) (*embargo, error) {
	e := &embargo{row: row}
	for i, at := range []*time.Time{&e.recorded, &e.ended} {
		if i == 1 && row.GetEnded() == nil {
			break
		}
		number := row.GetEvents()[min(i*len(row.GetEvents()), len(row.GetEvents())-1)]
		of, err := event(view, row.GetJournal(), number)
		if err != nil {
			return nil, fmt.Errorf("read event %d of %s: %w", number, row.GetJournal(), err)
		}
		*at = of.GetOccurredAt().AsTime()
	}
	return e, nil
}

// change adds an embargo as if, or moves one on record to another first day.
func (x *embargoes) change(c *queryv1.WhatIfEmbargo) error {
	first, err := time.Parse(time.DateOnly, c.GetFrom())
	if err != nil {
		return fault.Errorf(fault.Invalid, "%q is no date from which an embargo holds; write yyyy-mm-dd", c.GetFrom())
	}
	e := &embargo{asIf: true, recorded: first, row: &ledgerv1.Embargo{Recorded: &screeningv1.EmbargoRecorded{
		Country: c.GetCountry(), ValidFrom: c.GetFrom(), ValidUntil: c.GetUntil(), Categories: c.GetCategories(),
	}}}
	if c.GetEmbargoId() != "" {
		i := slices.IndexFunc(x.asIf, func(e *embargo) bool { return e.row.GetId() == c.GetEmbargoId() })
		if i < 0 {
			return fault.Errorf(fault.NotFound, "embargo %s is not on record here: counterfoil list embargoes", c.GetEmbargoId())
		}
		e.row, e.ended = proto.CloneOf(x.asIf[i].row), x.asIf[i].ended
		e.row.Recorded.ValidFrom = c.GetFrom()
		x.asIf[i] = e
	} else {
		x.asIf = append(x.asIf, e)
	}
	if until := e.row.GetRecorded().GetValidUntil(); until != "" {
		if _, err := time.Parse(time.DateOnly, until); err != nil || until < c.GetFrom() {
			return fault.Errorf(fault.Invalid, "an embargo from %s cannot hold until %q", c.GetFrom(), until)
		}
	}
	return nil
}

func (e *embargo) String() string {
	r := e.row.GetRecorded()
	switch {
	case e.row.GetId() == "":
		return fmt.Sprintf("an embargo on %s from %s", r.GetCountry(), r.GetValidFrom())
	case e.asIf:
		return fmt.Sprintf("embargo %s on %s, as if from %s,", e.row.GetId(), r.GetCountry(), r.GetValidFrom())
	}
	return fmt.Sprintf("embargo %s on %s from %s", e.row.GetId(), r.GetCountry(), r.GetValidFrom())
}

// event is where it is on record; empty for one that is not.
func (e *embargo) event() string {
	if e.row.GetId() == "" {
		return ""
	}
	return fmt.Sprintf("%s/%d", e.row.GetJournal(), e.row.GetEvents()[0])
}

// holds reports whether it was in force at a moment, by what the agency had of it when it decided a case.
func (e *embargo) holds(c *past, at time.Time) bool {
	row := e.row
	if !e.asIf && !c.had(row.GetJournal(), row.GetEvents()[0], e.recorded) {
		return false
	}
	if events := row.GetEvents(); row.GetEnded() != nil && !c.had(row.GetJournal(), events[len(events)-1], e.ended) {
		row = &ledgerv1.Embargo{Recorded: row.GetRecorded()}
	}
	return gate.InForce(row, at)
}

// struck is an embargo that prohibited a case, and by what it reached it.
type struck struct {
	*embargo
	by string
}

// prohibiting are the embargoes of a list that prohibited a case when it was decided: of none of them its check names an exemption.
func prohibiting(list []*embargo, c *past, check *ledgerv1.ProhibitionCheck) (all []struck) {
	for _, e := range list {
		if by := gate.ReachOf(e.row, c.application); by != "" && e.holds(c, c.at) && !gate.Exempted(e.row, check) {
			all = append(all, struck{e, by})
		}
	}
	return all
}

// article6 judges a case under the embargoes as if. It is empty where that changes nothing.
func (x *embargoes) article6(view ledger.View, c *past) (o otherwise, err error) {
	if len(x.asIf) == 0 {
		return o, nil
	}
	check, err := c.check(view)
	if err != nil {
		return o, err
	}
	was, now := prohibiting(x.onRecord, c, check), prohibiting(x.asIf, c, check)
	fresh := slices.DeleteFunc(slices.Clone(now), func(s struck) bool {
		return slices.ContainsFunc(was, func(w struck) bool { return s.row.GetId() != "" && w.row.GetId() == s.row.GetId() })
	})
	found := check.GetChecked().GetResult() == licensingv1.GateResult_GATE_RESULT_PROHIBITED
	switch {
	case c.granted && len(fresh) > 0:
		o.wouldBe = Prohibited
	case c.granted:
		return x.reassessed(view, c)
	case len(now) > 0 && len(was) == 0 && !found:
		o.wouldBe = OnArticle6
	case len(now) == 0 && (len(was) > 0 || found) && x.lifted(c, check):
		o.wouldBe = ToBeWeighed
		for _, e := range was {
			o.because("ATT 6(1)", fmt.Sprintf("embargo %s on %s would not have been in force", e.row.GetId(), e.row.GetRecorded().GetCountry()), e.event())
		}
		if len(was) == 0 {
			o.because("ATT 6(1)", "it was prohibited by embargoes alone, and none of them would have been in force, see "+check.GetId(), check.GetId())
		}
		o.needed = []string{"a check under Article 6 that is clear", "what its policy asks of a grant"}
		return o, nil
	default:
		return o, nil
	}
	for _, s := range fresh {
		o.because("ATT 6(1)", fmt.Sprintf("%s reaches the deal by %s; nothing is weighed against that", s.embargo, s.by), s.event())
		if len(s.row.GetRecorded().GetExemptions()) > 0 && c.granted {
			o.needed = append(o.needed, "an exemption of embargo "+s.row.GetId()+" that the check under Article 6 names")
		}
	}
	return o, nil
}

// lifted reports whether nothing but embargoes that would not have been in force made the check say that a case is prohibited. Under the
// other paragraphs, and where it named no embargo, an officer found so.
func (x *embargoes) lifted(c *past, check *ledgerv1.ProhibitionCheck) bool {
	for _, f := range check.GetChecked().GetFindings() {
		if f.GetResult() != licensingv1.GateResult_GATE_RESULT_PROHIBITED {
			continue
		}
		if len(f.GetEmbargoes()) == 0 {
			return false
		}
		for _, e := range x.asIf {
			if slices.Contains(f.GetEmbargoes(), e.row.GetId()) && e.holds(c, check.GetAt().AsTime()) && !gate.Exempted(e.row, check) {
				return false
			}
		}
	}
	return check == nil || len(check.GetChecked().GetFindings()) > 0
}

// reassessed says of a licence that an embargo as if would have come over while it was live that it would have been put up for
// reassessment (Article 7(7)). One on record that came over it in fact changes nothing by coming on another day.
func (x *embargoes) reassessed(view ledger.View, c *past) (o otherwise, err error) {
	for _, e := range x.asIf {
		if !e.asIf {
			continue
		}
		comes, err := e.comesOver(view, c)
		if err != nil {
			return o, err
		}
		if i := slices.IndexFunc(x.onRecord, func(r *embargo) bool { return r.row.GetId() == e.row.GetId() }); comes && i >= 0 {
			came, err := x.onRecord[i].comesOver(view, c)
			if err != nil {
				return o, err
			}
			comes = !came
		}
		if comes {
			o.wouldBe = Reassessed
			by := gate.ReachOf(e.row, c.application)
			o.because("ATT 7(7)", fmt.Sprintf("%s reaches it by %s while it was valid: it would have been put up for reassessment", e, by), e.event())
		}
	}
	return o, nil
}

// comesOver reports whether an embargo that reaches a licence was recorded after it was granted and while it was live.
func (e *embargo) comesOver(view ledger.View, c *past) (bool, error) {
	if !e.recorded.After(c.at) || gate.ReachOf(e.row, c.application) == "" {
		return false, nil
	}
	return c.live(view, e.recorded)
}

// check is the check of Article 6 that a decision rests on, or the last before it; nil when there is none.
func (c *past) check(view ledger.View) (*ledgerv1.ProhibitionCheck, error) {
	row, err := view.ProhibitionCheck(c.basis.GetCheckId())
	if row != nil || err != nil || c.application.GetId() == "" {
		return row, err
	}
	rows, err := view.ProhibitionChecksWith("application", c.application.GetId())
	if err != nil {
		return nil, fmt.Errorf("read checks: %w", err)
	}
	for _, r := range slices.Backward(rows) {
		if c.had(r.GetJournal(), r.GetEvents()[0], r.GetAt().AsTime()) {
			return r, nil
		}
	}
	return nil, nil
}

// live reports whether a licence could still be used at a later moment, or could again if it were reinstated.
func (c *past) live(view ledger.View, at time.Time) (bool, error) {
	l, err := view.Licence(c.id)
	if err != nil {
		return false, fmt.Errorf("read licence %s: %w", c.id, err)
	}
	if l.GetValidUntil() != nil && !at.Before(l.GetValidUntil().AsTime()) || l.GetStatus() == ledgerv1.Status_STATUS_WITHDRAWN {
		return false, nil
	}
	if l.GetStatus() != ledgerv1.Status_STATUS_REVOKED {
		return true, nil
	}
	for _, number := range slices.Backward(l.GetEvents()) {
		e, err := event(view, l.GetJournal(), number)
		if err != nil {
			return false, fmt.Errorf("read event %d of %s: %w", number, l.GetJournal(), err)
		}
		if e.GetFact().MessageIs(&licensingv1.LicenceRevoked{}) {
			return at.Before(e.GetOccurredAt().AsTime()), nil
		}
	}
	return false, nil
}
