package reports

import (
	"cmp"
	"crypto/rand"
	"html/template"
	"net/url"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/lineage"
	"github.com/counterfoil/counterfoil/libs/plain"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// figurePage is a figure with the signed events that it is the sum of.
type figurePage struct {
	*edition
	Form, Table, Cell string
	// Title is the amount that was asked for; empty where it was a row or a table.
	Title template.HTML
	// Keys are what its row is told apart by; none of a whole table.
	Keys []entry
	// Amounts are what it comes to, one of them where a measure was asked for.
	Amounts []entry
	Sources []source
	// Count is how many events are behind it, of which at most 1,000 are listed.
	Count uint64
	// Row is the row of the figure; nil of a whole table.
	Row *reportingv1.Row
	// Why a row cannot be hidden or remarked on here.
	NoHide, NoNote string
	Reasons        []reportingv1.HiddenReason
	Failed         *web.Failure
	Key            string
	// Hidden are the messages of what of it stays out of editions for others.
	Hidden []string
}

// Back is where the report stands.
func (page *figurePage) Back() string { return at(page.Which, "") }

// Here is where the page stands.
func (page *figurePage) Here() string {
	to := at(page.Which, "/figure")
	if strings.Contains(to, "?") {
		return to + "&cell=" + url.QueryEscape(page.Cell)
	}
	return to + "?cell=" + url.QueryEscape(page.Cell)
}

// More is how many events are not listed.
func (page *figurePage) More() uint64 { return page.Count - uint64(len(page.Sources)) }

// ReasonName is how the form names a class of reasons.
func (*figurePage) ReasonName(r reportingv1.HiddenReason) string { return plain.Enum(r) }

// entry is a value under its name.
type entry struct {
	Head  string
	Value template.HTML
}

// source is an event behind a figure.
type source struct {
	// First is that it is the first of its record, of which Subject is the id.
	First   bool
	Subject string
	Adds    []string
	Journal string
	Number  uint64
	Kind    string
	At      *timestamppb.Timestamp
	// Proof is the message that says whether its proof holds, and Broken what is wrong with one that does not.
	Proof, Tone, Broken string
}

// Path is where the event stands.
func (s source) Path() string { return web.EventPath(s.Journal, s.Number) }

func (p pages) figure(v *web.Visit) error {
	page, err := p.readFigure(v)
	if err != nil {
		return err
	}
	return v.Page(p.Pages, "figure", page)
}

func (p pages) readFigure(v *web.Visit) (*figurePage, error) {
	page := &figurePage{Cell: v.R.URL.Query().Get("cell"), Key: rand.Text(), Reasons: []reportingv1.HiddenReason{
		reportingv1.HiddenReason_HIDDEN_REASON_COMMERCIAL, reportingv1.HiddenReason_HIDDEN_REASON_NATIONAL_SECURITY,
	}}
	res, err := explained(v, page)
	if err != nil {
		return nil, err
	}
	if page.Form, err = formName(v, page.Name()); err != nil {
		return nil, err
	}
	page.Count = res.GetCount()
	page.Table = cmp.Or(word(v, "table."+res.GetTable().GetTable()), res.GetTable().GetTable())
	row := res.GetRow()
	for i, d := range res.GetTable().GetDimensions() {
		if key(row, i) != "" || !optional(d) && len(row.GetKeys()) > 0 {
			page.Keys = append(page.Keys, entry{dimensionHead(v, res.GetTable().GetTable(), d), dimension(v, page.Name(), res.GetTable(), row, i)})
		}
	}
	for _, m := range measures {
		if text := amount(row.GetAmounts(), m); text != "" && (res.GetMeasure() == "" || res.GetMeasure() == m) {
			page.Amounts = append(page.Amounts, entry{word(v, m), apart(v, text)})
			if m == res.GetMeasure() {
				page.Title = apart(v, text)
			}
		}
	}
	page.Sources = sourcesOf(v, res.GetSources())
	if len(row.GetKeys()) > 0 && row.GetId() != "" {
		page.Row, page.Hidden = row, hiddenParts(row.GetHidden())
	}
	if page.NoHide, err = makes(v, hideRow); err != nil {
		return nil, err
	}
	page.NoNote, err = makes(v, noteRow)
	return page, err
}

// explained is a figure with its events: as the reporting agency's node explains it, or, elsewhere and of a moment that is past, by what its
// row says that it is made of.
func explained(v *web.Visit, page *figurePage) (res *reportingv1.ExplainFigureResponse, err error) {
	if v.Site().Service == reporting && !past(v) {
		if page.edition, err = titled(v); err != nil {
			return nil, err
		}
		return v.API.Report.ExplainFigure(v.R.Context(), &reportingv1.ExplainFigureRequest{Which: page.Which, Cell: page.Cell})
	}
	if page.edition, err = read(v, true); err != nil {
		return nil, err
	}
	return byContributions(page.edition, page.Cell)
}

// past reports whether a page is of a report as its facts stood at a moment.
func past(v *web.Visit) bool {
	q := v.R.URL.Query()
	return q.Get("as_of") != "" || q.Get("true_at") != ""
}

// titled is the report of a page without its figures.
func titled(v *web.Visit) (*edition, error) {
	which, err := whichOf(v)
	if err != nil {
		return nil, err
	}
	e := &edition{Content: &reportingv1.Content{Title: &reportingv1.Title{Report: which.GetReport(), Year: which.GetYear()}}, Which: which, Live: which.GetReportId() == ""}
	if e.Live {
		return e, nil
	}
	res, err := v.API.Query.Get(v.R.Context(), &queryv1.GetRequest{Table: queryv1.Table_TABLE_REPORTS, Id: which.GetReportId()})
	opened := res.GetRow().GetReport().GetOpened()
	e.Title.Report, e.Title.Year = opened.GetReport(), opened.GetYear()
	return e, err
}

// byContributions says of a row of a draft which events it is made of.
func byContributions(e *edition, cell string) (*reportingv1.ExplainFigureResponse, error) {
	id, measure, _ := strings.Cut(cell, ".")
	i := slices.IndexFunc(e.GetRows(), func(r *reportingv1.Row) bool { return r.GetId() == id })
	if i < 0 {
		return nil, web.NotFound("there is no row " + id + " in it; here, single rows are explained, by their whole id")
	}
	row := e.GetRows()[i]
	res := &reportingv1.ExplainFigureResponse{Row: row, Measure: measure}
	for _, t := range e.GetTables() {
		if t.GetTable() == row.GetTable() {
			res.Table = t
		}
	}
	for _, c := range row.GetContributions() {
		for n, number := range c.GetEvents() {
			s := &reportingv1.Source{Subject: c.GetSubject(), Journal: c.GetJournal(), Number: number}
			if n == 0 {
				s.Amounts = c.GetAmounts()
			}
			res.Sources = append(res.Sources, s)
		}
	}
	res.Count = uint64(len(res.Sources))
	return res, nil
}

// sourcesOf are events as the page shows them, each proof checked here.
func sourcesOf(v *web.Visit, list []*reportingv1.Source) (all []source) {
	last := ""
	for _, s := range list {
		one := source{First: s.GetSubject() != last, Subject: s.GetSubject(), Journal: s.GetJournal(), Number: s.GetNumber(), Kind: s.GetKind(), At: s.GetRecordedAt()}
		last = s.GetSubject()
		for _, m := range measures {
			if text := amount(s.GetAmounts(), m); text != "" {
				one.Adds = append(one.Adds, counted(v, m, text))
			}
		}
		one.Proof, one.Tone, one.Broken = proved(s)
		all = append(all, one)
	}
	return all
}

// counted is an amount with what it counts, where that is not in its unit.
func counted(v *web.Visit, measure, text string) string {
	if measure == "lines" || measure == "licences" {
		return word(v, measure) + ": " + text
	}
	return text
}

// proved checks an event's proof, and says by which message how that went.
func proved(s *reportingv1.Source) (key, tone, broken string) {
	switch {
	case s.GetKind() == "": // it is known by its number alone
		return "", "", ""
	case s.GetProof() == nil:
		return "reports.proof-withdrawn", "", ""
	}
	id, err := journal.ParseID(s.GetJournal())
	if err == nil {
		err = lineage.Check(s.GetProof(), id, s.GetNumber())
	}
	if err != nil {
		return "reports.proof-broken", "cf-tag--bad", err.Error()
	}
	return "reports.proof-holds", "cf-tag--good", ""
}

// mark hides what of a row stays out of editions for others, or sets its remarks.
func (p pages) mark(v *web.Visit) error {
	of, err := parseNamed(field(v, "of"))
	if err != nil {
		return err
	}
	if field(v, "do") == "note" {
		_, err = v.API.Report.NoteRow(v.R.Context(), &reportingv1.NoteRowRequest{
			Particulars: particulars(v), Report: of.GetReport(), Year: of.GetYear(), RowId: field(v, "row"), Comment: field(v, "comment"), Description: field(v, "description"),
		})
	} else {
		_, err = v.API.Report.HideRow(v.R.Context(), hiding(v, of))
	}
	if err == nil {
		return v.Redirect(path(of) + "/figure?cell=" + field(v, "row"))
	}
	if !web.IsRefusal(err) {
		return err
	}
	page, again := p.readFigure(v)
	if again != nil {
		return again
	}
	page.Failed = web.Refusal(err)
	return v.PageAgain(p.Pages, "figure", page)
}

func hiding(v *web.Visit, of *reportingv1.Which) *reportingv1.HideRowRequest {
	hidden := &reportingv1.Hidden{}
	for _, part := range v.R.PostForm["hidden"] {
		switch part {
		case "row":
			hidden.Row = true
		case "quantity":
			hidden.Quantity = true
		case "value":
			hidden.Value = true
		case "description":
			hidden.Description = true
		}
	}
	reason := reportingv1.HiddenReason_value["HIDDEN_REASON_"+strings.ToUpper(field(v, "reason"))]
	if hidden.Row || hidden.Quantity || hidden.Value || hidden.Description {
		hidden.Reason = reportingv1.HiddenReason(reason)
	}
	return &reportingv1.HideRowRequest{Particulars: particulars(v), Report: of.GetReport(), Year: of.GetYear(), RowId: field(v, "row"), Hidden: hidden, Text: field(v, "text")}
}
