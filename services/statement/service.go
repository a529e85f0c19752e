// Package statement is what every agency says of itself and its own journals, on every node the same.
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
	// Now defaults to time.Now.
	Now func() time.Time
}

// Service answers the agency's own operator. Its methods are safe for concurrent use.
type Service struct {
	directoryv1connect.UnimplementedDirectoryServiceHandler
	node *node.Node
	now  func() time.Time
}

// New returns the service of the agency whose node it is given.
func New(cfg Config) (*Service, error) {
	if cfg.Node == nil {
		return nil, errors.New("statement: a service needs the agency's node")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Service{node: cfg.Node, now: cfg.Now}, nil
}

// Register adds the service's API to a server.
func (s *Service) Register(server *connect.Server) {
	directoryv1connect.RegisterDirectoryServiceHandler(server, s)
}
