package simulation_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/simulation"
)

// failing is a test, or a draw of one.
type failing interface {
	Helper()
	Fatal(args ...any)
}

func whatIf(t failing, view ledger.View, req *queryv1.WhatIfRequest) ([]*queryv1.WhatIfDecision, *queryv1.WhatIfTotals) {
	t.Helper()
	w, err := simulation.Try(view, req)
	if err != nil {
		t.Fatal(err)
	}
	var all []*queryv1.WhatIfDecision
	for more := true; more; {
		var res *queryv1.WhatIfResponse
		if res, more, err = w.Next(view); err != nil {
			t.Fatal(err)
		}
		all = append(all, res.Decisions...)
	}
	return all, w.Totals()
}

// lines is each decision in one line, and its reasons and what it needed in others.
func lines(all []*queryv1.WhatIfDecision) (lines []string) {
	for _, d := range all {
		lines = append(lines, d.DecisionId[len("licensing/"):]+": "+d.Was+", "+d.WouldBe)
		for _, r := range d.Reasons {
			lines = append(lines, "  "+r.Rule+": "+r.Fact+" ["+r.Event+"]")
		}
		for _, n := range d.Needed {
			lines = append(lines, "  needed: "+n)
		}
	}
	return lines
}

func embargoFact(id, country, from string, more ...func(*screeningv1.EmbargoRecorded)) *screeningv1.EmbargoRecorded {
	e := &screeningv1.EmbargoRecorded{EmbargoId: "licensing/" + id, Country: country, Measure: "arms", Resolution: "R 1", ValidFrom: from}
	for _, change := range more {
		change(e)
	}
	return e
}

