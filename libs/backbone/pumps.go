package backbone

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// dialLimit bounds an attempt to connect: some round trips of a bad line.
	dialLimit = 4 * time.Second
	// pause is between attempts, to connect as well as to go on over a line that is up.
	pause = 250 * time.Millisecond
	// pingInterval is how often the hub is made to say something.
	pingInterval = 2 * time.Second
)

var (
	// ErrForked is wrapped by Ready when the hub holds another block than the node under the same number.
	ErrForked = errors.New("the journal has forked")
	// ErrStopped is wrapped by Ready when the up pump has stopped for another reason.
	ErrStopped = errors.New("the pump has stopped")
	// ErrUnreachable is wrapped by Ready when there is no line to the hub.
	ErrUnreachable = errors.New("the hub is not reachable")
)

// PumpConfig says between what the pumps run.
type PumpConfig struct {
	Node        *Node
	Credentials *Credentials
	// Dir is the folder that the credentials are in, and Signer has the agency's Ed25519 signing key. With both, the node
	// tells the hub on every connection who it is, and makes new credentials in Dir when the hub's operator rotates them.
	// Without, it keeps those that it has.
	Dir    string
	Signer crypto.Signer
	// Logger is told of lines lost and found and of every stop; nil says nothing.
	Logger *slog.Logger
	// Dial opens the line to the hub; nil is the ordinary dialer.
	Dial func(network, address string) (net.Conn, error)
	// TakeOver is asked about every block of the hub's tail before it is appended to a journal that has lost it, in
	// order. An error stops the pump: the hub is not trusted to hold what the agency signed. Nil takes everything.
	TakeOver func(subject string, data []byte) error
	// OnFork is called once, before Ready returns, when the journal is found to have forked: the node must take no
	// further command. May be nil.
	OnFork func(reason string)
}

// PumpStatus is how things stand between a node and the hub.
type PumpStatus struct {
	Connected bool
	// ConnectedSince is when the line came up; zero while it is down.
	ConnectedSince time.Time
	// LastHeard is when the last byte came from the hub; zero when none has since the start. An idle line is heard
	// every two seconds.
	LastHeard time.Time
	// Reconciled is whether the hub's copy has been compared with the journal since the start, whatever came out.
	Reconciled bool
	// ToSend is how many of the node's own blocks the hub has not acknowledged; until Reconciled, all of them.
	ToSend uint64
	// ToReceive is how many blocks of the feed are not in the inbox, as the hub last told.
	ToReceive uint64
	// Forked is whether the hub holds another block than the node under the same number.
	Forked bool
	// Stopped is why a pump will not go on until an operator has acted; empty while both run.
	Stopped string
	// LastError is what last went wrong, also when it has been mended since; empty when nothing has.
	LastError string
}

// Pumps carry a node's blocks to the hub and those released to it from there, as long as they are open, over
// whatever cuts and restarts: nothing is lost, doubled or put out of order. Methods may be called from any goroutine.
type Pumps struct {
	node   *Node
	log    *slog.Logger
	onFork func(string)
	accept func(subject string, data []byte) error
	relay  string
	nc     atomic.Pointer[nats.Conn]
	hub    *Credentials // where it is; who calls is the keyring's matter
	signer crypto.Signer
	dial   dialer
	keys   *keyring
	close  func() error

	line       line
	reconciled gate
	sent       atomic.Uint64 // highest own block that the hub has
	toReceive  atomic.Uint64
	unanswered atomic.Int64 // bytes sent up and not acknowledged

	mu      sync.Mutex
	ended   error    // why the up pump has stopped for good; nil while it has not
	stopped []string // why pumps have stopped, for people
	lastErr string
	said    map[string]string // by what failed, what the log was told of it since the line last came up
}

