package enforcement

import (
	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/services/duty"
	"github.com/counterfoil/counterfoil/services/enforcement/alert"
)

// Reactions are what makes this agency record something by itself.
func (*Service) Reactions() []desk.Reaction {
	return append(duty.Deliveries(), desk.Reaction{Name: "escalate alerts", Due: alert.Escalate}, duty.TellUse())
}