// Cases were decided on 3 to 23 March 2026, all for XB.
func TestWhatIfEmbargoes(t *testing.T) {
	m1, _ := template(t, "m1-ad-hoc")
	prohibited := decided{n: 4, policy: adHoc, category: smallArms, day: 9, denied: true}
	check := &licensingv1.ProhibitionChecked{CheckId: prohibited.id("G"), ApplicationId: prohibited.id("A"), Result: licensingv1.GateResult_GATE_RESULT_PROHIBITED,
		Findings: []*licensingv1.ProhibitionFinding{{Paragraph: "6(1)", Result: licensingv1.GateResult_GATE_RESULT_PROHIBITED, Reason: "as recorded", Embargoes: []string{"licensing/E-1"}}}}
	ownFinding := proto.CloneOf(check)
	ownFinding.Findings = append(ownFinding.Findings, &licensingv1.ProhibitionFinding{Paragraph: "6(3)", Result: licensingv1.GateResult_GATE_RESULT_PROHIBITED, Reason: "known"})
	facts := slices.Concat(founding(m1), all(
		decided{n: 1, policy: adHoc, category: artillery, day: 1},
		decided{n: 2, policy: adHoc, category: smallArms, day: 3},
		decided{n: 3, policy: adHoc, category: artillery, day: 3, denied: true},
	), []proto.Message{ledgertest.At(after(7), ledgertest.By("licensing", embargoFact("E-1", "XB", "2026-03-09")))}, prohibited.before()[:1])
	end := []proto.Message{ledgertest.At(after(9), prohibited.facts()[len(prohibited.facts())-1].(ledger.Dated).Message)}
	view := ledgertest.GivenAs(t, "licensing", slices.Concat(facts, []proto.Message{ledgertest.At(after(8), check)}, end)...)
	asFound := ledgertest.GivenAs(t, "licensing", slices.Concat(facts, []proto.Message{ledgertest.At(after(8), ownFinding)}, end)...)
	viii := []transferv1.Category{smallArms}
	weighed := []string{"N-2026-000004: denied, to be weighed", "  ATT 6(1): embargo licensing/E-1 on XB would not have been in force [licensing/all/16]",
		"  needed: a check under Article 6 that is clear", "  needed: what its policy asks of a grant"}

	// The licences have no end, so that an embargo comes over them whenever it is recorded.
	reassessed := func(n int, embargo, event string) []string {
		return []string{fmt.Sprintf("L-2026-%06d: granted, reassessed", n),
			"  ATT 7(7): " + embargo + " reaches it by its destination while it was valid: it would have been put up for reassessment [" + event + "]"}
	}
	elsewhere := "an embargo on XB from 2026-03-11"
	for _, tt := range []struct {
		name    string
		view    ledger.View
		changes []*queryv1.WhatIfEmbargo
		want    []string
	}{
		{"earlier on all goods", view, []*queryv1.WhatIfEmbargo{{Country: "XB", From: "2026-03-03"}}, []string{
			"L-2026-000001: granted, prohibited", "  ATT 6(1): an embargo on XB from 2026-03-03 reaches the deal by its destination; nothing is weighed against that []",
			"L-2026-000002: granted, prohibited", "  ATT 6(1): an embargo on XB from 2026-03-03 reaches the deal by its destination; nothing is weighed against that []",
			"N-2026-000003: denied, denied under article 6", "  ATT 6(1): an embargo on XB from 2026-03-03 reaches the deal by its destination; nothing is weighed against that []",
		}},
		{"after a grant it is put up for reassessment", view, []*queryv1.WhatIfEmbargo{{Country: "XB", From: "2026-03-05", Until: "2026-03-06", Categories: viii}}, []string{
			"L-2026-000002: granted, prohibited", "  ATT 6(1): an embargo on XB from 2026-03-05 reaches the deal by its destination; nothing is weighed against that []",
		}},
		{"not yet", view, []*queryv1.WhatIfEmbargo{{Country: "XB", From: "2026-03-04", Until: "2026-03-04"}}, []string{
			"L-2026-000001: granted, reassessed", "  ATT 7(7): an embargo on XB from 2026-03-04 reaches it by its destination while it was valid: it would have been put up for reassessment []",
		}},
		{"on another State", view, []*queryv1.WhatIfEmbargo{{Country: "XC", From: "2026-03-01"}}, nil},
		{"one on record, earlier", view, []*queryv1.WhatIfEmbargo{{EmbargoId: "licensing/E-1", From: "2026-03-05"}}, []string{
			"L-2026-000002: granted, prohibited", "  ATT 6(1): embargo licensing/E-1 on XB, as if from 2026-03-05, reaches the deal by its destination; nothing is weighed against that [licensing/all/16]",
			"N-2026-000003: denied, denied under article 6", "  ATT 6(1): embargo licensing/E-1 on XB, as if from 2026-03-05, reaches the deal by its destination; nothing is weighed against that [licensing/all/16]",
		}},
		{"one on record, later", view, []*queryv1.WhatIfEmbargo{{EmbargoId: "licensing/E-1", From: "2027-01-01"}}, weighed},
		{"one on record, later, beside another", view, []*queryv1.WhatIfEmbargo{{EmbargoId: "licensing/E-1", From: "2027-01-01"}, {Country: "XB", From: "2026-03-11"}}, append(reassessed(1, elsewhere, ""), reassessed(2, elsewhere, "")...)},
		{"an officer found so under another paragraph", asFound, []*queryv1.WhatIfEmbargo{{EmbargoId: "licensing/E-1", From: "2027-01-01"}}, nil},
		{"as it was", view, []*queryv1.WhatIfEmbargo{{EmbargoId: "licensing/E-1", From: "2026-03-09"}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, totals := whatIf(t, tt.view, &queryv1.WhatIfRequest{Embargoes: tt.changes})
			if diff := cmp.Diff(tt.want, lines(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if totals.Decisions != 4 {
				t.Errorf("%d decisions", totals.Decisions)
			}
		})
	}
}

func TestWhatIfCriteria(t *testing.T) {
	m1, ad := template(t, "m1-ad-hoc")
	lower := proto.CloneOf(ad)
	lower.Risk = &policyv1.Risk{Threshold: "high"}
	low, high := licensingv1.Level_LEVEL_LOW, licensingv1.Level_LEVEL_HIGH
	// It was denied since its assessment is overriding.
	forced := decided{n: 3, policy: adHoc, category: artillery, day: 3, denied: true, risk: licensingv1.Level_LEVEL_OVERRIDING}
	view := ledgertest.GivenAs(t, "licensing", append(founding(m1), all(
		decided{n: 1, policy: adHoc, category: artillery, day: 3, risk: high},
		decided{n: 2, policy: adHoc, category: artillery, day: 3, risk: low},
		forced,
		decided{n: 4, policy: "unknown/1", category: artillery, day: 3, risk: high},
		decided{n: 5, policy: adHoc, category: artillery, day: 3, risk: high, left: low},
		// It was granted although its own policy forbade it: no other weight makes that so.
		decided{n: 6, policy: adHoc, category: artillery, day: 3, risk: licensingv1.Level_LEVEL_OVERRIDING},
	)...)...)
	granted5 := []string{"L-2026-000005: granted, blocked",
		"  ATT 7(3): the risk before mitigation under 7(4) was assessed at the threshold high or above it, see licensing/V-2026-000005 [licensing/V-2026-000005]",
		"  needed: less than high found on 7(4) before measures"}
	granted := func(level, left string) []string {
		return []string{"L-2026-000001: granted, blocked", "  ATT 7(3): the " + level + " under 7(4) was assessed at the threshold high or above it, see licensing/V-2026-000001 [licensing/V-2026-000001]",
			"  needed: " + left}
	}
	freed := []string{"N-2026-000003: denied, grant possible",
		"  ATT 7(3): the risk under 7(4) was assessed at the threshold overriding or above it, see licensing/V-2026-000003; as it is weighed here it would not have been overriding [licensing/V-2026-000003]",
		"  needed: signatures: 2"}
	noGround := []string{"N-2026-000003: denied, no ground left", "  criteria of the denial: it names only criteria that would not have counted: 7 [licensing/N-2026-000003]"}
	measures := "measures that leave less than high on 7(4) (ATT 7(2))"
	for _, tt := range []struct {
		name   string
		req    *queryv1.WhatIfRequest
		want   []string
		totals *queryv1.WhatIfTotals
	}{
		{"overriding from high on", &queryv1.WhatIfRequest{Criteria: []*queryv1.WhatIfCriterion{{Criterion: "7(4)", OverridingFrom: high}}}, granted("risk", measures),
			&queryv1.WhatIfTotals{Decisions: 6, Changed: 1, Changes: []*queryv1.WhatIfCount{{Was: "granted", WouldBe: "blocked", Count: 1}}, UnknownPolicy: 1}},
		{"before mitigation", &queryv1.WhatIfRequest{Criteria: []*queryv1.WhatIfCriterion{{Criterion: "*", OverridingFrom: high, Unmitigated: true}}},
			append(granted("risk before mitigation", "less than high found on 7(4) before measures"), granted5...), nil},
		{"a criterion does not count", &queryv1.WhatIfRequest{Criteria: []*queryv1.WhatIfCriterion{{Criterion: "7(4)"}}}, freed, nil},
		{"none counts that a denial names", &queryv1.WhatIfRequest{Criteria: []*queryv1.WhatIfCriterion{{Criterion: "7"}}}, noGround,
			&queryv1.WhatIfTotals{Decisions: 6, Changed: 1, Changes: []*queryv1.WhatIfCount{{Was: "denied", WouldBe: "no ground left", Count: 1}}, UnknownPolicy: 1}},
		{"nobody assessed it", &queryv1.WhatIfRequest{Criteria: []*queryv1.WhatIfCriterion{{Criterion: "XA-9", OverridingFrom: low}}}, nil,
			&queryv1.WhatIfTotals{Decisions: 6, Unassessed: []*queryv1.WhatIfCount{{Criterion: "XA-9", Count: 6}}, UnknownPolicy: 1}},
		{"with a policy", &queryv1.WhatIfRequest{Policy: lower, Criteria: []*queryv1.WhatIfCriterion{{Criterion: "7(4)"}}}, freed[:1], nil},
		{"as they are weighed", &queryv1.WhatIfRequest{Criteria: []*queryv1.WhatIfCriterion{{Criterion: "*", OverridingFrom: licensingv1.Level_LEVEL_OVERRIDING}}}, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, totals := whatIf(t, view, tt.req)
			is := lines(got)
			if tt.req.Policy != nil {
				is = is[:1]
			}
			if diff := cmp.Diff(tt.want, is); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.totals, totals, protocmp.Transform()); diff != "" && tt.totals != nil {
				t.Errorf("totals (-want +got):\n%s", diff)
			}
		})
	}
}

