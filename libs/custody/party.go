package custody

import (
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/names"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// likeness is whether two names or parties are one.
type likeness byte

const (
	other likeness = iota
	doubtful
	one
)

// farApart is the score below which two names are taken for two parties; between it and names.ReviewLine a person has to look.
const farApart = 0.6

func alike(a, b *transferv1.Party) likeness {
	if a == nil || b == nil {
		return doubtful
	}
	for _, x := range a.GetIdentifiers() {
		if slices.Contains(b.GetIdentifiers(), x) {
			return one
		}
	}
	if contradict(a.GetIdentifiers(), b.GetIdentifiers()) {
		return other
	}
	return named(a.GetName(), b.GetName())
}

// contradict reports whether both have identifiers of one scheme; none is common.
func contradict(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool {
		scheme, _, _ := strings.Cut(x, ":")
		return slices.ContainsFunc(b, func(y string) bool { return strings.HasPrefix(y, scheme+":") })
	})
}

func named(a, b string) likeness {
	if a == b {
		return one
	}
	switch score := names.Score(names.Parse(a), names.Parse(b)); {
	case score >= names.ReviewLine:
		return one
	case score >= farApart:
		return doubtful
	}
	return other
}

// among is whether somebody is one of several.
func among(is func(*transferv1.Party) likeness, parties []*transferv1.Party) likeness {
	best := other
	for _, p := range parties {
		best = max(best, is(p))
	}
	return best
}
