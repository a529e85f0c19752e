package duty_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/duty"
)

const (
	applicationID  = "licensing/A-2026-000001"
	consultationID = "licensing/C-2026-000001"
	conditionID    = "foreign/K-2026-000001"

	concur     = licensingv1.OpinionView_OPINION_VIEW_CONCUR
	conditions = licensingv1.OpinionView_OPINION_VIEW_CONCUR_WITH_CONDITIONS
	object     = licensingv1.OpinionView_OPINION_VIEW_OBJECT
	abstain    = licensingv1.OpinionView_OPINION_VIEW_ABSTAIN
)

var (
	answered = &eventv1.Particulars{
		OccurredAt: timestamppb.New(ledgertest.Start.Add(time.Hour)), Officer: &eventv1.Officer{Role: "duty officer", Person: "p-7"},
	}
	signer  = &licensingv1.Signer{Role: "duty officer", Person: "p-7"}
	adopted = &directoryv1.PolicyAdopted{PolicyId: "committee/1", Content: []byte(`
name: committee
version: 1
title: Standing committee
legal_basis: fictional
valid_from: 2026-01-01
decider: licensing
conflict_of_interest: {alternates: [{agency: defence, alternate: interior}]}
emergency: {hours: 6, deputies: [{role: duty officer, for_role: director}]}
`)}
	directory = []proto.Message{
		&directoryv1.GroupDefined{Group: "all", Members: []string{"licensing", "foreign", "defence"}},
		&directoryv1.GroupDefined{Group: "foreign-internal", Members: []string{"foreign"}},
		&directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{{Group: "all"}, {Marking: "internal", Group: "foreign-internal"}}},
		adopted,
	}
	asks = &licensingv1.ConsultationOpened{
		ConsultationId: consultationID, ApplicationId: applicationID, PolicyId: "committee/1", OpenedAt: timestamppb.New(ledgertest.Start),
		Addressees: []*licensingv1.Addressee{{Agency: "foreign", Part: "mandatory"}, {Agency: "defence", Part: "mandatory"}},
	}
	escalated    = &licensingv1.SilenceTaken{ConsultationId: consultationID, Agency: "defence", Silence: "escalates", EscalatedTo: "cabinet", Role: "secretary"}
	grantedOn    = &licensingv1.LicenceGranted{LicenceId: "licensing/L-1", ApplicationId: applicationID}
	deniedOn     = &licensingv1.LicenceDenied{DenialId: "licensing/N-1", ApplicationId: applicationID, Criteria: []string{"7"}}
	noReExport   = &licensingv1.ConditionAsked{ConditionId: conditionID, ApplicationId: applicationID, ConsultationId: consultationID, Text: "no re-export"}
	ofForeign    = ledgertest.By("foreign", noReExport)
	letGo        = ledgertest.By("foreign", &licensingv1.ConditionDropped{ConditionId: conditionID, Reason: "assured otherwise"})
	overturned   = []proto.Message{deniedOn, &licensingv1.AppealLodged{AppealId: "licensing/X-1", DecisionId: "licensing/N-1"}, &licensingv1.AppealDecided{AppealId: "licensing/X-1", Outcome: licensingv1.AppealOutcome_APPEAL_OUTCOME_OVERTURNED}}
	closedThen   = &licensingv1.ConsultationClosed{ConsultationId: consultationID}
	inEmergency  = with(asks, func(o *licensingv1.ConsultationOpened) { o.Emergency = "evacuation" })
	underNoRules = with(inEmergency, func(o *licensingv1.ConsultationOpened) { o.PolicyId = "lost/1" })
)

// with returns a copy of a message, changed.
func with[M proto.Message](m M, change func(M)) M {
	m = proto.CloneOf(m)
	change(m)
	return m
}

func known(facts ...proto.Message) []proto.Message { return append(directory[:4:4], facts...) }

