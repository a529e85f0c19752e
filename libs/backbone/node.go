// Package backbone carries blocks between agencies: the broker inside every node, the hub with an account, a relay
// and a feed for each agency, and the pumps between a node and the hub.
package backbone

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/backbone/stream"
	"github.com/counterfoil/counterfoil/libs/journal"
)

const (
	// JournalStream is the stream of a node's own blocks, on the subjects of their journals (journal.ID.Subject).
	JournalStream = stream.JournalName
	// InboxStream is the stream of the blocks that others released to the node, on InboxSubject.
	InboxStream = stream.InboxName
	// FeedStream is the stream in an agency's account at the hub that holds what was released to it.
	FeedStream = "FEED"
)

// InboxSubject is where the blocks of another agency's journal stand in the inbox: "in.<agency>.<group>".
func InboxSubject(id journal.ID) string { return "in." + id.Agency + "." + id.Group }

// NodeConfig says how a node's broker is run.
type NodeConfig struct {
	// Agency whose node it is; it can stand in a subject (journal.ID.Valid).
	Agency string
	// Dir holds the store and the key that encrypts it. One process at a time owns it.
	Dir string
	// Logger is told what the broker complains of; nil says nothing.
	Logger *slog.Logger
}

// Node is the broker of one agency's node: a server that only this process can reach. Its methods may be called
// from any goroutine.
type Node struct {
	agency  string
	srv     *server.Server
	nc      *nats.Conn
	js      jetstream.JetStream
	journal jetstream.Stream
	inbox   jetstream.Stream
	// when the two streams were made
	journalCreated, inboxCreated time.Time
	files                        givenOut
	turns                        *turns
	close                        func() error
}

// StartNode runs the node's broker and makes its streams, or finds them again. Everything in the store is encrypted
// with the key in Dir/store.key (mode 0600, made on first start): a store whose key file is gone, or is another
// one, is refused rather than begun anew.
func StartNode(ctx context.Context, c NodeConfig) (*Node, error) {
	n, err := startNode(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("start the broker of %s: %w", c.Agency, err)
	}
	return n, nil
}

func startNode(ctx context.Context, c NodeConfig) (*Node, error) {
	if !validAgency(c.Agency) {
		return nil, fmt.Errorf("%q is not the name of an agency", c.Agency)
	}
	unlock, err := lockDir(c.Dir)
	if err != nil {
		return nil, err
	}
	key, err := storeKey(c.Dir)
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	opts := EmbeddedOptions("node-"+c.Agency, filepath.Join(c.Dir, "broker"))
	opts.DontListen = true
	opts.JetStreamKey = string(key)
	srv, err := StartServer(opts, orDiscard(c.Logger))
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	n := &Node{agency: c.Agency, srv: srv, turns: newTurns()}
	stopSnapshots := func() {}
	n.close = sync.OnceValue(func() error {
		stopSnapshots()
		if n.nc != nil {
			n.nc.Close()
		}
		StopServer(srv)
		return unlock()
	})
	if err := n.open(ctx, opts.StoreDir); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	if stopSnapshots, err = serveSnapshots(c.Dir, n, &n.files, orDiscard(c.Logger)); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// storeKey returns the key of the store in dir, made on first start.
func storeKey(dir string) ([]byte, error) {
	path := filepath.Join(dir, "store.key")
	return keptFile(path, func() ([]byte, error) {
		used, err := holdsAnything(filepath.Join(dir, "broker"))
		if err != nil {
			return nil, err
		}
		if used {
			return nil, fmt.Errorf("the key %s of the store is missing: put it back, or move the store away and "+
				"take the journal over from the hub", path)
		}
		return newStoreKey()
	})
}

func (n *Node) open(ctx context.Context, store string) (err error) {
	n.nc, err = nats.Connect("", nats.InProcessServer(n.srv), nats.Name("node "+n.agency), nats.MaxReconnects(-1))
	if err != nil {
		return err
	}
	if n.js, err = jetstream.New(n.nc); err != nil {
		return err
	}
	if n.journal, err = n.openStream(ctx, store, stream.Journal(n.agency)); err != nil {
		return err
	}
	if n.inbox, err = n.openStream(ctx, store, stream.Inbox()); err != nil {
		return err
	}
	n.journalCreated, n.inboxCreated = n.journal.CachedInfo().Created, n.inbox.CachedInfo().Created
	return nil
}

// openStream finds or makes a stream. One that lies in the store but that the server could not open is an error:
// made anew it would hide what is there.
func (n *Node) openStream(ctx context.Context, store string, c jetstream.StreamConfig) (jetstream.Stream, error) {
	found, err := n.js.Stream(ctx, c.Name)
	if err == nil && stream.Configured(found.CachedInfo().Config, c) {
		return found, nil // to say it again would write the stream's description anew, which a kill can leave half written
	}
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		path := filepath.Join(store, "jetstream", server.DEFAULT_GLOBAL_ACCOUNT, "streams", c.Name)
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(err, fmt.Errorf("stream %s in %s cannot be opened: is store.key the key it was "+
				"written with?", c.Name, path))
		}
	} else if err != nil {
		return nil, fmt.Errorf("open stream %s: %w", c.Name, err)
	}
	s, err := n.js.CreateOrUpdateStream(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("make stream %s: %w", c.Name, err)
	}
	return s, nil
}

// Agency returns the name of the agency whose node it is.
func (n *Node) Agency() string { return n.agency }

// Conn returns the in-process connection to the node's own broker. It belongs to the node: callers do not close it.
func (n *Node) Conn() *nats.Conn { return n.nc }

// JetStream returns JetStream over Conn.
func (n *Node) JetStream() jetstream.JetStream { return n.js }

// Journal returns the stream of the agency's own blocks.
func (n *Node) Journal() jetstream.Stream { return n.journal }

// Inbox returns the stream of the blocks that others released to the agency.
func (n *Node) Inbox() jetstream.Stream { return n.inbox }

// JournalCreated is when the stream JOURNAL was made. Kept beside a position, it tells a stream made anew from the
// one that the position was in.
func (n *Node) JournalCreated() time.Time { return n.journalCreated }

// InboxCreated is when the stream INBOX was made; see JournalCreated.
func (n *Node) InboxCreated() time.Time { return n.inboxCreated }

// Close ends the connection and then the server; what was acknowledged is on disk. Pumps are closed before it.
func (n *Node) Close() error { return n.close() }

func validAgency(name string) bool { return journal.ID{Agency: name, Group: name}.Valid() }
