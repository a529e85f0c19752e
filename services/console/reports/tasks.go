package reports

import (
	"crypto/rand"
	"math"
	"strconv"
	"strings"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/plain"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// task is two figures that should agree and do not, with who is to look.
type task struct {
	*reportingv1.Difference
	Ours, Theirs string
	// Of is the task on record; nil while there is none.
	Of *ledgerv1.Difference
}

// Path is where the task stands below the console.
func (t task) Path() string { return "/differences/" + t.Of.GetId() }

func taskOf(d *reportingv1.Difference, of *ledgerv1.Difference) task {
	return task{Difference: d, Ours: measured(d.GetMeasure(), d.GetOurs()), Theirs: measured(d.GetMeasure(), d.GetTheirs()), Of: of}
}

// measured is an amount of a measure as people read it: "licensed EUR" is in minor units, "quantity H87" in thousandths.
func measured(measure string, n int64) string {
	words := strings.Fields(measure)
	switch {
	case len(words) > 1 && words[0] == "quantity":
		return plain.Quantity(&transferv1.Quantity{Thousandths: n, Unit: words[1]})
	case len(words) == 2 && len(words[1]) == 3 && strings.ToUpper(words[1]) == words[1]:
		return plain.Amount(n, words[1])
	}
	return strconv.FormatInt(n, 10)
}

// tasks are the differences that are open.
func tasks(v *web.Visit) (all []task, err error) {
	open, err := rows(v, queryv1.Table_TABLE_DIFFERENCES, "open", "true")
	for _, r := range open {
		all = append(all, taskOf(r.GetDifference().GetFound().GetDifference(), r.GetDifference()))
	}
	return all, err
}

// findings are what a difference can have come from.
var findings = []reportingv1.Finding{
	reportingv1.Finding_FINDING_THEIRS_WRONG, reportingv1.Finding_FINDING_OURS_WRONG, reportingv1.Finding_FINDING_BOTH_RIGHT, reportingv1.Finding_FINDING_UNEXPLAINED,
}

var comparisons = []reportingv1.Comparison{
	reportingv1.Comparison_COMPARISON_AUTHORIZED_ACTUAL, reportingv1.Comparison_COMPARISON_CUSTOMS_LICENSING, reportingv1.Comparison_COMPARISON_PARTNER,
}

// reconcilePage is a comparison of figures with what differs.
type reconcilePage struct {
	Comparisons              []reportingv1.Comparison
	Comparison, Year, Source string
	Tolerance                string
	Found                    *reportingv1.ReconcileResponse
	Tasks                    []task
	// Without is how many differences have no task.
	Without       int
	NoOpen, NoAsk string
	Failed        *web.Failure
	Key           string
}

// NameOf is how addresses name a comparison.
func (*reconcilePage) NameOf(c reportingv1.Comparison) string { return plain.Enum(c) }

func (p pages) reconcile(v *web.Visit) error {
	page, err := p.readReconcile(v)
	if err != nil {
		return err
	}
	return v.Page(p.Pages, "reconcile", page)
}

func (p pages) readReconcile(v *web.Visit) (page *reconcilePage, err error) {
	form := v.R.FormValue
	page = &reconcilePage{Comparisons: comparisons, Comparison: form("comparison"), Year: form("year"), Source: form("source"), Tolerance: form("tolerance"), Key: rand.Text()}
	if page.NoAsk, err = makes(v, reconcile); err != nil {
		return nil, err
	}
	if page.NoOpen, err = makes(v, openTasks); err != nil {
		return nil, err
	}
	if page.Comparison == "" || page.NoAsk != "" {
		return page, nil
	}
	permille, err := parsePercent(page.Tolerance)
	if err == nil {
		page.Found, err = v.API.Reconciliation.Reconcile(v.R.Context(), &reportingv1.ReconcileRequest{
			Comparison: comparisonOf(page.Comparison), Year: year(page.Year), Source: strings.TrimSpace(page.Source), TolerancePermille: permille,
		})
	}
	if err != nil {
		if page.Failed = web.Refusal(err); web.IsRefusal(err) {
			return page, nil
		}
		return nil, err
	}
	for _, d := range page.Found.GetDifferences() {
		one := taskOf(d, &ledgerv1.Difference{Id: d.GetDifferenceId()})
		if d.GetDifferenceId() == "" {
			one.Of = nil
			page.Without++
		}
		page.Tasks = append(page.Tasks, one)
	}
	return page, nil
}

func comparisonOf(name string) reportingv1.Comparison {
	return reportingv1.Comparison(reportingv1.Comparison_value["COMPARISON_"+strings.ToUpper(name)])
}

// parsePercent reads how much two figures may differ, in per cent of the larger one with at most one decimal, as thousandths; nothing is 0.
func parsePercent(text string) (uint32, error) {
	text = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "%"))
	if text == "" {
		return 0, nil
	}
	n, ok := plain.ParseDecimal(text, 1)
	if !ok || n > 1000 {
		return 0, connect.NewError(connect.CodeInvalidArgument, "“"+text+"” is no part of a hundred in tenths; write 5 or 0.5")
	}
	return uint32(n), nil
}

