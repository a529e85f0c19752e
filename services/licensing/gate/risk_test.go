package gate_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/gate"
)

const (
	no         = licensingv1.Level_LEVEL_NONE
	low        = licensingv1.Level_LEVEL_LOW
	medium     = licensingv1.Level_LEVEL_MEDIUM
	high       = licensingv1.Level_LEVEL_HIGH
	overriding = licensingv1.Level_LEVEL_OVERRIDING
)

var criteria = []string{"7(1)(a)", "7(1)(b)(i)", "7(1)(b)(ii)", "7(1)(b)(iii)", "7(1)(b)(iv)", "7(4)", "11"}

// command assesses every criterion as a low risk.
func command(change ...func(*licensingv1.AssessRiskRequest)) *licensingv1.AssessRiskRequest {
	c := &licensingv1.AssessRiskRequest{Particulars: particulars, ApplicationId: applicationID, External: []string{"report 7"}}
	for _, criterion := range criteria {
		c.Findings = append(c.Findings, &licensingv1.RiskFinding{Criterion: criterion, Level: low, Reason: "good record"})
	}
	return with(c, change...)
}

// assessed is what is recorded on a command.
func assessed(change ...func(*licensingv1.AssessRiskRequest)) *licensingv1.RiskAssessed {
	c := command(change...)
	for _, f := range c.Findings {
		if f.Mitigated == 0 {
			f.Mitigated = f.Level
		}
	}
	return &licensingv1.RiskAssessed{AssessmentId: assessmentID, ApplicationId: applicationID, Findings: c.Findings, Mitigations: c.Mitigations, Deal: digest(deal())}
}

