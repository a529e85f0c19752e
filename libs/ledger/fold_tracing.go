package ledger

import (
	"google.golang.org/protobuf/proto"

	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// tracing keeps the rows of traces (docs/tracing.md).
func (f *folding) tracing(fact proto.Message) error {
	switch e := fact.(type) {
	case *enforcementv1.TraceOpened:
		return put(f, traces, &ledgerv1.Trace{Id: e.TraceId, Opened: e, Status: ledgerv1.TraceStatus_TRACE_STATUS_OPENED, At: f.event.OccurredAt})
	case *enforcementv1.TraceSent:
		return f.trace(e.TraceId, func(r *ledgerv1.Trace) {
			r.Status, r.Sent = ledgerv1.TraceStatus_TRACE_STATUS_SENT, append(r.Sent, e)
		})
	case *enforcementv1.TraceAcknowledged:
		return f.trace(e.TraceId, func(r *ledgerv1.Trace) {
			r.Status, r.Acknowledged = ledgerv1.TraceStatus_TRACE_STATUS_ACKNOWLEDGED, append(r.Acknowledged, e)
		})
	case *enforcementv1.TraceInformationRequested:
		return f.trace(e.TraceId, func(r *ledgerv1.Trace) {
			r.Status, r.Information = ledgerv1.TraceStatus_TRACE_STATUS_INFORMATION_REQUESTED, e
		})
	case *enforcementv1.TraceDelayed:
		return f.trace(e.TraceId, func(r *ledgerv1.Trace) {
			r.Status, r.Delayed = ledgerv1.TraceStatus_TRACE_STATUS_DELAYED, e
		})
	case *enforcementv1.TraceAnswered:
		return f.trace(e.TraceId, func(r *ledgerv1.Trace) {
			if r.Status = ledgerv1.TraceStatus_TRACE_STATUS_ANSWERED_PARTIAL; e.Final {
				r.Status = ledgerv1.TraceStatus_TRACE_STATUS_ANSWERED
			}
			r.Answers = append(r.Answers, e)
		})
	case *enforcementv1.TraceRefused:
		return f.trace(e.TraceId, func(r *ledgerv1.Trace) {
			r.Status, r.Refused = ledgerv1.TraceStatus_TRACE_STATUS_REFUSED, e
		})
	case *enforcementv1.TraceWithdrawn:
		return f.trace(e.TraceId, func(r *ledgerv1.Trace) {
			r.Status, r.StatusReason = ledgerv1.TraceStatus_TRACE_STATUS_WITHDRAWN, e.Reason
		})
	case *enforcementv1.TraceOverdue:
		return f.trace(e.TraceId, func(r *ledgerv1.Trace) { r.Overdue = append(r.Overdue, e.Step) })
	case *enforcementv1.TraceReplied:
		id := f.id.Agency + "/" + e.TraceId
		return upsert(f, traceReplies, id, func() *ledgerv1.TraceReply {
			return &ledgerv1.TraceReply{Id: id, Agency: f.id.Agency}
		}, func(r *ledgerv1.TraceReply) { r.Replied, r.At = e, f.event.OccurredAt })
	case *enforcementv1.TraceHit:
		return put(f, traceHits, &ledgerv1.TraceHit{Id: e.HitId, Hit: e, Agency: f.id.Agency, At: f.event.OccurredAt})
	}
	return errUnknown
}

// TraceEnded reports whether a trace was answered for good, refused or withdrawn: nothing follows.
func TraceEnded(t *ledgerv1.Trace) bool {
	switch t.GetStatus() {
	case ledgerv1.TraceStatus_TRACE_STATUS_ANSWERED, ledgerv1.TraceStatus_TRACE_STATUS_REFUSED, ledgerv1.TraceStatus_TRACE_STATUS_WITHDRAWN:
		return true
	}
	return false
}

// trace changes a trace that has not ended.
func (f *folding) trace(id string, fn func(*ledgerv1.Trace)) error {
	return change(f, traces, id, func(r *ledgerv1.Trace) error {
		if TraceEnded(r) {
			return f.refuse("%s is %s", id, traceNames.of(r.Status.Number()))
		}
		fn(r)
		return nil
	})
}
