package dossier

import (
	"github.com/counterfoil/counterfoil/libs/policy"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// Facts is what policies see of a deal that a State decides on.
func Facts(deal *licensingv1.Deal, state string, emergency bool) policy.Facts {
	return policy.FactsOf(deal, state, circumstances(deal, emergency))
}

// LineFacts is what they see of each of its lines.
func LineFacts(deal *licensingv1.Deal, state string, emergency bool) []policy.Facts {
	return policy.LineFacts(deal, state, circumstances(deal, emergency))
}
