package reports

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/report"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// askedReturn is what one agency was asked for, and what it said.
type askedReturn struct {
	Request, Form string
	// Title is what the form is called.
	Title  string
	Year   uint32
	Agency string
	Due    *timestamppb.Timestamp
	// State is "overdue", "awaited", "submitted", "nil", or "taken-over" where the agency was asked again.
	State     string
	Submitted *ledgerv1.ReturnSubmission
	// Own is that the node's agency was asked, and Drawn that figures can be drawn for the form: the program knows it.
	Own, Drawn bool
}

// Key is the message that says its state.
func (a askedReturn) Key() string { return "reports.return-" + a.State }

// Tone is the class of its tag.
func (a askedReturn) Tone() string {
	return map[string]string{"overdue": "cf-tag--bad", "awaited": "cf-tag--warn", "submitted": "cf-tag--good", "nil": "cf-tag--good"}[a.State]
}

// Open reports whether it is waited for.
func (a askedReturn) Open() bool { return a.State == "overdue" || a.State == "awaited" }

// asked joins requests for returns with what came of them: what is waited for stands first, by its date, then all else, the latest first.
func asked(requests, submissions []*queryv1.Row, own string, now time.Time) (list []askedReturn) {
	given := map[string]*ledgerv1.ReturnSubmission{}
	for _, r := range submissions {
		given[r.GetReturnSubmission().GetId()] = r.GetReturnSubmission()
	}
	last := map[string]string{} // request, by agency, form and year
	of := func(agency string, r *ledgerv1.ReturnRequest) string {
		return fmt.Sprint(agency, " ", r.GetRequested().GetForm(), " ", r.GetRequested().GetYear())
	}
	for _, r := range requests {
		for _, agency := range r.GetReturnRequest().GetRequested().GetAgencies() {
			last[of(agency, r.GetReturnRequest())] = r.GetReturnRequest().GetId()
		}
	}
	for _, r := range requests {
		request := r.GetReturnRequest()
		for _, agency := range request.GetRequested().GetAgencies() {
			one := askedReturn{
				Request: request.GetId(), Form: request.GetRequested().GetForm(), Year: request.GetRequested().GetYear(), Agency: agency,
				Due: request.GetRequested().GetDue(), Submitted: given[agency+"/"+request.GetId()], Own: agency == own,
			}
			_, one.Drawn = report.FormOf(one.Form)
			one.State = stateOf(one, last[of(agency, request)], now)
			list = append(list, one)
		}
	}
	slices.SortStableFunc(list, func(a, b askedReturn) int {
		switch {
		case a.Open() && !b.Open():
			return -1
		case b.Open() && !a.Open():
			return 1
		case a.Open():
			return a.Due.AsTime().Compare(b.Due.AsTime())
		}
		return cmp.Compare(b.Year, a.Year)
	})
	return list
}

func stateOf(one askedReturn, last string, now time.Time) string {
	switch said := one.Submitted.GetSubmitted(); {
	case last != one.Request:
		return "taken-over"
	case said.GetNil():
		return "nil"
	case said != nil:
		return "submitted"
	case one.Due.AsTime().Before(now):
		return "overdue"
	}
	return "awaited"
}
