package licence_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	"github.com/counterfoil/counterfoil/services/licensing/licence"
)

// decision is the licence that is granted on what ready has on file, under the policy that has licensing decide alone.
func decision() *licensingv1.LicenceGranted {
	return with(granted, func(g *licensingv1.LicenceGranted) {
		g.Basis = &licensingv1.Basis{
			PolicyId: "alone/1", Screening: certificate(deal(), screeningv1.Result_RESULT_CLEAR), CheckId: "licensing/G-2026-000001",
			Prohibition: licensingv1.GateResult_GATE_RESULT_CLEAR, AssessmentId: "licensing/V-2026-000001",
			Signatures: []*licensingv1.Signature{{At: particulars.OccurredAt}},
		}
	})
}

func TestGrant(t *testing.T) {
	later := func(d time.Duration) *timestamppb.Timestamp { return timestamppb.New(now.Add(d)) }
	command := &licensingv1.GrantLicenceRequest{Particulars: particulars, ApplicationId: applicationID}
	of := func(change func(*licensingv1.GrantLicenceRequest)) *licensingv1.GrantLicenceRequest {
		return with(command, change)
	}
	file := func(more ...proto.Message) []proto.Message { return append(append(ready(), alone), more...) }
	without := func(drop proto.Message, put ...proto.Message) []proto.Message {
		kept := slices.DeleteFunc(file(), func(m proto.Message) bool { return m.ProtoReflect().Descriptor() == drop.ProtoReflect().Descriptor() })
		return append(kept, put...)
	}
	overriding := &licensingv1.RiskFinding{Criterion: "7(4)", Level: licensingv1.Level_LEVEL_OVERRIDING, Reason: "known incidents"}
	tests := []struct {
		name    string
		given   []proto.Message
		command *licensingv1.GrantLicenceRequest
		want    []proto.Message
		wantErr error
	}{
		{"valid from the decision", file(), command, []proto.Message{decision()}, nil},
		{"valid for a time, under conditions", file(),
			of(func(c *licensingv1.GrantLicenceRequest) {
				c.ValidFrom, c.ValidUntil, c.Conditions = later(time.Hour), later(2*time.Hour), []string{"proof of arrival within 3 months"}
			}),
			[]proto.Message{with(decision(), func(g *licensingv1.LicenceGranted) {
				g.ValidFrom, g.ValidUntil, g.Conditions = later(time.Hour), later(2*time.Hour), []string{"proof of arrival within 3 months"}
			})}, nil},
		{"ends as it begins", file(),
			of(func(c *licensingv1.GrantLicenceRequest) { c.ValidUntil = later(0) }), nil, fault.Invalid},
		{"ends before it begins", file(),
			of(func(c *licensingv1.GrantLicenceRequest) {
				c.ValidFrom, c.ValidUntil = later(time.Hour), later(time.Minute)
			}), nil, fault.Invalid},
		{"no policy was adopted", ready(), command, nil, fault.Precondition},
		{"another agency decides", append(ready(), adopted("board", "decider: board\n")), command, nil, fault.Precondition},
		{"Article 6 not checked", without(&licensingv1.ProhibitionChecked{}), command, nil, fault.Precondition},
		{"prohibited", without(&licensingv1.ProhibitionChecked{}, checked(submitted, licensingv1.GateResult_GATE_RESULT_PROHIBITED)), command, nil, fault.Precondition},
		{"referred", without(&licensingv1.ProhibitionChecked{}, checked(submitted, licensingv1.GateResult_GATE_RESULT_REFER)), command, nil, fault.Precondition},
		{"Article 7 not assessed", without(&licensingv1.RiskAssessed{}), command, nil, fault.Precondition},
		{"overriding risk", without(&licensingv1.RiskAssessed{}, assessed(submitted, overriding)), command, nil, fault.Precondition},
		{"another deal was checked", file(&licensingv1.ApplicationAmended{ApplicationId: applicationID, Deal: with(deal(), func(d *licensingv1.Deal) { d.EndUse = "police" })}),
			command, nil, fault.Precondition},
		{"a paper is missing", append(ready(), adopted("papers", "signatures: 1\nrequires: [{kind: regional_exemption}]")), command, nil, fault.Precondition},
		{"a mandatory opinion is missing", append(ready(), adopted("asks", "signatures: 1\nconsultees: [{agency: foreign, part: mandatory, serves: ATT 7(1)}]")), command, nil, fault.Precondition},
		{"never submitted", []proto.Message{registered, alone}, command, nil, fault.NotFound},
		{"submitted to another agency", []proto.Message{othersApplication},
			of(func(c *licensingv1.GrantLicenceRequest) { c.ApplicationId = othersApplicationID }), nil, fault.NotAllowed},
		{"granted already", file(granted), command, nil, fault.Conflict},
		{"granted and revoked", file(granted, revoked), command, nil, fault.Conflict},
		{"denied already", file(denied), command, nil, fault.Conflict},
		{"withdrawn by the applicant", file(&licensingv1.ApplicationWithdrawn{ApplicationId: applicationID}), command, nil, fault.Precondition},
		{"sent back", file(&licensingv1.ApplicationReturned{ApplicationId: applicationID}), command, nil, fault.Precondition},
		{"no emergency variant", file(), of(func(c *licensingv1.GrantLicenceRequest) { c.Emergency = "flood" }), nil, fault.Precondition},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := licence.Grant(given(t, tt.given...), tt.command)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

// A decision says how far the deciding agency had every journal when it was made (Articles 6(3) and 7(7)).
func TestGrantSaysWhatWasKnown(t *testing.T) {
	view := given(t, append(ready(), alone, othersLicence)...)
	facts, err := licence.Grant(view, &licensingv1.GrantLicenceRequest{Particulars: particulars, ApplicationId: applicationID})
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]uint64{}
	for _, j := range facts[0].(*licensingv1.LicenceGranted).Basis.Knowledge.Journals {
		known[j.Journal] = j.Events
	}
	if want := map[string]uint64{"authority/directory": 2, "licensing/all": 4, "licensing-b/all": 1}; !maps.Equal(known, want) {
		t.Errorf("known were %v, want %v", known, want)
	}
}

func TestDeny(t *testing.T) {
	command := &licensingv1.DenyLicenceRequest{Particulars: particulars, ApplicationId: applicationID, Criteria: []string{"7"}, Reason: "risk of diversion"}
	deniedUnder := with(denied, func(d *licensingv1.LicenceDenied) {
		d.Basis = &licensingv1.Basis{PolicyId: "alone/1", Reason: "risk of diversion", Signatures: []*licensingv1.Signature{{At: particulars.OccurredAt}}}
	})
	of := func(change func(*licensingv1.DenyLicenceRequest)) *licensingv1.DenyLicenceRequest {
		return with(command, change)
	}
	tests := []struct {
		name    string
		given   []proto.Message
		command *licensingv1.DenyLicenceRequest
		want    []proto.Message
		wantErr error
	}{
		{"open application", []proto.Message{registered, alone, submitted}, command, []proto.Message{deniedUnder}, nil},
		{"no policy was adopted", []proto.Message{registered, submitted}, command, nil, fault.Precondition},
		{"no criteria", []proto.Message{registered, alone, submitted}, of(func(c *licensingv1.DenyLicenceRequest) { c.Criteria = nil }), nil, fault.Invalid},
		{"no reason", []proto.Message{registered, alone, submitted}, of(func(c *licensingv1.DenyLicenceRequest) { c.Reason = "" }), nil, fault.Invalid},
		{"never submitted", nil, command, nil, fault.NotFound},
		{"submitted to another agency", []proto.Message{othersApplication},
			of(func(c *licensingv1.DenyLicenceRequest) { c.ApplicationId = othersApplicationID }), nil, fault.NotAllowed},
		{"granted already", []proto.Message{submitted, granted}, command, nil, fault.Conflict},
		{"denied already", []proto.Message{submitted, denied}, command, nil, fault.Conflict},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := licence.Deny(given(t, tt.given...), tt.command)
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

// What others were consulted on goes on under the policy that they were asked under, when another is adopted meanwhile; not
// once the deal is another. What another agency calls a consultation on the application is none.
func TestDecidedUnderThePolicyOfTheConsultation(t *testing.T) {
	asks := adopted("asks", "signatures: 1\nconsultees: [{agency: foreign, part: mandatory, serves: ATT 7(1)}]")
	stricter := &directoryv1.PolicyAdopted{PolicyId: "asks/2", Content: []byte(strings.NewReplacer("version: 1", "version: 2", "mandatory", "mandatory, when: 'kind == \"transit\"'",
		"signatures: 1", "signatures: 1\nrequires: [{kind: regional_exemption}]").Replace(string(asks.Content)))}
	opened := &licensingv1.ConsultationOpened{
		ConsultationId: "licensing/C-2026-000001", ApplicationId: applicationID, PolicyId: "asks/1", OpenedAt: timestamppb.New(now.Add(-time.Hour)), Deal: deal(),
		Addressees: []*licensingv1.Addressee{{Agency: "foreign", Part: "mandatory", Serves: "ATT 7(1)"}},
	}
	elsewhere := with(opened, func(o *licensingv1.ConsultationOpened) {
		o.ConsultationId, o.OpenedAt, o.PolicyId = "foreign/C-2026-000001", timestamppb.New(now), "asks/2"
	})
	closed := &licensingv1.ConsultationClosed{ConsultationId: opened.ConsultationId, MayGrant: true}
	concurs := ledgertest.By("foreign", &licensingv1.OpinionGiven{ConsultationId: opened.ConsultationId, View: licensingv1.OpinionView_OPINION_VIEW_CONCUR})
	ofAnother := with(opened, func(o *licensingv1.ConsultationOpened) { o.Deal.Lines[0].Quantity.Thousandths *= 100 })
	tests := []struct {
		name  string
		given []proto.Message
		want  string // policy, or a part of the refusal
	}{
		{"one policy", []proto.Message{asks, opened, concurs}, "asks/1"},
		{"another is adopted while it is open", []proto.Message{asks, opened, stricter, concurs}, "asks/1"},
		{"another is adopted after it", []proto.Message{asks, opened, concurs, closed, stricter}, "asks/1"},
		{"nobody was consulted", []proto.Message{asks, stricter}, "no regional exemption"},
		{"the deal is another", []proto.Message{asks, ofAnother, concurs, stricter}, "no regional exemption"},
		{"another agency's consultation", []proto.Message{asks, opened, concurs, stricter, ledgertest.By("foreign", elsewhere)}, "asks/1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			facts, err := licence.Grant(given(t, append(ready(), tt.given...)...), &licensingv1.GrantLicenceRequest{Particulars: particulars, ApplicationId: applicationID})
			got := fmt.Sprint(err)
			if err == nil {
				got = plain(facts[0]).(*licensingv1.LicenceGranted).Basis.PolicyId
			}
			if !strings.Contains(got, tt.want) {
				t.Errorf("Grant: %s; want %s", got, tt.want)
			}
		})
	}
}

// Opinions are on the deal that those asked were told of: an amendment leaves a grant without them, but not free of objections.
func TestAmendedAfterOpinions(t *testing.T) {
	asks := adopted("asks", "signatures: 1\nconsultees: [{agency: foreign, part: mandatory, serves: ATT 7(1)}]")
	was := with(deal(), func(d *licensingv1.Deal) { d.Lines[0].Quantity.Thousandths = 10_000 })
	opened := func(d *licensingv1.Deal, policy string) *licensingv1.ConsultationOpened {
		return &licensingv1.ConsultationOpened{
			ConsultationId: "licensing/C-2026-000001", ApplicationId: applicationID, PolicyId: policy, Deal: d, OpenedAt: timestamppb.New(now),
			Addressees: []*licensingv1.Addressee{{Agency: "foreign", Part: "mandatory", Serves: "ATT 7(1)"}},
		}
	}
	says := func(view licensingv1.OpinionView) proto.Message {
		return ledgertest.By("foreign", &licensingv1.OpinionGiven{ConsultationId: "licensing/C-2026-000001", View: view, Reason: "known"})
	}
	concurs, objects := says(licensingv1.OpinionView_OPINION_VIEW_CONCUR), says(licensingv1.OpinionView_OPINION_VIEW_OBJECT)
	for _, tt := range []struct {
		name   string
		given  []proto.Message
		advice string
		ok     bool
	}{
		{"on the deal as it is", []proto.Message{asks, opened(deal(), "asks/1"), concurs}, "", true},
		{"on the deal as it was", []proto.Message{asks, opened(was, "asks/1"), concurs}, "", false},
		{"nobody has to be asked", []proto.Message{alone, opened(was, "alone/1"), concurs}, "", true},
		{"an objection to what it was", []proto.Message{alone, opened(was, "alone/1"), objects}, "", false},
		{"passed over with a reason", []proto.Message{alone, opened(was, "alone/1"), objects}, "half the quantity", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cmd := &licensingv1.GrantLicenceRequest{Particulars: particulars, ApplicationId: applicationID, AgainstAdvice: tt.advice}
			facts, err := licence.Grant(given(t, append(ready(), tt.given...)...), cmd)
			if ok := len(facts) > 0; ok != tt.ok || (err == nil) != tt.ok {
				t.Errorf("granted %v, %v", ok, err)
			}
		})
	}
}
