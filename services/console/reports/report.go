package reports

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/counterfoil/counterfoil/libs/plain"
	"github.com/counterfoil/counterfoil/libs/render"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// reportPage is one report: its figures, what stands in its way, and what can be done with it.
type reportPage struct {
	*edition
	Form string
	// Record is the report on record; of a live one its last revision, nil where there is none.
	Record  *ledgerv1.Report
	Others  []other
	Tables  []table
	Charts  []chart
	Steps   []step
	NoSteps string
	// Problems are what stands between it and its submission.
	Problems   []*reportingv1.Problem
	NoProblems string
	Answers    []answer
	// Asked is that this agency was asked to approve the draft that is shown.
	Asked bool
	// Why this and that cannot be done here; empty where it can.
	NoCirculate, NoFreeze, NoSubmit, NoRevise, NoExport, NoCompare, NoAnswer string
	Formats                                                                  []string
	Audiences                                                                []reportingv1.Audience
	Failed                                                                   *web.Failure
	// Done is the message of what was just done.
	Done string
	// Key tells this form's commands apart from those of another, so that sending it twice records it once.
	Key string
}

// At is where a step is taken.
func (page *reportPage) At(step string) string { return at(page.Which, step) }

// AudienceName is how addresses name whom an edition is for.
func (*reportPage) AudienceName(a reportingv1.Audience) string { return plain.Enum(a) }

// Blocking is how many problems have to be settled, or a reason given, before the report is frozen.
func (page *reportPage) Blocking() (n int) {
	for _, p := range page.Problems {
		if p.GetBlocks() {
			n++
		}
	}
	return n
}

// other is the same report in another shape: as its facts stand, or a draft on record.
type other struct {
	Named, Path string
	// Live is as its facts stand, Frozen that the draft is the report, On that it is what is shown.
	Live, Frozen, On bool
}

func (p pages) report(v *web.Visit) error {
	page, err := p.readReport(v)
	if err != nil {
		return err
	}
	return v.Page(p.Pages, "report", page)
}

// readReport is all that the page of a report shows.
func (p pages) readReport(v *web.Visit) (*reportPage, error) {
	e, err := read(v, false)
	if err != nil {
		return nil, err
	}
	page := &reportPage{edition: e, Formats: render.Formats(), Audiences: audiences, Key: rand.Text()}
	if page.Form, err = formName(v, e.Name()); err != nil {
		return nil, err
	}
	if done := "reports.done-" + v.R.URL.Query().Get("done"); v.Has(done) {
		page.Done = done
	}
	from, _ := strconv.Atoi(v.R.URL.Query().Get("from")) // what is no number is the beginning
	page.Tables = tables(v, e, v.R.URL.Query().Get("table"), from)
	if page.Charts, err = charts(v, e); err != nil {
		return nil, err
	}
	if err := page.onRecord(v); err != nil {
		return nil, err
	}
	if err := page.inItsWay(v); err != nil {
		return nil, err
	}
	return page, page.may(v)
}

// onRecord finds the report's revisions, drafts and the answers to them.
func (page *reportPage) onRecord(v *web.Visit) error {
	list, err := rows(v, queryv1.Table_TABLE_REPORTS, "form", page.Name(), "year", fmt.Sprint(page.Year()))
	if err != nil {
		return err
	}
	var all []*ledgerv1.Report
	for _, r := range list {
		all = append(all, r.GetReport())
	}
	page.Others, page.Record = others(page.edition, all)
	if v.Site().Service != reporting { // it does not work reports out
		page.Others = page.Others[1:]
	}
	if page.Record == nil || page.Live {
		return nil
	}
	given, err := rows(v, queryv1.Table_TABLE_DRAFT_ANSWERS, "record", page.Record.GetId())
	if err != nil {
		return err
	}
	page.Answers = answersTo(page.Record, page.Draft, given)
	page.Asked = !page.Frozen && slices.ContainsFunc(page.Answers, func(a answer) bool { return a.Agency == v.Site().Agency })
	return nil
}

// others are all shapes of a report, by revision, and of them the record that a page is of: the one that is shown, or of a live one the last.
func others(e *edition, all []*ledgerv1.Report) (list []other, record *ledgerv1.Report) {
	live := &reportingv1.Which{Report: e.Name(), Year: e.Year()}
	list = append(list, other{Named: named(live), Path: path(live), Live: true, On: e.Live && e.AsOf == "" && e.TrueAt == ""})
	slices.SortFunc(all, func(a, b *ledgerv1.Report) int {
		return cmp.Or(cmp.Compare(a.GetOpened().GetRevision(), b.GetOpened().GetRevision()), strings.Compare(a.GetId(), b.GetId()))
	})
	for _, r := range all {
		for n := range r.GetDrafts() {
			draft := uint32(n + 1)
			w := &reportingv1.Which{ReportId: r.GetId(), Draft: draft}
			list = append(list, other{
				Named: named(w), Path: path(w), Frozen: r.GetFrozen().GetDraft() == draft,
				On: e.Which.GetReportId() == r.GetId() && e.Draft == draft,
			})
		}
		if e.Live || e.Which.GetReportId() == r.GetId() {
			record = r
		}
	}
	return list, record
}

// inItsWay finds the steps of the procedure, and what stands between the report and its submission.
func (page *reportPage) inItsWay(v *web.Visit) error {
	if page.AsOf != "" || page.TrueAt != "" {
		return nil
	}
	res, err := v.API.Calendar.Calendar(v.R.Context(), &reportingv1.CalendarRequest{FromYear: page.Year(), ToYear: page.Year() + 2})
	switch {
	case unserved(err):
		page.NoSteps = web.Refusal(err).Sentence
	case err != nil:
		return err
	}
	of := slices.DeleteFunc(res.GetSteps(), func(s *reportingv1.CalendarStep) bool {
		return s.GetReport() != page.Name() || s.GetYear() != page.Year()
	})
	if page.Steps, err = stepsOf(v, of, func(string, uint32) string { return path(page.Which) }); err != nil {
		return err
	}
	if v.Site().Service != reporting {
		page.NoProblems, err = v.T("reports.only-reporting")
		return err
	}
	checked, err := v.API.Report.CheckReport(v.R.Context(), &reportingv1.CheckReportRequest{Which: page.Which})
	page.Problems = checked.GetProblems()
	return err
}

// may finds what cannot be done here, and why.
func (page *reportPage) may(v *web.Visit) (err error) {
	for procedure, why := range map[string]*string{
		circulate: &page.NoCirculate, freeze: &page.NoFreeze, submit: &page.NoSubmit, revise: &page.NoRevise, exportReport: &page.NoExport, compare: &page.NoCompare,
	} {
		if *why, err = makes(v, procedure); err != nil {
			return err
		}
	}
	page.NoAnswer, err = answers(v, answerDraft)
	return err
}

// particulars are those of a command that a form sends: the same form sent twice is one command.
func particulars(v *web.Visit) *eventv1.Particulars {
	return &eventv1.Particulars{IdempotencyKey: v.R.PostFormValue("key")}
}
