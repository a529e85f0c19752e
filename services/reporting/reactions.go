package reporting

import (
	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/services/duty"
)

// Reactions are the events that make this agency record something: deliveries that it asks about.
func (*Service) Reactions() []desk.Reaction { return duty.Deliveries() }