// openTasks makes tasks of what differs and has none, until there is none left to make.
func (p pages) openTasks(v *web.Visit) error {
	due, err := web.ParseTime(field(v, "due"))
	permille, wrong := parsePercent(field(v, "tolerance"))
	if err == nil {
		err = wrong
	}
	for n := 0; err == nil && n < math.MaxUint16; n++ {
		var res *reportingv1.OpenDifferencesResponse
		res, err = v.API.Reconciliation.OpenDifferences(v.R.Context(), &reportingv1.OpenDifferencesRequest{
			Comparison: comparisonOf(field(v, "comparison")), Year: year(field(v, "year")), Source: field(v, "source"), TolerancePermille: permille, Due: due,
		})
		if len(res.GetDifferenceIds()) == 0 {
			break
		}
	}
	if err == nil {
		return v.Redirect("/reports#differences")
	}
	if !web.IsRefusal(err) {
		return err
	}
	page, again := p.readReconcile(v)
	if again != nil {
		return again
	}
	page.Failed = web.Refusal(err)
	return v.PageAgain(p.Pages, "reconcile", page)
}

// differencePage is a task with the records behind both figures and what was found.
type differencePage struct {
	task
	Answers           []*ledgerv1.DifferenceAnswer
	NoAnswer, NoClose string
	Failed            *web.Failure
	Key               string
}

// asking is a form in which somebody says what a difference came from.
type asking struct {
	ID       string
	Findings []reportingv1.Finding
}

// Ask is the form of that name.
func (*differencePage) Ask(id string) asking { return asking{id, findings} }

// Name is how the form names a finding.
func (asking) Name(f reportingv1.Finding) string { return plain.Enum(f) }

func (p pages) difference(v *web.Visit) error {
	page, err := p.readDifference(v)
	if err != nil {
		return err
	}
	return v.Page(p.Pages, "difference", page)
}

func (p pages) readDifference(v *web.Visit) (*differencePage, error) {
	res, err := v.API.Query.Get(v.R.Context(), &queryv1.GetRequest{Table: queryv1.Table_TABLE_DIFFERENCES, Id: requestID(v)})
	if err != nil {
		return nil, err
	}
	of := res.GetRow().GetDifference()
	page := &differencePage{task: taskOf(of.GetFound().GetDifference(), of), Key: rand.Text()}
	answered, err := rows(v, queryv1.Table_TABLE_DIFFERENCE_ANSWERS, "record", of.GetId())
	if err != nil {
		return nil, err
	}
	for _, r := range answered {
		page.Answers = append(page.Answers, r.GetDifferenceAnswer())
	}
	if page.NoAnswer, err = answers(v, answerTask); err != nil {
		return nil, err
	}
	if page.NoAnswer == "" && page.GetOwner() != v.Site().Agency {
		if page.NoAnswer, err = v.T("reports.only-owner", "agency", page.GetOwner()); err != nil {
			return nil, err
		}
	}
	page.NoClose, err = makes(v, closeTask)
	return page, err
}

// settle records what the owner of a task found, or that the reporting office settles it.
func (p pages) settle(v *web.Visit) error {
	finding := reportingv1.Finding(reportingv1.Finding_value["FINDING_"+strings.ToUpper(field(v, "finding"))])
	var err error
	if field(v, "do") == "close" {
		_, err = v.API.Reconciliation.CloseDifference(v.R.Context(), &reportingv1.CloseDifferenceRequest{Particulars: particulars(v), DifferenceId: requestID(v), Finding: finding, Reason: field(v, "text")})
	} else {
		_, err = v.API.Difference.AnswerDifference(v.R.Context(), &reportingv1.AnswerDifferenceRequest{Particulars: particulars(v), DifferenceId: requestID(v), Finding: finding, Text: field(v, "text")})
	}
	if err == nil {
		return v.Redirect("/differences/" + requestID(v))
	}
	if !web.IsRefusal(err) {
		return err
	}
	page, again := p.readDifference(v)
	if again != nil {
		return again
	}
	page.Failed = web.Refusal(err)
	return v.PageAgain(p.Pages, "difference", page)
}