// A decision is judged on what its agency had then: an answer that was given before it and came after it does not count, by the
// decision's own word of how far it had the journals of others.
func TestWhatIfJudgesOnWhatWasThere(t *testing.T) {
	_, com := template(t, "m2-committee")
	one := decided{n: 1, policy: adHoc, category: artillery, asked: four, papers: euc, lists: "2026-03-06", day: 4,
		said: []told{{"foreign", concur, 2}, {"defence", concur, 2}, {"interior", concur, 2}, {"justice", concur, 3}}}
	decision := func(justice uint64) proto.Message {
		at := one.facts()[len(one.facts())-1].(ledger.Dated)
		granted := proto.CloneOf(at.Message.(*licensingv1.LicenceGranted))
		granted.Basis.Knowledge = &eventv1.Knowledge{}
		for _, agency := range []string{"foreign", "defence", "interior"} {
			granted.Basis.Knowledge.Journals = append(granted.Basis.Knowledge.Journals, &eventv1.Reach{Journal: agency + "/all", Events: 1})
		}
		granted.Basis.Knowledge.Journals = append(granted.Basis.Knowledge.Journals, &eventv1.Reach{Journal: "justice/all", Events: justice})
		return ledgertest.At(after(4), granted)
	}
	for had, want := range map[uint64][]string{
		1: nil,
		0: {"L-2026-000001: granted, waiting",
			"  committee/1, rule unanimous: justice did not answer, as far as is on record; it would have been waited for without a deadline []",
			"  committee/1, rule unanimous: all have to concur []", "  needed: the answer of justice (ATT 6(2) and 6(3))"},
	} {
		view := ledgertest.GivenAs(t, "licensing", slices.Concat(founding(), one.before(), []proto.Message{decision(had)})...)
		got, _ := whatIf(t, view, &queryv1.WhatIfRequest{Policy: com})
		if diff := cmp.Diff(want, lines(got)); diff != "" {
			t.Errorf("with %d events of justice (-want +got):\n%s", had, diff)
		}
	}

	// An objection that came after the decision does not count against it either, nor an agreement for it.
	after := func(n int, foreign ...told) decided {
		d := one
		d.n, d.said = n, append(foreign, one.said[1:]...)
		return d
	}
	view := ledgertest.GivenAs(t, "licensing", append(founding(), all(
		after(1, told{"foreign", concur, 2}, told{"foreign", object, 5}), after(2, told{"foreign", object, 2}, told{"foreign", concur, 5}),
	)...)...)
	got, _ := whatIf(t, view, &queryv1.WhatIfRequest{Policy: com, Unchanged: true})
	var would []string
	for _, d := range got {
		would = append(would, d.WouldBe)
	}
	if !slices.Equal(would, []string{"granted", "blocked"}) {
		t.Errorf("would be %q", would)
	}
}

