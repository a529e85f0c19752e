package simulation_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/simulation"
)

const (
	artillery = transferv1.Category_CATEGORY_III_LARGE_CALIBRE_ARTILLERY
	smallArms = transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS
	adHoc     = "ad-hoc/1"
	committee = "committee/1"
)

var (
	four = []string{"foreign", "defence", "interior", "justice"}
	euc  = []string{"end_user_certificate"}
)

// history is what State XA decided, most of it by one agency on advice (M1), and two cases in committee (M2).
var history = []decided{
	{n: 1, policy: adHoc, category: artillery, asked: four, said: []told{{"foreign", concur, 2}, {"defence", concur, 3}, {"interior", concur, 3}, {"justice", concur, 4}},
		day: 7, papers: euc, lists: "2026-03-09"},
	{n: 2, policy: adHoc, category: artillery, day: 1, papers: euc, lists: "2026-03-03"},
	{n: 3, policy: adHoc, category: smallArms, asked: []string{"foreign", "defence"}, said: []told{{"foreign", object, 2}, {"defence", concur, 3}}, day: 4, papers: euc, lists: "2026-03-06"},
	{n: 4, policy: adHoc, category: artillery, asked: four, said: []told{{"foreign", concur, 2}, {"defence", concur, 2}, {"interior", abstain, 2}}, day: 21, papers: euc, lists: "2026-03-20", signatures: 1},
	{n: 5, policy: adHoc, category: artillery, asked: []string{"foreign"}, said: []told{{"foreign", object, 2}}, day: 3, denied: true},
	// The first word of foreign was another.
	{n: 6, policy: adHoc, category: artillery, asked: four, said: []told{{"foreign", object, 2}, {"defence", concur, 2}, {"interior", concur, 2}, {"justice", concur, 2}, {"foreign", concur, 4}},
		day: 7, lists: "2026-03-09"},
	{n: 7, policy: committee, category: artillery, asked: four, said: []told{{"foreign", concur, 2}, {"defence", concur, 2}, {"interior", concur, 2}, {"justice", object, 3}}, day: 4, denied: true, papers: euc, lists: "2026-03-06"},
	{n: 8, policy: committee, category: artillery, asked: four, said: []told{{"foreign", concur, 2}, {"defence", concur, 2}, {"interior", concur, 2}, {"justice", object, 3}}, day: 4, denied: true, papers: euc, lists: "2026-03-06",
		prohibition: licensingv1.GateResult_GATE_RESULT_PROHIBITED},
}

