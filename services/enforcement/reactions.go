package enforcement

import (
	"slices"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/services/duty"
	"github.com/counterfoil/counterfoil/services/enforcement/trace"
)

// Reactions are what makes this agency record something by itself.
func (*Service) Reactions() []desk.Reaction {
	return slices.Concat(duty.Reactions(), alertReactions(), []desk.Reaction{{Name: "trace overdue", Due: trace.Overdue}})
}
