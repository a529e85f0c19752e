package duty_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/duty"
)

const traceID = "enforcement/T-2026-000001"

var (
	rifle = &transferv1.Mark{Maker: "Tarnholm Arsenal", Country: "XA", Model: "M12", Serial: "KA-12340"}

	on = func(month time.Month, day int) *timestamppb.Timestamp {
		return timestamppb.New(time.Date(2025, month, day, 0, 0, 0, 0, time.UTC))
	}
	opened = tracing(rifle)

	// shipped has the rifle leave XA for the border guard of XB, who says that it came.
	shipped = []proto.Message{
		&licensingv1.LicenceGranted{LicenceId: "licensing/L-1", Deal: &licensingv1.Deal{Kind: transferv1.Kind_KIND_EXPORT, Parties: shippers, Destination: &licensingv1.Place{Country: "XB"}}},
		declaredWith(rifle),
		&customsv1.GoodsReleased{DeclarationId: "customs/E-1", At: on(2, 1)},
		&customsv1.ExitConfirmed{DeclarationId: "customs/E-1", At: on(3, 1)},
		&customsv1.DeliveryVerificationRequested{DeliveryId: "customs/V-1", LicenceId: "licensing/L-1", DeclarationIds: []string{"customs/E-1"}, From: on(3, 1), Due: on(6, 1)},
		&customsv1.DeliveryVerified{DeliveryId: "customs/V-1", Proof: &customsv1.Proof{ArrivedAt: on(4, 1), Recipient: "Border Guard of XB", Received: []*customsv1.DeliveredItem{{LicenceLine: 1, Serials: serialsWith(rifle)}}}},
	}
	shippers = []*transferv1.Party{
		{Role: transferv1.Role_ROLE_EXPORTER, Name: "Exporters of XA"}, {Role: transferv1.Role_ROLE_END_USER, Name: "Border Guard of XB"},
	}
)

func tracing(marks ...*transferv1.Mark) *enforcementv1.TraceOpened {
	return &enforcementv1.TraceOpened{TraceId: traceID, Marks: marks, RecoveredAt: on(10, 1), Country: "XB"}
}

func serialsWith(mark *transferv1.Mark) []*transferv1.Serials {
	return []*transferv1.Serials{{Mark: &transferv1.Mark{Maker: mark.Maker, Country: mark.Country, Model: mark.Model}, Serials: []string{"KA-12339", mark.Serial}}}
}

func declaredWith(mark *transferv1.Mark) *customsv1.DeclarationAccepted {
	return &customsv1.DeclarationAccepted{
		DeclarationId: "customs/E-1", Kind: transferv1.Kind_KIND_EXPORT, LicenceId: "licensing/L-1", Parties: shippers, Destination: "XB", AcceptedAt: on(2, 1),
		Items: []*customsv1.Item{{Number: 1, LicenceLine: 1, Serials: serialsWith(mark)}}, Consignment: &customsv1.Consignment{Dispatch: "XA"},
	}
}

// marked is the rifle with something else on it.
func marked(change func(*transferv1.Mark)) *transferv1.Mark {
	m := proto.CloneOf(rifle)
	change(m)
	return m
}

