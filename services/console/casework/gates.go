package casework

import (
	"context"
	"strings"

	"github.com/counterfoil/counterfoil/libs/clients"
	"github.com/counterfoil/counterfoil/libs/plain"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// question is a finding that an officer makes: on a paragraph of Article 6, or on a criterion of Article 7 or 11.
type question struct {
	// Of is its name on record, such as "6(1)", and Field what the names of its fields begin with.
	Of, Field string
	// Key is the message that asks it.
	Key string
}

// paragraphs of Article 6, and the criteria of Articles 7 and 11 that an export is found on by.
var (
	paragraphs = questions("6(1)", "6(2)", "6(3)")
	criteria   = questions("7(1)(a)", "7(1)(b)(i)", "7(1)(b)(ii)", "7(1)(b)(iii)", "7(1)(b)(iv)", "7(4)", "11")
)

func questions(names ...string) (all []question) {
	for _, n := range names {
		field := strings.Trim(strings.NewReplacer("(", "-", ")", "").Replace(n), "-")
		all = append(all, question{n, "f" + field, "article." + field})
	}
	return all
}

// Paragraphs of Article 6.
func (t *taskPage) Paragraphs() []question { return paragraphs }

// Criteria are those that the deal is found on by; for another kind of transfer than an export diversion is enough.
func (t *taskPage) Criteria() []question { return criteria }

// Optional reports whether criteria but diversion may be left out.
func (t *taskPage) Optional() bool {
	return t.Application.GetDeal().GetKind() != transferv1.Kind_KIND_EXPORT
}

// Results are what a check of Article 6 can come to.
func (t *taskPage) Results() []option { return enums(licensingv1.GateResult_GATE_RESULT_UNSPECIFIED) }

// Levels of risk.
func (t *taskPage) Levels() []option { return enums(licensingv1.Level_LEVEL_UNSPECIFIED) }

// Lefts are the levels, and that nothing was agreed.
func (t *taskPage) Lefts() []option {
	return append([]option{{Value: "", Key: "decide.as-it-is"}}, t.Levels()...)
}

// ReachingEmbargoes are those that the last check found by itself.
func (t *taskPage) ReachingEmbargoes() (all []string) {
	for _, f := range t.Check().GetChecked().GetFindings() {
		all = append(all, f.GetEmbargoes()...)
	}
	return all
}

func fillProhibitions(t *taskPage) {
	for _, f := range t.Check().GetChecked().GetFindings() {
		for _, q := range paragraphs {
			if q.Of == f.GetParagraph() {
				t.Form.set(q.Field+"-result", plain.Enum(f.GetResult()))
				t.Form.set(q.Field+"-reason", f.GetReason())
			}
		}
	}
}

func sendProhibitions(ctx context.Context, api *clients.Clients, t *taskPage, by *eventv1.Particulars) (recorded, error) {
	req := &licensingv1.CheckProhibitionsRequest{Particulars: by, ApplicationId: t.Application.GetId(), External: t.Form.lines("external")}
	for _, q := range paragraphs {
		result := parseEnum[licensingv1.GateResult](t.Form.Get(q.Field + "-result"))
		reason := strings.TrimSpace(t.Form.Get(q.Field + "-reason"))
		switch {
		case result == 0:
			return nil, &lack{Field: q.Field + "-result", Key: "lack.result", Of: q.Of}
		case reason == "":
			return nil, &lack{Field: q.Field + "-reason", Key: "lack.reason", Of: q.Of}
		}
		req.Findings = append(req.Findings, &licensingv1.ProhibitionFinding{Paragraph: q.Of, Result: result, Reason: reason})
	}
	return api.Licensing.CheckProhibitions(ctx, req)
}

func fillRisk(t *taskPage) {
	for _, f := range t.Assessment().GetAssessed().GetFindings() {
		for _, q := range criteria {
			if q.Of == f.GetCriterion() {
				t.Form.set(q.Field+"-level", plain.Enum(f.GetLevel()))
				t.Form.set(q.Field+"-reason", f.GetReason())
				if f.GetMitigated() != licensingv1.Level_LEVEL_UNSPECIFIED {
					t.Form.set(q.Field+"-left", plain.Enum(f.GetMitigated()))
				}
				t.Form.set(q.Field+"-evidence", strings.Join(f.GetEvidence(), "\n"))
			}
		}
	}
	for _, m := range t.Assessment().GetAssessed().GetMitigations() {
		for _, q := range criteria {
			if q.Of == m.GetCriterion() {
				t.Form.set(q.Field+"-measure", m.GetMeasure())
				t.Form.set(q.Field+"-owner", m.GetOwner())
				t.Form.set(q.Field+"-due", m.GetDueOn())
				t.Form.set(q.Field+"-verification", m.GetVerification())
			}
		}
	}
}

func sendRisk(ctx context.Context, api *clients.Clients, t *taskPage, by *eventv1.Particulars) (recorded, error) {
	req := &licensingv1.AssessRiskRequest{Particulars: by, ApplicationId: t.Application.GetId(), External: t.Form.lines("external")}
	for _, q := range criteria {
		get := func(name string) string { return strings.TrimSpace(t.Form.Get(q.Field + "-" + name)) }
		level, reason := parseEnum[licensingv1.Level](get("level")), get("reason")
		switch {
		case level == 0 && reason == "" && t.Optional() && q.Of != "11":
			continue
		case level == 0:
			return nil, &lack{Field: q.Field + "-level", Key: "lack.level", Of: q.Of}
		case reason == "":
			return nil, &lack{Field: q.Field + "-reason", Key: "lack.reason", Of: q.Of}
		}
		req.Findings = append(req.Findings, &licensingv1.RiskFinding{
			Criterion: q.Of, Level: level, Reason: reason, Evidence: t.Form.lines(q.Field + "-evidence"), Mitigated: parseEnum[licensingv1.Level](get("left")),
		})
		if get("measure") != "" {
			req.Mitigations = append(req.Mitigations, &licensingv1.Mitigation{
				Criterion: q.Of, Measure: get("measure"), Owner: get("owner"), DueOn: get("due"), Verification: get("verification"),
			})
		}
	}
	return api.Licensing.AssessRisk(ctx, req)
}
