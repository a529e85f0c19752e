package lab

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/config"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/seal"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	"github.com/counterfoil/counterfoil/services/authority"
)

// Folder is where a lab lives: the hub, a node's home per agency, and a context per agency.
type Folder string

// Home is the folder of one agency's node.
func (f Folder) Home(agency string) node.Home { return node.Home(filepath.Join(string(f), agency)) }

// Hub is the hub with the coordinating authority's node, which are one operator's and run together.
type Hub struct {
	folder    Folder
	plan      *Plan
	hub       *backbone.Hub
	authority *node.Node
	served    node.Service
	logger    *slog.Logger
	now       func() time.Time
	version   string
	tracing   trace.TracerProvider
	ready     chan struct{}
}

// HubOptions are how a hub is started with the coordinating authority's node beside it.
type HubOptions struct {
	// Folder is where the authority's node is, and where agencies' folders are prepared.
	Folder Folder
	// Dir is the hub's own folder; empty is "hub" in Folder.
	Dir string
	// Plan founds the directory, the first time.
	Plan *Plan
	// Listen is the hub's address where its folder does not say it, as counterfoil hub init has it say; a port of 0 is chosen
	// once and kept.
	Listen string
	Logger *slog.Logger
	// Now is the clock of the authority's node; nil is time.Now.
	Now func() time.Time
	// Version is shown in the authority's status.
	Version string
	// Tracing makes the spans of the hub and of the authority's node; nil: none are made.
	Tracing trace.TracerProvider
}

// StartHub starts the hub of a folder and brings it to the plan: an account and a home per agency. What is there stays as
// it is.
func StartHub(ctx context.Context, o HubOptions) (*Hub, error) {
	if o.Dir == "" {
		o.Dir = filepath.Join(string(o.Folder), "hub")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	folder, plan, logger := o.Folder, o.Plan, o.Logger
	config, err := backbone.LoadHubConfig(o.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		config = backbone.HubConfig{Dir: o.Dir, Listen: o.Listen}
	} else if err != nil {
		return nil, err
	}
	config.Logger, config.Tracing = logger, o.Tracing
	hub, err := backbone.StartHub(ctx, config)
	if err != nil {
		return nil, err
	}
	h := &Hub{folder: folder, plan: plan, hub: hub, logger: logger, now: o.Now, version: o.Version, tracing: o.Tracing, ready: make(chan struct{})}
	if err := h.prepare(ctx); err != nil {
		h.hub.Close()
		return nil, fmt.Errorf("prepare the hub: %w", err)
	}
	return h, nil
}

// prepare gives every agency of the plan that has no part yet a folder with keys, an account and credentials, and the
// directory's first key. An agency whose folder is elsewhere by now is left alone.
func (h *Hub) prepare(ctx context.Context) error {
	home := h.folder.Home(directory.Authority)
	profile, found := h.plan.authority()
	if !found {
		return fmt.Errorf("the plan has no agency called %s", directory.Authority)
	}
	if err := home.Prepare(profile); err != nil {
		return err
	}
	member, err := home.Member()
	if err != nil {
		return err
	}
	if err := home.Trust(ed25519.PublicKey(member.Signing), map[uint32][]byte{1: seal.NewKey()}); err != nil {
		return err
	}
	first, err := home.Authority()
	if err != nil {
		return err
	}
	handed, err := home.DirectoryKeys()
	if err != nil {
		return err
	}
	for _, a := range h.plan.Agencies {
		if h.elsewhere(a.Name) {
			continue
		}
		home := h.folder.Home(a.Name)
		if err := home.Prepare(h.plan.profile(a)); err != nil {
			return err
		}
		if err := h.admit(ctx, a.Name, home); err != nil {
			return err
		}
		if err := home.Trust(first, handed); err != nil {
			return err
		}
	}
	h.authority, err = node.New(ctx, node.Config{Home: home, Logger: h.logger, Now: h.now, Version: h.version, Pages: pages(h.version), Tracing: h.tracing})
	if err != nil {
		return err
	}
	service, err := authority.New(authority.Config{Node: h.authority, Hub: h.hub})
	if err != nil {
		return err
	}
	if h.served, err = withStatements(h.authority, service); err != nil {
		return err
	}
	return h.folder.writeContext(h.authority, "operator")
}

// elsewhere reports whether an agency takes part already and its folder is not here.
func (h *Hub) elsewhere(agency string) bool {
	_, err := h.hub.Access(agency)
	_, missing := os.Stat(string(h.folder.Home(agency)))
	return err == nil && errors.Is(missing, fs.ErrNotExist)
}

// removed is the access of an agency that the operator has taken out; a plan does not bring it back.
const removed = "removed"

// admit lets the agency's node in, with the key in its folder, made when there is none.
func (h *Hub) admit(ctx context.Context, agency string, home node.Home) error {
	if access, err := h.hub.Access(agency); err == nil && access == removed {
		return nil
	}
	member, err := home.Member()
	if err != nil {
		return err
	}
	a := backbone.Agency{Name: agency, Signing: ed25519.PublicKey(member.Signing)}
	var seed []byte
	credentials, err := backbone.LoadCredentials(home.Hub())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		seed, a.User, err = backbone.NewUser()
	case err == nil:
		seed = credentials.Seed
		a.User, err = credentials.User()
	}
	if err != nil {
		return err
	}
	grant, err := h.hub.AddAgency(ctx, a)
	if err != nil {
		return err
	}
	return grant.With(seed).WriteTo(home.Hub())
}

