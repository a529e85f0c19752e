package licensing

import (
	"slices"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/services/duty"
)

// Reactions are the events, and the times that come, that make this agency record something: what cannot wait comes first.
// They depend on nothing of the service but the key of its blind checks, so they can be asked for before its node is up, and
// of a nil one.
func (s *Service) Reactions() []desk.Reaction {
	return slices.Concat(alertReactions(), applicationReactions(), gateReactions(), consultationReactions(), denialReactions(), s.blindReactions(),
		screeningReactions(), heartbeatReactions(), deliveryReactions(), duty.Reactions())
}