// together compares what a rule decided, all for one group, with what it should have.
func together(t *testing.T, got []proto.Message, err error, want []proto.Message, wantErr error) {
	t.Helper()
	var plain []proto.Message
	for _, f := range got {
		dated, ok := f.(ledger.Dated)
		if !ok || dated.Group != "all" {
			t.Errorf("%v is recorded for group %q", f, dated.Group)
		}
		plain = append(plain, dated.Message)
	}
	if !errors.Is(err, wantErr) {
		t.Errorf("refused with %v, want %v", err, wantErr)
	}
	if diff := cmp.Diff(want, plain, protocmp.Transform()); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

func TestGiveOpinion(t *testing.T) {
	type command = licensingv1.GiveOpinionRequest
	opinion := func(view licensingv1.OpinionView, change ...func(*licensingv1.OpinionGiven)) *licensingv1.OpinionGiven {
		o := &licensingv1.OpinionGiven{ConsultationId: consultationID, View: view, Signer: signer}
		for _, c := range change {
			c(o)
		}
		return o
	}
	because := func(o *licensingv1.OpinionGiven) { o.Reason = "risk of diversion" }
	having := func(ids ...string) func(*licensingv1.OpinionGiven) {
		return func(o *licensingv1.OpinionGiven) { o.Conditions = ids }
	}
	instead := func(o *licensingv1.OpinionGiven) { o.InPlaceOf = "defence" }
	second := with(noReExport, func(c *licensingv1.ConditionAsked) {
		c.ConditionId, c.Text = "foreign/K-2026-000002", "report on arrival"
	})
	by := func(f proto.Message) proto.Message { return ledgertest.By("foreign", f) }
	facts := func(list ...proto.Message) []proto.Message { return list }
	tests := []struct {
		name    string
		agency  string
		given   []proto.Message
		cmd     *command
		want    []proto.Message
		wantErr error
	}{
		{"concurs", "foreign", known(asks), &command{View: concur}, facts(opinion(concur)), nil},
		{"abstains", "foreign", known(asks), &command{View: abstain}, facts(opinion(abstain)), nil},
		{"objects", "foreign", known(asks), &command{View: object, Reason: "risk of diversion"}, facts(opinion(object, because)), nil},
		{"concurs with conditions, each once", "foreign", known(asks), &command{View: conditions, Conditions: []string{"no re-export", "report on arrival", "no re-export"}},
			facts(opinion(conditions, having(conditionID, second.ConditionId)), noReExport, second), nil},
		{"with one that it asked for before", "foreign", known(asks, ofForeign), &command{View: conditions, Conditions: []string{"no re-export", "report on arrival"}},
			facts(opinion(conditions, having(conditionID, second.ConditionId)), second), nil},
		{"with one that it let go before", "foreign", known(asks, ofForeign, letGo), &command{View: conditions, Conditions: []string{"report on arrival"}},
			facts(opinion(conditions, having(second.ConditionId)), second), nil},
		{"is recused", "foreign", known(asks), &command{Recused: true, Reason: "its own stock"},
			facts(opinion(0, func(o *licensingv1.OpinionGiven) { o.Recused, o.Reason = true, "its own stock" })), nil},
		{"the same again, signed by another", "foreign", known(asks, by(with(opinion(concur), func(o *licensingv1.OpinionGiven) { o.Signer = nil }))), &command{View: concur}, nil, nil},
		{"a later one", "foreign", known(asks, by(opinion(concur))), &command{View: object, Reason: "risk of diversion"}, facts(opinion(object, because)), nil},
		{"a later one, with another marking", "foreign", known(asks, by(opinion(concur))),
			&command{View: abstain, Particulars: with(answered, func(p *eventv1.Particulars) { p.Marking = "internal" })}, facts(opinion(abstain)), nil},
		{"in its own place", "foreign", known(asks), &command{View: concur, InPlaceOf: "foreign"}, facts(opinion(concur)), nil},
		{"CH2: instead of who was silent", "cabinet", known(asks, escalated), &command{View: concur, InPlaceOf: "defence"}, facts(opinion(concur, instead)), nil},
		{"as the alternate", "interior", known(asks), &command{View: concur, InPlaceOf: "defence"}, facts(opinion(concur, instead)), nil},
		{"P7: a deputy in an emergency", "foreign", known(inEmergency), &command{View: concur},
			facts(opinion(concur, func(o *licensingv1.OpinionGiven) {
				o.Signer = &licensingv1.Signer{Role: "duty officer", Person: "p-7", ForRole: "director"}
			})), nil},
		{"after a denial was overturned", "foreign", known(append(overturned, asks)...), &command{View: concur}, facts(opinion(concur)), nil},

		{"not asked", "customs", known(asks), &command{View: concur}, nil, fault.NotAllowed},
		{"asked instead, and does not say so", "cabinet", known(asks, escalated), &command{View: concur}, nil, fault.Precondition},
		{"in the place of who was not asked", "foreign", known(asks), &command{View: concur, InPlaceOf: "customs"}, nil, fault.NotAllowed},
		{"in the place of another, unasked", "foreign", known(asks), &command{View: concur, InPlaceOf: "defence"}, nil, fault.NotAllowed},
		{"as an alternate by a policy that is not here", "interior", known(underNoRules), &command{View: concur, InPlaceOf: "defence"}, nil, fault.Precondition},
		{"in an emergency by a policy that is not here", "foreign", known(underNoRules), &command{View: concur}, nil, fault.Precondition},
		{"no view", "foreign", known(asks), &command{}, nil, fault.Invalid},
		{"an objection without a reason", "foreign", known(asks), &command{View: object}, nil, fault.Invalid},
		{"conditions that are none", "foreign", known(asks), &command{View: conditions}, nil, fault.Invalid},
		{"conditions beside another view", "foreign", known(asks), &command{View: object, Reason: "risk", Conditions: []string{"no re-export"}}, nil, fault.Invalid},
		{"recused without a reason", "foreign", known(asks), &command{Recused: true}, nil, fault.Invalid},
		{"recused with a view", "foreign", known(asks), &command{Recused: true, Reason: "its own stock", View: abstain}, nil, fault.Invalid},
		{"closed", "foreign", known(asks, closedThen), &command{View: concur}, nil, fault.Precondition},
		{"granted", "foreign", known(asks, grantedOn), &command{View: concur}, nil, fault.Precondition},
		{"denied", "foreign", known(asks, deniedOn), &command{View: concur}, nil, fault.Precondition},
		{"taken back", "foreign", known(asks, &licensingv1.ApplicationSubmitted{ApplicationId: applicationID}, &licensingv1.ApplicationWithdrawn{ApplicationId: applicationID}),
			&command{View: concur}, nil, fault.Precondition},
		{"never heard of", "foreign", known(), &command{View: concur}, nil, fault.NotFound},
		{"where who asks would not hear", "foreign", known(asks), &command{View: concur, Particulars: with(answered, func(p *eventv1.Particulars) { p.Marking = "internal" })}, nil, fault.Precondition},
		{"where no rule says who hears", "foreign", []proto.Message{asks}, &command{View: concur}, nil, fault.Precondition},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.cmd.ConsultationId = consultationID
			if tt.cmd.Particulars == nil {
				tt.cmd.Particulars = answered
			}
			got, err := duty.GiveOpinion(ledgertest.GivenAs(t, tt.agency, tt.given...), tt.cmd)
			together(t, got, err, tt.want, tt.wantErr)
		})
	}
}
