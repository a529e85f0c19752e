package enforcement

import (
	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/services/enforcement/alert"
)

// Reactions are what makes this agency record something by itself.
func (*Service) Reactions() []desk.Reaction {
	return []desk.Reaction{{Name: "escalate alerts", Due: alert.Escalate}}
}