func TestTryRefuses(t *testing.T) {
	day := timestamppb.New(monday)
	view := ledgertest.GivenAs(t, "licensing", founding()...)
	for name, tt := range map[string]struct {
		req  *queryv1.WhatIfRequest
		want error
	}{
		"an embargo that is not on record":  {&queryv1.WhatIfRequest{Embargoes: []*queryv1.WhatIfEmbargo{{EmbargoId: "licensing/E-9", From: "2026-03-01"}}}, fault.NotFound},
		"no day":                            {&queryv1.WhatIfRequest{Embargoes: []*queryv1.WhatIfEmbargo{{Country: "XB", From: "2026-02-30"}}}, fault.Invalid},
		"an end before the beginning":       {&queryv1.WhatIfRequest{Embargoes: []*queryv1.WhatIfEmbargo{{Country: "XB", From: "2026-03-02", Until: "2026-03-01"}}}, fault.Invalid},
		"a criterion twice":                 {&queryv1.WhatIfRequest{Criteria: []*queryv1.WhatIfCriterion{{Criterion: "11"}, {Criterion: "11"}}}, fault.Invalid},
		"mitigation of what does not count": {&queryv1.WhatIfRequest{Criteria: []*queryv1.WhatIfCriterion{{Criterion: "11", Unmitigated: true}}}, fault.Invalid},
		"no time":                           {&queryv1.WhatIfRequest{From: day, Until: day}, fault.Invalid},
		"a policy that cannot be read":      {&queryv1.WhatIfRequest{Policy: &policyv1.Policy{}}, fault.Invalid},
	} {
		if _, err := simulation.Try(view, tt.req); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