// Run serves the hub until ctx ends. The directory is founded by the plan the first time.
func (h *Hub) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	founded := make(chan error, 1)
	go func() {
		select {
		case <-h.authority.Ready():
			founded <- h.found(ctx)
		case <-ctx.Done():
			founded <- nil
		}
	}()
	running := make(chan error, 1)
	go func() { running <- h.authority.Run(ctx, h.served) }()
	if err := <-founded; err != nil {
		cancel()
		<-running
		return fmt.Errorf("found the directory: %w", err)
	}
	close(h.ready)
	return <-running
}

// Releases are what the hub delivers to whom.
func (h *Hub) Releases() []backbone.Release { return h.hub.Releases() }

// Authority is the coordinating authority's node.
func (h *Hub) Authority() *node.Node { return h.authority }

// Ready is closed once the directory is on record.
func (h *Hub) Ready() <-chan struct{} { return h.ready }

// Close takes the hub down. Run must have returned.
func (h *Hub) Close() error {
	err := h.authority.Close()
	if hubErr := h.hub.Close(); err == nil {
		err = hubErr
	}
	return err
}

// found records the directory's beginning, once.
func (h *Hub) found(ctx context.Context) error {
	var founded bool
	err := h.authority.Ledger.View(func(v ledger.View) error {
		group, err := v.Group(directory.Group)
		founded = group != nil
		return err
	})
	if founded || err != nil {
		return err
	}
	handed, err := h.folder.Home(directory.Authority).DirectoryKeys()
	if err != nil {
		return err
	}
	var members []directory.Member
	for _, a := range h.plan.Agencies {
		m, err := h.folder.Home(a.Name).Member()
		if err != nil {
			return err
		}
		m.PostOf = a.PostOf
		members = append(members, m)
	}
	_, err = h.authority.Desk.Record(ctx, &eventv1.Particulars{Officer: &eventv1.Officer{Role: "operator"}}, func(ledger.View) ([]proto.Message, error) {
		facts, err := directory.Found(members, h.plan.groups(), h.plan.sharingRules(), handed[1], h.now())
		return append(facts, h.plan.adoptions()...), err
	})
	return err
}

// writeContext lets the command line find a node.
func (f Folder) writeContext(n *node.Node, role string) error {
	token, err := filepath.Abs(n.TokenFile())
	if err != nil {
		return err
	}
	ca := n.CAFile()
	if ca != "" {
		if ca, err = filepath.Abs(ca); err != nil {
			return err
		}
	}
	return config.Contexts{Home: string(f)}.Save(config.Context{
		Name: n.Agency, Agency: n.Agency, URL: n.URL(), CAFile: ca, TokenFile: token, Role: role, Person: "p-1",
	})
}
