package dossier

import (
	"slices"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Unclassified are the lines of an application that have no category and were not found to fall under none.
func Unclassified(a *ledgerv1.Application) []*transferv1.Line {
	var open []*transferv1.Line
	for _, l := range a.GetDeal().GetLines() {
		found := func(c *licensingv1.ClassificationAssigned) bool { return c.GetLine() == l.GetNumber() }
		if l.GetCategory() == transferv1.Category_CATEGORY_UNSPECIFIED && !slices.ContainsFunc(a.GetClassified(), found) {
			open = append(open, l)
		}
	}
	return open
}
