package customs

import (
	"cmp"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

const (
	// defaultIdle is how long an allowance may lie unused where the configuration does not say: longer than a line is usually cut.
	defaultIdle = 14 * 24 * time.Hour
	// lookAgain is how soon allowances are looked at again at the earliest.
	lookAgain = 10 * time.Minute
)

// allowanceReactions give back what this agency was lent and does not use.
func (s *Service) allowanceReactions() []desk.Reaction {
	idle := &idleAllowances{idle: defaultIdle}
	if s != nil {
		idle.idle = cmp.Or(s.allowanceIdle, defaultIdle)
	}
	return []desk.Reaction{{Name: "return idle allowances", Due: idle.due}}
}

// idleAllowances spares looking at every allowance after every change. Safe for concurrent use.
type idleAllowances struct {
	mu    sync.Mutex
	idle  time.Duration
	after time.Time // when they are looked at again
	next  time.Time // when the next is due, as far as was seen
}

func (i *idleAllowances) due(view ledger.View, now time.Time) ([]proto.Message, time.Time, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if now.Before(i.after) {
		return nil, i.next, nil
	}
	facts, next, err := writeoff.Idle(view, now, i.idle)
	if err != nil || len(facts) > 0 || next.IsZero() {
		return facts, next, err
	}
	i.after, i.next = now.Add(lookAgain), next
	if next.Before(i.after) {
		i.next = i.after
	}
	return nil, i.next, nil
}
