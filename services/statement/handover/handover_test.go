package handover_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
	"github.com/counterfoil/counterfoil/services/statement/handover"
)

// now is after everything that is given.
var now = ledgertest.Start.Add(time.Hour)

// at is when the nth fact given was true, from 0.
func at(n int) *timestamppb.Timestamp {
	return timestamppb.New(ledgertest.Start.Add(time.Duration(n) * time.Second))
}

func by(fact proto.Message) proto.Message { return ledgertest.By("licensing", fact) }

func TestDuties(t *testing.T) {
	due := timestamppb.New(now.AddDate(0, 1, 0))
	raised := &enforcementv1.DiversionAlertRaised{AlertId: "enforcement/AL-1", Addressees: []string{"licensing"}}
	opened := &licensingv1.ReassessmentOpened{ReassessmentId: "licensing/R-1", LicenceId: "licensing/L-1", AlertId: "enforcement/AL-1"}
	applied := &licensingv1.ApplicationSubmitted{ApplicationId: "licensing/A-1"}
	requested := &reportingv1.AgencyReturnRequested{RequestId: "reporting/Q-1", Agencies: []string{"licensing"}, Due: due}
	withdrawn := ledgertest.By("customs", ledgertest.In("border", &directoryv1.EventWithdrawn{WithdrawalId: "customs/withdrawal-1", Number: 1, Due: due}))
	declared := ledgertest.By("customs", ledgertest.In("border", &enforcementv1.AlertAcknowledged{AlertId: "enforcement/AL-9"}))
	widened := &directoryv1.AudienceWidened{WideningId: "licensing/widening-1", ToGroup: "all", Until: at(60), ReviewBy: due}
	forLong := &directoryv1.AudienceWidened{WideningId: "licensing/widening-1", ToGroup: "all", Until: due, ReviewBy: due}
	registered := &directoryv1.AgencyRegistered{Agency: "licensing", Consent: "ask"}
	group := &directoryv1.GroupDefined{Group: "all", Members: []string{"licensing", "customs"}}
	const medium, low = customsv1.Severity_SEVERITY_MEDIUM, customsv1.Severity_SEVERITY_LOW
	lodged := &customsv1.DeclarationLodged{DeclarationId: "licensing/1"}
	ours := &customsv1.DeclarationAccepted{DeclarationId: "licensing/1", AcceptedAt: at(-9)}
	held := &customsv1.GoodsHeld{DeclarationId: "licensing/1", At: at(-8)}
	differs := func(s customsv1.Severity) *customsv1.DiscrepancyRaised {
		return &customsv1.DiscrepancyRaised{DiscrepancyId: "licensing/DX-1", DeclarationId: "licensing/1", Severity: s}
	}
	release := "licensing/all>customs"
	duty := func(subject, what string, since, due *timestamppb.Timestamp) []*directoryv1.Duty {
		return []*directoryv1.Duty{{Subject: subject, What: what, Since: since, Due: due}}
	}
	tests := []struct {
		name  string
		given []proto.Message
		want  []*directoryv1.Duty
	}{
		{"nothing", nil, nil},
		{"alert", []proto.Message{raised}, duty(raised.AlertId, "acknowledge", at(0), nil)},
		{"alert that was acknowledged", []proto.Message{raised, by(&enforcementv1.AlertAcknowledged{AlertId: raised.AlertId})}, nil},
		{"alert that was closed", []proto.Message{raised, &enforcementv1.AlertRefuted{AlertId: raised.AlertId}, &enforcementv1.AlertClosed{AlertId: raised.AlertId}}, nil},
		{"alert to others", []proto.Message{&enforcementv1.DiversionAlertRaised{AlertId: raised.AlertId, Addressees: []string{"customs"}}}, nil},
		{"reassessment", []proto.Message{opened}, duty(opened.ReassessmentId, "conclude", at(0), nil)},
		{"reassessment that was concluded", []proto.Message{opened, &licensingv1.ReassessmentConcluded{
			ReassessmentId: opened.ReassessmentId, Outcome: licensingv1.Outcome_OUTCOME_MAINTAINED,
		}}, nil},
		{"application", []proto.Message{applied}, duty(applied.ApplicationId, "decide", at(0), nil)},
		{"application that was granted", []proto.Message{applied, &licensingv1.LicenceGranted{LicenceId: "licensing/L-1", ApplicationId: applied.ApplicationId}}, nil},
		{"application that was denied", []proto.Message{applied, &licensingv1.LicenceDenied{DenialId: "licensing/N-1", ApplicationId: applied.ApplicationId}}, nil},
		{"goods that are held", []proto.Message{by(ours), by(held)}, duty(ours.DeclarationId, "release", held.At, nil)},
		{"goods that are held no more", []proto.Message{by(ours), by(held), by(&customsv1.HoldLifted{DeclarationId: ours.DeclarationId})}, duty(ours.DeclarationId, "release", ours.AcceptedAt, nil)},
		{"goods that are released", []proto.Message{by(ours), by(&customsv1.GoodsReleased{DeclarationId: ours.DeclarationId})}, nil},
		{"goods of others", []proto.Message{&customsv1.DeclarationAccepted{DeclarationId: "customs/1"}}, nil},
		{"discrepancy", []proto.Message{by(lodged), by(differs(medium))}, duty("licensing/DX-1", "settle", at(1), nil)},
		{"discrepancy that is low", []proto.Message{by(lodged), by(differs(low))}, nil},
		{"discrepancy that was settled", []proto.Message{by(lodged), by(differs(medium)), by(&customsv1.DiscrepancySettled{DiscrepancyId: "licensing/DX-1"})}, nil},
		{"discrepancy of what was cancelled", []proto.Message{by(lodged), by(differs(medium)), by(&customsv1.DeclarationCancelled{DeclarationId: lodged.DeclarationId})}, nil},
		{"discrepancy of others", []proto.Message{&customsv1.DiscrepancyRaised{DiscrepancyId: "customs/DX-1", DeclarationId: "customs/1", Severity: medium}}, nil},
		{"return", []proto.Message{requested}, duty(requested.RequestId, "submit", at(0), due)},
		{"return that was submitted", []proto.Message{requested, by(&reportingv1.AgencyReturnSubmitted{RequestId: requested.RequestId, Nil: true})}, nil},
		{"withdrawal", []proto.Message{declared, withdrawn}, duty("customs/withdrawal-1", "withdraw", at(1), due)},
		{"withdrawal that others carried out", []proto.Message{declared, withdrawn,
			ledgertest.By("customs", &directoryv1.WithdrawalCarriedOut{WithdrawalId: "customs/withdrawal-1"})}, duty("customs/withdrawal-1", "withdraw", at(1), due)},
		{"withdrawal that was carried out", []proto.Message{declared, withdrawn, by(&directoryv1.WithdrawalCarriedOut{WithdrawalId: "customs/withdrawal-1"})}, nil},
		{"widening in force", []proto.Message{by(forLong)}, nil},
		{"widening that is over", []proto.Message{by(widened)}, duty(widened.WideningId, "review", at(60), due)},
		{"widening that was ended", []proto.Message{by(forLong), by(&directoryv1.WideningEnded{WideningId: widened.WideningId})}, duty(widened.WideningId, "review", at(1), due)},
		{"widening that was reviewed", []proto.Message{by(widened), by(&directoryv1.WideningReviewed{WideningId: widened.WideningId})}, nil},
		{"widening of others", []proto.Message{ledgertest.By("customs", &directoryv1.AudienceWidened{WideningId: "customs/widening-1", Until: at(60)})}, nil},
		{"newcomer", []proto.Message{registered, group}, duty(release, "agree", at(1), nil)},
		{"newcomer where nobody is asked", []proto.Message{&directoryv1.AgencyRegistered{Agency: "licensing"}, group}, nil},
		{"newcomer to a group of others", []proto.Message{registered, &directoryv1.GroupDefined{
			Group: "all", Members: []string{"licensing", "customs"}, Publishers: []string{"customs"},
		}}, nil},
		{"reader", []proto.Message{registered, group, by(&directoryv1.ReleaseAgreed{Group: "all", Reader: "customs"})}, nil},
		{"member that was refused", []proto.Message{registered, group, by(&directoryv1.ReleaseRefused{Group: "all", Reader: "customs"})}, nil},
		{"reader that was shut out", []proto.Message{registered, group, by(&directoryv1.ReleaseAgreed{Group: "all", Reader: "customs"}),
			by(&directoryv1.ReleaseEnded{Group: "all", Reader: "customs"})}, nil},
		{"reader that left and came back", []proto.Message{registered, group, by(&directoryv1.ReleaseAgreed{Group: "all", Reader: "customs"}),
			&directoryv1.GroupDefined{Group: "all", Members: []string{"licensing"}}, by(&directoryv1.ReleaseEnded{Group: "all", Reader: "customs"}), group},
			duty(release, "agree", at(5), nil)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := handover.Duties(ledgertest.Given(t, tt.given...), now)
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" || err != nil {
				t.Errorf("Duties: %v\n%s", err, diff)
			}
		})
	}
}

