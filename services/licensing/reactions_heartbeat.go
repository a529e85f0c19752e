package licensing

import (
	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/services/licensing/heartbeat"
)

// heartbeatReactions keep copies of licences in force fresh where nothing is recorded.
func heartbeatReactions() []desk.Reaction {
	return []desk.Reaction{{Name: "say that nothing is newer", Due: (&heartbeat.Beats{}).Due}}
}
