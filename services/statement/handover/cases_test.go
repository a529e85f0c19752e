package handover_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	"github.com/counterfoil/counterfoil/services/statement/handover"
)

// What is open on cases, at licensing and at the agencies that it asks.
func TestDutiesOnCases(t *testing.T) {
	due, later := timestamppb.New(now.AddDate(0, 0, 10)), timestamppb.New(now.AddDate(0, 0, 20))
	applied := &licensingv1.ApplicationSubmitted{ApplicationId: "licensing/A-1"}
	denied := &licensingv1.LicenceDenied{DenialId: "licensing/N-1", ApplicationId: applied.ApplicationId}
	appealed := &licensingv1.AppealLodged{AppealId: "licensing/X-1", DecisionId: denied.DenialId}
	overturned := &licensingv1.AppealDecided{AppealId: appealed.AppealId, Outcome: licensingv1.AppealOutcome_APPEAL_OUTCOME_OVERTURNED}
	upheld := &licensingv1.AppealDecided{AppealId: appealed.AppealId, Outcome: licensingv1.AppealOutcome_APPEAL_OUTCOME_UPHELD}
	opened := &licensingv1.ConsultationOpened{
		ConsultationId: "licensing/C-1", ApplicationId: "licensing/A-9", OpenedAt: at(0), Due: due,
		Addressees: []*licensingv1.Addressee{{Agency: "foreign"}, {Agency: "defence"}},
	}
	silent := func(agency, to string, due *timestamppb.Timestamp) proto.Message {
		return &licensingv1.SilenceTaken{ConsultationId: opened.ConsultationId, Agency: agency, Silence: "escalates", EscalatedTo: to, Due: due}
	}
	says := func(agency, place string) proto.Message {
		return ledgertest.By(agency, &licensingv1.OpinionGiven{ConsultationId: opened.ConsultationId, InPlaceOf: place})
	}
	obliged := &licensingv1.ObligationSet{ObligationId: "licensing/O-1", Owner: "foreign", Due: due}
	screened := func(id string, judged screeningv1.Judgement) proto.Message {
		return &screeningv1.ScreeningPerformed{ScreeningId: id, Subject: applied.ApplicationId,
			Certificate: &screeningv1.Certificate{Result: screeningv1.Result_RESULT_OPEN}, Hits: []*screeningv1.Hit{{Number: 1, Judgement: judged}}}
	}
	open, other := screeningv1.Judgement_JUDGEMENT_UNSPECIFIED, screeningv1.Judgement_JUDGEMENT_ANOTHER
	found := by(&screeningv1.PartyFound{FindingId: "licensing/F-1", Hit: &screeningv1.Hit{Number: 1}})
	undercut := &licensingv1.UndercutFound{UndercutId: "licensing/U-1", Agency: "foreign"}
	confirmed := &licensingv1.UndercutJudged{UndercutId: undercut.UndercutId, Identical: true}
	consulted := &licensingv1.UndercutConsultationOpened{UndercutId: undercut.UndercutId, OpenedAt: at(2), Due: due}
	proposed := func(needed uint32) proto.Message {
		return &licensingv1.DecisionProposed{ProposalId: "licensing/P-1", ApplicationId: "licensing/A-9", Needed: needed, Signature: &licensingv1.Signature{Person: "p-1"}}
	}
	with := func(application string) proto.Message {
		return &licensingv1.DecisionProposed{ProposalId: "licensing/P-1", ApplicationId: application, Needed: 2, Signature: &licensingv1.Signature{Person: "p-1"}}
	}
	duty := func(subject, what string, since, due *timestamppb.Timestamp) *directoryv1.Duty {
		return &directoryv1.Duty{Subject: subject, What: what, Since: since, Due: due}
	}
	list := func(d ...*directoryv1.Duty) []*directoryv1.Duty { return d }
	decide := duty(applied.ApplicationId, "decide", at(0), nil)
	tests := []struct {
		name, agency string
		given        []proto.Message
		want         []*directoryv1.Duty
	}{
		{"consultation", "foreign", []proto.Message{opened}, list(duty(opened.ConsultationId, "answer", at(0), due))},
		{"consultation of others", "customs", []proto.Message{opened}, nil},
		{"consultation that was answered", "foreign", []proto.Message{opened, says("foreign", "")}, nil},
		{"consultation that others answered", "foreign", []proto.Message{opened, says("defence", "")}, list(duty(opened.ConsultationId, "answer", at(0), due))},
		{"consultation that was closed", "foreign", []proto.Message{opened, &licensingv1.ConsultationClosed{ConsultationId: opened.ConsultationId}}, nil},
		{"consultation on what was decided", "foreign", []proto.Message{opened, &licensingv1.LicenceGranted{LicenceId: "licensing/L-9", ApplicationId: opened.ApplicationId}}, nil},
		{"silence that came here", "cabinet", []proto.Message{opened, silent("defence", "cabinet", later)}, list(duty(opened.ConsultationId, "answer", due, later))},
		{"silence that came here and was answered", "cabinet", []proto.Message{opened, silent("defence", "cabinet", later), says("cabinet", "defence")}, nil},
		{"silence of two that came here, one answered", "cabinet",
			[]proto.Message{opened, silent("defence", "cabinet", later), silent("foreign", "cabinet", nil), says("cabinet", "defence")}, list(duty(opened.ConsultationId, "answer", due, nil))},
		{"own silence, in a higher role", "foreign", []proto.Message{opened, silent("foreign", "foreign", later)}, list(duty(opened.ConsultationId, "answer", due, later))},
		{"another's silence after an own answer", "foreign", []proto.Message{opened, says("foreign", ""), silent("defence", "foreign", later)}, list(duty(opened.ConsultationId, "answer", due, later))},

		{"application that was sent back", "licensing", []proto.Message{applied, &licensingv1.ApplicationReturned{ApplicationId: applied.ApplicationId}}, nil},
		{"application that was taken back", "licensing", []proto.Message{applied, &licensingv1.ApplicationWithdrawn{ApplicationId: applied.ApplicationId}}, nil},
		{"application that was routed on", "licensing", []proto.Message{applied, &licensingv1.ApplicationRouted{ApplicationId: applied.ApplicationId}}, nil},
		{"application whose denial is appealed", "licensing", []proto.Message{applied, denied, appealed}, list(duty(appealed.AppealId, "decide-appeal", at(2), nil))},
		{"appeal that was lodged with others", "foreign", []proto.Message{applied, denied, appealed}, nil},
		{"appeal that was turned down", "licensing", []proto.Message{applied, denied, appealed, upheld}, nil},
		{"application whose denial was overturned", "licensing", []proto.Message{applied, denied, appealed, overturned}, list(decide)},

		{"obligation", "foreign", []proto.Message{obliged}, list(duty(obliged.ObligationId, "fulfil", at(0), due))},
		{"obligation of others", "licensing", []proto.Message{obliged}, nil},
		{"obligation that was met", "foreign", []proto.Message{obliged, &licensingv1.ObligationMet{ObligationId: obliged.ObligationId}}, nil},

		{"hit", "licensing", []proto.Message{applied, by(screened("licensing/S-1", open))}, list(decide, duty("licensing/S-1", "judge", at(1), nil))},
		{"hit of a screening that was repeated", "licensing", []proto.Message{applied, by(screened("licensing/S-1", open)), by(&screeningv1.ScreeningPerformed{
			ScreeningId: "licensing/S-2", Subject: applied.ApplicationId, Certificate: &screeningv1.Certificate{Result: screeningv1.Result_RESULT_CLEAR},
		})}, list(decide)},
		{"hit that was judged", "licensing", []proto.Message{applied, by(screened("licensing/S-1", open)),
			by(&screeningv1.HitJudged{ScreeningId: "licensing/S-1", Hit: 1, Judgement: other})}, list(decide)},
		{"hit on what was decided", "licensing", []proto.Message{applied, denied, by(screened("licensing/S-1", open))}, nil},
		{"hit at another agency", "licensing", []proto.Message{ledgertest.By("customs", screened("customs/S-1", open))}, nil},
		{"finding", "licensing", []proto.Message{found}, list(duty("licensing/F-1", "judge", at(0), nil))},
		{"finding that was judged", "licensing", []proto.Message{found, by(&screeningv1.HitJudged{ScreeningId: "licensing/F-1", Hit: 1, Judgement: other})}, nil},
		{"finding of others", "foreign", []proto.Message{found}, nil},

		{"undercut", "foreign", []proto.Message{undercut, confirmed, consulted}, list(duty(undercut.UndercutId, "reply", at(2), due))},
		{"undercut that nobody asked about yet", "foreign", []proto.Message{undercut, confirmed}, nil},
		{"undercut with a reply", "foreign", []proto.Message{undercut, confirmed, consulted, ledgertest.By("foreign", &licensingv1.UndercutReplied{UndercutId: undercut.UndercutId})}, nil},
		{"undercut of others", "licensing", []proto.Message{undercut, confirmed, consulted}, nil},

		{"proposal", "licensing", []proto.Message{proposed(2)}, list(duty("licensing/P-1", "sign", at(0), nil))},
		{"proposal that was signed", "licensing", []proto.Message{proposed(2), &licensingv1.DecisionSigned{ProposalId: "licensing/P-1", Signature: &licensingv1.Signature{Person: "p-2"}}}, nil},
		{"proposal that was taken back", "licensing", []proto.Message{proposed(2), &licensingv1.DecisionDropped{ProposalId: "licensing/P-1", Reason: "error"}}, nil},
		{"proposal that was decided", "licensing", []proto.Message{proposed(2), &licensingv1.LicenceGranted{LicenceId: "licensing/L-9", ApplicationId: "licensing/A-9"}}, nil},
		{"proposal that was decided, and opened again by an appeal", "licensing", []proto.Message{applied, with("licensing/A-1"), denied, appealed, overturned}, list(decide)},
		{"proposal whose licence was revoked, and opened again by an appeal", "licensing", []proto.Message{applied, with("licensing/A-1"),
			&licensingv1.LicenceGranted{LicenceId: "licensing/L-1", ApplicationId: "licensing/A-1"}, &licensingv1.LicenceRevoked{LicenceId: "licensing/L-1"},
			&licensingv1.AppealLodged{AppealId: appealed.AppealId, DecisionId: "licensing/L-1"}, overturned}, list(decide)},
		{"proposal of others", "foreign", []proto.Message{proposed(2)}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := handover.Duties(ledgertest.GivenAs(t, tt.agency, tt.given...), now)
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" || err != nil {
				t.Errorf("Duties: %v\n%s", err, diff)
			}
		})
	}
}
