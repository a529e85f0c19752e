package report

import (
	"fmt"
	"slices"

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

// saysNil reports whether an agency confirmed that it has nothing for a table.
func (r Return) saysNil(table string) bool {
	s := r.Submission.GetSubmitted()
	return s.GetNil() || slices.Contains(s.GetNilTables(), table)
}

// Own are the rows of a draft as far as they come of the facts of the agency whose ledger it is, returns aside, with the problems of
// those facts.
func (d *Draft) Own(view ledger.View) (rows []*reportingv1.Row, problems []*reportingv1.Problem, err error) {
	own := &Draft{Spec: d.Spec}
	own.clear()
	for _, id := range sortedKeys(d.facts) {
		for _, p := range d.facts[id] {
			if ledger.AgencyOf(p.fact.journal) != view.Agency() || p.fact.figure > 0 {
				continue
			}
			if p.row != nil {
				if !d.Spec.Form.Tables[p.row.table].returns {
					continue
				}
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
