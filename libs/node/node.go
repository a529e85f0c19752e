package node

import (
	"bytes"
	"cmp"
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"connectrpc.com/connect/v2"
	"go.opentelemetry.io/otel/trace"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/bundle"
	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/feed"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/metrics"
	"github.com/counterfoil/counterfoil/libs/projection"
	"github.com/counterfoil/counterfoil/libs/replay"
	"github.com/counterfoil/counterfoil/libs/spans"
	"github.com/counterfoil/counterfoil/libs/webhooks"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

const (
	// syncEvery is how often the ledger's file is made durable. The journal is the truth and is synced on every block;
	// a ledger that a power cut leaves behind or broken is caught up or built anew.
	syncEvery = 5 * time.Second
	// patience is how long a start waits for the hub, to take over a tail that this node lost, before it goes on alone.
	patience = 2 * time.Second
	// tracerName is what the node's spans are made under.
	tracerName = "github.com/counterfoil/counterfoil"
)

// Config is what a node is started with.
type Config struct {
	Home Home
	// Dial connects to the hub; nil is the ordinary dialer. Tests cut the line here.
	Dial   func(network, address string) (net.Conn, error)
	Logger *slog.Logger
	// Now defaults to time.Now.
	Now func() time.Time
	// Version is shown in the status.
	Version string
	// AllowPlainText lets the API be served without TLS on an address that other machines reach.
	AllowPlainText bool
	// Pages makes the pages that are served beside the API, below /console: their calls go to api, as those of everybody else. Nil:
	// none are served.
	Pages func(n *Node, api http.Handler) (Pages, error)
	// Tracing makes spans of what commands do, from their call to their fold at other agencies; nil: none are made.
	Tracing trace.TracerProvider
	// ReceiptEvery is how often, at most, the agency says how far it has the journals of others; 0 is 5 s. While they move all
	// the time it comes to wait longer, up to twelve times that.
	ReceiptEvery time.Duration
}

// Runner is a service that has work of its own: Run does it until ctx ends, once the node takes commands.
type Runner interface {
	Run(context.Context) error
}

// Service is an agency's own part: the RPCs that it serves and the events that it reacts to.
type Service interface {
	Register(*connect.Server)
	Reactions() []desk.Reaction
}

// Pages are what people look at in a browser.
type Pages interface {
	http.Handler
	io.Closer
}

// Node is one agency's process. Its exported fields may be used once New has returned.
type Node struct {
	Agency  string
	Profile Profile
	Ledger  *ledger.Ledger
	Desk    *desk.Desk
	Keeper  directory.Keeper
	Logger  *slog.Logger

	cfg      Config
	broker   *backbone.Node
	pumps    atomic.Pointer[backbone.Pumps]
	keys     *directory.Keys
	signers  atomic.Pointer[[]crypto.Signer] // the one in use first
	changing sync.Mutex                      // held while keys are changed
	follower *projection.Follower
	past     *replay.Cache
	courier  *bundle.Courier
	feed     *feed.Feed // nil: none is served
	feedless string     // why none is served although agency.json has one
	webhooks *webhooks.Webhooks
	metrics  *metrics.Metrics
	traces   journal.Traces
	api      api
	// passedOver says what in agency.json is no setting.
	passedOver []string
	ready      chan struct{}
	// done and total are blocks folded at the start, of how many.
	done, total atomic.Uint64
	closed      func() error
}

// New starts the broker, opens the ledger (and sets one aside that cannot be used, for one that was built beside it or to be
// built anew) and listens. The node does nothing until Run. Close it in any case.
func New(ctx context.Context, cfg Config) (*Node, error) {
	profile, err := cfg.Home.Profile()
	if err != nil {
		return nil, err
	}
	passedOver, err := cfg.Home.passedOver()
	if err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	n := &Node{Agency: profile.Agency, Profile: profile, Logger: cfg.Logger, cfg: cfg, passedOver: passedOver, ready: make(chan struct{})}
	n.metrics = metrics.New(n)
	n.closed = sync.OnceValue(n.close)
	for _, key := range n.passedOver {
		n.Logger.Warn("agency.json: "+key, "agency", n.Agency)
	}
	if err := n.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start node %s: %w", profile.Agency, err), n.Close())
	}
	return n, nil
}

