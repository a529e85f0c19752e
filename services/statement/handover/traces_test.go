package handover_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/statement/handover"
)

// Who has records of a traced item replies; who traces it is offered an alert where the item was diverted after it was delivered, until
// one is raised.
func TestDutiesOnTraces(t *testing.T) {
	const traceID, hitID = "enforcement/T-1", "customs/H-1"
	mark := &transferv1.Mark{Maker: "Tarnholm Arsenal", Country: "XA", Model: "M12", Serial: "KA-12340"}
	serials := []*transferv1.Serials{{Mark: mark, Serials: []string{mark.Serial}}}
	due := timestamppb.New(now.AddDate(0, 0, 30))
	opened := &enforcementv1.TraceOpened{TraceId: traceID, Marks: []*transferv1.Mark{mark}, RecoveredAt: timestamppb.New(now), Country: "XB", AnswerBy: due}
	hit := func(match string) proto.Message {
		return ledgertest.By("customs", &enforcementv1.TraceHit{HitId: hitID, TraceId: traceID, RecordId: "customs/E-1", Match: match})
	}
	left := []proto.Message{
		&customsv1.DeclarationAccepted{
			DeclarationId: "customs/E-1", Kind: transferv1.Kind_KIND_EXPORT, Destination: "XB", AcceptedAt: timestamppb.New(now.AddDate(0, -9, 0)), Items: []*customsv1.Item{{Number: 1, Serials: serials}},
			Parties:     []*transferv1.Party{{Role: transferv1.Role_ROLE_EXPORTER, Name: "Exporters of XA"}, {Role: transferv1.Role_ROLE_END_USER, Name: "Border Guard of XB"}},
			Consignment: &customsv1.Consignment{Dispatch: "XA"},
		},
		&customsv1.ExitConfirmed{DeclarationId: "customs/E-1", At: timestamppb.New(now.AddDate(0, -8, 0))},
	}
	arrived := append(left,
		&customsv1.DeliveryVerificationRequested{DeliveryId: "customs/V-1", DeclarationIds: []string{"customs/E-1"}},
		&customsv1.DeliveryVerified{DeliveryId: "customs/V-1", Proof: &customsv1.Proof{ArrivedAt: timestamppb.New(now.AddDate(0, -7, 0)), Recipient: "Border Guard of XB"}},
	)
	// The trace and its hit stand first, so that they are of the first two seconds.
	given := func(match string, more ...proto.Message) []proto.Message {
		return append([]proto.Message{opened, hit(match)}, more...)
	}
	answer := &directoryv1.Duty{Subject: traceID, What: "answer-trace", Since: at(1), Due: due}
	offer := &directoryv1.Duty{Subject: hitID, What: "raise-alert", Since: at(1)}
	alert := &enforcementv1.DiversionAlertRaised{AlertId: "enforcement/D-1", Links: &enforcementv1.Links{TraceIds: []string{traceID}}}
	replied := ledgertest.By("customs", &enforcementv1.TraceReplied{TraceId: traceID, Text: "no record of it"})
	withdrawn := &enforcementv1.TraceWithdrawn{TraceId: traceID, Reason: "read wrongly"}
	tests := []struct {
		name, agency, what string
		given              []proto.Message
		want               *directoryv1.Duty
	}{
		{"who has it", "customs", "answer-trace", given("same", arrived...), answer},
		{"who may have it", "customs", "answer-trace", given("ambiguous", arrived...), answer},
		{"who has nothing of it", "licensing", "answer-trace", given("same", arrived...), nil},
		{"who has replied", "customs", "answer-trace", given("same", replied), nil},
		{"who has it, and it ended", "customs", "answer-trace", given("same", withdrawn), nil},
		{"who traces it", "enforcement", "answer-trace", given("same", arrived...), nil},

		{"diverted after it was delivered", "enforcement", "raise-alert", given("same", arrived...), offer},
		{"an alert was raised", "enforcement", "raise-alert", given("same", append(arrived, alert)...), nil},
		{"on its way", "enforcement", "raise-alert", given("same", left...), nil},
		{"a hit that may be another's", "enforcement", "raise-alert", given("ambiguous", arrived...), nil},
		{"whose records it is in", "customs", "raise-alert", given("same", arrived...), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all, err := handover.Duties(ledgertest.GivenAs(t, tt.agency, tt.given...), now)
			if err != nil {
				t.Fatal(err)
			}
			var got *directoryv1.Duty
			for _, d := range all {
				if d.What == tt.what {
					got = d
				}
			}
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" {
				t.Errorf("Duties (-want +got):\n%s", diff)
			}
		})
	}
}
