// Package authority is the coordinating authority: it keeps the directory, lets agencies in and out, and has the hub deliver
// what members and publishers agreed to.
package authority

import (
	"context"
	"crypto/ed25519"
	"errors"
	"sync"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1/directoryv1connect"
)

// Hub is what the authority has the hub do. *backbone.Hub is one.
type Hub interface {
	Invite(ctx context.Context, a backbone.Agency, until time.Time, root [32]byte) (*backbone.Grant, error)
	Suspend(ctx context.Context, agency string) error
	Resume(ctx context.Context, agency string) error
	Remove(ctx context.Context, agency string) error
	UseKey(ctx context.Context, agency string, key ed25519.PublicKey) error
	Rotate(ctx context.Context, agency string, deadline time.Time) error
	Release(ctx context.Context, id journal.ID, reader string, after uint64) error
	Unrelease(ctx context.Context, id journal.ID, reader string) error
	Releases() []backbone.Release
	Agencies() []string
	Access(agency string) (string, error)
	Connected(agency string) (bool, error)
	Heads(ctx context.Context) (map[journal.ID]uint64, error)
}

// Config is what the service works with.
type Config struct {
	// Node is the authority's own node. The service neither starts nor stops it.
	Node *node.Node
	Hub  Hub
	// Now defaults to time.Now.
	Now func() time.Time
}

// Service answers the operator of the coordinating authority. Its methods are safe for concurrent use.
type Service struct {
	node *node.Node
	hub  Hub
	now  func() time.Time
	// converging is held while the hub is brought to the directory.
	converging sync.Mutex
}

// New returns the service of the authority whose node it is given.
func New(cfg Config) (*Service, error) {
	if cfg.Node == nil || cfg.Hub == nil {
		return nil, errors.New("authority: a service needs the authority's node and the hub")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Service{node: cfg.Node, hub: cfg.Hub, now: cfg.Now}, nil
}

// Register adds the authority's API to a server.
func (s *Service) Register(server *connect.Server) {
	directoryv1connect.RegisterAuthorityServiceHandler(server, s)
}

// Reactions are none: what follows from the directory is made so, again and again, by Run.
func (s *Service) Reactions() []desk.Reaction { return nil }