// StartPumps connects to the hub and starts both pumps. A hub that cannot be reached is no error: the attempt takes
// four seconds at most and is then repeated in the background. Close the pumps before the node.
func StartPumps(c PumpConfig) (*Pumps, error) {
	p := &Pumps{node: c.Node, log: orDiscard(c.Logger), onFork: c.OnFork, accept: c.TakeOver, relay: relayName(c.Node.agency), said: map[string]string{}}
	p.log = p.log.With("agency", c.Node.agency)
	p.signer, p.dial, p.hub = c.Signer, c.Dial, c.Credentials
	var err error
	if p.keys, err = newKeyring(c.Credentials, c.Dir); err == nil {
		err = p.open()
	}
	if err != nil {
		return nil, fmt.Errorf("start the pumps of %s: %w", c.Node.agency, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { p.watch(ctx) })
	running.Go(func() { p.keep(ctx, "up", p.up) })
	running.Go(func() { p.keep(ctx, "down", p.down) })
	if c.Dir != "" && c.Signer != nil {
		running.Go(func() { p.keep(ctx, "credentials", p.present) })
	}
	p.close = sync.OnceValue(func() error {
		cancel()
		p.conn().Close()
		running.Wait()
		p.conn().Close() // it may have been opened anew meanwhile
		return nil
	})
	return p, nil
}

// Close ends both pumps and then the line. What is not acknowledged yet is sent again by the next ones.
func (p *Pumps) Close() error { return p.close() }

// conn is the line to the hub as it is now. A pump takes it at its start: its session ends with it.
func (p *Pumps) conn() *nats.Conn { return p.nc.Load() }

// open makes the line to the hub, in place of one that there was.
func (p *Pumps) open() error {
	nc, err := p.connect(p.hub)
	if err != nil {
		return err
	}
	p.nc.Store(nc)
	if nc.IsConnected() {
		p.line.up() // the handler may not have been called yet
	}
	return nil
}

// connect opens the line to the hub: one TLS connection outbound, given up never.
func (p *Pumps) connect(c *Credentials) (*nats.Conn, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	settings, err := c.tls()
	if err != nil {
		return nil, err
	}
	return nats.Connect(strings.Join(c.HubURLs, ","),
		nats.Name("node "+p.node.agency),
		nats.Secure(settings),
		nats.UserJWT(p.keys.jwt, p.keys.sign),
		nats.CustomInboxPrefix(inboxPrefix(p.node.agency)),
		nats.SetCustomDialer(&heardDialer{p.dial, &p.line}),
		nats.Timeout(dialLimit),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(pause),
		nats.ReconnectJitter(pause/5, pause/5),
		nats.ReconnectBufSize(-1), // what is sent into a cut line is an error, not a surprise later
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(int(ackLimit/pingInterval)), // the watch is quicker, and knows a slow line from a dead one
		nats.IgnoreDiscoveredServers(),
		// A hub whose accounts are not there yet refuses us for a moment.
		nats.IgnoreAuthErrorAbort(),
		nats.ConnectHandler(p.connected),
		nats.ReconnectHandler(p.connected),
		nats.DisconnectErrHandler(p.disconnected),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { p.failed("connect", err) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { p.failed("line", err) }))
}

func (p *Pumps) connected(nc *nats.Conn) {
	p.log.Info("line to the hub is up", "address", nc.ConnectedAddr())
	p.mu.Lock()
	clear(p.said)
	p.mu.Unlock()
	p.line.up()
}

func (p *Pumps) disconnected(_ *nats.Conn, err error) {
	p.line.down()
	if err != nil {
		p.failed("line", err)
	}
}

// keep runs one pump whenever the line is up, again and again, until ctx ends or the pump must stop.
func (p *Pumps) keep(ctx context.Context, name string, run func(context.Context) error) {
	for p.line.wait(ctx) == nil {
		session, end := p.line.session(ctx)
		err := run(session)
		var halt *halted
		if errors.As(err, &halt) {
			p.stop(name, halt)
			end()
			return
		}
		p.failed(name, err)
		if session.Err() == nil {
			wait(session, pause)
		}
		end()
	}
}

// halted ends a pump for good: going on needs an operator's decision.
type halted struct {
	kind   error // ErrForked or ErrStopped
	reason string
}

func (h *halted) Error() string { return h.kind.Error() + ": " + h.reason }
func (h *halted) Unwrap() error { return h.kind }

func halt(kind error, format string, args ...any) error {
	return &halted{kind, fmt.Sprintf(format, args...)}
}

func (p *Pumps) stop(name string, why *halted) {
	p.log.Error("pump stopped", "pump", name, "reason", why.reason)
	p.mu.Lock()
	p.stopped = append(p.stopped, why.reason)
	if name == "up" {
		p.ended = why
	}
	p.mu.Unlock()
	if why.kind == ErrForked && p.onFork != nil {
		p.onFork(why.reason)
	}
	if name == "up" {
		p.reconciled.open()
	}
}

// failed keeps what went wrong for Status, and says it once, not at every attempt: who is shut out tries for ever.
func (p *Pumps) failed(what string, err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	p.mu.Lock()
	again := p.said[what] == err.Error()
	p.said[what] = err.Error()
	p.lastErr = what + ": " + err.Error()
	p.mu.Unlock()
	if !again {
		p.log.Warn("pump interrupted", "pump", what, "err", err)
	}
}
