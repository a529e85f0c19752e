// Package reporting is the agency that asks the others for their returns and adds up what is on record.
package reporting

import (
	"errors"
	"sync"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/lineage"
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1/reportingv1connect"
	"github.com/counterfoil/counterfoil/services/duty"
)

// Config is what the service works with.
type Config struct {
	// Node is what every agency runs. The service neither starts nor stops it.
	Node *node.Node
}

// Service answers the reporting agency's commands. Its methods are safe for concurrent use.
type Service struct {
	node   *node.Node
	drafts drafts
	trees  lineage.Trees
	// recording lets one draft at a time go on record.
	recording sync.Mutex
}

// New returns the service of the agency whose node it is given.
func New(cfg Config) (*Service, error) {
	if cfg.Node == nil {
		return nil, errors.New("reporting: a service needs its agency's node")
	}
	return &Service{node: cfg.Node}, nil
}

// Register adds the agency's APIs to a server.
func (s *Service) Register(server *connect.Server) {
	reportingv1connect.RegisterReportingServiceHandler(server, s)
	reportingv1connect.RegisterProcedureServiceHandler(server, s)
	reportingv1connect.RegisterReportServiceHandler(server, s)
	reportingv1connect.RegisterReconciliationServiceHandler(server, s)
	reportingv1connect.RegisterNationalServiceHandler(server, s)
	duty.Register(server, s.node)
}
