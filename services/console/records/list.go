package records

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// usual are the columns that are shown where nobody chose.
var usual = map[queryv1.Table][]web.Column{
	queryv1.Table_TABLE_LICENCES:     {"id", "status", "deal.kind", "deal.destination", "deal.end_user", "decided_at", "valid_until"},
	queryv1.Table_TABLE_APPLICATIONS: {"id", "status", "deal.kind", "deal.destination", "deal.end_user", "submitted_at"},
	queryv1.Table_TABLE_LINES:        {"id", "status", "line.rating", "line.description", "line.quantity", "line.value", "destination", "decision_id"},
	queryv1.Table_TABLE_DENIALS:      {"id", "status", "deal.kind", "deal.destination", "decided_at", "criteria", "reason"},
	queryv1.Table_TABLE_DECLARATIONS: {"id", "status", "accepted.kind", "accepted.office", "accepted.destination", "accepted.licence_id", "accepted.accepted_at"},
	queryv1.Table_TABLE_WRITE_OFFS:   {"id", "effect", "licence_id", "licence_line", "quantity", "value", "declaration_id"},
	queryv1.Table_TABLE_DELIVERIES:   {"id", "status", "requested.licence_id", "requested.of", "requested.due", "settled_at"},
	queryv1.Table_TABLE_ALERTS:       {"id", "status", "raised.priority", "raised.stage", "raised.item", "raised_at"},
	queryv1.Table_TABLE_EVENTS:       {"id", "kind", "recorded_at", "occurred_at", "signer", "officer.role"},
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
	Table  queryv1.Table
	Chosen []web.Column
	// Oldest says that it stands oldest first.
	Oldest  bool
	filter  *queryv1.Filter
	horizon *queryv1.Horizon
}

// page asks for so many rows of it, from a token on.
func (l listing) page(rows uint32, token string) *queryv1.ListRequest {
	order := queryv1.Order_ORDER_NEWEST_FIRST
	if l.Oldest {
		order = queryv1.Order_ORDER_OLDEST_FIRST
	}
	return &queryv1.ListRequest{Table: l.Table, Filter: l.filter, Horizon: l.horizon, Order: order, PageSize: rows, PageToken: token}
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
	l.Oldest = q.Get("order") == "oldest"
	all := web.Columns(l.Table)
	for _, c := range q["col"] {
		if slices.Contains(all, web.Column(c)) {
			l.Chosen = append(l.Chosen, web.Column(c))
		}
	}
	if len(l.Chosen) == 0 {
		l.Chosen = usualColumns(l.Table)
	}
	return l, nil
}

func usualColumns(table queryv1.Table) []web.Column {
	if chosen := usual[table]; chosen != nil {
		return chosen
	}
	all := slices.DeleteFunc(web.Columns(table), func(c web.Column) bool { return c == "journal" || c == "events" })
	return all[:min(len(all), shownColumns)]
}

// listPage is what the list shows.
type listPage struct {
	listing
	Name, Title string
	Tables      []tab
	// Filters come first, More stand behind a fold, which is open where one of them is set.
	Filters, More []filterField
	MoreOpen      bool
	Dated         bool
	// Statuses says that rows have a status, by which withdrawn ones are left out.
	Statuses bool
	Columns  []columnChoice
	Rows     [][]any
	Total    uint64
	// First and Last are the places of the rows that are shown, from 1.
	First, Last uint64
	Pager       pager
	Basis       *queryv1.Basis
	// Emptied are the filters that leave nothing.
	Emptied []web.Applied
	Query   url.Values
	Live    string
}

// Order is the key of the words for how the rows stand.
func (p listPage) Order() string {
	key := "records.order"
	if !p.Oldest {
		key = "records.order-newest"
	}
	if p.Table == queryv1.Table_TABLE_EVENTS {
		key += "-events"
	}
	return key
}

type tab struct {
	Name, Key string
	On        bool
}

type columnChoice struct {
	web.Column
	On bool
}

// pageRows is how many rows a page shows.
const pageRows = 50

func (p pages) list(v *web.Visit) error {
	l, err := readListing(v)
	if err != nil {
		return err
	}
	q := v.R.URL.Query()
	page := listPage{listing: l, Name: web.TableName(l.Table), Title: "table." + web.TableName(l.Table), Query: q, Live: liveList(v, l, standing(v))}
	res, err := v.API.Query.List(v.R.Context(), l.page(pageRows, q.Get("page")))
	if err != nil {
		return err
	}
	page.Basis = res.Basis
	if err := page.offer(v, q); err != nil {
		return err
	}
	page.Pager = pageOf(v, q, res.NextPageToken)
	page.First = (page.Pager.Number-1)*pageRows + 1
	page.Last = page.First + uint64(len(res.Rows)) - 1
	if page.Rows, err = cells(v, res.Rows, l.Chosen); err != nil {
		return err
	}
	if page.Total == 0 {
		page.Emptied = web.AppliedFilters(q)
	}
	return v.Page(p.Pages, "list", page)
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

// pager leads between the pages of a list. Tokens lead on only: the way back is kept in the address.
type pager struct {
	// Number of the page, from 1.
	Number uint64
	// First, Previous and Next are addresses; empty where there is none.
	First, Previous, Next string
}

// maxBack is how many pages an address remembers to go back.
const maxBack = 40

// pageOf reads where an address is in a list: page is the token of the page, back those of the pages before it without the first's, nth
// its number.
func pageOf(v *web.Visit, q url.Values, next string) pager {
	p := pager{Number: 1}
	at := q.Get("page")
	back := q["back"]
	if nth, err := strconv.ParseUint(q.Get("nth"), 10, 32); err == nil && at != "" && nth > 1 {
		p.Number = nth
	}
	to := func(token string, back []string, number uint64) string {
		q := v.R.URL.Query()
		q.Del("page")
		q.Del("back")
		q.Del("nth")
		if token != "" {
			q.Set("page", token)
			q.Set("nth", strconv.FormatUint(number, 10))
			q["back"] = back[max(0, len(back)-maxBack):]
		}
		return v.R.URL.Path + "?" + q.Encode()
	}
	if next != "" {
		on := back
		if at != "" {
			on = append(slices.Clone(back), at)
		}
		p.Next = to(next, on, p.Number+1)
	}
	if at != "" {
		p.First = to("", nil, 1)
	}
	switch {
	case len(back) > 0:
		p.Previous = to(back[len(back)-1], back[:len(back)-1], p.Number-1)
	case p.Number == 2:
		p.Previous = p.First
	}
	return p
}
