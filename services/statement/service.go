// Package statement is what every agency says of itself in the directory: whom it lets read its journals, the keys that it
// uses, who has which duties, what it withdraws, and what it shares more widely.
package statement

import (
	"errors"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1/directoryv1connect"
)

// Config is what the service works with.
type Config struct {
	// Node is the agency's own node. The service neither starts nor stops it.
	Node *node.Node
	// Now defaults to the node's clock.
	Now func() time.Time
}

// Service takes an agency's statements. Its methods are safe for concurrent use.
type Service struct {
	node *node.Node
	now  func() time.Time
}

// New returns the service of the agency whose node it is given.
func New(cfg Config) (*Service, error) {
	if cfg.Node == nil {
		return nil, errors.New("statement: a service needs its agency's node")
	}
	if cfg.Now == nil {
		cfg.Now = cfg.Node.Now
	}
	return &Service{node: cfg.Node, now: cfg.Now}, nil
}

// Register adds the API to a server.
func (s *Service) Register(server *connect.Server) {
	directoryv1connect.RegisterDirectoryServiceHandler(server, s)
}
