package licence_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/licence"
)

const proposalID = "licensing/P-2026-000001"

func by(person, role string) *eventv1.Particulars {
	return &eventv1.Particulars{OccurredAt: timestamppb.New(now), Officer: &eventv1.Officer{Person: person, Role: role}}
}

func signature(person, role string) *licensingv1.Signature {
	return &licensingv1.Signature{Person: person, Role: role, At: timestamppb.New(now)}
}

// Two persons decide: what one proposes another signs, and never the same person twice.
func TestFourEyes(t *testing.T) {
	two := adopted("two", "signatures: 2")
	three := adopted("three", "signatures: 3\nsigner_roles: [officer, head]")
	urgent := adopted("urgent", "signatures: 2\nsigner_roles: [head]\nemergency: {hours: 4, deputies: [{role: duty officer, for_role: head}], review_within_working_days: 3}")
	file := func(policy proto.Message, more ...proto.Message) []proto.Message {
		return append(append(ready(), policy), more...)
	}
	proposal := func(needed uint32, emergency string, first *licensingv1.Signature) *licensingv1.DecisionProposed {
		return &licensingv1.DecisionProposed{
			ProposalId: proposalID, ApplicationId: applicationID, Outcome: licensingv1.DecisionOutcome_DECISION_OUTCOME_GRANT,
			ValidFrom: timestamppb.New(now), Emergency: emergency, Signature: first, Needed: needed,
		}
	}
	grant := func(p *eventv1.Particulars, emergency string) func(ledger.View) ([]proto.Message, error) {
		return func(view ledger.View) ([]proto.Message, error) {
			return licence.Grant(view, &licensingv1.GrantLicenceRequest{Particulars: p, ApplicationId: applicationID, Emergency: emergency})
		}
	}
	sign := func(p *eventv1.Particulars) func(ledger.View) ([]proto.Message, error) {
		return func(view ledger.View) ([]proto.Message, error) {
			return licence.Sign(view, &licensingv1.SignDecisionRequest{Particulars: p, ProposalId: proposalID})
		}
	}
	final := func(policy string, signatures ...*licensingv1.Signature) *licensingv1.LicenceGranted {
		return with(decision(), func(g *licensingv1.LicenceGranted) { g.Basis.PolicyId, g.Basis.Signatures = policy, signatures })
	}
	beside := func(fact proto.Message) proto.Message { return ledger.Dated{Message: fact, Group: "all"} }
	first := signature("p-1", "officer")
	denied, revoked := &licensingv1.LicenceDenied{DenialId: "licensing/N-2026-000001", ApplicationId: applicationID}, &licensingv1.LicenceRevoked{LicenceId: licenceID}
	appealed := func(decision string) proto.Message {
		return &licensingv1.AppealLodged{AppealId: "licensing/X-2026-000001", DecisionId: decision}
	}
	overturned := &licensingv1.AppealDecided{AppealId: "licensing/X-2026-000001", Outcome: licensingv1.AppealOutcome_APPEAL_OUTCOME_OVERTURNED}
	for _, tt := range []struct {
		name    string
		given   []proto.Message
		do      func(ledger.View) ([]proto.Message, error)
		want    []proto.Message
		wantErr error
	}{
		{"the first proposes", file(two), grant(by("p-1", "officer"), ""), []proto.Message{proposal(2, "", first)}, nil},
		{"nobody in person", file(two), grant(by("", "officer"), ""), nil, fault.Invalid},
		{"a proposal waits", file(two, proposal(2, "", first)), grant(by("p-2", "officer"), ""), nil, fault.Conflict},
		{"it was taken back", file(two, proposal(2, "", first), &licensingv1.DecisionDropped{ProposalId: proposalID, Reason: "error"}),
			grant(by("p-1", "officer"), ""), []proto.Message{with(proposal(2, "", first), func(p *licensingv1.DecisionProposed) { p.ProposalId = "licensing/P-2026-000002" })}, nil},
		{"the second decides", file(two, proposal(2, "", first)), sign(by("p-2", "officer")), []proto.Message{final("two/1", first, signature("p-2", "officer"))}, nil},
		{"the same person", file(two, proposal(2, "", first)), sign(by("p-1", "head")), nil, fault.NotAllowed},
		{"the second of three", file(three, proposal(3, "", first)), sign(by("p-2", "head")),
			[]proto.Message{beside(&licensingv1.DecisionSigned{ProposalId: proposalID, Signature: signature("p-2", "head")})}, nil},
		{"the second again", file(three, proposal(3, "", first), &licensingv1.DecisionSigned{ProposalId: proposalID, Signature: signature("p-2", "head")}),
			sign(by("p-2", "head")), nil, fault.NotAllowed},
		{"the third", file(three, proposal(3, "", first), &licensingv1.DecisionSigned{ProposalId: proposalID, Signature: signature("p-2", "head")}),
			sign(by("p-3", "head")), []proto.Message{final("three/1", first, signature("p-2", "head"), signature("p-3", "head"))}, nil},
		{"not in this role", file(three, proposal(3, "", first)), sign(by("p-2", "clerk")), nil, fault.NotAllowed},
		{"conflict of interest", file(two, proposal(2, "", first), &licensingv1.ConflictDeclared{ApplicationId: applicationID, Person: "p-2", Reason: "kin"}),
			sign(by("p-2", "officer")), nil, fault.NotAllowed},
		{"a deputy, no emergency", file(urgent), grant(by("p-1", "duty officer"), ""), nil, fault.NotAllowed},
		{"a deputy in an emergency", file(urgent), grant(by("p-1", "duty officer"), "flood"), []proto.Message{proposal(2, "flood", signature("p-1", "duty officer"))}, nil},
		{"prohibited meanwhile", file(two, proposal(2, "", first), with(checked(submitted, licensingv1.GateResult_GATE_RESULT_PROHIBITED), func(c *licensingv1.ProhibitionChecked) { c.CheckId = "licensing/G-2026-000002" })),
			sign(by("p-2", "officer")), nil, fault.Precondition},
		{"unknown proposal", file(two), sign(by("p-2", "officer")), nil, fault.NotFound},
		{"denied, and opened again by an appeal", file(two, proposal(2, "", first), denied, appealed("licensing/N-2026-000001"), overturned), sign(by("p-2", "officer")), nil, fault.Precondition},
		{"revoked, and opened again by an appeal", file(two, proposal(2, "", first), granted, revoked, appealed(licenceID), overturned), sign(by("p-2", "officer")), nil, fault.Precondition},
		{"the first proposes anew after an appeal", file(two, proposal(2, "", first), granted, revoked, appealed(licenceID), overturned), grant(by("p-1", "officer"), ""),
			[]proto.Message{with(proposal(2, "", first), func(p *licensingv1.DecisionProposed) { p.ProposalId = "licensing/P-2026-000002" })}, nil},
		{"decided already", file(two, proposal(2, "", first), granted), sign(by("p-2", "officer")), nil, fault.Conflict},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.do(given(t, tt.given...))
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

// A decision in an emergency obliges its agency to a review (principle P7), and a grant to what policy and papers say.
func TestObligations(t *testing.T) {
	urgent := adopted("urgent", `signatures: 1
emergency: {hours: 4, deputies: [{role: duty officer, for_role: head}], review_within_working_days: 3}
obligations:
  - {kind: delivery_verification, owner: holder, days: 90, after: exit, text: proof of arrival}
  - {kind: stock_report, owner: customs, days: 30, after: grant, when: 'kind == "export"', text: report what left}
  - {kind: never, owner: customs, days: 30, after: grant, when: 'kind == "import"', text: nothing}`)
	certificate := &licensingv1.DocumentFiled{ApplicationId: applicationID, Document: &licensingv1.Document{Kind: "end_user_certificate", Number: "7", Undertakings: []string{"U1", "U5"}}}
	assessment := with(assessed(submitted), func(r *licensingv1.RiskAssessed) {
		r.AssessmentId = "licensing/V-2026-000002"
		r.Mitigations = []*licensingv1.Mitigation{{Criterion: "11", Measure: "joint stock check", Owner: "foreign", DueOn: "2026-06-30"}}
	})
	all := &directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{{Group: "all"}}}
	view := given(t, append(ready(), urgent, all, certificate, assessment)...)
	facts, err := licence.Grant(view, &licensingv1.GrantLicenceRequest{Particulars: particulars, ApplicationId: applicationID, Emergency: "flood"})
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) *timestamppb.Timestamp {
		when, err := time.Parse(time.DateTime, s)
		if err != nil {
			t.Fatal(err)
		}
		return timestamppb.New(when)
	}
	set := func(n string, o *licensingv1.ObligationSet) proto.Message {
		o.ObligationId, o.Subject = "licensing/O-2026-00000"+n, licenceID
		return ledger.Dated{Message: o, Group: "all"}
	}
	want := []proto.Message{
		set("1", &licensingv1.ObligationSet{Kind: "delivery_verification", Owner: "holder", Days: 90, After: "exit", Text: "proof of arrival"}),
		set("2", &licensingv1.ObligationSet{Kind: "stock_report", Owner: "customs", Days: 30, After: "grant", Due: at("2026-04-09 09:00:00"), Text: "report what left"}),
		set("3", &licensingv1.ObligationSet{Kind: "U5", Owner: "holder", After: "after exit", Text: "deliver proof of arrival, as the end user undertook"}),
		set("4", &licensingv1.ObligationSet{Kind: "mitigation", Owner: "foreign", Text: "joint stock check", Due: at("2026-06-30 23:59:59")}),
		set("5", &licensingv1.ObligationSet{Kind: "emergency_review", Owner: "licensing", Text: "review the decision with all who would have been asked", Due: at("2026-03-13 23:59:59")}),
	}
	expect(t, facts[1:], nil, want, nil)
}
