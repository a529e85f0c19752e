package reports

import (
	"cmp"
	"crypto/rand"
	"html/template"
	"strconv"
	"strings"

	"github.com/counterfoil/counterfoil/libs/plain"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// preparePage is a return of this agency: its figures from its own journals, to be corrected and submitted.
type preparePage struct {
	ID, Form string
	*reportingv1.PrepareReturnResponse
	Lines []figureLine
	// Without are tables of which there is nothing on record here.
	Without  []nilTable
	Tables   []nilTable
	Blank    []blank
	NoSubmit string
	Failed   *web.Failure
	Key      string
}

// figureLine is a figure in its form.
type figureLine struct {
	Sealed                         string
	Table, Row                     template.HTML
	Basis, Nature                  string
	Place                          template.HTML
	Description                    string
	Items, Unit, Value, Currency   string
	PrefilledItems, PrefilledValue string
	Reason                         string
	HasItems, HasValue             bool
	// Name tells its fields apart in words.
	Name string
}

// blank is a line of the form in which a row is added.
type blank struct {
	At     string
	Number int
}

// nilTable is a table that can be said to be nil.
type nilTable struct{ Name, Title string }

func (p pages) prepare(v *web.Visit) error {
	page, err := p.readPrepare(v)
	if err != nil {
		return err
	}
	return v.Page(p.Pages, "prepare", page)
}

func requestID(v *web.Visit) string { return v.R.PathValue("agency") + "/" + v.R.PathValue("number") }

func (p pages) readPrepare(v *web.Visit) (*preparePage, error) {
	page := &preparePage{ID: requestID(v), Key: rand.Text()}
	res, err := v.API.Return.PrepareReturn(v.R.Context(), &reportingv1.PrepareReturnRequest{RequestId: page.ID})
	if err != nil {
		return nil, err
	}
	page.PrepareReturnResponse = res
	if page.Form, err = formName(v, res.GetRequested().GetForm()); err != nil {
		return nil, err
	}
	for _, f := range res.GetFigures() {
		l, err := lineOf(v, res.GetRequested().GetForm(), f)
		if err != nil {
			return nil, err
		}
		page.Lines = append(page.Lines, l)
	}
	for _, t := range res.GetWithout() {
		page.Without = append(page.Without, nilTable{t, cmp.Or(word(v, "table."+t), t)})
	}
	if f, there := report.FormOf(res.GetRequested().GetForm()); there {
		for _, t := range f.TakesReturns() {
			page.Tables = append(page.Tables, nilTable{t, cmp.Or(word(v, "table."+t), t)})
		}
	}
	for i := range blankLines {
		page.Blank = append(page.Blank, blank{"new-" + strconv.Itoa(i), i + 1})
	}
	page.NoSubmit, err = answers(v, submitReturn)
	return page, err
}

func lineOf(v *web.Visit, form string, f *reportingv1.Figure) (l figureLine, err error) {
	if l.Sealed, err = sealed(f); err != nil {
		return l, err
	}
	l.Table, l.Row = apart(v, cmp.Or(word(v, "table."+f.GetTable()), f.GetTable())), category(v, form, nil, f.GetRow())
	l.Basis, l.Place, l.Description, l.Reason = cmp.Or(word(v, "basis."+f.GetBasis()), f.GetBasis()), places(v, f.GetDestination()), f.GetDescription(), f.GetReason()
	l.Nature = cmp.Or(word(v, "nature."+cmp.Or(f.GetNature(), "definitive")), f.GetNature())
	l.Name = strings.TrimSpace(f.GetRow() + " " + f.GetDestination())
	if q := f.GetQuantity(); q != nil {
		l.HasItems = true
		l.Items, l.Unit, _ = strings.Cut(plain.Quantity(q), " ")
	}
	if f.GetCurrency() != "" {
		l.HasValue, l.Value, l.Currency = true, plain.Decimal(f.GetValue(), decimals(f.GetCurrency())), f.GetCurrency()
	}
	for _, q := range f.GetPrefilled().GetQuantities() {
		l.PrefilledItems = plain.Quantity(&transferv1.Quantity{Thousandths: q.GetThousandths(), Unit: q.GetUnit()})
	}
	for _, c := range f.GetPrefilled().GetValues() {
		l.PrefilledValue = plain.Amount(c.GetMinor(), c.GetCurrency())
	}
	return l, nil
}

// submitReturn puts this agency's part of a report on record, or shows the form again with what was typed and why not.
func (p pages) submitReturn(v *web.Visit) error {
	if err := v.R.ParseForm(); err != nil {
		return err
	}
	figures, err := parseFigures(v.R.PostForm)
	if err == nil {
		req := &reportingv1.SubmitReturnRequest{Particulars: particulars(v), RequestId: requestID(v), Figures: figures, Comment: field(v, "comment")}
		req.Nil, req.NilTables = nilOf(v.R.PostForm, len(figures))
		_, err = v.API.Return.SubmitReturn(v.R.Context(), req)
	}
	if err == nil {
		return v.Redirect("/returns")
	}
	if !web.IsRefusal(err) {
		return err
	}
	page, again := p.readPrepare(v)
	if again != nil {
		return again
	}
	page.typed(v)
	page.Failed = web.Refusal(err)
	return v.PageAgain(p.Pages, "prepare", page)
}

// typed shows what was typed in place of what was prepared, where the figures are those that it was typed for.
func (page *preparePage) typed(v *web.Visit) {
	for i, was := range v.R.PostForm["figure"] {
		if i >= len(page.Lines) || page.Lines[i].Sealed != was {
			return
		}
	}
	for i := range page.Lines {
		at := "." + strconv.Itoa(i)
		page.Lines[i].Items, page.Lines[i].Value, page.Lines[i].Reason = v.R.PostForm.Get("items"+at), v.R.PostForm.Get("value"+at), v.R.PostForm.Get("reason"+at)
	}
}
