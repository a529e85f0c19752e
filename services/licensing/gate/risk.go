package gate

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// diversion is the criterion of Article 11(2), which every assessment has.
const diversion = "11"

// criteria of an export: those of Article 7(1), violence against women and children (7(4)), and diversion.
var criteria = []string{"7(1)(a)", "7(1)(b)(i)", "7(1)(b)(ii)", "7(1)(b)(iii)", "7(1)(b)(iv)", "7(4)", diversion}

// AssessRisk is the gate of Article 7, with the finding on diversion of Article 11 beside it. It comes after a clear check of
// Article 6 of the same deal. An export is found on by every criterion; for another kind of transfer diversion is enough.
// Criteria of the State's own may come beside them. What is left after mitigation is lower than the risk only where a measure
// is named for that criterion (7(2)). The same assessment decides nothing while nothing else came to be known.
func AssessRisk(view ledger.View, cmd *licensingv1.AssessRiskRequest) ([]proto.Message, error) {
	a, err := dossier.Undecided(view, cmd.GetApplicationId())
	if err != nil {
		return nil, err
	}
	if err := checkedBefore(view, a); err != nil {
		return nil, err
	}
	findings, err := checkRisks(view, a.GetDeal().GetKind(), cmd)
	if err != nil {
		return nil, err
	}
	assessed := &licensingv1.RiskAssessed{ApplicationId: a.GetId(), Findings: findings, Mitigations: cmd.GetMitigations()}
	if assessed.Knowledge, err = dossier.Knowledge(view, cmd.GetExternal()); err != nil {
		return nil, err
	}
	if assessed.Deal, err = dossier.DealDigest(a.GetDeal()); err != nil {
		return nil, err
	}
	last, err := LatestAssessment(view, a)
	if err != nil || last != nil && sameAssessment(view, last.GetAssessed(), assessed) {
		return nil, err
	}
	if assessed.AssessmentId, err = view.NextID("V-" + cmd.GetParticulars().GetOccurredAt().AsTime().Format("2006")); err != nil {
		return nil, err
	}
	return []proto.Message{assessed}, nil
}

// checkedBefore refuses an assessment of a deal that the last check of Article 6 did not find clear.
func checkedBefore(view ledger.View, a *ledgerv1.Application) error {
	check, err := LatestCheck(view, a)
	switch {
	case err != nil:
		return err
	case check == nil:
		return fault.Errorf(fault.Precondition, "Article 6 comes before Article 7, and was not checked for the deal of application %s as it is stated: counterfoil licence assess %s --prohibitions", a.GetId(), a.GetId())
	case check.GetChecked().GetResult() == resultProhibited:
		return fault.Errorf(fault.Precondition, "application %s is prohibited by Article 6 (%s), and nothing is weighed against that; deny it", a.GetId(), check.GetId())
	case check.GetChecked().GetResult() != resultClear:
		return fault.Errorf(fault.Precondition, "the check of application %s under Article 6 (%s) is referred to others; check it again once they have answered", a.GetId(), check.GetId())
	}
	return nil
}

// checkRisks returns the findings with what is left of each risk filled in.
func checkRisks(view ledger.View, kind transferv1.Kind, cmd *licensingv1.AssessRiskRequest) ([]*licensingv1.RiskFinding, error) {
	found := map[string]bool{}
	var findings []*licensingv1.RiskFinding
	for _, given := range cmd.GetFindings() {
		f := proto.CloneOf(given)
		if found[f.GetCriterion()] {
			return nil, fault.Errorf(fault.Invalid, "there are two findings on %s; give one", f.GetCriterion())
		}
		found[f.GetCriterion()] = true
		if err := checkFinding(f, cmd.GetMitigations()); err != nil {
			return nil, err
		}
		if err := checkEvidence(view, f); err != nil {
			return nil, err
		}
		findings = append(findings, f)
	}
	for _, c := range criteria {
		if !found[c] && (kind == transferv1.Kind_KIND_EXPORT || c == diversion) {
			return nil, fault.Errorf(fault.Invalid, "there is no finding on %s, which is not assessed then; find on it, if only that there is no risk", c)
		}
	}
	return findings, checkMitigations(cmd.GetMitigations(), found)
}

