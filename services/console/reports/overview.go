package reports

import (
	"crypto/rand"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/report"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// overviewPage is all that goes on about reports, what has to be done first.
type overviewPage struct {
	// Due are this agency's steps that are over their date or soon, Others those of other agencies, Steps all that there are.
	Due, Others, Steps []step
	// Procedure is the one that the dates are from, and NoCalendar why there are none.
	Procedure, NoCalendar string
	Reports               []onRecord
	Returns               []askedReturn
	Differences           []task
	Requests              []*ledgerv1.PublicRequest
	Measures              []*ledgerv1.Measure
	Forms                 []form
	// Why this and that cannot be done here.
	NoBuild, NoSay, NoReconcile, NoRequest string
	Year                                   int
	Failed                                 *web.Failure
	Key                                    string
}

// form is a report with what it is called.
type form struct{ Name, Title string }

// forms are the reports that come of figures.
func forms() (names []string) {
	for _, f := range report.Forms() {
		names = append(names, f.Name)
	}
	return names
}

func (p pages) overview(v *web.Visit) error {
	page, err := p.readOverview(v)
	if err != nil {
		return err
	}
	return v.Page(p.Pages, "overview", page)
}

// overviewAfter shows it with what was done, or with why not.
func (p pages) overviewAfter(v *web.Visit, err error) error {
	if err == nil {
		return v.Redirect("/reports")
	}
	if !web.IsRefusal(err) {
		return err
	}
	page, again := p.readOverview(v)
	if again != nil {
		return again
	}
	page.Failed = web.Refusal(err)
	return v.PageAgain(p.Pages, "overview", page)
}

func (p pages) readOverview(v *web.Visit) (*overviewPage, error) {
	page := &overviewPage{Year: v.Site().Now().UTC().Year(), Key: rand.Text()}
	for _, read := range []func(*web.Visit) error{page.reports, page.calendar, page.waits, page.may} {
		if err := read(v); err != nil {
			return nil, err
		}
	}
	for _, name := range forms() {
		title, err := formName(v, name)
		if err != nil {
			return nil, err
		}
		page.Forms = append(page.Forms, form{name, title})
	}
	return page, nil
}

func (page *overviewPage) calendar(v *web.Visit) error {
	res, err := v.API.Calendar.Calendar(v.R.Context(), &reportingv1.CalendarRequest{})
	if unserved(err) {
		page.NoCalendar = web.Refusal(err).Sentence
		return nil
	}
	if err != nil {
		return err
	}
	page.Procedure = res.GetProcedureId()
	page.Steps, err = stepsOf(v, res.GetSteps(), page.where)
	for _, s := range dueOf(page.Steps) {
		if s.Own {
			page.Due = append(page.Due, s)
		} else {
			page.Others = append(page.Others, s)
		}
	}
	return err
}

// where is the page of the last draft of a report of a year.
func (page *overviewPage) where(name string, year uint32) string {
	for _, r := range page.Reports { // the last revision stands first
		if r.Opens && r.GetOpened().GetReport() == name && r.GetOpened().GetYear() == year {
			return r.Path()
		}
	}
	return ""
}

// reports are those on record, the latest year first, with the answers to their last drafts.
func (page *overviewPage) reports(v *web.Visit) error {
	list, err := rows(v, queryv1.Table_TABLE_REPORTS)
	if err != nil || len(list) == 0 {
		return err
	}
	given, err := rows(v, queryv1.Table_TABLE_DRAFT_ANSWERS)
	if err != nil {
		return err
	}
	for _, row := range list {
		r := row.GetReport()
		one := onRecord{Report: r, Draft: uint32(len(r.GetDrafts())), Opens: opens(v, r)}
		if one.Form, err = formName(v, r.GetOpened().GetReport()); err != nil {
			return err
		}
		if r.GetFrozen() == nil {
			one.Answers = answersTo(r, one.Draft, given)
		}
		page.Reports = append(page.Reports, one)
	}
	slices.SortStableFunc(page.Reports, func(a, b onRecord) int {
		x, y := a.GetOpened(), b.GetOpened()
		if x.GetYear() != y.GetYear() {
			return int(y.GetYear()) - int(x.GetYear())
		}
		if c := strings.Compare(x.GetReport(), y.GetReport()); c != 0 {
			return c
		}
		return int(y.GetRevision()) - int(x.GetRevision())
	})
	return nil
}

// opens reports whether this node has a page of a report on record.
func opens(v *web.Visit, r *ledgerv1.Report) bool {
	switch v.Site().Service {
	case observer, authority:
		return false
	case reporting:
		return true
	}
	return len(r.GetDrafts()) > 0
}

// waits are returns, differences and requests that nobody has answered, and the measures that there are.
func (page *overviewPage) waits(v *web.Visit) error {
	all, err := returnsOf(v)
	if err != nil {
		return err
	}
	page.Returns = slices.DeleteFunc(all, func(a askedReturn) bool { return !a.Open() })
	if page.Differences, err = tasks(v); err != nil {
		return err
	}
	requests, err := rows(v, queryv1.Table_TABLE_PUBLIC_REQUESTS, "open", "true")
	if err != nil {
		return err
	}
	for _, r := range requests {
		page.Requests = append(page.Requests, r.GetPublicRequest())
	}
	measures, err := rows(v, queryv1.Table_TABLE_MEASURES)
	for _, r := range measures {
		page.Measures = append(page.Measures, r.GetMeasure())
	}
	return err
}

func (page *overviewPage) may(v *web.Visit) (err error) {
	for procedure, why := range map[string]*string{buildReport: &page.NoBuild, completeStep: &page.NoSay, reconcile: &page.NoReconcile, openRequest: &page.NoRequest} {
		if *why, err = makes(v, procedure); err != nil {
			return err
		}
	}
	return nil
}

// returnsOf are all returns that were asked for, as this node's ledger has them.
func returnsOf(v *web.Visit) ([]askedReturn, error) {
	requests, err := rows(v, queryv1.Table_TABLE_RETURN_REQUESTS)
	if err != nil || len(requests) == 0 {
		return nil, err
	}
	submissions, err := rows(v, queryv1.Table_TABLE_RETURN_SUBMISSIONS)
	if err != nil {
		return nil, err
	}
	all := asked(requests, submissions, v.Site().Agency, v.Site().Now())
	for i := range all {
		if all[i].Title, err = formName(v, all[i].Form); err != nil {
			return nil, err
		}
	}
	return all, nil
}
