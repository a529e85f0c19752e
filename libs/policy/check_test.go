package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/policy"
)

func TestCheck(t *testing.T) {
	const foreign = "consultees: [{agency: foreign, part: mandatory, serves: ATT 7(1)}]\ndeadline: {working_days: 10, calendar: XA}\n"
	tests := []struct{ name, policy, want string }{
		{"nothing", foreign, ""},
		{"an agency that is none", "decider: navy\n", "error: decider: there is no agency navy"},
		{"a consultee that is none", "consultees: [{agency: navy, part: guest, serves: ATT 7(1)}]\n", "error: consultees[0].agency: there is no agency navy"},
		{"an owner that is none", "obligations: [{kind: report, owner: navy, days: 1, after: exit, text: Report.}]\n", "error: obligations[0].owner"},
		{"a holder", "obligations: [{kind: report, owner: holder, days: 1, after: exit, text: Report.}]\n", ""},
		{"a calendar that is none", "deadline: {calendar: XQ}\n", "error: deadline.calendar: there is no calendar XQ"},
		{"a quorum that cannot be", foreign + "rule: majority\nquorum: 2\n", "error: quorum: it is 2, and only 1 may vote"},
		{"a quorum without effect", foreign + "quorum: 1\n", "warning: quorum: it has no effect"},
		{"a quorum of the chosen", "rule: majority\nquorum: 1\nconsultees: [{agency: foreign, part: chosen, serves: ATT 7(1)}]\n", "warning: quorum: it is 1, which needs agencies that are only chosen"},
		{"nobody votes", "rule: unanimous\nconsultees: [{agency: foreign, part: guest, serves: ATT 7(1)}]\n", "error: rule: nobody votes"},
		{"a veto by nobody", foreign + "rule: veto\n", "error: rule: the rule is veto, and veto_by names nobody"},
		{"a veto by a guest", "rule: veto\nveto_by: [customs]\nconsultees: [{agency: customs, part: guest, serves: ATT 7(1)}]\n", "error: veto_by[0]: customs is not asked"},
		{"an expression that is never true", foreign + "requires: [{kind: permit, when: 'kind == \"exports\"'}]\n", "warning: requires[0].when: it holds none"},
		{"one that is never true in scope", foreign + "scope: kind == 'import'\nrequires: [{kind: permit, when: 'kind == \"export\"'}]\n", "warning: requires[0].when: it holds none"},
		{"a scope that is never true", foreign + "scope: kind == 'import' && kind == 'export'\n", "warning: scope: it holds none"},
		{"expressions of every fact", foreign + "scope: '\"ML1.a\" in ratings && destination == \"XC\" && state == \"XA\" && values[\"EUR\"] > 5 && \"XD\" in route && end_use.contains(\"police\")'\n", ""},
		{"an expression that does too much", foreign + "scope: '[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c, [1,2,3,4,5,6,7,8,9].all(d, a + b + c + d > 0))))'\n", "error: scope: it does too much work"},
		{"no deadline", "consultees: [{agency: foreign, part: mandatory, serves: ATT 7(1)}]\n", "warning: consultees[0]: foreign has to answer and there is no deadline"},
		{"who asks itself", "consultees: [{agency: licensing, part: optional, serves: ATT 7(1)}]\n", "warning: consultees[0].agency: licensing decides, and is asked"},
		{"silence that goes nowhere", foreign + "silence: escalates\n", "error: silence: it escalates, and escalation names nobody"},
		{"an escalation for nothing", foreign + "escalation: [{to: cabinet, role: secretary}]\n", "warning: escalation: it is never used"},
		{"an escalation for emergencies", foreign + "escalation: [{to: cabinet, role: secretary}]\nemergency: {hours: 2, silence: escalates, deputies: [{role: a, for_role: b}], review_within_working_days: 3}\n", ""},
		{"P7: an emergency without deputies", foreign + "emergency: {hours: 2, review_within_working_days: 3}\n", "warning: emergency: it names no deputies"},
		{"P7: an emergency without a review", foreign + "emergency: {hours: 2, deputies: [{role: a, for_role: b}]}\n", "warning: emergency: review_within_working_days is missing"},
		{"a vote twice", "consultees: [{agency: foreign, part: chosen, serves: ATT 7(1)}, {agency: customs, part: chosen, serves: ATT 7(1)}]\nconflict_of_interest: {alternates: [{agency: foreign, alternate: customs}]}\n", "warning: conflict_of_interest.alternates[0]: customs has a vote of its own"},
		{"an alternate of nobody", "conflict_of_interest: {alternates: [{agency: foreign, alternate: audit}]}\n", "has no vote that audit could cast"},
		{"what is done by itself", foreign + "alerts: {offers: [{on: raised, consequence: hold, automatic: true}]}\n", ""},
		{"what cannot be done by itself", foreign + "alerts: {offers: [{on: raised, consequence: denial_check, automatic: true}]}\n", "error: alerts.offers[0].automatic: a denial check is offered"},
		{"no first day", "valid_from: ''\n", "error: valid_from: it is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := "name: p1\nversion: 1\ntitle: P\nlegal_basis: fictional\n"
			for _, line := range []string{"valid_from: 2026-01-01\n", "decider: licensing\n"} {
				if key, _, _ := strings.Cut(line, ":"); !strings.HasPrefix(tt.policy, key+":") {
					text += line
				}
			}
			p, err := policy.Load("p.yaml", []byte(text+tt.policy))
			if err != nil {
				t.Fatal(err)
			}
			got := policy.Check(p, states)
			if tt.want == "" && len(got) > 0 || tt.want != "" && (len(got) != 1 || !strings.Contains(got[0].String(), tt.want)) {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}

// Problems of nested fields have the lines of these fields.
func TestCheckNamesLines(t *testing.T) {
	p := write(t, "ask/1", "licensing", "consultees:\n  - agency: foreign\n    part: guest\n    serves: ATT 7(1)\n  - part: guest\n    serves: ATT 7(1)\n    agency: navy\n")
	got := policy.Check(p, states)
	if len(got) != 1 || got[0].Line != 13 || got[0].String() != "ask/1:13: error: consultees[1].agency: there is no agency navy" {
		t.Errorf("got %v", got)
	}
}

// A worked example that the policy answers otherwise fails, and says how.
func TestExamplesCanFail(t *testing.T) {
	for expect, want := range map[string]string{
		"{name: a, kind: export, expect: blocked}":                                                         "expected blocked, got may_grant",
		"{name: a, kind: import, expect: blocked}":                                                         "expected blocked, and the transfer is in scope: false",
		"{name: a, kind: export, expect: out_of_scope}":                                                    "expected out_of_scope, and the transfer is in scope: true",
		"{name: a, kind: export, expect: may_grant, because: objects}":                                     `expected a reason with "objects", got: `,
		"{name: a, kind: export, expect: may_grant, consultees: [defence]}":                                "expected consultees defence, got foreign",
		"{name: a, kind: export, expect: may_grant, answers: {foreign: object}, because: foreign objects}": "",
	} {
		p := write(t, "ask/1", "licensing", fmt.Sprintf("scope: kind == 'export'\nconsultees: [{agency: foreign, part: chosen, serves: ATT 7(1)}]\ntests: [%s]\n", expect))
		got, err := policy.RunTests(t.Context(), p)
		if err != nil || len(got) != 1 || got[0].Passed() != (want == "") || !strings.Contains(strings.Join(got[0].Failures, ""), want) {
			t.Errorf("%s: %+v, want %s", expect, got, want)
		}
	}
}