func checkFinding(f *licensingv1.RiskFinding, mitigations []*licensingv1.Mitigation) error {
	if f.GetMitigated() == licensingv1.Level_LEVEL_UNSPECIFIED {
		f.Mitigated = f.GetLevel()
	}
	answered := slices.ContainsFunc(mitigations, func(m *licensingv1.Mitigation) bool { return m.GetCriterion() == f.GetCriterion() })
	switch {
	case f.GetCriterion() == "":
		return fault.Errorf(fault.Invalid, "name the criterion of each finding")
	case f.GetLevel() == licensingv1.Level_LEVEL_UNSPECIFIED:
		return fault.Errorf(fault.Invalid, `"not assessed" is no finding on %s; say how much risk there is, or that there is none`, f.GetCriterion())
	case f.GetReason() == "":
		return fault.Errorf(fault.Invalid, "give the reason for the finding on %s", f.GetCriterion())
	case f.GetMitigated() > f.GetLevel():
		return fault.Errorf(fault.Invalid, "mitigation cannot leave more risk on %s than there was", f.GetCriterion())
	case f.GetMitigated() < f.GetLevel() && !answered:
		return fault.Errorf(fault.Invalid, "name the measure that lowers the risk on %s, with who owns it", f.GetCriterion())
	}
	return nil
}

// rowID is what ids of rows look like. Papers are named otherwise.
var rowID = regexp.MustCompile(`^[a-z][a-z0-9-]{1,31}/[A-Za-z0-9._-]{1,100}$`)

func checkEvidence(view ledger.View, f *licensingv1.RiskFinding) error {
	for _, id := range f.GetEvidence() {
		if !rowID.MatchString(id) {
			continue
		}
		switch _, row, err := view.Find(id); {
		case err != nil:
			return fmt.Errorf("look for %s: %w", id, err)
		case row == nil:
			return fault.Errorf(fault.NotFound, "%s, which the finding on %s rests on, is not on record here; correct the id, or name a paper in other words", id, f.GetCriterion())
		}
	}
	return nil
}

func checkMitigations(mitigations []*licensingv1.Mitigation, found map[string]bool) error {
	for _, m := range mitigations {
		switch {
		case !found[m.GetCriterion()]:
			return fault.Errorf(fault.Invalid, "a measure answers %q, on which there is no finding", m.GetCriterion())
		case m.GetMeasure() == "" || m.GetOwner() == "":
			return fault.Errorf(fault.Invalid, "say of each measure on %s what it is and who owns it", m.GetCriterion())
		}
		if _, err := time.Parse(time.DateOnly, m.GetDueOn()); m.GetDueOn() != "" && err != nil {
			return fault.Errorf(fault.Invalid, "the measure on %s is due on %q, which is no day; give it as yyyy-mm-dd", m.GetCriterion(), m.GetDueOn())
		}
	}
	return nil
}

func sameAssessment(view ledger.View, last, now *licensingv1.RiskAssessed) bool {
	return slices.EqualFunc(last.GetFindings(), now.GetFindings(), func(a, b *licensingv1.RiskFinding) bool { return proto.Equal(a, b) }) &&
		slices.EqualFunc(last.GetMitigations(), now.GetMitigations(), func(a, b *licensingv1.Mitigation) bool { return proto.Equal(a, b) }) &&
		sameKnowledge(view, last.GetKnowledge(), now.GetKnowledge())
}

// LatestAssessment returns the last assessment of an application's deal as it is stated now; nil when there is none.
func LatestAssessment(view ledger.View, a *ledgerv1.Application) (last *ledgerv1.Assessment, err error) {
	rows, err := view.AssessmentsWith("application", a.GetId())
	if err != nil {
		return nil, fmt.Errorf("read assessments of application %s: %w", a.GetId(), err)
	}
	digest, err := dossier.DealDigest(a.GetDeal())
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if bytes.Equal(r.GetAssessed().GetDeal(), digest) {
			last = r
		}
	}
	return last, nil
}

// Overriding are the criteria of which what is left after mitigation is at a policy's threshold or above it: low, medium, high
// or overriding (Article 7(3)), which is also what an empty one means. A word that is no level lets nothing pass.
func Overriding(row *ledgerv1.Assessment, threshold string) []string {
	if threshold == "" {
		threshold = "overriding"
	}
	from := licensingv1.Level(licensingv1.Level_value["LEVEL_"+strings.ToUpper(threshold)])
	var over []string
	for _, f := range row.GetAssessed().GetFindings() {
		if left := cmp.Or(f.GetMitigated(), f.GetLevel()); left >= from {
			over = append(over, f.GetCriterion())
		}
	}
	return over
}
