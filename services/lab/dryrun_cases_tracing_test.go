package lab_test

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// traces leaves a trace of an own find that was answered, one that was refused, and a request that was withdrawn.
func (r rehearsed) traces() {
	open := &enforcementv1.OpenTraceRequest{
		Marks: []*transferv1.Mark{{Maker: "Tarnholm Arsenal", Country: "XA", Model: "M12", Serial: "KA-12340"}}, Item: "rifle", Ground: "illicit_where_found",
		RecoveredAt: timestamppb.New(time.Now().AddDate(0, 0, -1)), Country: "XA", Purpose: "criminal proceedings",
	}
	const by, reason = "Police of XB", "ongoing_investigation"
	own := r.do("enforcement", open)
	r.do("enforcement", &enforcementv1.SendTraceRequest{TraceId: own, To: by})
	r.do("enforcement", &enforcementv1.AcknowledgeTraceRequest{TraceId: own, By: by})
	r.do("enforcement", &enforcementv1.RequestTraceInformationRequest{TraceId: own, By: by, Text: "photographs"})
	r.do("enforcement", &enforcementv1.DelayTraceRequest{TraceId: own, By: by, Reason: reason, Text: "after the trial", Until: timestamppb.New(inTwoYears)})
	comesTo(r.T, r.node("customs"), "customs has the trace", func(v ledger.View) bool {
		t, err := v.Trace(own)
		return err == nil && t != nil
	})
	r.do("customs", &enforcementv1.ReplyToTraceRequest{TraceId: own, Text: "nothing in our records"})
	r.do("enforcement", &enforcementv1.AnswerTraceRequest{TraceId: own, By: by, Final: true, End: "not_found"})
	refused := r.do("enforcement", open)
	r.do("enforcement", &enforcementv1.SendTraceRequest{TraceId: refused, To: by})
	r.do("enforcement", &enforcementv1.RefuseTraceRequest{TraceId: refused, By: by, Reason: reason, Text: "not now"})
	r.do("enforcement", &enforcementv1.WithdrawTraceRequest{TraceId: r.do("enforcement", open), Reason: "solved"})
}
