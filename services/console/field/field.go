// Package field shows what officers at borders and in enforcement work with: the border desk, alerts, traces, and who has to do with whom.
package field

import (
	"embed"
	"net/url"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

//go:embed all:pages
var files embed.FS

type pages struct{ web.Pages }

// Register adds the pages to a site.
func Register(s *web.Site) error {
	all, err := web.Templates(files, "pages")
	if err != nil {
		return err
	}
	p := pages{all}
	s.Offer(func(v *web.Visit, _ queryv1.Table, row proto.Message, _ []*queryv1.Row) []web.Deed {
		return leads(v.Site().Agency, row)
	})
	s.Page("GET /border", p.border)
	s.Page("GET /border/declare", p.showDeclare)
	s.Page("POST /border/declare", p.declare)
	s.Page("POST /border/{agency}/{number}/{deed}", p.borderDeed)
	s.Page("GET /movements", p.movements)
	s.Page("GET /deliveries/ask", p.showAsk)
	s.Page("POST /deliveries/ask", p.askDelivery)
	s.Page("GET /deliveries/{agency}/{number}", p.delivery)
	s.Page("POST /deliveries/{agency}/{number}/{deed}", p.deliveryDeed)
	s.Page("GET /checks/plan", p.showPlan)
	s.Page("POST /checks/plan", p.planOf)
	s.Page("GET /checks/{agency}/{number}", p.check)
	s.Page("POST /checks/{agency}/{number}/{deed}", p.checkDeed)
	s.Page("GET /allowances/{agency}/{number}", p.allowance)
	s.Page("POST /allowances/{agency}/{number}/{deed}", p.allowanceDeed)
	s.Page("GET /alerts", p.alerts)
	s.Page("GET /alerts/raise", p.showRaise)
	s.Page("POST /alerts/raise", p.raise)
	s.Page("GET /alerts/{agency}/{number}", p.alert)
	s.Page("POST /alerts/{agency}/{number}/{deed}", p.alertDeed)
	s.Page("GET /traces", p.traces)
	s.Page("GET /traces/open", p.showOpen)
	s.Page("POST /traces/open", p.open)
	s.Page("GET /traces/{agency}/{number}", p.trace)
	s.Page("POST /traces/{agency}/{number}/{deed}", p.traceDeed)
	s.Page("GET /custody", p.custody)
	s.Page("GET /network", p.network)
	return nil
}

// leads are where a record that waits for an agency is worked on, where that is the page of another record.
func leads(agency string, row proto.Message) []web.Deed {
	switch r := row.(type) {
	case *ledgerv1.ConsequenceOffer:
		if r.GetAnswered() == nil && ledger.AgencyOf(r.GetId()) == agency {
			return []web.Deed{{Key: "duty.answer-consequence", Path: "/alerts/" + r.GetOffered().GetAlertId()}}
		}
	case *ledgerv1.Discrepancy:
		if r.GetSettled() == nil && ledger.AgencyOf(r.GetId()) == agency {
			return []web.Deed{{Key: "duty.settle", Path: "/border?q=" + url.QueryEscape(r.GetRaised().GetDeclarationId())}}
		}
	case *ledgerv1.TraceHit:
		if trace := r.GetHit().GetTraceId(); ledger.AgencyOf(trace) == agency {
			return []web.Deed{{Key: "duty.raise-alert", Path: "/alerts/raise?trace=" + url.QueryEscape(trace)}}
		}
	}
	return nil
}

// listed is how many rows a page asks for of a table.
const listed = 100

// idOf is the record that an address names.
func idOf(v *web.Visit) string { return v.R.PathValue("agency") + "/" + v.R.PathValue("number") }

// where keeps the rows that meet every pair of an attribute and its value.
func where(pairs ...string) *queryv1.Filter {
	f := &queryv1.Filter{}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Conditions = append(f.Conditions, &queryv1.Condition{Attribute: pairs[i], Values: []string{pairs[i+1]}})
	}
	return f
}

// among keeps the rows whose attribute has one of the values.
func among(attribute string, values []string) *queryv1.Filter {
	return &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: attribute, Values: values}}}
}

// rows returns the newest rows of a table that a filter keeps, and whether there are more.
func rows[T any](v *web.Visit, table queryv1.Table, filter *queryv1.Filter) (found []T, more bool, err error) {
	res, err := v.API.Query.List(v.R.Context(), &queryv1.ListRequest{Table: table, Filter: filter, Order: queryv1.Order_ORDER_NEWEST_FIRST, PageSize: listed})
	if err != nil {
		return nil, false, err
	}
	return only[T](res.Rows), res.NextPageToken != "", nil
}

// every returns all rows of a table that a filter keeps, oldest first.
func every[T any](v *web.Visit, table queryv1.Table, filter *queryv1.Filter) ([]T, error) {
	found, _, err := web.Every(v.R.Context(), v.API, &queryv1.ListRequest{Table: table, Filter: filter})
	return only[T](found), err
}

// only are the rows of one kind.
func only[T any](all []*queryv1.Row) (found []T) {
	for _, r := range all {
		_, inner := web.Inner(r)
		if one, ok := inner.(T); ok {
			found = append(found, one)
		}
	}
	return found
}

// moment is a timestamp as a time; zero where there is none.
func moment(at *timestamppb.Timestamp) time.Time {
	if at == nil {
		return time.Time{}
	}
	return at.AsTime()
}
