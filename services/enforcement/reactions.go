package enforcement

import (
	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/services/duty"
	"github.com/counterfoil/counterfoil/services/enforcement/alert"
	"github.com/counterfoil/counterfoil/services/enforcement/trace"
)

// Reactions are what makes this agency record something by itself.
func (*Service) Reactions() []desk.Reaction {
	return append(duty.Reactions(), desk.Reaction{Name: "escalate alerts", Due: alert.Escalate}, desk.Reaction{Name: "trace overdue", Due: trace.Overdue})
}
