package reports

import (
	"slices"
	"strconv"
	"strings"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// step is one date of a report, for one agency.
type step struct {
	*reportingv1.CalendarStep
	// Form and Word are what the report and the step are called.
	Form, Word string
	// Own is that the node's agency owes it.
	Own bool
	// Said is that it is done when somebody says so.
	Said bool
	// Path is where the report of the step stands; empty where this node has no page of it.
	Path string
}

// Late reports whether it was done after its date.
func (s step) Late() bool {
	return s.GetDoneAt() != nil && s.GetDoneAt().AsTime().After(s.GetDue().AsTime())
}

// Tone is the class of its state's tag.
func (s step) Tone() string {
	return map[reportingv1.StepState]string{
		reportingv1.StepState_STEP_STATE_SOON: "cf-tag--warn", reportingv1.StepState_STEP_STATE_OVERDUE: "cf-tag--bad", reportingv1.StepState_STEP_STATE_DONE: "cf-tag--good",
	}[s.GetState()]
}

// StateKey is the message that names its state.
func (s step) StateKey() string {
	return "reports.state-" + strings.ToLower(strings.TrimPrefix(s.GetState().String(), "STEP_STATE_"))
}

// Told is the last agency that was told that it is over its date.
func (s step) Told() string {
	for _, a := range slices.Backward(s.GetAlarms()) {
		if a.GetToldAgency() != "" {
			return strings.TrimSpace(a.GetToldAgency() + " " + a.GetToldRole())
		}
	}
	return ""
}

// Do is where on these pages the node's agency does the step; empty where it does not.
func (s step) Do() string {
	if !s.Own || s.GetDoneAt() != nil {
		return ""
	}
	switch s.GetStep() {
	case "open", "return":
		return "/returns"
	case "reconcile":
		return "/reconcile?comparison=customs_licensing&year=" + strconv.FormatUint(uint64(s.GetYear()), 10)
	}
	return s.Path
}

// stepsOf are steps with their words. where is the page of a report of a year at a node that does not work it out; empty: there is none.
func stepsOf(v *web.Visit, list []*reportingv1.CalendarStep, where func(report string, year uint32) string) (all []step, err error) {
	for _, s := range list {
		one := step{CalendarStep: s, Own: s.GetAgency() == v.Site().Agency, Said: strings.HasPrefix(s.GetNext(), "counterfoil calendar done")}
		if one.Path = where(s.GetReport(), s.GetYear()); v.Site().Service == reporting && slices.Contains(forms(), s.GetReport()) {
			one.Path = path(&reportingv1.Which{Report: s.GetReport(), Year: s.GetYear()})
		}
		if one.Form, err = formName(v, s.GetReport()); err != nil {
			return nil, err
		}
		if one.Word, err = words(v, "reports.step-"+s.GetStep(), s.GetStep()); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// dueOf are the steps that are over their date or soon, what is over longest first; legal dates stand before others of the same day.
func dueOf(all []step) (due []step) {
	for _, s := range all {
		if s.GetState() == reportingv1.StepState_STEP_STATE_SOON || s.GetState() == reportingv1.StepState_STEP_STATE_OVERDUE {
			due = append(due, s)
		}
	}
	slices.SortStableFunc(due, func(a, b step) int {
		switch {
		case a.GetDate() != b.GetDate():
			return strings.Compare(a.GetDate(), b.GetDate())
		case a.GetLegal() == b.GetLegal():
			return 0
		case a.GetLegal():
			return -1
		}
		return 1
	})
	return due
}

// completeStep records that a step was done of which nothing else says so.
func (p pages) completeStep(v *web.Visit) error {
	which, err := parseNamed(v.R.FormValue("report"))
	if err != nil {
		return err
	}
	_, err = v.API.Procedure.CompleteStep(v.R.Context(), &reportingv1.CompleteStepRequest{
		Particulars: particulars(v), Report: which.GetReport(), Year: which.GetYear(), Step: v.R.FormValue("step"), Agency: v.R.FormValue("agency"), Text: strings.TrimSpace(v.R.FormValue("text")),
	})
	return p.overviewAfter(v, err)
}
