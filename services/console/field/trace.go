package field

import (
	"strconv"
	"strings"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// tracePage is a trace with the records that have its item, the replies, and who had it by what is on record here.
type tracePage struct {
	form
	*ledgerv1.Trace
	Next    string
	Clock   clock
	Ended   bool
	Hits    []*ledgerv1.TraceHit
	Replies []*ledgerv1.TraceReply
	// Mark is which of the trace's marks is looked at, from 0.
	Mark    int
	Custody []*queryv1.Custody
	// WhyCustody is why nobody can be named at all.
	WhyCustody *web.Failure
	Basis      *queryv1.Basis
}

func (p pages) trace(v *web.Visit) error { return p.showTrace(v, nil) }

func (p pages) showTrace(v *web.Visit, failed *web.Failure) error {
	id := idOf(v)
	res, err := v.API.Query.Get(v.R.Context(), &queryv1.GetRequest{Table: queryv1.Table_TABLE_TRACES, Id: id})
	if err != nil {
		return err
	}
	t := res.Row.GetTrace()
	page := &tracePage{form: newForm(v, failed), Trace: t, Ended: ledger.TraceEnded(t), Basis: res.Basis}
	page.Next, page.Clock = nextStep(t, v.Site().Now())
	if page.Hits, err = every[*ledgerv1.TraceHit](v, queryv1.Table_TABLE_TRACE_HITS, where("trace", id)); err != nil {
		return err
	}
	if page.Replies, err = every[*ledgerv1.TraceReply](v, queryv1.Table_TABLE_TRACE_REPLIES, where("trace", id)); err != nil {
		return err
	}
	marks := t.GetOpened().GetMarks()
	if n, err := strconv.Atoi(v.R.URL.Query().Get("mark")); err == nil && n >= 0 && n < len(marks) {
		page.Mark = n
	}
	if len(marks) > 0 {
		if page.Custody, page.WhyCustody, err = custodyOf(v, marks[page.Mark], nil); err != nil {
			return err
		}
	}
	if !page.Ended {
		if ledger.AgencyOf(id) == v.Site().Agency {
			page.offer(v, "/traces/"+id, ownTraceDeeds...)
		} else {
			page.offer(v, "/traces/"+id, replyTrace)
			page.first()
		}
	}
	if page.Failed != nil {
		return v.PageAgain(p.Pages, "trace", page)
	}
	return v.Page(p.Pages, "trace", page)
}

// custodyOf asks who had an item, by what a horizon has; a refusal is said in its place.
func custodyOf(v *web.Visit, m *transferv1.Mark, horizon *queryv1.Horizon) ([]*queryv1.Custody, *web.Failure, error) {
	res, err := v.API.Query.Custody(v.R.Context(), &queryv1.CustodyRequest{Mark: m, Horizon: horizon})
	if err != nil {
		if web.IsRefusal(err) {
			return nil, web.Refusal(err), nil
		}
		return nil, nil, err
	}
	return res.Items, nil, nil
}

func (p pages) traceDeed(v *web.Visit) error {
	id := idOf(v)
	if err := send(v, traceDeeds, id); err != nil {
		if !web.IsRefusal(err) {
			return err
		}
		return p.showTrace(v, web.Refusal(err))
	}
	return v.Redirect("/traces/" + id)
}

// custodyPage says who had an item with a serial.
type custodyPage struct {
	Mark       *transferv1.Mark
	Custody    []*queryv1.Custody
	WhyCustody *web.Failure
}

func (p pages) custody(v *web.Visit) error {
	q := v.R.URL.Query()
	page := custodyPage{Mark: &transferv1.Mark{Serial: q.Get("serial"), Maker: q.Get("maker"), Model: q.Get("model"), Country: strings.ToUpper(strings.TrimSpace(q.Get("country")))}}
	if page.Mark.Serial != "" {
		horizon, err := web.Horizon(q)
		if err != nil {
			return err
		}
		if page.Custody, page.WhyCustody, err = custodyOf(v, page.Mark, horizon); err != nil {
			return err
		}
	}
	return v.Page(p.Pages, "custody", page)
}
