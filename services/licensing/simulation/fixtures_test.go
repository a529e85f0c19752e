package simulation_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/policy"
	"github.com/counterfoil/counterfoil/libs/screening"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
	"github.com/counterfoil/counterfoil/services/licensing/simulation"
)

// monday is when every case of the tests is submitted.
var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// after is noon of a day after that, by the calendar of weeks.
func after(days int) time.Time { return monday.AddDate(0, 0, days).Add(3 * time.Hour) }

// template is a policy of the example, as it was adopted and as it is sent.
func template(t testing.TB, name string) (*directoryv1.PolicyAdopted, *policyv1.Policy) {
	t.Helper()
	content, err := os.ReadFile("../../../deploy/example/policies/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load(name, content)
	if err != nil {
		t.Fatal(err)
	}
	return &directoryv1.PolicyAdopted{PolicyId: p.ID(), Content: content}, p.Terms
}

// founding is State XA with a calendar and policies.
func founding(adopted ...*directoryv1.PolicyAdopted) []proto.Message {
	facts := []proto.Message{
		&directoryv1.AgencyRegistered{Agency: "licensing", State: "XA"},
		&directoryv1.CalendarAdopted{CalendarId: "XA", Weekend: []uint32{6, 7}},
	}
	for _, a := range adopted {
		facts = append(facts, a)
	}
	return facts
}

// told is an answer: who gave it, what, and how many days after the application.
type told struct {
	agency string
	view   licensingv1.OpinionView
	day    int
}

const (
	concur  = licensingv1.OpinionView_OPINION_VIEW_CONCUR
	object  = licensingv1.OpinionView_OPINION_VIEW_OBJECT
	abstain = licensingv1.OpinionView_OPINION_VIEW_ABSTAIN
)

// decided is a case: an export to XB that was applied for on the Monday and decided under a policy.
type decided struct {
	n        int
	policy   string
	category transferv1.Category
	asked    []string // on the day after; nobody: there was no consultation
	said     []told
	day      int // of the decision
	denied   bool
	papers   []string
	// Date of the edition of un-sanctions and denials that the parties were compared with.
	lists string
	// What Article 6 was found to be; clear where it is not said.
	prohibition licensingv1.GateResult
	risk        licensingv1.Level
	left        licensingv1.Level // after measures; the risk where it is not said
	signatures  int               // 2 where it is not said
}

func (d decided) id(letter string) string { return fmt.Sprintf("licensing/%s-2026-%06d", letter, d.n) }

func (d decided) deal() *licensingv1.Deal {
	deal := &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"}, EndUse: "border guard",
		Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_END_USER, Name: "Border Guard of XB", Country: "XB"}},
		Lines:   []*transferv1.Line{{Number: 1, Rating: "ML6.a", Category: d.category, Quantity: &transferv1.Quantity{Thousandths: 1000, Unit: "H87"}}},
	}
	for _, kind := range d.papers {
		deal.Documents = append(deal.Documents, &licensingv1.Document{Kind: kind, Number: "1"})
	}
	return deal
}

func (d decided) certificate() *screeningv1.Certificate {
	c := &screeningv1.Certificate{
		ScreeningId: d.id("S"), PerformedAt: timestamppb.New(after(d.day)), Matcher: screening.Version, ReviewLine: screening.ReviewLine,
		Result: screeningv1.Result_RESULT_CLEAR,
	}
	for _, p := range d.deal().Parties {
		c.Parties = append(c.Parties, &screeningv1.CoveredParty{Role: p.Role, Digest: ledger.PartyDigest(p)})
	}
	for _, source := range []string{"un-sanctions", "denials"} {
		if d.lists != "" {
			c.Lists = append(c.Lists, &screeningv1.ListUsed{Source: source, Edition: d.lists})
		}
	}
	return c
}

// before is all that was on record before the decision.
func (d decided) before() []proto.Message {
	digest, err := dossier.DealDigest(d.deal())
	if err != nil {
		panic(err)
	}
	result := max(d.prohibition, licensingv1.GateResult_GATE_RESULT_CLEAR)
	finding := &licensingv1.RiskFinding{Criterion: "7(4)", Level: d.risk, Mitigated: cmp.Or(d.left, d.risk), Reason: "known"}
	facts := []proto.Message{
		ledgertest.At(monday, &licensingv1.ApplicationSubmitted{ApplicationId: d.id("A"), Deal: d.deal()}),
		ledgertest.At(after(1), &licensingv1.ProhibitionChecked{CheckId: d.id("G"), ApplicationId: d.id("A"), Result: result, Deal: digest}),
		ledgertest.At(after(1), &licensingv1.RiskAssessed{AssessmentId: d.id("V"), ApplicationId: d.id("A"), Findings: []*licensingv1.RiskFinding{finding}, Deal: digest}),
		ledgertest.At(after(1), ledgertest.By("licensing", &screeningv1.ScreeningPerformed{ScreeningId: d.id("S"), Subject: d.id("A"), Certificate: d.certificate()})),
	}
	if len(d.asked) > 0 {
		opened := &licensingv1.ConsultationOpened{ConsultationId: d.id("C"), ApplicationId: d.id("A"), PolicyId: d.policy, OpenedAt: timestamppb.New(after(1)), Deal: d.deal()}
		for _, agency := range d.asked {
			opened.Addressees = append(opened.Addressees, &licensingv1.Addressee{Agency: agency, Part: "chosen", Serves: "ATT 7(1)"})
		}
		facts = append(facts, ledgertest.At(after(1), opened))
	}
	for _, o := range d.said {
		facts = append(facts, ledgertest.At(after(o.day), ledgertest.By(o.agency, &licensingv1.OpinionGiven{ConsultationId: d.id("C"), View: o.view})))
	}
	return facts
}

// facts is the whole case, in the order of their times.
func (d decided) facts() []proto.Message {
	b := &licensingv1.Basis{PolicyId: d.policy}
	if len(d.asked) > 0 {
		b.ConsultationId = d.id("C")
	}
	if d.signatures == 0 {
		d.signatures = 2
	}
	for i := range d.signatures {
		b.Signatures = append(b.Signatures, &licensingv1.Signature{Role: "approver", Person: fmt.Sprintf("p-%d", i)})
	}
	if d.denied {
		return append(d.before(), ledgertest.At(after(d.day), &licensingv1.LicenceDenied{
			DenialId: d.id("N"), ApplicationId: d.id("A"), Deal: d.deal(), Criteria: []string{"7"}, Reason: "advice", Basis: b,
		}))
	}
	b.CheckId, b.AssessmentId, b.Prohibition, b.Screening = d.id("G"), d.id("V"), licensingv1.GateResult_GATE_RESULT_CLEAR, d.certificate()
	return append(d.before(), ledgertest.At(after(d.day), &licensingv1.LicenceGranted{LicenceId: d.id("L"), ApplicationId: d.id("A"), Deal: d.deal(), Basis: b}))
}

func simulate(t testing.TB, view ledger.View, req *licensingv1.SimulatePolicyRequest) *licensingv1.SimulatePolicyResponse {
	t.Helper()
	sim, err := simulation.New(view, req)
	if err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		if more, err = sim.Next(view); err != nil {
			t.Fatal(err)
		}
	}
	return sim.Result()
}

// all puts the facts of several cases one after the other.
func all(cases ...decided) (facts []proto.Message) {
	for _, c := range cases {
		facts = slices.Concat(facts, c.facts())
	}
	return facts
}
