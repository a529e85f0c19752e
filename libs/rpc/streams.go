package rpc

import (
	"sync"

	"github.com/counterfoil/counterfoil/libs/fault"
)

// maxStreams is how many calls that go on, such as watches, a user may have at a time, the node's own token among them: each holds memory,
// and reads the ledger at every commit.
const maxStreams = 50

// streams counts the calls that go on, by user.
type streams struct {
	mu   sync.Mutex
	open map[string]int
}

func (s *streams) begin(user string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[user] == maxStreams {
		return fault.Errorf(fault.Unavailable, "user %s has %d calls that go on, such as watches, and nobody may have more: end one of them, or watch more by one", user, maxStreams)
	}
	s.open[user]++
	return nil
}

func (s *streams) end(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[user]--; s.open[user] == 0 {
		delete(s.open, user)
	}
}
