package trace_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
	"github.com/counterfoil/counterfoil/services/enforcement/trace"
)

func TestAnyCommand(t *testing.T) {
	given := []proto.Message{received, own, sent, others}
	words := []string{id, ownID, othersID, "enforcement", "Police of XC", "XB", "KA-12340", "?", "illicit_where_found", "national_security", "not_found"}
	open := func(v ledger.View, c *enforcementv1.OpenTraceRequest) ([]proto.Message, error) {
		return trace.Open(v, c, trace.Clock{})
	}
	anycommand.Check(t, "enforcement", given, words, map[string]anycommand.Rule{
		"open": anycommand.Of(open, &enforcementv1.OpenTraceRequest{
			Particulars: particulars, Received: true, Marks: received.Marks, Item: "rifle", Ground: received.Ground, RecoveredAt: on(1), Country: "XB", Requester: "Police of XB", Purpose: "trial",
		}),
		"send":        anycommand.Of(trace.Send, &enforcementv1.SendTraceRequest{Particulars: particulars, TraceId: ownID, To: "Police of XD"}),
		"acknowledge": anycommand.Of(trace.Acknowledge, &enforcementv1.AcknowledgeTraceRequest{Particulars: particulars, TraceId: id}),
		"information": anycommand.Of(trace.RequestInformation, &enforcementv1.RequestTraceInformationRequest{Particulars: particulars, TraceId: id, Text: "photographs"}),
		"answer": anycommand.Of(trace.Answer, &enforcementv1.AnswerTraceRequest{
			Particulars: particulars, TraceId: id, Chain: []*enforcementv1.Holder{{From: "maker", To: "Navy", At: on(1)}}, End: "foreign_state",
		}),
		"refuse":   anycommand.Of(trace.Refuse, &enforcementv1.RefuseTraceRequest{Particulars: particulars, TraceId: id, Reason: "national_security", Text: "not told"}),
		"delay":    anycommand.Of(trace.Delay, &enforcementv1.DelayTraceRequest{Particulars: particulars, TraceId: id, Reason: "national_security", Text: "later", Until: on(60)}),
		"withdraw": anycommand.Of(trace.Withdraw, &enforcementv1.WithdrawTraceRequest{Particulars: particulars, TraceId: id, Reason: "solved"}),
	})
}