func TestSimulation(t *testing.T) {
	m1, ad := template(t, "m1-ad-hoc")
	m2, com := template(t, "m2-committee")
	_, m3 := template(t, "m3-authority")
	deal := history[0].deal()
	notOurs := []proto.Message{
		ledgertest.By("licensing-b", &licensingv1.ApplicationSubmitted{ApplicationId: "licensing-b/A-1", Deal: deal}),
		ledgertest.By("licensing-b", &licensingv1.LicenceGranted{LicenceId: "licensing-b/L-1", ApplicationId: "licensing-b/A-1", Deal: deal}),
		&licensingv1.LicenceGranted{LicenceId: "licensing/L-register-1", Deal: deal, Published: &licensingv1.Published{Source: "xa-register"}},
	}
	view := ledgertest.GivenAs(t, "licensing", slices.Concat(founding(m1, m2), all(history...), notOurs)...)

	changed := func(n int, was, wouldBe string, reasons ...string) *licensingv1.SimulatedCase {
		letter := map[string]string{"granted": "L", "denied": "N"}[was]
		return &licensingv1.SimulatedCase{ApplicationId: history[n-1].id("A"), DecisionId: history[n-1].id(letter), Was: was, WouldBe: wouldBe, Reasons: reasons}
	}
	notSimulated := func(rule string) string {
		return "the rule " + rule + " would have let it be granted on what is on record; what the officers made of it is not simulated"
	}
	chair := " was not asked; its silence would have been with the chair of the committee of foreign"
	unasked := "justice objected, and would not have been asked"
	load := func(agency string, before, after uint64) *licensingv1.AgencyLoad {
		return &licensingv1.AgencyLoad{Agency: agency, Before: before, After: after}
	}
	tests := []struct {
		name   string
		policy *policyv1.Policy
		want   *licensingv1.SimulatePolicyResponse
	}{
		// By advice: nothing that was granted was not to be; what the committee had to deny could have been granted, but not
		// what Article 6 forbids (8).
		{"M1", ad, &licensingv1.SimulatePolicyResponse{
			Cases: 8,
			Changed: []*licensingv1.SimulatedCase{
				changed(4, "granted", "waiting", "1 of 2 signatures are on record"),
				changed(7, "denied", "grant possible", unasked, notSimulated("advisory")),
			},
			Before: &licensingv1.SimulatedDays{Median: 4, Longest: 15}, After: &licensingv1.SimulatedDays{Median: 2, Longest: 12},
			Loads: []*licensingv1.AgencyLoad{load("defence", 6, 6), load("foreign", 7, 7), load("interior", 5, 3), load("justice", 5, 3)},
		}},
		// In committee: who was not asked has not agreed.
		{"M2", com, &licensingv1.SimulatePolicyResponse{
			Cases: 8,
			Changed: []*licensingv1.SimulatedCase{
				changed(2, "granted", "waiting", "foreign"+chair, "defence"+chair, "interior"+chair, "justice"+chair, "all have to concur", "the quorum is 3, and 0 answered"),
				changed(3, "granted", "blocked", "foreign objected (ATT 7(1)(a))", "interior"+chair, "justice"+chair, "all have to concur", "the quorum is 3, and 2 answered"),
				changed(4, "granted", "waiting", "interior abstained (ATT 7(1)(b))",
					"justice did not answer, as far as is on record; its silence would have been with the chair of the committee of foreign", "all have to concur",
					"1 of 2 signatures are on record"),
			},
			Before: &licensingv1.SimulatedDays{Median: 4, Longest: 15}, After: &licensingv1.SimulatedDays{Median: 4, Longest: 17}, Unending: 2,
			Loads: []*licensingv1.AgencyLoad{load("defence", 6, 8), load("foreign", 7, 8), load("interior", 5, 8), load("justice", 5, 8)},
		}},
		// An authority that has to consult: opinions are advice, and papers and lists are asked for.
		{"M3", m3, &licensingv1.SimulatePolicyResponse{
			Cases: 8,
			Changed: []*licensingv1.SimulatedCase{
				changed(3, "granted", "waiting", "no import authorization is on file"),
				changed(4, "granted", "waiting", "list un-sanctions is of 2026-03-20 and may be 1 days old at most", "1 of 2 signatures are on record"),
				changed(6, "granted", "waiting", "no end user certificate is on file"),
				changed(7, "denied", "grant possible", unasked, notSimulated("advisory")),
			},
			Before: &licensingv1.SimulatedDays{Median: 4, Longest: 15}, After: &licensingv1.SimulatedDays{Median: 12, Longest: 12},
			Loads: []*licensingv1.AgencyLoad{
				load("defence", 6, 7), load("foreign", 7, 8), load("intelligence", 0, 8), load("interior", 5, 4), load("justice", 5, 3),
			},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := simulate(t, view, &licensingv1.SimulatePolicyRequest{Policy: tt.policy})
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhichCases(t *testing.T) {
	m1, ad := template(t, "m1-ad-hoc")
	view := ledgertest.GivenAs(t, "licensing", append(founding(m1), all(history[:6]...)...)...)
	scoped := func(scope string) *policyv1.Policy {
		p := proto.CloneOf(ad)
		p.Scope = scope
		return p
	}
	tests := []struct {
		name        string
		policy      *policyv1.Policy
		from, until *timestamppb.Timestamp
		cases       uint64
	}{
		{"all", ad, nil, nil, 6},
		{"decided from a day on", ad, timestamppb.New(after(4)), nil, 4},
		{"decided before", ad, nil, timestamppb.New(after(4)), 2},
		{"decided between", ad, timestamppb.New(after(4)), timestamppb.New(after(7)), 1},
		{"of a category", scoped(`"viii" in categories`), nil, nil, 1},
		{"none", scoped("false"), nil, nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := simulate(t, view, &licensingv1.SimulatePolicyRequest{Policy: tt.policy, From: tt.from, Until: tt.until})
			if got.Cases != tt.cases {
				t.Errorf("%d cases, want %d", got.Cases, tt.cases)
			}
		})
	}

	// A scope that asks for what a case does not have would have let nobody decide it.
	got := simulate(t, view, &licensingv1.SimulatePolicyRequest{Policy: scoped(`values["EUR"] > 1`)})
	if len(got.Changed) != 5 || got.Changed[0].WouldBe != simulation.Blocked || !strings.Contains(got.Changed[0].Reasons[0], "cannot be applied to this transfer: scope") {
		t.Errorf("%v", got.Changed)
	}
}

// What an agency said when the case was decided counts, and not what it had said before or said afterwards.
func TestTheWordThatStood(t *testing.T) {
	_, com := template(t, "m2-committee")
	rest := []told{{"defence", concur, 2}, {"interior", concur, 2}, {"justice", concur, 2}}
	one := func(n int, foreign ...told) decided {
		return decided{n: n, policy: adHoc, category: artillery, asked: four, said: append(slices.Clone(foreign), rest...), day: 4}
	}
	view := ledgertest.GivenAs(t, "licensing", append(founding(), all(
		one(1, told{"foreign", concur, 2}, told{"foreign", object, 5}),
		one(2, told{"foreign", concur, 2}, told{"foreign", object, 3}),
		one(3, told{"foreign", object, 2}, told{"foreign", concur, 5}),
	)...)...)
	got := simulate(t, view, &licensingv1.SimulatePolicyRequest{Policy: com})
	if len(got.Changed) != 1 || got.Changed[0].DecisionId != "licensing/L-2026-000002" || got.Changed[0].WouldBe != simulation.Blocked {
		t.Errorf("%v", got.Changed)
	}
}

// A threshold lower than that of the policy a case was decided under.
func TestRiskThreshold(t *testing.T) {
	m1, ad := template(t, "m1-ad-hoc")
	lower := proto.CloneOf(ad)
	lower.Risk = &policyv1.Risk{Threshold: "high"}
	view := ledgertest.GivenAs(t, "licensing", append(founding(m1), all(
		decided{n: 1, policy: adHoc, day: 2, risk: licensingv1.Level_LEVEL_HIGH},
		decided{n: 2, policy: adHoc, day: 2, risk: licensingv1.Level_LEVEL_MEDIUM},
	)...)...)
	got := simulate(t, view, &licensingv1.SimulatePolicyRequest{Policy: lower})
	want := []*licensingv1.SimulatedCase{{
		ApplicationId: "licensing/A-2026-000001", DecisionId: "licensing/L-2026-000001", Was: "granted", WouldBe: simulation.Blocked,
		Reasons: []string{"the risk under 7(4) was assessed at the threshold high or above it, see licensing/V-2026-000001"},
	}}
	if diff := cmp.Diff(want, got.Changed, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestNewRefuses(t *testing.T) {
	_, ad := template(t, "m1-ad-hoc")
	broken := proto.CloneOf(ad)
	broken.Scope = "weight > 3"
	day := timestamppb.New(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	founded := founding()
	for name, tt := range map[string]struct {
		given []proto.Message
		req   *licensingv1.SimulatePolicyRequest
		want  error
	}{
		"a policy that cannot be read": {founded, &licensingv1.SimulatePolicyRequest{Policy: broken}, fault.Invalid},
		"no policy":                    {founded, &licensingv1.SimulatePolicyRequest{}, fault.Invalid},
		"no time":                      {founded, &licensingv1.SimulatePolicyRequest{Policy: ad, From: day, Until: day}, fault.Invalid},
		"no calendar":                  {founded[:1], &licensingv1.SimulatePolicyRequest{Policy: ad}, fault.Precondition},
		"no State":                     {founded[1:], &licensingv1.SimulatePolicyRequest{Policy: ad}, fault.Precondition},
	} {
		if _, err := simulation.New(ledgertest.GivenAs(t, "licensing", tt.given...), tt.req); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
