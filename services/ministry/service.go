// Package ministry is a body that is consulted and alerted, and otherwise records nothing: a ministry, an embassy, an
// intelligence service, a commission.
package ministry

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

// Service answers what other agencies ask of it. Its methods are safe for concurrent use.
type Service struct{ node *node.Node }

// New returns the service of the agency whose node it is given.
func New(cfg Config) (*Service, error) {
	if cfg.Node == nil {
		return nil, errors.New("ministry: a service needs its agency's node")
	}
	return &Service{node: cfg.Node}, nil
}

// Register adds the agency's APIs to a server.
func (s *Service) Register(server *connect.Server) { duty.Register(server, s.node) }

// Reactions are what every agency reacts to; all else it answers when its officers do.
func (*Service) Reactions() []desk.Reaction { return duty.Reactions() }
