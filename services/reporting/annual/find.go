package annual

import (
	"fmt"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Latest is the last revision of this agency's report of a year; nil where none was opened.
func Latest(view ledger.View, name string, year uint32) (latest *ledgerv1.Report, err error) {
	list, err := view.ReportsWith("form", name)
	if err != nil {
		return nil, fmt.Errorf("read reports %s: %w", name, err)
	}
	for _, r := range list {
		if o := r.GetOpened(); view.Owns(r.GetId()) && o.GetYear() == year && o.GetRevision() > latest.GetOpened().GetRevision() {
			latest = r
		}
	}
	return latest, nil
}

// own is a report of this agency by its id.
func own(view ledger.View, id string) (*ledgerv1.Report, error) {
	r, err := view.Report(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read report %s: %w", id, err)
	case r == nil:
		return nil, fault.Errorf(fault.NotFound, "report %s is not on record here; see: counterfoil list reports", id)
	case !view.Owns(id):
		return nil, fault.Errorf(fault.NotAllowed, "report %s is of %s; ask there", id, ledger.AgencyOf(id))
	}
	return r, nil
}

// rowOf finds a row by its id, or the beginning of it that no other has.
func rowOf(rows []*reportingv1.Row, id, name string, year uint32) (*reportingv1.Row, error) {
	var found []*reportingv1.Row
	for _, r := range rows {
		if strings.HasPrefix(r.GetId(), id) {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		return nil, fault.Errorf(fault.NotFound, "%s/%d has no row %s; see its rows: counterfoil report build %s/%d", name, year, id, name, year)
	case 1:
		return found[0], nil
	}
	var ids []string
	for _, r := range found[:min(len(found), 5)] {
		ids = append(ids, r.GetId())
	}
	slices.Sort(ids)
	return nil, fault.Errorf(fault.Invalid, "%d rows of %s/%d begin with %s, such as %s; give more digits of the one that is meant", len(found), name, year, id, strings.Join(ids, ", "))
}

// named is a report as commands name it.
func named(r *ledgerv1.Report) string {
	return fmt.Sprintf("%s/%d", r.GetOpened().GetReport(), r.GetOpened().GetYear())
}
