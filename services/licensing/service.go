// Package licensing is the agency that decides on transfers: it takes applications, grants and denies licences, changes
// them, looks at them again on new information, and records what registers publish.
package licensing

import (
	"cmp"
	"errors"
	"sync"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	"github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1/screeningv1connect"
	"github.com/counterfoil/counterfoil/services/duty"
	"github.com/counterfoil/counterfoil/services/licensing/denial"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// Config is what the service works with.
type Config struct {
	// Node is what every agency runs. The service neither starts nor stops it.
	Node *node.Node
	// BlindKey is the file that blind checks are made and answered with, of mode 0600; it is made when it is first needed.
	// Empty: this agency makes and answers none.
	BlindKey string
	// ChecksPerDay is how many blind checks of each asker are answered in a day, UTC; 0 is 50.
	ChecksPerDay int
}

// Service answers the licensing agency's commands. Its methods are safe for concurrent use.
type Service struct {
	node         *node.Node
	blind        func() (*denial.Keys, error) // nil without a key file
	checksPerDay int
}

// New returns the service of the agency whose node it is given.
func New(cfg Config) (*Service, error) {
	if cfg.Node == nil {
		return nil, errors.New("licensing: a service needs its agency's node")
	}
	s := &Service{node: cfg.Node, checksPerDay: cmp.Or(cfg.ChecksPerDay, 50)}
	if cfg.BlindKey != "" {
		s.blind = sync.OnceValues(func() (*denial.Keys, error) { return blindKeys(cfg.BlindKey) })
	}
	return s, nil
}

// Register adds the agency's APIs to a server.
func (s *Service) Register(server *connect.Server) {
	licensingv1connect.RegisterLicensingServiceHandler(server, s)
	licensingv1connect.RegisterConsultationServiceHandler(server, s)
	licensingv1connect.RegisterDenialServiceHandler(server, s)
	queryv1connect.RegisterWhatIfServiceHandler(server, s)
	screeningv1connect.RegisterListServiceHandler(server, s)
	duty.RegisterScreening(server, s.node, dossier.ToScreen)
}