func TestReply(t *testing.T) {
	command := &enforcementv1.ReplyToTraceRequest{TraceId: traceID, FromRecords: true}
	given := append([]proto.Message{opened}, shipped...)
	chain := []*enforcementv1.Holder{
		{From: "Exporters of XA", To: "Border Guard of XB", At: on(2, 1), RecordId: "customs/E-1", Document: "declared"},
		{From: "Exporters of XA", At: on(3, 1), RecordId: "customs/E-1", Document: "exited"},
		{To: "Border Guard of XB", At: on(4, 1), RecordId: "customs/V-1", Document: "delivery_verified"},
	}
	replied := &enforcementv1.TraceReplied{TraceId: traceID, Chain: chain}
	text := &enforcementv1.ReplyToTraceRequest{TraceId: traceID, Text: "no record of it"}
	refused := &enforcementv1.ReplyToTraceRequest{TraceId: traceID, Refused: "confidentiality_law", Text: "the file is sealed"}
	final := &enforcementv1.TraceAnswered{TraceId: traceID, Final: true, End: "not_found"}
	facts := func(of proto.Message) []proto.Message { return []proto.Message{of} }
	doubtful := append([]proto.Message{tracing(marked(func(m *transferv1.Mark) { m.Serial = "KA-I2340" }))}, shipped...)
	tests := []struct {
		name    string
		agency  string
		given   []proto.Message
		command *enforcementv1.ReplyToTraceRequest
		want    []proto.Message
		wantErr error
	}{
		{"from records", "customs", given, command, facts(replied), nil},
		{"from the records of who has none of its own", "defence", given, command, nil, fault.NotFound},
		{"from records that have another maker's", "customs", append([]proto.Message{tracing(marked(func(m *transferv1.Mark) { m.Maker = "Opsterveld" }))}, shipped...), command, nil, fault.NotFound},
		{"from records of a mark without its maker", "customs", append([]proto.Message{tracing(marked(func(m *transferv1.Mark) { m.Maker = "" }))}, shipped...), command, nil, fault.NotFound},
		{"from records with another reading of it", "customs", doubtful, command, nil, fault.NotFound},
		{"a chain that is stated", "customs", facts(opened), &enforcementv1.ReplyToTraceRequest{TraceId: traceID, Chain: chain}, facts(replied), nil},
		{"in words", "customs", facts(opened), text, facts(&enforcementv1.TraceReplied{TraceId: traceID, Text: text.Text}), nil},
		{"refused", "customs", given, refused, facts(&enforcementv1.TraceReplied{TraceId: traceID, Refused: refused.Refused, Text: refused.Text}), nil},
		{"again", "customs", append(given, ledgertest.By("customs", replied)), command, nil, nil},
		{"another agency has", "licensing", []proto.Message{opened, ledgertest.By("customs", &enforcementv1.TraceReplied{TraceId: traceID, Text: text.Text})}, text,
			facts(&enforcementv1.TraceReplied{TraceId: traceID, Text: text.Text}), nil},
		{"again after it was answered", "customs", append(given, ledgertest.By("customs", replied), final), command, nil, nil},
		{"anew after it was answered", "customs", append(given, final), command, nil, fault.Precondition},
		{"refused without a word", "customs", given, &enforcementv1.ReplyToTraceRequest{TraceId: traceID, Refused: "confidentiality_law"}, nil, fault.Invalid},
		{"refused, with a chain", "customs", given, &enforcementv1.ReplyToTraceRequest{TraceId: traceID, Refused: "confidentiality_law", Text: "sealed", Chain: chain}, nil, fault.Invalid},
		{"a chain, and from records", "customs", given, &enforcementv1.ReplyToTraceRequest{TraceId: traceID, FromRecords: true, Chain: chain}, nil, fault.Invalid},
		{"nothing", "customs", given, &enforcementv1.ReplyToTraceRequest{TraceId: traceID}, nil, fault.Invalid},
		{"one's own", "enforcement", given, command, nil, fault.Precondition},
		{"never heard of", "customs", shipped, command, nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := duty.Reply(ledgertest.GivenAs(t, tt.agency, tt.given...), tt.command)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

// A later reply stands beside the earlier one, in the same group.
func TestReplyAnew(t *testing.T) {
	first := ledgertest.By("customs", ledgertest.In("border", &enforcementv1.TraceReplied{TraceId: traceID, Text: "still looking"}))
	view := ledgertest.GivenAs(t, "customs", append([]proto.Message{opened, first}, shipped...)...)
	got, err := duty.Reply(view, &enforcementv1.ReplyToTraceRequest{TraceId: traceID, FromRecords: true})
	if err != nil || len(got) != 1 {
		t.Fatalf("Reply: %v, %v", got, err)
	}
	if dated, ok := got[0].(ledger.Dated); !ok || dated.Group != "border" {
		t.Errorf("it is not recorded beside the earlier one: %v", got[0])
	}
}
