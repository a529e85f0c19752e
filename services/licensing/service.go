// Package licensing is the agency that decides on transfers: it takes applications, grants and denies licences, changes
// them, looks at them again on new information, and records what registers publish.
package licensing

import (
	"errors"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1/screeningv1connect"
	"github.com/counterfoil/counterfoil/services/duty"
)

// Config is what the service works with.
type Config struct {
	// Node is what every agency runs. The service neither starts nor stops it.
	Node *node.Node
}

// Service answers the licensing agency's commands. Its methods are safe for concurrent use.
type Service struct {
	licensingv1connect.UnimplementedLicensingServiceHandler
	licensingv1connect.UnimplementedConsultationServiceHandler
	licensingv1connect.UnimplementedDenialServiceHandler
	screeningv1connect.UnimplementedListServiceHandler
	node *node.Node
}

// New returns the service of the agency whose node it is given.
func New(cfg Config) (*Service, error) {
	if cfg.Node == nil {
		return nil, errors.New("licensing: a service needs its agency's node")
	}
	return &Service{node: cfg.Node}, nil
}

// Register adds the agency's APIs to a server.
func (s *Service) Register(server *connect.Server) {
	licensingv1connect.RegisterLicensingServiceHandler(server, s)
	licensingv1connect.RegisterConsultationServiceHandler(server, s)
	licensingv1connect.RegisterDenialServiceHandler(server, s)
	screeningv1connect.RegisterListServiceHandler(server, s)
	duty.Register(server, s.node)
}