func (n *Node) open(ctx context.Context) (err error) {
	home := n.cfg.Home
	if n.broker, err = backbone.StartNode(ctx, backbone.NodeConfig{Agency: n.Agency, Dir: string(home), Logger: n.Logger}); err != nil {
		return err
	}
	if err := home.tidy(); err != nil { // the broker's lock says that no other process is at it
		return err
	}
	if err := n.loadSigners(); err != nil {
		return err
	}
	secrets, err := home.secrets()
	if err != nil {
		return err
	}
	n.keys = directory.NewKeys(n.Agency, secrets)
	n.Keeper = directory.Keeper{Agency: n.Agency, Keys: n.keys, Ask: n.Profile.Consent == "ask"}
	if n.Ledger, err = n.openLedger(ctx); err != nil {
		return err
	}
	snapshots := &replay.Snapshots{Live: n.Ledger, Dir: home.path("snapshots"), Now: n.Now, Logger: n.Logger}
	if n.past, err = replay.Open(replay.Config{Live: n.Ledger, Dir: home.path("past"), Snapshots: snapshots, Now: n.Now, Logger: n.Logger}); err != nil {
		return err
	}
	n.follower = n.followerOf(n.Ledger)
	n.follower.Progress = func(done, total uint64) { n.done.Store(done); n.total.Store(total) }
	n.Desk = desk.New(desk.Config{
		Agency: n.Agency, Ledger: n.Ledger, Keys: n.keys, Signer: n.Signer, Due: n.Keeper.Due, JetStream: n.broker.JetStream(),
		Stream: backbone.JournalStream, CatchUp: n.follower.CatchUpOwn,
		Last: n.follower.LastOwn, Recorded: n.follower.Recorded, Now: n.cfg.Now,
		Appended: n.metrics.Appended, Tracer: spans.Tracer(n.cfg.Tracing, tracerName), Traces: &n.traces, Logger: n.Logger,
	})
	if err := n.api.open(n); err != nil {
		return err
	}
	if err := n.openFeed(ctx); ctx.Err() != nil {
		return err
	} else if err != nil {
		n.feedless = err.Error()
		n.Logger.Error("the feed does not start, the node goes on without it", "agency", n.Agency, "err", err)
	}
	n.broker.GiveOut("access.db", n.api.accesses.CopyTo)
	n.courier = bundle.New(bundle.Config{
		Agency: n.Agency, Dir: home.courier(), Node: n.broker, Ledger: n.Ledger, Keys: n.keys, Signer: n.Signer, Stops: n.follower.State,
		Now: n.Now, Accesses: n.api.accesses, Logger: n.Logger,
	})
	n.webhooks, err = webhooks.Open(webhooks.Config{
		Agency: n.Agency, Path: home.path("webhooks.db"), Ledger: n.Ledger, Accesses: n.api.accesses, Now: n.Now, Logger: n.Logger,
	})
	if err != nil {
		return err
	}
	n.broker.GiveOut("webhooks.db", n.webhooks.CopyTo)
	return nil
}

// Addr is where the API listens.
func (n *Node) Addr() string { return n.api.listener.Addr().String() }

// Signer returns what signs the agency's next block.
func (n *Node) Signer() crypto.Signer { return (*n.signers.Load())[0] }

// Ready is closed once the ledger is up with what the node holds, and commands are taken.
func (n *Node) Ready() <-chan struct{} { return n.ready }

