package report

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Return is what an agency was asked for last, and what it submitted; nil while it has not.
type Return struct {
	Agency     string
	Request    *ledgerv1.ReturnRequest
	Submission *ledgerv1.ReturnSubmission
}

// Returns are those asked for a report of a year, in order of agency.
func Returns(view ledger.View, report string, year int) (list []Return, err error) {
	requests, err := view.RequestsWith("form", report)
	if err != nil {
		return nil, fmt.Errorf("read requests for returns to %s: %w", report, err)
	}
	last := map[string]*ledgerv1.ReturnRequest{}
	for _, r := range requests { // in the order of their ids, which is that of asking
		if int(r.GetRequested().GetYear()) != year {
			continue
		}
		for _, agency := range r.GetRequested().GetAgencies() {
			last[agency] = r
		}
	}
	for _, agency := range sortedKeys(last) {
		submission, err := view.ReturnSubmission(agency + "/" + last[agency].GetId())
		if err != nil {
			return nil, fmt.Errorf("read return of %s to %s: %w", agency, last[agency].GetId(), err)
		}
		list = append(list, Return{agency, last[agency], submission})
	}
	return list, nil
}

// Asked is what an agency that a request asks was asked for last for the same report of a year, and what it submitted to that.
func Asked(view ledger.View, agency string, r *ledgerv1.ReturnRequest) (Return, error) {
	returns, err := Returns(view, r.GetRequested().GetForm(), int(r.GetRequested().GetYear()))
	if err != nil {
		return Return{}, err
	}
	for _, asked := range returns {
		if asked.Agency == agency {
			return asked, nil
		}
	}
	submission, err := view.ReturnSubmission(agency + "/" + r.GetId())
	if err != nil {
		return Return{}, fmt.Errorf("read return of %s to %s: %w", agency, r.GetId(), err)
	}
	return Return{agency, r, submission}, nil
}

// Hears refuses a fact of which an agency that has to hear would not, by the sharing rules. Without any nothing is refused.
func Hears(view ledger.View, agency string, fact proto.Message, marking string) error {
	rules, err := view.SharingRules()
	if rules == nil || err != nil || agency == view.Agency() {
		return err
	}
	_, err = view.GroupHeardBy(agency, fact, marking)
	return err
}

// saysNil reports whether an agency confirmed that it has nothing for a table.
func (r Return) saysNil(table string) bool {
	s := r.Submission.GetSubmitted()
	return s.GetNil() || slices.Contains(s.GetNilTables(), table)
}

// wanted are the agencies that a report has to hear of: those that the procedure names, asked or not, and then the others that were
// asked.
func (s Spec) wanted(returns []Return) (list []Return) {
	contributors := slices.Sorted(slices.Values(s.Terms.GetContributors()))
	for _, agency := range contributors {
		r := Return{Agency: agency}
		if i := slices.IndexFunc(returns, func(r Return) bool { return r.Agency == agency }); i >= 0 {
			r = returns[i]
		}
		list = append(list, r)
	}
	for _, r := range returns {
		if !slices.Contains(contributors, r.Agency) {
			list = append(list, r)
		}
	}
	return list
}

// Own are the rows of a draft as far as they come of the facts of the agency whose ledger it is, returns aside, with the problems of
// those facts.
func (d *Draft) Own(view ledger.View) (rows []*reportingv1.Row, problems []*reportingv1.Problem, err error) {
	return d.OwnOf(view, view.Agency(), view.Agency())
}

// OwnOf is Own for an agency's facts in the journals that a reader reads; the others are a problem. The agency whose ledger it is reads
// all that is in it.
func (d *Draft) OwnOf(view ledger.View, agency, reader string) (rows []*reportingv1.Row, problems []*reportingv1.Problem, err error) {
	own := &Draft{Spec: d.Spec}
	own.clear()
	reads := map[string]bool{}
	for _, id := range sortedKeys(d.facts) {
		for _, p := range d.facts[id] {
			journal := p.fact.journal
			if ledger.AgencyOf(journal) != agency || p.fact.figure > 0 || p.row != nil && !d.Spec.Form.Tables[p.row.table].returns {
				continue
			}
			if _, known := reads[journal]; !known {
				if reads[journal], err = readsOf(view, journal, reader); err != nil {
					return nil, nil, err
				}
			}
			switch {
			case !reads[journal]:
				p = placed{fact: p.fact, problem: Unshared}
			case p.row != nil:
				p.row = own.row(p.row.table, p.row.keys)
			}
			own.facts[id] = append(own.facts[id], p)
			if err := own.take(p, 1); err != nil {
				return nil, nil, err
			}
		}
	}
	c, err := own.Content(view, false)
	return c.GetRows(), own.Problems(), err
}

// readsOf reports whether a reader is a member of a journal's group, as far as the ledger knows the group.
func readsOf(view ledger.View, journal, reader string) (bool, error) {
	_, name, _ := strings.Cut(journal, "/")
	group, err := view.Group(name)
	if err != nil {
		return false, fmt.Errorf("read group %s: %w", name, err)
	}
	return reader == view.Agency() || group == nil || slices.Contains(group.GetMembers(), reader), nil
}

// ofReturn places what a return states otherwise than its agency's own journals do, and what it says that there is nothing of.
func (d *Draft) ofReturn(r *ledgerv1.ReturnSubmission) []placed {
	p := &placing{spec: d.Spec, draft: d}
	for i, f := range r.GetSubmitted().GetFigures() {
		keys, ok := d.Spec.KeysOf(f)
		if !ok {
			continue
		}
		amounts := Minus(StatedBy(f), f.GetPrefilled())
		if IsZero(amounts) {
			if amounts = StatedBy(f); f.GetReason() == "" || !ComesToNothing(amounts) {
				continue
			}
			amounts.Lines = 0
		}
		_, p.table, _ = d.Spec.Form.Table(f.GetTable())
		p.add(&fact{subject: r.GetId(), journal: r.GetJournal(), events: r.GetEvents(), more: amounts, figure: uint32(i + 1)}, keys...)
	}
	return p.rows
}
