package casework

import (
	"slices"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// denialTables are the lists of the page, by the name of each in its address.
var denialTables = map[string]queryv1.Table{
	"denials": queryv1.Table_TABLE_DENIALS, "notices": queryv1.Table_TABLE_DENIAL_NOTICES,
	"alike": queryv1.Table_TABLE_UNDERCUTS, "blind": queryv1.Table_TABLE_BLIND_CHECKS,
}

// denialsPage is one of the lists.
type denialsPage struct {
	Show    string
	Filters []filterField
	Total   uint64
	Denials []*ledgerv1.Denial
	Notices []*ledgerv1.DenialNotice
	Alike   []*ledgerv1.Undercut
	Blind   []*ledgerv1.BlindCheck
	Next    string
	Emptied []web.Applied
	Basis   *queryv1.Basis
}

type filterField struct{ Name, Key, Value string }

// Tabs are the lists that there are.
func (p denialsPage) Tabs() []string { return []string{"denials", "notices", "alike", "blind"} }

// filters that people use; the others of a table are taken from an address too.
var denialFilters = []string{"status", "destination", "party", "criterion", "rating", "state", "application", "addressee"}

func (p pages) denials(v *web.Visit) error {
	q := v.R.URL.Query()
	page := denialsPage{Show: q.Get("show")}
	table, known := denialTables[page.Show]
	if !known {
		table, page.Show = queryv1.Table_TABLE_DENIALS, "denials"
	}
	filter, err := web.Filter(q)
	if err != nil {
		return err
	}
	names, _ := ledger.Attributes(table)
	for _, n := range denialFilters {
		if slices.Contains(names, n) {
			page.Filters = append(page.Filters, filterField{"f." + n, "attribute." + n, q.Get("f." + n)})
		}
	}
	count, err := v.API.Query.Count(v.R.Context(), &queryv1.CountRequest{Table: table, Filter: filter})
	if err != nil {
		return err
	}
	res, err := v.API.Query.List(v.R.Context(), &queryv1.ListRequest{Table: table, Filter: filter, Order: queryv1.Order_ORDER_NEWEST_FIRST, PageToken: q.Get("page")})
	if err != nil {
		return err
	}
	page.Total, page.Next, page.Basis = count.Total, res.NextPageToken, res.Basis
	for _, r := range res.Rows {
		_, inner := ledger.Unwrap(r)
		switch row := inner.(type) {
		case *ledgerv1.Denial:
			page.Denials = append(page.Denials, row)
		case *ledgerv1.DenialNotice:
			page.Notices = append(page.Notices, row)
		case *ledgerv1.Undercut:
			page.Alike = append(page.Alike, row)
		case *ledgerv1.BlindCheck:
			page.Blind = append(page.Blind, row)
		}
	}
	if page.Total == 0 {
		page.Emptied = web.AppliedFilters(q)
	}
	return v.Page(p.Pages, "denials", page)
}

// denialPage is a denial of this agency or another, or a notice of one.
type denialPage struct {
	ID      string
	Denial  *ledgerv1.Denial
	Notice  *ledgerv1.DenialNotice
	Notices []*ledgerv1.DenialNotice
	Alike   []*ledgerv1.Undercut
	Appeals []*ledgerv1.Appeal
	Form    form
	Done    string
}

// Deal is what was denied.
func (p *denialPage) Deal() *licensingv1.Deal {
	if p.Denial != nil {
		return p.Denial.GetDeal()
	}
	return p.Notice.GetNotice().GetDeal()
}

// Revoked is why the denial is held against nobody any more; empty while it is.
func (p *denialPage) Revoked() string {
	if p.Denial != nil {
		return p.Denial.GetStatusReason()
	}
	return p.Notice.GetStatusReason()
}

func readDenial(v *web.Visit, in form) (*denialPage, error) {
	res, err := v.API.Query.Explain(v.R.Context(), &queryv1.ExplainRequest{Id: id(v)})
	if err != nil {
		return nil, err
	}
	p := &denialPage{ID: id(v), Denial: res.Row.GetDenial(), Notice: res.Row.GetDenialNotice(), Form: in, Done: v.R.URL.Query().Get("done")}
	if p.Denial == nil && p.Notice == nil {
		return nil, connect.NewError(connect.CodeNotFound, id(v)+" is no denial; those on record stand on the page “Denials”")
	}
	for _, r := range res.Related {
		if a := r.GetAppeal(); a != nil {
			p.Appeals = append(p.Appeals, a)
		}
	}
	for _, table := range []queryv1.Table{queryv1.Table_TABLE_DENIAL_NOTICES, queryv1.Table_TABLE_UNDERCUTS} {
		found, _, err := web.Every(v.R.Context(), v.API, with(table, "decision", p.ID))
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			if n := r.GetDenialNotice(); n != nil {
				p.Notices = append(p.Notices, n)
			}
			if u := r.GetUndercut(); u != nil {
				p.Alike = append(p.Alike, u)
			}
		}
	}
	return p, nil
}

func (p pages) denial(v *web.Visit) error {
	page, err := readDenial(v, newForm())
	if err != nil {
		return err
	}
	return v.Page(p.Pages, "denial", page)
}

func (p pages) doDenial(v *web.Visit) error {
	in, err := sent(v)
	if err != nil {
		return err
	}
	page, err := readDenial(v, in)
	if err != nil {
		return err
	}
	to := "/denials/" + page.ID + "?done=" + in.Get("do")
	return p.finish(v, "denial", page, &page.Form, to, func(by *eventv1.Particulars) (recorded, error) {
		if in.Get("do") == "revoke" {
			return v.API.Denial.RevokeDenial(v.R.Context(), &licensingv1.RevokeDenialRequest{Particulars: by, DenialId: page.ID, Reason: in.Get("reason")})
		}
		return v.API.Denial.NotifyDenial(v.R.Context(), &licensingv1.NotifyDenialRequest{Particulars: by, DenialId: page.ID, WithReason: in.Get("with_reason") != ""})
	})
}