func TestAssessRisk(t *testing.T) {
	measure := &licensingv1.Mitigation{Criterion: "11", Measure: "verification on site", Owner: "holder", DueOn: "2026-12-31"}
	mitigated := func(c *licensingv1.AssessRiskRequest) {
		c.Findings[6].Level, c.Findings[6].Mitigated = high, medium
		c.Mitigations = []*licensingv1.Mitigation{proto.CloneOf(measure)}
	}
	measures := func(change func(*licensingv1.Mitigation)) func(*licensingv1.AssessRiskRequest) {
		return func(c *licensingv1.AssessRiskRequest) { mitigated(c); change(c.Mitigations[0]) }
	}
	evidence := func(ids ...string) func(*licensingv1.AssessRiskRequest) {
		return func(c *licensingv1.AssessRiskRequest) { c.Findings[0].Evidence = ids }
	}
	without := func(n int) func(*licensingv1.AssessRiskRequest) {
		return func(c *licensingv1.AssessRiskRequest) { c.Findings = slices.Delete(c.Findings, n, n+1) }
	}
	transit := func(d *licensingv1.Deal) { d.Kind = transferv1.Kind_KIND_TRANSIT }
	inTransit := []proto.Message{&licensingv1.ApplicationSubmitted{ApplicationId: applicationID, Deal: deal(transit)},
		with(isClear(), func(c *licensingv1.ProhibitionChecked) { c.Deal = digest(deal(transit)) })}
	onlyDiversion := func(c *licensingv1.AssessRiskRequest) { c.Findings = c.Findings[6:] }
	amended := &licensingv1.ApplicationAmended{ApplicationId: applicationID, Deal: deal(func(d *licensingv1.Deal) { d.EndUse = "training" })}
	classified := &licensingv1.ClassificationAssigned{ApplicationId: applicationID, Line: 1, Category: small, Row: "VIII small arms 4"}
	again := with(isClear(), func(c *licensingv1.ProhibitionChecked) { c.CheckId = "licensing/G-2026-000002" })
	ready := []proto.Message{submitted, isClear()}
	tests := []struct {
		name    string
		given   []proto.Message
		command *licensingv1.AssessRiskRequest
		want    []proto.Message
		wantErr error
	}{
		{"every criterion", ready, command(), []proto.Message{assessed()}, nil},
		{"an overriding risk is found, and decides later", ready, command(func(c *licensingv1.AssessRiskRequest) { c.Findings[1].Level = overriding }),
			[]proto.Message{assessed(func(c *licensingv1.AssessRiskRequest) { c.Findings[1].Level = overriding })}, nil},
		{"mitigated", ready, command(mitigated), []proto.Message{assessed(mitigated)}, nil},
		{"a measure that lowers nothing", ready, command(mitigated, func(c *licensingv1.AssessRiskRequest) { c.Findings[6].Mitigated = 0 }),
			[]proto.Message{assessed(mitigated, func(c *licensingv1.AssessRiskRequest) { c.Findings[6].Mitigated = high })}, nil},
		{"a criterion of the State's own", ready, command(func(c *licensingv1.AssessRiskRequest) {
			c.Findings = append(c.Findings, &licensingv1.RiskFinding{Criterion: "XA-8", Level: no, Reason: "affordable"})
		}), []proto.Message{assessed(func(c *licensingv1.AssessRiskRequest) {
			c.Findings = append(c.Findings, &licensingv1.RiskFinding{Criterion: "XA-8", Level: no, Reason: "affordable"})
		})}, nil},
		{"evidence on record, and a paper", ready, command(evidence(applicationID, checkID, "Report on XB", "UN panel/7")),
			[]proto.Message{assessed(evidence(applicationID, checkID, "Report on XB", "UN panel/7"))}, nil},
		{"evidence that is not on record", ready, command(evidence("enforcement/D-2026-000001")), nil, fault.NotFound},
		{"without the finding on violence against women", ready, command(without(5)), nil, fault.Invalid},
		{"without the finding on diversion", ready, command(without(6)), nil, fault.Invalid},
		{"without one of 7(1)", ready, command(without(2)), nil, fault.Invalid},
		{"twice", ready, command(func(c *licensingv1.AssessRiskRequest) { c.Findings = append(c.Findings, c.Findings[0]) }), nil, fault.Invalid},
		{"not assessed", ready, command(func(c *licensingv1.AssessRiskRequest) { c.Findings[5].Level = 0 }), nil, fault.Invalid},
		{"no criterion", ready, command(func(c *licensingv1.AssessRiskRequest) { c.Findings[5].Criterion = "" }), nil, fault.Invalid},
		{"no reason", ready, command(func(c *licensingv1.AssessRiskRequest) { c.Findings[5].Reason = "" }), nil, fault.Invalid},
		{"more is left than there was", ready, command(mitigated, func(c *licensingv1.AssessRiskRequest) { c.Findings[6].Mitigated = overriding }), nil, fault.Invalid},
		{"lower without a measure", ready, command(mitigated, func(c *licensingv1.AssessRiskRequest) { c.Mitigations = nil }), nil, fault.Invalid},
		{"lower by a measure on something else", ready, command(measures(func(m *licensingv1.Mitigation) { m.Criterion = "7(4)" })), nil, fault.Invalid},
		{"a measure on nothing", ready, command(func(c *licensingv1.AssessRiskRequest) {
			c.Mitigations = []*licensingv1.Mitigation{with(measure, func(m *licensingv1.Mitigation) { m.Criterion = "12" })}
		}), nil, fault.Invalid},
		{"a measure without words", ready, command(measures(func(m *licensingv1.Mitigation) { m.Measure = "" })), nil, fault.Invalid},
		{"nobody's measure", ready, command(measures(func(m *licensingv1.Mitigation) { m.Owner = "" })), nil, fault.Invalid},
		{"a measure for no day", ready, command(measures(func(m *licensingv1.Mitigation) { m.DueOn = "2026-13-01" })), nil, fault.Invalid},
		{"Article 6 not checked", ready[:1], command(), nil, fault.Precondition},
		{"Article 6 prohibits it", []proto.Message{submitted, checked(prohibited, findings(clear, prohibited, clear))}, command(), nil, fault.Precondition},
		{"Article 6 is referred", []proto.Message{submitted, checked(refer, findings(clear, refer, clear))}, command(), nil, fault.Precondition},
		{"Article 6 was clear once", []proto.Message{submitted, isClear(), with(again, func(c *licensingv1.ProhibitionChecked) { c.Result = prohibited })}, command(), nil, fault.Precondition},
		{"Article 6 is clear now", []proto.Message{submitted, checked(refer, findings(clear, refer, clear)), again}, command(), []proto.Message{assessed()}, nil},
		{"Article 6 was checked of another deal", append(ready[:2:2], amended), command(), nil, fault.Precondition},
		{"classified after the check", append(ready[:2:2], classified), command(), []proto.Message{assessed()}, nil},
		{"transit, diversion alone", inTransit, command(onlyDiversion), []proto.Message{with(assessed(onlyDiversion), func(a *licensingv1.RiskAssessed) { a.Deal = digest(deal(transit)) })}, nil},
		{"transit, all but diversion", inTransit, command(without(6)), nil, fault.Invalid},
		{"never submitted", nil, command(), nil, fault.NotFound},
		{"decided", append(ready[:2:2], denied), command(), nil, fault.Conflict},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view := ledgertest.Given(t, append([]proto.Message{registered}, tt.given...)...)
			got, err := gate.AssessRisk(view, tt.command)
			expect(t, view, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestAssessAgain(t *testing.T) {
	ready := []proto.Message{registered, submitted, isClear()}
	first, err := gate.AssessRisk(ledgertest.Given(t, ready...), command())
	if err != nil {
		t.Fatal(err)
	}
	ready = append(ready, first...)
	for name, tt := range map[string]struct {
		command *licensingv1.AssessRiskRequest
		later   []proto.Message
		again   bool
	}{
		"nothing":       {command(), nil, false},
		"an alert":      {command(), []proto.Message{&enforcementv1.DiversionAlertRaised{AlertId: "enforcement/D-1"}}, true},
		"another level": {command(func(c *licensingv1.AssessRiskRequest) { c.Findings[0].Level = medium }), nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := gate.AssessRisk(ledgertest.Given(t, append(ready[:len(ready):len(ready)], tt.later...)...), tt.command)
			if err != nil || (len(got) == 1) != tt.again {
				t.Errorf("it decides %v, %v", got, err)
			}
		})
	}
}

func TestOverriding(t *testing.T) {
	row := &ledgerv1.Assessment{Assessed: &licensingv1.RiskAssessed{Findings: []*licensingv1.RiskFinding{
		{Criterion: "7(1)(a)", Level: no, Mitigated: no}, {Criterion: "7(4)", Level: overriding, Mitigated: medium},
		{Criterion: "11", Level: high}, {Criterion: "XA-8", Level: overriding, Mitigated: overriding},
	}}}
	for threshold, want := range map[string][]string{
		"": {"XA-8"}, "overriding": {"XA-8"}, "high": {"11", "XA-8"}, "medium": {"7(4)", "11", "XA-8"}, "low": {"7(4)", "11", "XA-8"},
		"no such level": {"7(1)(a)", "7(4)", "11", "XA-8"},
	} {
		if got := gate.Overriding(row, threshold); !slices.Equal(got, want) {
			t.Errorf("at %q: %v, want %v", threshold, got, want)
		}
	}
	if got := gate.Overriding(nil, ""); got != nil {
		t.Errorf("nothing was assessed, and %v override", got)
	}
}
