package reporting

import (
	"slices"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/services/duty"
)

// Reactions are what every agency reacts to, and the dates of reports.
func (*Service) Reactions() []desk.Reaction { return slices.Concat(duty.Reactions(), keepCalendar()) }
