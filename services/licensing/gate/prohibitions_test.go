package gate_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/gate"
)

func TestCheckProhibitions(t *testing.T) {
	reasons := func(one string) func([]*licensingv1.ProhibitionFinding) {
		return func(all []*licensingv1.ProhibitionFinding) { all[0].Reason = one }
	}
	reached := func(all []*licensingv1.ProhibitionFinding) { all[0].Embargoes = []string{embargoID} }
	const exempt = "exempted by Paragraph 5(a) of the resolution"
	other := &licensingv1.ApplicationSubmitted{ApplicationId: "licensing/A-2026-000002", Deal: deal()}
	tests := []struct {
		name     string
		given    []proto.Message
		findings []*licensingv1.ProhibitionFinding
		want     []proto.Message
		wantErr  error
	}{
		{"clear", []proto.Message{submitted}, findings(clear, clear, clear), []proto.Message{isClear()}, nil},
		{"in another order", []proto.Message{submitted}, []*licensingv1.ProhibitionFinding{findings(clear, clear, clear)[2], findings(clear, clear, clear)[0], findings(clear, clear, clear)[1]},
			[]proto.Message{isClear()}, nil},
		{"one is referred", []proto.Message{submitted}, findings(clear, clear, refer), []proto.Message{checked(refer, findings(clear, clear, refer))}, nil},
		{"one is prohibited, one referred", []proto.Message{submitted}, findings(refer, prohibited, clear), []proto.Message{checked(prohibited, findings(refer, prohibited, clear))}, nil},
		{"an embargo", []proto.Message{submitted, embargo("XB")}, findings(clear, clear, clear), []proto.Message{checked(prohibited, findings(prohibited, clear, clear, reached))}, nil},
		{"an embargo that the officer refers", []proto.Message{submitted, embargo("XB")}, findings(refer, clear, clear), []proto.Message{checked(prohibited, findings(prohibited, clear, clear, reached))}, nil},
		{"an embargo with an exemption named", []proto.Message{submitted, embargo("XB")}, findings(clear, clear, clear, reasons(exempt)),
			[]proto.Message{checked(clear, findings(clear, clear, clear, reasons(exempt), reached))}, nil},
		{"exempted, and prohibited all the same", []proto.Message{submitted, embargo("XB")}, findings(prohibited, clear, clear, reasons(exempt)),
			[]proto.Message{checked(prohibited, findings(prohibited, clear, clear, reasons(exempt), reached))}, nil},
		{"an embargo on another State", []proto.Message{submitted, embargo("XC")}, findings(clear, clear, clear), []proto.Message{isClear()}, nil},
		{"what the officer says of embargoes is not taken over", []proto.Message{submitted}, findings(clear, clear, clear, reached), []proto.Message{isClear()}, nil},
		{"second of the year", []proto.Message{submitted, other, with(isClear(), func(c *licensingv1.ProhibitionChecked) { c.ApplicationId = other.ApplicationId })},
			findings(clear, clear, clear), []proto.Message{with(isClear(), func(c *licensingv1.ProhibitionChecked) { c.CheckId = "licensing/G-2026-000002" })}, nil},
		{"a finding is missing", []proto.Message{submitted}, findings(clear, clear, clear)[:2], nil, fault.Invalid},
		{"a finding stands twice", []proto.Message{submitted}, append(findings(clear, clear, clear), findings(clear, clear, clear)[0]), nil, fault.Invalid},
		{"a paragraph that there is not", []proto.Message{submitted}, append(findings(clear, clear, clear), &licensingv1.ProhibitionFinding{Paragraph: "6(4)", Result: clear, Reason: "x"}), nil, fault.Invalid},
		{"no finding", []proto.Message{submitted}, findings(clear, 0, clear), nil, fault.Invalid},
		{"no reason", []proto.Message{submitted}, findings(clear, clear, clear, reasons("")), nil, fault.Invalid},
		{"never submitted", nil, findings(clear, clear, clear), nil, fault.NotFound},
		{"decided", []proto.Message{submitted, denied}, findings(clear, clear, clear), nil, fault.Conflict},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view := ledgertest.Given(t, append([]proto.Message{registered}, tt.given...)...)
			got, err := gate.CheckProhibitions(view, &licensingv1.CheckProhibitionsRequest{
				Particulars: particulars, ApplicationId: applicationID, Findings: tt.findings, External: []string{"report 7"},
			})
			expect(t, view, got, err, tt.want, tt.wantErr)
		})
	}
}

// The same findings are recorded once, and again when something else came to be known.
func TestCheckAgain(t *testing.T) {
	command := &licensingv1.CheckProhibitionsRequest{Particulars: particulars, ApplicationId: applicationID, Findings: findings(clear, clear, clear), External: []string{"report 7"}}
	first, err := gate.CheckProhibitions(ledgertest.Given(t, registered, submitted), command)
	if err != nil {
		t.Fatal(err)
	}
	alert := &enforcementv1.DiversionAlertRaised{AlertId: "enforcement/D-1"}
	for name, tt := range map[string]struct {
		command *licensingv1.CheckProhibitionsRequest
		later   []proto.Message
		again   bool
	}{
		"nothing":           {command, nil, false},
		"an alert":          {command, []proto.Message{alert}, true},
		"an embargo":        {command, []proto.Message{embargo("XB")}, true},
		"a paper":           {with(command, func(c *licensingv1.CheckProhibitionsRequest) { c.External = []string{"report 7", "report 8"} }), nil, true},
		"another deal":      {command, []proto.Message{&licensingv1.ApplicationAmended{ApplicationId: applicationID, Deal: deal(func(d *licensingv1.Deal) { d.EndUse = "training" })}}, true},
		"the same deal":     {command, []proto.Message{&licensingv1.ApplicationAmended{ApplicationId: applicationID, Deal: deal()}}, false},
		"another judgement": {with(command, func(c *licensingv1.CheckProhibitionsRequest) { c.Findings[2].Result = refer }), nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := gate.CheckProhibitions(ledgertest.Given(t, append([]proto.Message{registered, submitted, first[0]}, tt.later...)...), tt.command)
			if err != nil || (len(got) == 1) != tt.again {
				t.Errorf("it decides %v, %v", got, err)
			}
		})
	}
}