// Run serves until ctx ends: first the API's status, then the line to the hub, then the ledger is brought up with
// journal and inbox, then commands, reactions and what arrives. It returns nil when ctx ended it.
func (n *Node) Run(ctx context.Context, service Service) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	n.Desk.Reactions = service.Reactions()
	var running sync.WaitGroup
	defer running.Wait()
	keep := func(what string, run func(context.Context) error) {
		running.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("%s: %w", what, err))
			}
		})
	}
	keep("serve the API", n.serve(service))
	if err := n.connect(ctx); err != nil {
		return fmt.Errorf("run node %s: %w", n.Agency, err)
	}
	if err := n.follower.CatchUp(ctx); err != nil {
		return fmt.Errorf("bring the ledger of %s up: %w", n.Agency, cmp.Or(context.Cause(ctx), err))
	}
	if err := n.settleKeys(); err != nil {
		return fmt.Errorf("run node %s: %w", n.Agency, err)
	}
	keep("follow the journals", n.follower.Run)
	keep("take commands", n.Desk.Run)
	keep("sync the ledger", n.sync)
	keep("give receipts", n.giveReceipts)
	keep("keep snapshots", n.past.Snapshots.Run)
	keep("take in bundles that wait", n.courier.Run)
	if n.feed != nil {
		keep("feed the agency's systems", n.feed.Run)
	}
	keep("post webhooks", n.webhooks.Run)
	if runner, ok := service.(Runner); ok {
		keep("run the service", runner.Run)
	}
	keep("carry out withdrawals", n.withdraw)
	close(n.ready)
	n.Logger.Info("node is ready", "agency", n.Agency, "api", n.Addr())
	<-ctx.Done()
	running.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("run node %s: %w", n.Agency, err)
	}
	return nil
}

// connect starts the pumps. While the hub answers within patience, what it has of our journal and we have not is taken
// over before anything is decided; if it does not, the node works alone until it does.
func (n *Node) connect(ctx context.Context) error {
	credentials, err := backbone.LoadCredentials(n.cfg.Home.Hub())
	if err != nil {
		return err
	}
	pumps, err := backbone.StartPumps(backbone.PumpConfig{
		Node: n.broker, Credentials: credentials, Dir: n.cfg.Home.Hub(), Signer: present{n}, Logger: n.Logger, Dial: n.cfg.Dial,
		OnFork: n.Desk.Refuse, TakeOver: n.ownBlock,
	})
	if err != nil {
		return err
	}
	n.pumps.Store(pumps)
	wait, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := pumps.Ready(wait); err != nil {
		n.Logger.Warn("hub does not answer yet, working alone", "agency", n.Agency, "err", err)
	}
	return nil
}

// ownBlock refuses what the hub offers in place of lost blocks unless it is a block that this agency signed, on the
// subject of its journal.
func (n *Node) ownBlock(subject string, data []byte) error {
	b, err := journal.Parse(data)
	if err != nil {
		return err
	}
	if b.ID.Agency != n.Agency || b.ID.Subject() != subject {
		return fmt.Errorf("it is of journal %s and stands on %s", b.ID, subject)
	}
	for _, signer := range *n.signers.Load() {
		if public := signer.Public().(ed25519.PublicKey); bytes.Equal(journal.KeyID(public), b.Header.KeyId) {
			return b.VerifySignature(public)
		}
	}
	return fmt.Errorf("it was signed with key %x, which is not one of %s", b.Header.KeyId, n.Agency)
}

func (n *Node) sync(ctx context.Context) error {
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := n.Ledger.Sync(); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// Stopped returns the journals that are not followed any further, or wait for a key, with the block and the reason.
func (n *Node) Stopped() map[journal.ID]*ledgerv1.Stop { return n.follower.State() }

// Close takes the node down: pumps, broker, ledger. Run must have returned.
func (n *Node) Close() error { return n.closed() }

func (n *Node) close() error {
	var errs []error
	if pumps := n.pumps.Load(); pumps != nil {
		errs = append(errs, pumps.Close())
	}
	if n.feed != nil {
		errs = append(errs, n.feed.Close())
	}
	if n.webhooks != nil {
		errs = append(errs, n.webhooks.Close())
	}
	errs = append(errs, n.api.close())
	if n.broker != nil {
		errs = append(errs, n.broker.Close())
	}
	if n.past != nil {
		errs = append(errs, n.past.Close())
	}
	if n.Ledger != nil {
		errs = append(errs, n.Ledger.Close())
	}
	return errors.Join(errs...)
}

// Now is the node's clock.
func (n *Node) Now() time.Time {
	if n.cfg.Now == nil {
		return time.Now()
	}
	return n.cfg.Now()
}

// Home is the node's folder.
func (n *Node) Home() Home { return n.cfg.Home }

// TokenFile holds the token that opens the node's API.
func (n *Node) TokenFile() string { return n.cfg.Home.TokenFile() }

// Past answers from the past of the node's ledger.
func (n *Node) Past() *replay.Cache { return n.past }
