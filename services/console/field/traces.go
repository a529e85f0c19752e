package field

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// tracesPage are the open traces, what waits for this agency first.
type tracesPage struct {
	Mine, Others []traceWaiting
	More         bool
	WhyOpen      control
}

// traceWaiting is an open trace with its next step.
type traceWaiting struct {
	*ledgerv1.Trace
	// Next is the step that is due first: acknowledge, answer or final.
	Next  string
	Clock clock
	// Hits are how many records of this agency have the item.
	Hits int
	// ToReply says that this agency has such records and has not replied.
	ToReply bool
}

func (p pages) traces(v *web.Visit) error {
	open, more, err := rows[*ledgerv1.Trace](v, queryv1.Table_TABLE_TRACES, where("open", "true"))
	if err != nil {
		return err
	}
	page := tracesPage{More: more, WhyOpen: control{ID: "open", Key: "trace.open", Why: why(v, opening)}}
	var hits []*ledgerv1.TraceHit
	var replies []*ledgerv1.TraceReply
	if ids := idsOf(open); len(ids) > 0 {
		mine := among("trace", ids)
		mine.Conditions = append(mine.Conditions, where("agency", v.Site().Agency).Conditions...)
		if hits, err = every[*ledgerv1.TraceHit](v, queryv1.Table_TABLE_TRACE_HITS, mine); err != nil {
			return err
		}
		if replies, err = every[*ledgerv1.TraceReply](v, queryv1.Table_TABLE_TRACE_REPLIES, mine); err != nil {
			return err
		}
	}
	page.Mine, page.Others = sortedTraces(open, hits, replies, v.Site().Agency, v.Site().Now())
	return v.Page(p.Pages, "traces", page)
}

// sortedTraces puts the traces that wait for an agency apart from the others: its own, and those of items that its records have. The step
// that is due first comes first.
func sortedTraces(open []*ledgerv1.Trace, hits []*ledgerv1.TraceHit, replies []*ledgerv1.TraceReply, agency string, now time.Time) (mine, others []traceWaiting) {
	for _, t := range open {
		w := traceWaiting{Trace: t}
		w.Next, w.Clock = nextStep(t, now)
		for _, h := range hits {
			if h.GetHit().GetTraceId() == t.Id {
				w.Hits++
			}
		}
		w.ToReply = w.Hits > 0 && ledger.AgencyOf(t.Id) != agency && !slices.ContainsFunc(replies, func(r *ledgerv1.TraceReply) bool { return r.GetReplied().GetTraceId() == t.Id })
		if ledger.AgencyOf(t.Id) == agency || w.ToReply {
			mine = append(mine, w)
		} else {
			others = append(others, w)
		}
	}
	for _, list := range [][]traceWaiting{mine, others} {
		slices.SortStableFunc(list, func(x, y traceWaiting) int {
			return cmp.Or(moment(x.Clock.Due).Compare(moment(y.Clock.Due)), strings.Compare(x.Id, y.Id))
		})
	}
	return mine, others
}

// nextStep is the step of an open trace that is due first, and its clock. A trace that nobody was asked in has nothing to be
// acknowledged; a delay puts off answers (docs/tracing.md).
func nextStep(t *ledgerv1.Trace, now time.Time) (name string, c clock) {
	o := t.GetOpened()
	put := func(by *timestamppb.Timestamp) *timestamppb.Timestamp {
		if until := t.GetDelayed().GetUntil(); until != nil && by != nil && until.AsTime().After(by.AsTime()) {
			return until
		}
		return by
	}
	asked := o.GetReceived() || len(t.GetSent()) > 0
	switch {
	case asked && len(t.GetAcknowledged()) == 0 && len(t.GetAnswers()) == 0:
		return "acknowledge", clockOf(t.At, o.GetAcknowledgeBy(), now)
	case len(t.GetAnswers()) == 0:
		return "answer", clockOf(t.At, put(o.GetAnswerBy()), now)
	}
	return "final", clockOf(t.At, put(o.GetFinalBy()), now)
}

// Nothing is a mark of which nothing is known.
func (tracesPage) Nothing() *transferv1.Mark { return &transferv1.Mark{} }
