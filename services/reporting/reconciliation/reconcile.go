package reconciliation

import (
	"fmt"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Reconcile lists what differs, each with the task that it has; docs/reconciliation.md says what is compared with what. It records
// nothing and changes no figure. What cannot be compared is counted, by why.
func Reconcile(view ledger.View, req *reportingv1.ReconcileRequest) (*reportingv1.ReconcileResponse, error) {
	return reconcile(view, req, apart)
}

// reconcile is Reconcile with a rule of what differs.
func reconcile(view ledger.View, req *reportingv1.ReconcileRequest, apart func(ours, theirs int64, permille uint32) bool) (*reportingv1.ReconcileResponse, error) {
	c := &comparing{view: view, request: req, apart: apart}
	run, known := map[reportingv1.Comparison]func() error{
		reportingv1.Comparison_COMPARISON_AUTHORIZED_ACTUAL: c.authorizedActual,
		reportingv1.Comparison_COMPARISON_CUSTOMS_LICENSING: c.customsLicensing,
		reportingv1.Comparison_COMPARISON_PARTNER:           c.partner,
	}[req.GetComparison()]
	switch {
	case !known:
		return nil, fault.Errorf(fault.Invalid, "say which figures are held against each other: authorized-actual, customs-licensing or partner")
	case req.GetYear() < 1990 || req.GetYear() > 2200:
		return nil, fault.Errorf(fault.Invalid, "there are no figures of the year %d", req.GetYear())
	case req.GetSource() != "" && req.GetComparison() != reportingv1.Comparison_COMPARISON_PARTNER:
		return nil, fault.Errorf(fault.Invalid, "a source is one of a partner's figures; leave it out, or compare partner")
	}
	if err := run(); err != nil {
		return nil, err
	}
	res := c.result()
	tasks, err := tasksOf(view, req)
	if err != nil {
		return nil, err
	}
	for _, d := range res.Differences {
		d.DifferenceId = tasks.of(d)
	}
	return res, nil
}

// identity is what tells differences of a year apart.
func identity(d *reportingv1.Difference) string {
	return strings.Join([]string{fmt.Sprint(d.GetComparison()), d.GetSource(), strings.Join(d.GetKeys(), "\x00"), d.GetMeasure()}, "\x01")
}
