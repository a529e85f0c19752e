package duty

import (
	"slices"

	"github.com/counterfoil/counterfoil/libs/desk"
)

// Reactions are what makes every agency that records facts record more by itself: deliveries that it asks about, traces of items
// that it has on record, and, each month, how it used the facts of others.
func Reactions() []desk.Reaction {
	return slices.Concat(Deliveries(), MatchTraces(), []desk.Reaction{TellUse()})
}
