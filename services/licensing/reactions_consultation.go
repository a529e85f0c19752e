package licensing

import (
	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/services/licensing/consultation"
)

// consultationReactions are what the deadlines of consultations bring about.
func consultationReactions() []desk.Reaction {
	return []desk.Reaction{{Name: "take silence", Due: consultation.Due}}
}
