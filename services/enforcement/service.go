// Package enforcement is the agency that raises alerts of diversion and follows them to their end.
package enforcement

import (
	"errors"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1/enforcementv1connect"
	"github.com/counterfoil/counterfoil/services/duty"
	"github.com/counterfoil/counterfoil/services/enforcement/trace"
)

// Config is what the service works with.
type Config struct {
	// Node is what every agency runs. The service neither starts nor stops it.
	Node *node.Node
	// TraceClock is how long traces may take; zero parts are as docs/tracing.md has them.
	TraceClock trace.Clock
}

// Service answers the enforcement agency's commands. Its methods are safe for concurrent use.
type Service struct {
	node  *node.Node
	clock trace.Clock
}

// New returns the service of the agency whose node it is given.
func New(cfg Config) (*Service, error) {
	if cfg.Node == nil {
		return nil, errors.New("enforcement: a service needs its agency's node")
	}
	if c := cfg.TraceClock; min(c.Acknowledge, c.Answer, c.Final, c.Urgent) < 0 {
		return nil, errors.New("enforcement: a trace cannot be due before it is opened; give times of 0 or more")
	}
	return &Service{node: cfg.Node, clock: cfg.TraceClock}, nil
}

// Register adds the agency's APIs to a server.
func (s *Service) Register(server *connect.Server) {
	enforcementv1connect.RegisterEnforcementServiceHandler(server, s)
	enforcementv1connect.RegisterTracingServiceHandler(server, s)
	duty.Register(server, s.node)
}
