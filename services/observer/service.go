// Package observer is an agency that only reads: it has a ledger of what was released to it, and no rules.
package observer

import (
	"errors"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/node"
)

// Config is what the service works with.
type Config struct {
	// Node is what every agency runs. The service neither starts nor stops it.
	Node *node.Node
}

// Service answers no commands: what its node serves to every agency is all there is.
type Service struct{}

// New returns the service of the agency whose node it is given.
func New(cfg Config) (*Service, error) {
	if cfg.Node == nil {
		return nil, errors.New("observer: a service needs its agency's node")
	}
	return &Service{}, nil
}

// Register adds nothing to a server: an observer has no commands, and no duty to answer, since answering is recording.
func (*Service) Register(*connect.Server) {}

// Reactions are none: an observer records nothing.
func (*Service) Reactions() []desk.Reaction { return nil }
