package records

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// usual are the columns that are shown where nobody chose.
var usual = map[queryv1.Table][]web.Column{
	queryv1.Table_TABLE_LICENCES:     {"id", "status", "deal.kind", "deal.destination", "deal.end_user", "decided_at", "valid_until"},
	queryv1.Table_TABLE_APPLICATIONS: {"id", "status", "deal.kind", "deal.destination", "deal.end_user", "submitted_at"},
	queryv1.Table_TABLE_DENIALS:      {"id", "status", "deal.kind", "deal.destination", "decided_at", "criteria", "reason"},
	queryv1.Table_TABLE_DECLARATIONS: {"id", "status", "kind", "office", "destination", "licence_id", "accepted_at"},
	queryv1.Table_TABLE_ALERTS:       {"id", "status", "raised.priority", "raised.stage", "raised.item", "raised_at"},
	queryv1.Table_TABLE_EVENTS:       {"id", "journal", "number", "kind", "occurred_at", "recorded_at"},
}

// shownColumns is how many columns a table shows at most where nobody chose and none are usual.
const shownColumns = 7

// transferTables are those that "Transfers" leads between.
var transferTables = []queryv1.Table{
	queryv1.Table_TABLE_LICENCES, queryv1.Table_TABLE_APPLICATIONS, queryv1.Table_TABLE_LINES, queryv1.Table_TABLE_DECLARATIONS,
	queryv1.Table_TABLE_WRITE_OFFS, queryv1.Table_TABLE_DELIVERIES, queryv1.Table_TABLE_EVENTS,
}

// listing is a list as an address asks for it.
type listing struct {
	Table   queryv1.Table
	Chosen  []web.Column
	filter  *queryv1.Filter
	horizon *queryv1.Horizon
}

func readListing(v *web.Visit) (l listing, err error) {
	if l.Table, err = web.ParseTable(v.R.PathValue("table")); err != nil {
		return l, err
	}
	q := v.R.URL.Query()
	if l.filter, err = web.Filter(q); err != nil {
		return l, err
	}
	if l.horizon, err = web.Horizon(q); err != nil {
		return l, err
	}
	all := web.Columns(l.Table)
	for _, c := range q["col"] {
		if slices.Contains(all, web.Column(c)) {
			l.Chosen = append(l.Chosen, web.Column(c))
		}
	}
	switch {
	case len(l.Chosen) > 0:
	case usual[l.Table] != nil:
		l.Chosen = slices.DeleteFunc(slices.Clone(usual[l.Table]), func(c web.Column) bool { return !slices.Contains(all, c) })
	default:
		l.Chosen = all[:min(len(all), shownColumns)]
	}
	return l, nil
}

// listPage is what the list shows.
type listPage struct {
	listing
	Name, Title string
	Tables      []tab
	Filters     []filterField
	Dated       bool
	Columns     []columnChoice
	Rows        [][]any
	Total       uint64
	Next        string
	Basis       *queryv1.Basis
	// Emptied are the filters that leave nothing.
	Emptied []web.Applied
	Query   url.Values
}

type tab struct {
	Name, Key string
	On        bool
}

type filterField struct{ Name, Key, Value string }

type columnChoice struct {
	web.Column
	On bool
}

func (p pages) list(v *web.Visit) error {
	l, err := readListing(v)
	if err != nil {
		return err
	}
	q := v.R.URL.Query()
	page := listPage{listing: l, Name: web.TableName(l.Table), Title: "table." + web.TableName(l.Table), Query: q}
	count, err := v.API.Query.Count(v.R.Context(), &queryv1.CountRequest{Table: l.Table, Filter: l.filter, Horizon: l.horizon})
	if err != nil {
		return err
	}
	res, err := v.API.Query.List(v.R.Context(), &queryv1.ListRequest{Table: l.Table, Filter: l.filter, Horizon: l.horizon, PageToken: q.Get("page")})
	if err != nil {
		return err
	}
	page.Total, page.Next, page.Basis = count.Total, res.NextPageToken, res.Basis
	if page.Rows, err = cells(v, res.Rows, l.Chosen); err != nil {
		return err
	}
	page.arrange(q)
	if page.Total == 0 {
		page.Emptied = web.AppliedFilters(q)
	}
	return v.Page(p.Pages, "list", page)
}

// arrange says what can be chosen: tables, filters and columns.
func (p *listPage) arrange(q url.Values) {
	if slices.Contains(transferTables, p.Table) {
		for _, t := range transferTables {
			p.Tables = append(p.Tables, tab{web.TableName(t), "table." + web.TableName(t), t == p.Table})
		}
	}
	names, dated := ledger.Attributes(p.Table)
	p.Dated = dated
	for _, n := range names {
		value := q.Get("f." + n)
		p.Filters = append(p.Filters, filterField{"f." + n, "attribute." + n, value})
	}
	for _, c := range web.Columns(p.Table) {
		p.Columns = append(p.Columns, columnChoice{c, slices.Contains(p.Chosen, c)})
	}
}

func cells(v *web.Visit, rows []*queryv1.Row, chosen []web.Column) (all [][]any, err error) {
	for _, r := range rows {
		_, inner := web.Inner(r)
		line := make([]any, len(chosen))
		for i, c := range chosen {
			if line[i], err = v.Cell(inner, c); err != nil {
				return nil, fmt.Errorf("show a row: %w", err)
			}
		}
		all = append(all, line)
	}
	return all, nil
}