func TestHandOver(t *testing.T) {
	raised := &enforcementv1.DiversionAlertRaised{AlertId: "enforcement/AL-1", Addressees: []string{"licensing"}}
	cmd := &directoryv1.HandOverRequest{
		Particulars: &eventv1.Particulars{OccurredAt: timestamppb.New(now)}, Role: "duty officer", FromPerson: "p-1", ToPerson: "p-2", Note: "keys are in the safe",
	}
	want := &directoryv1.RoleHandedOver{
		HandoverId: "licensing/handover-000001", Role: "duty officer", FromPerson: "p-1", ToPerson: "p-2", Note: "keys are in the safe",
		Duties: []*directoryv1.Duty{{Subject: raised.AlertId, What: "acknowledge", Since: at(0)}},
	}
	got, err := handover.HandOver(ledgertest.Given(t, raised), cmd)
	if diff := cmp.Diff([]proto.Message{want}, got, protocmp.Transform()); diff != "" || err != nil {
		t.Errorf("HandOver: %v\n%s", err, diff)
	}
	cmd.ToPerson = "p-1"
	if _, err := handover.HandOver(ledgertest.Given(t), cmd); !errors.Is(err, fault.Invalid) {
		t.Errorf("HandOver to the same person: %v", err)
	}
}

func TestAnyCommand(t *testing.T) {
	given := []proto.Message{&enforcementv1.DiversionAlertRaised{AlertId: "enforcement/AL-1", Addressees: []string{"licensing"}}}
	anycommand.Check(t, "licensing", given, []string{"duty officer", "p-1", "p-2", ""}, map[string]anycommand.Rule{
		"hand over": anycommand.Of(handover.HandOver, &directoryv1.HandOverRequest{
			Particulars: &eventv1.Particulars{OccurredAt: timestamppb.New(now)}, Role: "duty officer", ToPerson: "p-2",
		}),
	})
}
