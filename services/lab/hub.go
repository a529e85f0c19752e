package lab

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/config"
	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
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
	logger    *slog.Logger
	ready     chan struct{}
}

// StartHub starts the hub of a folder and brings it to the plan: an account and a home per agency, and the releases.
// What is there stays as it is. listen is the hub's own address; a port of 0 is chosen once and kept. A folder that
// counterfoil hub init has written says itself where it listens.
func StartHub(ctx context.Context, folder Folder, plan *Plan, listen string, logger *slog.Logger) (*Hub, error) {
	config, err := backbone.LoadHubConfig(filepath.Join(string(folder), "hub"))
	if errors.Is(err, fs.ErrNotExist) {
		config = backbone.HubConfig{Dir: filepath.Join(string(folder), "hub"), Listen: listen}
	} else if err != nil {
		return nil, err
	}
	config.Logger = logger
	hub, err := backbone.StartHub(ctx, config)
	if err != nil {
		return nil, err
	}
	h := &Hub{folder: folder, plan: plan, hub: hub, logger: logger, ready: make(chan struct{})}
	if err := h.prepare(ctx); err != nil {
		h.hub.Close()
		return nil, fmt.Errorf("prepare the hub: %w", err)
	}
	return h, nil
}

func (h *Hub) prepare(ctx context.Context) error {
	for _, a := range h.plan.Agencies {
		home := h.folder.Home(a.Name)
		if err := home.Prepare(h.plan.profile(a)); err != nil {
			return err
		}
		if err := h.admit(ctx, a.Name, home); err != nil {
			return err
		}
	}
	authority, err := h.folder.Home(directory.Authority).Member()
	if err != nil {
		return err
	}
	for _, a := range h.plan.Agencies {
		if err := h.folder.Home(a.Name).Trust(ed25519.PublicKey(authority.Signing)); err != nil {
			return err
		}
	}
	for _, r := range h.plan.releases() {
		if access, err := h.hub.Access(r.reader); err != nil {
			return err
		} else if access == removed {
			continue
		}
		if err := h.hub.Release(ctx, r.journal, r.reader, 0); err != nil {
			return err
		}
	}
	h.authority, err = node.New(ctx, node.Config{Home: h.folder.Home(directory.Authority), Logger: h.logger})
	return err
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
	go func() { running <- h.authority.Run(ctx, nothing{}) }()
	if err := <-founded; err != nil {
		cancel()
		<-running
		return fmt.Errorf("found the directory: %w", err)
	}
	close(h.ready)
	return <-running
}

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
	var members []directory.Member
	for _, a := range h.plan.Agencies {
		m, err := h.folder.Home(a.Name).Member()
		if err != nil {
			return err
		}
		members = append(members, m)
	}
	_, err := h.authority.Desk.Record(ctx, &eventv1.Particulars{
		IdempotencyKey: "found the directory", Officer: &eventv1.Officer{Role: "operator"},
	}, func(view ledger.View) ([]proto.Message, error) {
		return directory.Found(members, h.plan.audiences(), h.plan.sharingRules(), time.Now())
	})
	return err
}

// nothing is the service of a node that has none of its own.
type nothing struct{}

func (nothing) Register(*connect.Server)   {}
func (nothing) Reactions() []desk.Reaction { return nil }

// writeContext lets the command line find a node.
func (f Folder) writeContext(n *node.Node) error {
	token, err := filepath.Abs(n.TokenFile())
	if err != nil {
		return err
	}
	return config.Contexts{Home: string(f)}.Save(config.Context{
		Name: n.Agency, Agency: n.Agency, URL: "http://" + n.Addr(), TokenFile: token, Role: "officer", Person: "p-1",
	})
}
