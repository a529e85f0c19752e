package lab

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect/v2"
	oteltrace "go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/services/console"
	"github.com/counterfoil/counterfoil/services/customs"
	"github.com/counterfoil/counterfoil/services/customs/declaration"
	"github.com/counterfoil/counterfoil/services/enforcement"
	"github.com/counterfoil/counterfoil/services/enforcement/trace"
	"github.com/counterfoil/counterfoil/services/licensing"
	"github.com/counterfoil/counterfoil/services/ministry"
	"github.com/counterfoil/counterfoil/services/observer"
	"github.com/counterfoil/counterfoil/services/reporting"
	"github.com/counterfoil/counterfoil/services/statement"
)

// Service puts an agency's service together on its node, with what every agency serves.
func Service(n *node.Node, o Options) (node.Service, error) {
	own, err := ownService(n, o)
	if err != nil {
		return nil, err
	}
	return withStatements(n, own)
}

func ownService(n *node.Node, o Options) (node.Service, error) {
	switch n.Profile.Service {
	case "licensing":
		return licensing.New(licensing.Config{Node: n, BlindKey: n.Home().BlindKey()})
	case "customs":
		return customs.New(customs.Config{Node: n, Within: o.Within, Folders: customs.Folders{In: o.ChiefIn, Out: o.ChiefOut, Every: o.ChiefEvery, Logger: o.Logger}})
	case "enforcement":
		return enforcement.New(enforcement.Config{Node: n, TraceClock: o.TraceClock})
	case "reporting":
		return reporting.New(reporting.Config{Node: n})
	case "ministry":
		return ministry.New(ministry.Config{Node: n})
	case "observer":
		return observer.New(observer.Config{Node: n})
	}
	return nil, fmt.Errorf("agency %s has service %q; there are licensing, customs, enforcement, reporting, ministry and observer", n.Agency, n.Profile.Service)
}

// stating is an agency's service with what every agency says of itself.
type stating struct {
	node.Service
	statements *statement.Service
}

func (s stating) Register(server *connect.Server) {
	s.Service.Register(server)
	s.statements.Register(server)
}

// Run does what the statements and the agency's own service bring about.
func (s stating) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.statements.Run(ctx) })
	if own, ok := s.Service.(node.Runner); ok {
		group.Go(func() error { return own.Run(ctx) })
	}
	return group.Wait()
}

func withStatements(n *node.Node, own node.Service) (node.Service, error) {
	statements, err := statement.New(statement.Config{Node: n})
	return stating{own, statements}, err
}

// Serving is one agency's node at work.
type Serving struct {
	Node    *node.Node
	service node.Service
}

// Options are how nodes of a folder are started.
type Options struct {
	Logger  *slog.Logger
	Version string
	// AllowPlainText lets APIs be served without TLS on addresses that other machines reach.
	AllowPlainText bool
	// TraceClock is how long traces may take at agencies that trace; zero parts are the service's own.
	TraceClock trace.Clock
	// Within is how long after their release goods may take at customs; zero parts are the service's own.
	Within declaration.Within
	// Dial connects an agency's node to the hub; nil is the ordinary dialer. Tests cut lines here.
	Dial func(agency string) func(network, address string) (net.Conn, error)
	// ReceiptEvery is how often agencies say at most what they have received; 0 is the node's own.
	ReceiptEvery time.Duration
	// ChiefIn and ChiefOut are the folders through which customs exchanges licence messages; empty: it exchanges none.
	ChiefIn, ChiefOut string
	// ChiefEvery is how often the first is looked at; 0 is 2 s.
	ChiefEvery time.Duration
	// Now is the nodes' clock; nil is time.Now.
	Now func() time.Time
	// Tracing makes the spans of nodes and hub; nil: none are made.
	Tracing oteltrace.TracerProvider
}

