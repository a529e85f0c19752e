// Package observer is an agency that only reads: it has a ledger of what was released to it, and no rules.
package observer

import (
	"errors"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/services/duty"
)

// Config is what the service works with.
type Config struct {
	// Node is what every agency runs. The service neither starts nor stops it.
	Node *node.Node
}

// Service answers no commands: what its node serves to every agency, and the calendar of reports, is all there is.
type Service struct{ node *node.Node }

// New returns the service of the agency whose node it is given.
func New(cfg Config) (*Service, error) {
	if cfg.Node == nil {
		return nil, errors.New("observer: a service needs its agency's node")
	}
	return &Service{cfg.Node}, nil
}

// Register adds the calendar of reports to a server, and nothing else: an observer has no commands, and no duty to answer, since answering
// is recording.
func (s *Service) Register(server *connect.Server) { duty.RegisterCalendar(server, s.node) }

// Reactions are none: an observer records nothing.
func (*Service) Reactions() []desk.Reaction { return nil }
