package backbone

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.yaml.in/yaml/v3"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/whole"
)

// resting is the broker of a folder that nobody runs, started so that its streams can be read or restored and reachable
// by nobody else.
type resting struct {
	accounts
	close func() error
}

// startAtRest runs the broker of a node's or a hub's folder. It makes no stream and feeds nobody.
func startAtRest(dir string) (*resting, error) {
	hub, err := isHub(dir)
	if err != nil {
		return nil, err
	}
	unlock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	start := nodeAtRest
	if hub {
		start = hubAtRest
	}
	of, stop, err := start(dir)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the broker in %s: %w", dir, err), unlock())
	}
	return &resting{of, func() error { stop(); return unlock() }}, nil
}

// isHub tells a hub's folder from a node's.
func isHub(dir string) (bool, error) {
	for file, hub := range map[string]bool{"operator.seed": true, "store.key": false} {
		switch _, err := os.Stat(filepath.Join(dir, file)); {
		case err == nil:
			return hub, nil
		case !errors.Is(err, fs.ErrNotExist):
			return false, err
		}
	}
	return false, fault.Errorf(fault.Invalid, "%s is neither the folder of a node nor that of a hub: it has no store.key "+
		"and no operator.seed", dir)
}

func nodeAtRest(dir string) (accounts, func(), error) {
	key, err := storeKey(dir)
	if err != nil {
		return nil, nil, err
	}
	opts := EmbeddedOptions("node", filepath.Join(dir, "broker"))
	opts.DontListen = true
	opts.JetStreamKey = string(key)
	srv, err := StartServer(opts, orDiscard(nil))
	if err != nil {
		return nil, nil, err
	}
	nc, err := nats.Connect("", nats.InProcessServer(srv))
	if err != nil {
		StopServer(srv)
		return nil, nil, err
	}
	return &Node{srv: srv, nc: nc}, func() { nc.Close(); StopServer(srv) }, nil
}

// hubAtRest runs a hub's broker with the accounts that its folder says there are.
func hubAtRest(dir string) (accounts, func(), error) {
	config, err := LoadHubConfig(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		config = HubConfig{}
	case err != nil:
		return nil, nil, err
	case config.Cluster != nil:
		return nil, nil, fault.Errorf(fault.Conflict, "this is one server of three, which hold the streams together: back up from one "+
			"that runs")
	}
	h := &Hub{dir: dir, log: orDiscard(nil), replicas: 1, stated: map[string]*stated{}}
	h.state.Store(&hubState{})
	if err := h.rest(config); err != nil {
		if h.srv != nil {
			StopServer(h.srv)
		}
		return nil, nil, err
	}
	return h, func() { StopServer(h.srv) }, nil
}

func (h *Hub) rest(c HubConfig) error {
	if err := h.loadOperator(); err != nil {
		return err
	}
	opts, err := h.options("127.0.0.1", server.RANDOM_PORT, []string{"127.0.0.1"}, c)
	if err != nil {
		return err
	}
	opts.DontListen = true
	if h.srv, err = StartServer(opts, h.log); err != nil {
		return err
	}
	nc, err := h.connect(hubAccount)
	if err != nil {
		return err
	}
	defer nc.Close()
	if h.js, err = jetstream.New(nc); err != nil {
		return err
	}
	decided, _, err := h.readState(context.Background())
	if errors.Is(err, jetstream.ErrStreamNotFound) { // it is being restored
		return nil
	} else if err != nil {
		return err
	}
	h.state.Store(decided)
	return nil
}

// standAlone makes the restored folder of one server of three that of a hub of one, which has all that the three had: a
// restored store has no place among servers that have their own. It reports whether there was something to change.
func standAlone(dir string) (bool, error) {
	c, err := LoadHubConfig(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil || c.Cluster == nil:
		return false, err
	}
	text, err := yaml.Marshal(settings{Name: c.Name, Listen: c.Listen, Hosts: c.Hosts, URLs: c.URLs})
	if err != nil {
		return false, err
	}
	return true, whole.Write(filepath.Join(dir, settingsFile), text, 0o600)
}