// StartAgency starts one agency's node on its home in the folder, which a hub has prepared, and writes its context.
func StartAgency(ctx context.Context, folder Folder, agency string, o Options) (*Serving, error) {
	cfg := node.Config{
		Home: folder.Home(agency), Logger: o.Logger, Version: o.Version, Now: o.Now,
		AllowPlainText: o.AllowPlainText, ReceiptEvery: o.ReceiptEvery, Pages: pages(o.Version), Tracing: o.Tracing,
	}
	if o.Dial != nil {
		cfg.Dial = o.Dial(agency)
	}
	n, err := node.New(ctx, cfg)
	if err != nil {
		return nil, err
	}
	service, err := Service(n, o)
	if err == nil {
		err = folder.writeContext(n, "officer")
	}
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return &Serving{n, service}, nil
}

// pages makes a node's console.
func pages(version string) func(*node.Node, http.Handler) (node.Pages, error) {
	return func(n *node.Node, api http.Handler) (node.Pages, error) { return console.Of(n, api, version) }
}

// Run serves until ctx ends.
func (s *Serving) Run(ctx context.Context) error { return s.Node.Run(ctx, s.service) }

// Close takes the node down. Run must have returned.
func (s *Serving) Close() error { return s.Node.Close() }

// Lab is the hub and every agency in one process.
type Lab struct {
	Hub      *Hub
	Agencies map[string]*Serving

	plan *Plan
	// adopted is closed once the plan's procedure is on record.
	adopted chan struct{}
}

// Start starts the hub of a folder and a node for every agency of the plan.
func Start(ctx context.Context, folder Folder, plan *Plan, o Options) (*Lab, error) {
	hub, err := StartHub(ctx, HubOptions{Folder: folder, Plan: plan, Listen: "127.0.0.1:0", Logger: o.Logger, Now: o.Now, Version: o.Version, Tracing: o.Tracing})
	if err != nil {
		return nil, err
	}
	l := &Lab{Hub: hub, Agencies: map[string]*Serving{}, plan: plan, adopted: make(chan struct{})}
	for _, a := range plan.Agencies {
		if a.Name == directory.Authority {
			continue
		}
		if l.Agencies[a.Name], err = StartAgency(ctx, folder, a.Name, o); err != nil {
			delete(l.Agencies, a.Name)
			return nil, errors.Join(err, l.Close())
		}
	}
	return l, nil
}

// Nodes are the nodes of all agencies, the authority's among them, by name.
func (l *Lab) Nodes() []*node.Node {
	all := []*node.Node{l.Hub.Authority()}
	for _, s := range l.Agencies {
		all = append(all, s.Node)
	}
	slices.SortFunc(all, func(a, b *node.Node) int { return strings.Compare(a.Agency, b.Agency) })
	return all
}

// Run serves until ctx ends or one of them fails.
func (l *Lab) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	keep := func(run func(context.Context) error) {
		running.Go(func() {
			if err := run(ctx); err != nil {
				cancel(err)
			}
		})
	}
	keep(l.Hub.Run)
	for _, s := range l.Agencies {
		keep(s.Run)
	}
	keep(l.adoptProcedure)
	running.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// WaitReady returns once every agency answers and has read the directory, and the plan's procedure is on record.
func (l *Lab) WaitReady(ctx context.Context) error {
	select {
	case <-l.Hub.Ready():
	case <-ctx.Done():
		return fmt.Errorf("wait for the directory: %w", ctx.Err())
	}
	for name, s := range l.Agencies {
		if err := s.WaitReady(ctx); err != nil {
			return fmt.Errorf("wait for %s: %w", name, err)
		}
	}
	select {
	case <-l.adopted:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the procedure of reports: %w", ctx.Err())
	}
}

// WaitReady returns once the agency answers and has read the directory's beginning.
func (s *Serving) WaitReady(ctx context.Context) error {
	select {
	case <-s.Node.Ready():
		return s.Node.Ledger.Wait(ctx, directory.Journal, 1)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close takes everything down: the nodes, then the hub. Run must have returned.
func (l *Lab) Close() error {
	var errs []error
	for _, s := range l.Agencies {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, l.Hub.Close())...)
}
