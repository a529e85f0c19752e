package simulation_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/policy"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
	"github.com/counterfoil/counterfoil/services/licensing/licence"
)

var members = []string{"foreign", "defence", "justice"}

// drawPolicy draws a policy of any rule, whose content is what the authority adopted.
func drawPolicy(t *rapid.T) (*policy.Policy, *directoryv1.PolicyAdopted) {
	one := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	var text strings.Builder
	fmt.Fprintf(&text, "name: drawn\nversion: 1\ntitle: Drawn\nlegal_basis: fictional\nvalid_from: 2026-01-01\ndecider: licensing\nsignatures: 1\nrule: %s\nsilence: %s\nquorum: %d\nveto_by: [%s]\n",
		one("rule", "advisory", "majority", "unanimous", "veto"), one("silence", "concurs", "no_view", "objects", "escalates"),
		rapid.IntRange(0, 2).Draw(t, "quorum"), one("veto", members...))
	fmt.Fprintf(&text, "deadline: {working_days: %d}\nclock_stops: [asked the applicant]\nescalation: [{to: chair, role: chair}]\nconsultees:\n", rapid.SampledFrom([]int{0, 1, 3}).Draw(t, "deadline"))
	for _, agency := range members {
		fmt.Fprintf(&text, "  - {agency: %s, part: %s, serves: ATT 7(1), when: '%s'}\n", agency, one("part", "mandatory", "optional", "chosen", "guest"), one("when", "true", `"iii" in categories`))
	}
	p, err := policy.Load("drawn", []byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	return p, &directoryv1.PolicyAdopted{PolicyId: p.ID(), Content: []byte(text.String())}
}

// drawCase draws what was on record of a case before its decision, under a policy.
func drawCase(t *rapid.T, p *policy.Policy, n int) (decided, []proto.Message) {
	d := decided{n: n, policy: p.ID(), category: rapid.SampledFrom([]transferv1.Category{artillery, smallArms}).Draw(t, "category"), day: rapid.IntRange(1, 9).Draw(t, "decided")}
	facts := d.before()
	listed, err := policy.Consultees(p, dossier.Facts(d.deal(), "XA", false))
	if err != nil {
		t.Fatal(err)
	}
	opened := &licensingv1.ConsultationOpened{ConsultationId: d.id("C"), ApplicationId: d.id("A"), PolicyId: p.ID(), OpenedAt: timestamppb.New(after(1)), Deal: d.deal()}
	for _, c := range append(listed, policy.Consultee{Agency: "customs", Part: policy.Chosen}) {
		if c.Part != policy.Chosen || rapid.Bool().Draw(t, "choose "+c.Agency) {
			opened.Addressees = append(opened.Addressees, &licensingv1.Addressee{Agency: c.Agency, Part: c.Part, Serves: c.Serves})
		}
	}
	if len(opened.Addressees) == 0 || rapid.IntRange(0, 9).Draw(t, "nobody asked") == 0 {
		return d, facts
	}
	due := p.Due(nil, after(1), false, nil)
	if !due.IsZero() {
		opened.Due = timestamppb.New(due)
	}
	facts = append(facts, ledgertest.At(after(1), opened))
	if !due.IsZero() && rapid.Bool().Draw(t, "the clock stands still") {
		from, to := after(1).Add(time.Hour), after(rapid.IntRange(2, 4).Draw(t, "until"))
		due = p.Due(nil, after(1), false, []policy.Interval{{From: from, To: to}})
		facts = append(facts, ledgertest.At(from, &licensingv1.ConsultationClockStopped{ConsultationId: d.id("C"), Reason: "asked the applicant"}),
			ledgertest.At(to, &licensingv1.ConsultationClockRestarted{ConsultationId: d.id("C"), Due: timestamppb.New(due)}))
	}
	for i, day := range slices.Sorted(slices.Values(rapid.SliceOfN(rapid.IntRange(1, d.day), 0, 6).Draw(t, "answers"))) {
		o := &licensingv1.OpinionGiven{ConsultationId: d.id("C"), View: rapid.SampledFrom([]licensingv1.OpinionView{concur, object, abstain}).Draw(t, "view"), Recused: rapid.IntRange(0, 9).Draw(t, "recused") == 0}
		agency := rapid.SampledFrom(append(slices.Clone(members), "customs", "chair")).Draw(t, "agency")
		if agency == "chair" {
			o.InPlaceOf = rapid.SampledFrom(members).Draw(t, "in place of")
		}
		facts = append(facts, ledgertest.At(after(day).Add(time.Duration(i)*time.Minute), ledgertest.By(agency, o)))
	}
	return d, facts
}

// decide has the rules of licensing grant a case, or deny it where they do not, and returns what they record.
func decide(t *rapid.T, view ledger.View, d decided) proto.Message {
	at := after(d.day).Add(time.Hour)
	by := &eventv1.Particulars{OccurredAt: timestamppb.New(at), Officer: &eventv1.Officer{Role: "approver", Person: "p-1"}}
	facts, err := licence.Grant(view, &licensingv1.GrantLicenceRequest{Particulars: by, ApplicationId: d.id("A"), AgainstAdvice: "weighed"})
	if err != nil {
		facts, err = licence.Deny(view, &licensingv1.DenyLicenceRequest{Particulars: by, ApplicationId: d.id("A"), Criteria: []string{"7"}, Reason: "advice"})
	}
	if err != nil {
		t.Fatal(err)
	}
	return ledgertest.At(at, facts[0])
}

// What the rules decided under a policy is what its simulation says that they would have. Agencies may have said something else
// since.
func TestSimulatingThePolicyInForceChangesNothing(t *testing.T) {
	granted, denied := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		p, adopted := drawPolicy(rt)
		facts := founding(adopted)
		for n := 1; n <= 3; n++ {
			d, before := drawCase(rt, p, n)
			facts = append(facts, before...)
			decision := decide(rt, ledgertest.GivenAs(t, "licensing", facts...), d)
			facts = append(facts, decision)
			if _, ok := decision.(ledger.Dated).Message.(*licensingv1.LicenceGranted); ok {
				granted++
			} else {
				denied++
			}
			if rapid.Bool().Draw(rt, "said otherwise") {
				later := &licensingv1.OpinionGiven{ConsultationId: d.id("C"), View: rapid.SampledFrom([]licensingv1.OpinionView{object, concur}).Draw(rt, "then")}
				facts = append(facts, ledgertest.At(after(12), ledgertest.By("foreign", later)))
			}
		}
		embargo := &queryv1.WhatIfEmbargo{EmbargoId: "licensing/E-1", From: after(rapid.IntRange(0, 12).Draw(rt, "embargo")).Format(time.DateOnly)}
		facts = append(facts, ledgertest.At(after(13), ledgertest.By("licensing", embargoFact("E-1", "XC", embargo.From))))
		view := ledgertest.GivenAs(t, "licensing", facts...)
		got := simulate(t, view, &licensingv1.SimulatePolicyRequest{Policy: p.Terms})
		if got.Cases != 3 || len(got.Changed) > 0 {
			rt.Errorf("%d cases, changed: %v", got.Cases, got.Changed)
		}
		asItWasChangesNothing(rt, view, p, embargo)
	})
	if granted == 0 || denied == 0 {
		t.Errorf("%d were granted and %d denied: both have to come", granted, denied)
	}
}
