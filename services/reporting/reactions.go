package reporting

import (
	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/services/duty"
)

// Reactions are what every agency reacts to.
func (*Service) Reactions() []desk.Reaction { return duty.Reactions() }
