// Package customs is the agency at the border: it accepts declarations, writes them off against licences, and records what
// moved.
package customs

import (
	"cmp"
	"errors"
	"log/slog"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1/customsv1connect"
	"github.com/counterfoil/counterfoil/services/customs/declaration"
	"github.com/counterfoil/counterfoil/services/duty"
)

// Config is what the service works with.
type Config struct {
	// Node is what every agency runs. The service neither starts nor stops it.
	Node *node.Node
	// AllowanceIdle is how long an allowance may lie unused before it is given back; 0 is two weeks.
	AllowanceIdle time.Duration
	// Within is how long after their release goods may take to leave or to arrive; a time that is 0 is 30 days.
	Within declaration.Within
	// Folders are where licence messages are exchanged by Run.
	Folders Folders
}

// Service answers the customs agency's commands. Its methods are safe for concurrent use.
type Service struct {
	node          *node.Node
	allowanceIdle time.Duration
	within        declaration.Within
	folders       Folders
}

// confirmedWithin is how long goods may take after their release, where nothing else is set.
const confirmedWithin = 30 * 24 * time.Hour

// New returns the service of the agency whose node it is given.
func New(cfg Config) (*Service, error) {
	if cfg.Node == nil {
		return nil, errors.New("customs: a service needs its agency's node")
	}
	if (cfg.Folders.In == "") != (cfg.Folders.Out == "") {
		return nil, errors.New("customs: files of licence messages are exchanged through two folders, one for each way")
	}
	if min(cfg.Within.Exit, cfg.Within.Arrival) < 0 {
		return nil, errors.New("customs: goods cannot be late before they are released; give times of 0 or more")
	}
	if cfg.Folders.Logger == nil {
		cfg.Folders.Logger = slog.New(slog.DiscardHandler)
	}
	within := declaration.Within{Exit: cmp.Or(cfg.Within.Exit, confirmedWithin), Arrival: cmp.Or(cfg.Within.Arrival, confirmedWithin)}
	return &Service{node: cfg.Node, allowanceIdle: cfg.AllowanceIdle, within: within, folders: cfg.Folders}, nil
}

// Register adds the agency's APIs to a server.
func (s *Service) Register(server *connect.Server) {
	customsv1connect.RegisterCustomsServiceHandler(server, s)
	customsv1connect.RegisterWriteOffServiceHandler(server, s)
	customsv1connect.RegisterAllowanceServiceHandler(server, s)
	customsv1connect.RegisterReleaseServiceHandler(server, s)
	customsv1connect.RegisterChiefServiceHandler(server, s)
	duty.Register(server, s.node)
}
