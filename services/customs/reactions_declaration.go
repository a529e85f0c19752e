package customs

import (
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/services/customs/declaration"
)

// declarationReactions are what the deadlines of movements bring about.
func (s *Service) declarationReactions() []desk.Reaction {
	return []desk.Reaction{{Name: "notice overdue movements", Due: func(view ledger.View, now time.Time) ([]proto.Message, time.Time, error) {
		return declaration.Due(view, now, s.within)
	}}}
}
