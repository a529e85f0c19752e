package reports

import (
	"crypto/rand"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/plain"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// returnsPage is what agencies contribute to reports, and the totals that the reporting agency draws.
type returnsPage struct {
	Returns []askedReturn
	// Own are those that this agency was asked for and has not answered.
	Own   int
	NoAsk string
	Forms []form
	// Totals are nil where they were not asked for, and NoTotals says why they cannot be.
	Totals   *totalsTable
	NoTotals string
	By       []dimensionChoice
	Year     string
	Refused  bool
	Failed   *web.Failure
	Key      string
}

// dimensionChoice is what totals may be kept apart by.
type dimensionChoice struct {
	Name string
	On   bool
}

// Key is the message that names it.
func (d dimensionChoice) Key() string { return "attribute." + d.Name }

type totalsTable struct {
	By   []string
	Rows []totalsRow
}

type totalsRow struct {
	Keys            []template.HTML
	Lines, Licences uint64
	Values          []string
}

// dimensions are those that totals may be kept apart by.
var dimensions = []reportingv1.Dimension{
	reportingv1.Dimension_DIMENSION_YEAR, reportingv1.Dimension_DIMENSION_KIND, reportingv1.Dimension_DIMENSION_CATEGORY,
	reportingv1.Dimension_DIMENSION_RATING, reportingv1.Dimension_DIMENSION_DESTINATION,
}

func (p pages) returns(v *web.Visit) error {
	page, err := p.readReturns(v)
	if err != nil {
		return err
	}
	return v.Page(p.Pages, "returns", page)
}

func (p pages) readReturns(v *web.Visit) (page *returnsPage, err error) {
	page = &returnsPage{Key: rand.Text(), Year: v.R.URL.Query().Get("year"), Refused: v.R.URL.Query().Get("refused") != ""}
	if page.Returns, err = returnsOf(v); err != nil {
		return nil, err
	}
	for _, r := range page.Returns {
		if r.Own && r.Open() {
			page.Own++
		}
	}
	for _, name := range forms() {
		title, err := formName(v, name)
		if err != nil {
			return nil, err
		}
		page.Forms = append(page.Forms, form{name, title})
	}
	if page.NoAsk, err = makes(v, requestReturn); err != nil {
		return nil, err
	}
	if page.NoTotals, err = makes(v, totals); err != nil {
		return nil, err
	}
	return page, page.add(v)
}

// add finds the totals that were asked for.
func (page *returnsPage) add(v *web.Visit) error {
	chosen := v.R.URL.Query()["by"]
	req := &reportingv1.TotalsRequest{Refused: page.Refused}
	for _, d := range dimensions {
		name := plain.Enum(d)
		on := slices.Contains(chosen, name)
		page.By = append(page.By, dimensionChoice{name, on})
		if on {
			req.By = append(req.By, d)
		}
	}
	if len(req.By) == 0 || page.NoTotals != "" {
		return nil
	}
	if page.Year != "" {
		n, err := strconv.ParseUint(page.Year, 10, 32)
		if err != nil {
			return connect.NewError(connect.CodeInvalidArgument, "“"+page.Year+"” is no year; write 2026")
		}
		req.Year = uint32(n)
	}
	res, err := v.API.Reporting.Totals(v.R.Context(), req)
	if err != nil {
		return err
	}
	page.Totals = &totalsTable{}
	for _, d := range req.By {
		page.Totals.By = append(page.Totals.By, "attribute."+plain.Enum(d))
	}
	for _, t := range res.GetTotals() {
		row := totalsRow{Lines: t.GetLines(), Licences: t.GetLicences()}
		for i, k := range t.GetKeys() {
			row.Keys = append(row.Keys, totalKey(v, req.By[i], k))
		}
		for _, s := range t.GetValues() {
			row.Values = append(row.Values, plain.Amount(s.GetMinor(), s.GetCurrency()))
		}
		page.Totals.Rows = append(page.Totals.Rows, row)
	}
	return nil
}

func totalKey(v *web.Visit, of reportingv1.Dimension, key string) template.HTML {
	switch of {
	case reportingv1.Dimension_DIMENSION_DESTINATION:
		return places(v, key)
	case reportingv1.Dimension_DIMENSION_KIND:
		if said := word(v, "kind."+strings.ReplaceAll(key, "-", "_")); said != "" {
			return apart(v, said)
		}
	case reportingv1.Dimension_DIMENSION_CATEGORY:
		return category(v, "", nil, key)
	}
	return apart(v, key)
}

// askReturns asks agencies for their part of a report.
func (p pages) askReturns(v *web.Visit) error {
	due, err := web.ParseTime(field(v, "due"))
	if err == nil {
		_, err = v.API.Reporting.RequestReturn(v.R.Context(), &reportingv1.RequestReturnRequest{
			Particulars: particulars(v), Form: field(v, "form"), Year: year(field(v, "year")), Agencies: spaced(field(v, "agencies")), Due: due,
		})
	}
	if err == nil {
		return v.Redirect("/returns")
	}
	if !web.IsRefusal(err) {
		return err
	}
	page, again := p.readReturns(v)
	if again != nil {
		return again
	}
	page.Failed = web.Refusal(err)
	return v.PageAgain(p.Pages, "returns", page)
}
