package policy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
)

// TestResult is what became of a worked example.
type TestResult struct {
	Name string
	// Line of the policy's file.
	Line int
	// What the policy answered otherwise than the example says; empty when it is as it says.
	Failures []string
	// What the round came to; empty for a transfer out of scope.
	Result Result
}

// outOfScope is what an example expects of a transfer that the policy is not for.
const outOfScope = "out_of_scope"

// asked is when the consultations of worked examples begin: a Monday morning.
var asked = time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)

// RunTests plays the worked examples of a policy. Their days are Monday to Friday, without holidays, whatever calendar the
// policy names; they are looked at when a day ends, so that a deadline of ten working days has passed after eleven. It fails when ctx ends.
func RunTests(ctx context.Context, p *Policy) ([]TestResult, error) {
	var list []TestResult
	for i, e := range p.Terms.Tests {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		t := TestResult{Name: e.Name, Line: p.text.Line(fmt.Sprintf("tests[%d]", i))}
		if err := t.play(p, e); err != nil {
			t.Failures = append(t.Failures, err.Error())
		}
		list = append(list, t)
	}
	return list, nil
}

// Passed reports whether the policy answered as the example says.
func (t TestResult) Passed() bool { return len(t.Failures) == 0 }

func (t *TestResult) differ(format string, args ...any) {
	t.Failures = append(t.Failures, fmt.Sprintf(format, args...))
}

func (t *TestResult) play(p *Policy, e *policyv1.Example) error {
	f := Facts{Kind: e.Kind, Categories: e.Categories, Destination: e.Destination, Emergency: e.Emergency}
	in, err := p.holds(f, "scope")
	if err != nil {
		return err
	}
	if !in || e.Expect == outOfScope {
		if in != (e.Expect != outOfScope) {
			t.differ("expected %s, and the transfer is in scope: %v", e.Expect, in)
		}
		return nil
	}
	consultees, err := Consultees(p, f)
	if err != nil {
		return err
	}
	t.compare(e, consultees)
	t.Result = Tally(p, round(p, e, consultees))
	if got := t.Result.Outcome(); got != e.Expect {
		t.differ("expected %s, got %s: %s", e.Expect, got, strings.Join(t.Result.Reasons, "; "))
	}
	if reasons := strings.Join(t.Result.Reasons, "\n"); !strings.Contains(reasons, e.Because) {
		t.differ("expected a reason with %q, got: %s", e.Because, reasons)
	}
	return nil
}

func (t *TestResult) compare(e *policyv1.Example, consultees []Consultee) {
	var got []string
	for _, c := range consultees {
		got = append(got, c.Agency)
	}
	slices.Sort(got)
	if want := slices.Sorted(slices.Values(e.Consultees)); len(want) > 0 && !slices.Equal(want, got) {
		t.differ("expected consultees %s, got %s", strings.Join(want, ", "), strings.Join(got, ", "))
	}
}

// round makes a round of an example's answers.
func round(p *Policy, e *policyv1.Example, consultees []Consultee) Round {
	r := Round{Due: p.Due(nil, asked, e.Emergency, nil), Now: asked, Emergency: e.Emergency}
	if e.AfterWorkingDays > 0 {
		r.Now = Deadline(nil, asked, int(e.AfterWorkingDays), nil)
	}
	for _, c := range consultees {
		if _, named := e.Answers[c.Agency]; named || c.Part != Chosen {
			r.Asked = append(r.Asked, c)
		}
	}
	for who, view := range ordered(e.Answers) {
		agency, place, _ := strings.Cut(who, " for ")
		switch view {
		case "silent":
		case Recused:
			r.Voices = append(r.Voices, Voice{Agency: agency, For: place, Recused: true, At: asked})
		default:
			r.Voices = append(r.Voices, Voice{Agency: agency, For: place, View: view, At: asked})
		}
	}
	return r
}
