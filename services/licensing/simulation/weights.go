package simulation

import (
	"cmp"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/licensing/gate"
)

// everyOther names the weight of every criterion that has none of its own.
const everyOther = "*"

// weights is how criteria are weighed otherwise than policies do, by the criterion.
type weights map[string]*queryv1.WhatIfCriterion

// weightsOf refuses two weights of one criterion.
func weightsOf(criteria []*queryv1.WhatIfCriterion) (weights, error) {
	w := weights{}
	for _, c := range criteria {
		switch {
		case w[c.GetCriterion()] != nil:
			return nil, fault.Errorf(fault.Invalid, "criterion %s is weighed twice; say once how", c.GetCriterion())
		case c.GetUnmitigated() && c.GetOverridingFrom() == 0:
			return nil, fault.Errorf(fault.Invalid, "criterion %s does not count, so it does not matter what lowers it", c.GetCriterion())
		}
		w[c.GetCriterion()] = c
	}
	return w, nil
}

// of is the weight of a criterion; nil: as the policy has it.
func (w weights) of(criterion string) *queryv1.WhatIfCriterion {
	if own, ok := w[criterion]; ok {
		return own
	}
	return w[everyOther]
}

// counts reports whether a criterion counts at all.
func (w weights) counts(criterion string) bool {
	own := w.of(criterion)
	return own == nil || own.GetOverridingFrom() != 0
}

// overridden is a criterion that forbade a grant.
type overridden struct{ criterion, fact, needed string }

// overriding are the criteria that forbid a grant (Article 7(3)): those at a policy's threshold or above it, or at that of their own
// weight.
func (w weights) overriding(row *ledgerv1.Assessment, threshold string) (all []overridden) {
	for _, f := range row.GetAssessed().GetFindings() {
		own, from, level := w.of(f.GetCriterion()), cmp.Or(threshold, "overriding"), "risk"
		if own != nil {
			if from = word(own.GetOverridingFrom()); from == "" {
				continue
			}
			if own.GetUnmitigated() {
				f, level = proto.CloneOf(f), "risk before mitigation"
				f.Mitigated = licensingv1.Level_LEVEL_UNSPECIFIED
			}
		}
		one := &ledgerv1.Assessment{Assessed: &licensingv1.RiskAssessed{Findings: []*licensingv1.RiskFinding{f}}}
		if len(gate.Overriding(one, from)) == 0 {
			continue
		}
		o := overridden{criterion: f.GetCriterion()}
		o.fact = fmt.Sprintf("the %s under %s was assessed at the threshold %s or above it, see %s", level, f.GetCriterion(), from, row.GetId())
		o.needed = fmt.Sprintf("measures that leave less than %s on %s (ATT 7(2))", from, f.GetCriterion())
		if own.GetUnmitigated() {
			o.needed = fmt.Sprintf("less than %s found on %s before measures", from, f.GetCriterion())
		}
		all = append(all, o)
	}
	return all
}

// word is a level as policies write it; empty for none.
func word(l licensingv1.Level) string {
	if l == licensingv1.Level_LEVEL_UNSPECIFIED {
		return ""
	}
	return strings.ToLower(strings.TrimPrefix(l.String(), "LEVEL_"))
}
