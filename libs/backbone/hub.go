package backbone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"go.opentelemetry.io/otel/trace"

	"github.com/counterfoil/counterfoil/libs/spans"
	"github.com/counterfoil/counterfoil/libs/whole"
)

const (
	// hubDomain is the hub's JetStream domain.
	hubDomain = "hub"
	// maxConnections of one agency: its node's, those that a cut line left behind, and the hub's own.
	maxConnections = 64
	// A line that a cut left half open is dropped by the hub after two to three of these; a slow one must get a
	// block through in that time.
	hubPing = 30 * time.Second
	// hubWrite is how long the hub waits for a slow line to take what it has.
	hubWrite = 2 * time.Minute
	// handshake is how many seconds a new connection has until it is known whose it is.
	handshake = 10
)

// HubConfig says how a server of the hub is run.
type HubConfig struct {
	// Dir holds everything: keys (mode 0600), accounts, relays and feeds. One process at a time owns it. Whoever
	// can read it can let agencies in and shut them out, but not read a sealed block, forge a signed one, or
	// connect as an agency that makes its own key.
	Dir string
	// Name is the server's name in a cluster; a single hub may leave it empty.
	Name string
	// Listen is the address for agencies. With port 0 a free port is chosen at first start and kept in Dir.
	Listen string
	// Hosts are the names and addresses that agencies reach this server by. Empty means the host of Listen, which must
	// then be a definite one.
	Hosts []string
	// URLs are those of every server of the hub, for the agencies: "tls://host:port". Empty means this server's only.
	URLs []string
	// Cluster is how the server meets the others; nil is a hub of one server.
	Cluster *ClusterConfig
	// Logger is told what the broker complains of; nil says nothing.
	Logger *slog.Logger
	// Authority says that the coordinating authority's node runs beside this server; the hub itself does not act on it.
	Authority bool
	// Tracing makes a span of each block whose publisher traces, on its way into a reader's feed; nil: none are made.
	Tracing trace.TracerProvider
}

// ClusterConfig is how the three servers of a hub meet: by mutual TLS, under the hub's own authority.
type ClusterConfig struct {
	// Listen is the address for the other servers.
	Listen string `yaml:"listen"`
	// Routes are the addresses of the other servers: "host:port".
	Routes []string `yaml:"routes"`
}

// Hub is a server that relays between agencies: by itself, or as one of three. It keeps an account for each agency,
// with a relay copy of its journal and a feed of what was released to it. What is decided stands in a stream that all
// servers follow. Its methods may be called from any goroutine, on any server.
type Hub struct {
	dir      string
	log      *slog.Logger
	tracer   trace.Tracer
	replicas int
	srv      *server.Server
	accounts *server.DirAccResolver
	urls     []string
	// caPEM is the certificate of the hub's authority.
	caPEM    []byte
	operator *operator
	system   *nats.Conn
	js       jetstream.JetStream // in the hub's own account
	close    func() error

	// state is what is decided, as this server last heard; sequence is its number. admitting is held while they change.
	state     atomic.Pointer[hubState]
	admitting sync.Mutex
	// stated is what this server states of every account; stating is held while one is looked at.
	stated   map[string]*stated
	stating  sync.Mutex
	sequence uint64
	// heard wakes the tending when something was decided.
	heard chan struct{}
	// copiesAnyway makes this server copy into feeds whatever the others do; only tests set it.
	copiesAnyway atomic.Bool

	// mu is held while streams and feeders are brought to what is decided.
	mu      sync.Mutex
	conns   map[string]*nats.Conn // into accounts, by agency
	made    map[string]bool       // agencies whose streams are there
	feeders map[string]*feeder    // by reader
	left    bool

	headsMu sync.Mutex
	heads   map[string]relayHeads // by agency
}

// StartHub runs a server of the hub and finishes whatever a crash left half done: when it returns, accounts, relays,
// feeds and releases are as they were decided. A server of three waits for one of the others, until ctx ends.
func StartHub(ctx context.Context, c HubConfig) (*Hub, error) {
	h, err := startHub(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("start hub: %w", err)
	}
	return h, nil
}

func startHub(ctx context.Context, c HubConfig) (*Hub, error) {
	unlock, err := lockDir(c.Dir)
	if err != nil {
		return nil, err
	}
	h := &Hub{dir: c.Dir, log: orDiscard(c.Logger), tracer: spans.Tracer(c.Tracing, "github.com/counterfoil/counterfoil/libs/backbone"), replicas: 1, heard: make(chan struct{}, 1),
		stated: map[string]*stated{}, conns: map[string]*nats.Conn{}, made: map[string]bool{}, feeders: map[string]*feeder{}, heads: map[string]relayHeads{}}
	h.state.Store(&hubState{})
	running, stop := context.WithCancel(context.Background())
	var following sync.WaitGroup
	stopSnapshots := func() {}
	h.close = sync.OnceValue(func() error {
		stopSnapshots()
		stop()
		following.Wait()
		h.leave()
		return unlock()
	})
	if err := h.open(ctx, c); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	following.Go(func() { h.follow(running) })
	following.Go(func() { h.tend(running) })
	if stopSnapshots, err = serveSnapshots(c.Dir, h, &givenOut{}, h.log); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	following.Go(func() { h.keepRedacting(running) })
	return h, nil
}

// leave ends feeders, connections and server.
func (h *Hub) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.left = true
	for reader := range h.feeders {
		h.stopFeeder(reader)
	}
	for _, nc := range h.conns {
		nc.Close()
	}
	if h.js != nil {
		h.js.Conn().Close()
	}
	if h.system != nil {
		h.system.Close()
	}
	if h.srv != nil {
		StopServer(h.srv)
	}
}

// loadOperator reads the key that the hub's accounts are signed with, and makes it at the first start.
func (h *Hub) loadOperator() error {
	if err := privateDir(h.path("jwt")); err != nil {
		return err
	}
	pair, err := keptKey(h.path("operator.seed"), nkeys.CreateOperator)
	if err != nil {
		return err
	}
	h.operator, err = newOperator(pair)
	return err
}

func (h *Hub) open(ctx context.Context, c HubConfig) error {
	if err := h.loadOperator(); err != nil {
		return err
	}
	host, port, hosts, err := h.address(c)
	if err != nil {
		return err
	}
	opts, err := h.options(host, port, hosts, c)
	if err != nil {
		return err
	}
	if h.srv, err = StartServer(opts, h.log); err != nil {
		return err
	}
	if err := h.listening(hosts[0], c.URLs); err != nil {
		return err
	}
	return h.begin(ctx)
}

// begin enters the hub's own accounts and acts on what is decided.
func (h *Hub) begin(ctx context.Context) (err error) {
	if h.system, err = h.connect(systemAccount); err != nil {
		return err
	}
	nc, err := h.connect(hubAccount)
	if err != nil {
		return err
	}
	if h.js, err = jetstream.New(nc); err != nil {
		return err
	}
	c := stateConfig()
	c.Replicas = h.replicas
	for said := false; ; wait(ctx, pause) {
		err := makeStream(ctx, h.js, c)
		if err == nil {
			err = h.catchUp(ctx)
		}
		if err == nil || h.replicas == 1 || ctx.Err() != nil {
			return err
		}
		if !said {
			said = true
			h.log.Info("waiting for another server of the hub", "err", err)
		}
	}
}

// catchUp reads what is decided and acts on it.
func (h *Hub) catchUp(ctx context.Context) error {
	decided, sequence, err := h.readState(ctx)
	if err != nil {
		return err
	}
	if err := h.admit(decided, sequence); err != nil {
		return err
	}
	return h.furnish(ctx)
}

func (h *Hub) path(parts ...string) string {
	return filepath.Join(append([]string{h.dir}, parts...)...)
}

// options are those of the server: accounts by JWT under the hub's own operator, one TLS port for agencies, no leaf
// port, and mutual TLS between servers.
func (h *Hub) options(host string, port int, hosts []string, c HubConfig) (*server.Options, error) {
	opts := EmbeddedOptions(c.Name, h.path("broker"))
	if c.Name == "" {
		opts.ServerName = "hub"
	}
	opts.Host, opts.Port = host, port
	opts.JetStreamDomain = hubDomain
	opts.FeatureFlags = map[string]bool{
		server.FeatureFlagJsAckFormatV2:      true,
		server.FeatureFlagJsAPIReplyFormatV2: true,
	}
	opts.PingInterval, opts.WriteDeadline = hubPing, hubWrite
	opts.TLSTimeout, opts.AuthTimeout = handshake, handshake
	var err error
	if opts.TLSConfig, h.caPEM, err = agencyTLS(h.dir, hosts); err != nil {
		return nil, err
	}
	if c.Cluster != nil {
		h.replicas = len(c.Cluster.Routes) + 1
		if opts.Cluster, opts.Routes, err = clusterOptions(h.dir, c.Cluster); err != nil {
			return nil, err
		}
	}
	claims, err := h.operator.claims()
	if err != nil {
		return nil, err
	}
	opts.TrustedOperators = append(opts.TrustedOperators, claims)
	opts.SystemAccount = claims.SystemAccount
	if h.accounts, err = server.NewDirAccResolver(h.path("jwt"), 0, time.Minute, server.NoDelete); err != nil {
		return nil, err
	}
	opts.AccountResolver = h.accounts
	return opts, errors.Join(h.account(systemAccount, 0), h.account(hubAccount, 1))
}

// address settles where to listen and by which names the server is reached.
func (h *Hub) address(c HubConfig) (host string, port int, hosts []string, err error) {
	host, portText, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return "", 0, nil, err
	}
	if port, err = strconv.Atoi(portText); err != nil {
		return "", 0, nil, fmt.Errorf("port of %q: %w", c.Listen, err)
	}
	if port == 0 {
		kept, err := keptFile(h.path("port"), func() ([]byte, error) { return []byte("0\n"), nil })
		if err != nil {
			return "", 0, nil, err
		}
		if port, err = strconv.Atoi(strings.TrimSpace(string(kept))); err != nil {
			return "", 0, nil, fmt.Errorf("read the kept port: %w", err)
		}
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	hosts = slices.Clone(c.Hosts)
	if ip := net.ParseIP(host); host != "" && (ip == nil || !ip.IsUnspecified()) {
		hosts = append(hosts, host)
	}
	if len(hosts) == 0 {
		return "", 0, nil, fmt.Errorf("the hub listens on every address of this machine (%q): name a host that "+
			"agencies reach it by", c.Listen)
	}
	return host, port, hosts, nil
}

// listening keeps the port that the server got.
func (h *Hub) listening(host string, urls []string) error {
	addr, ok := h.srv.Addr().(*net.TCPAddr)
	if !ok {
		return errors.New("the broker does not listen")
	}
	port := strconv.Itoa(addr.Port)
	if h.urls = urls; len(urls) == 0 {
		h.urls = []string{"tls://" + net.JoinHostPort(host, port)}
	}
	return whole.Write(h.path("port"), []byte(port+"\n"), 0o600)
}

// URLs are where agencies reach the hub, one for each of its servers: "tls://host:port".
func (h *Hub) URLs() []string { return slices.Clone(h.urls) }

// Close stops the server; what was acknowledged is on disk.
func (h *Hub) Close() error { return h.close() }

// connect opens an in-process connection into an account, for a user that exists as long as the connection.
func (h *Hub) connect(account string) (*nats.Conn, error) {
	user, err := nkeys.CreateUser()
	if err != nil {
		return nil, err
	}
	public, err := user.PublicKey()
	if err != nil {
		return nil, err
	}
	token, err := h.operator.hubUser(account, public)
	if err != nil {
		return nil, err
	}
	// A server that is busy with an account answers late; an attempt that failed must not wait for it to read the rest.
	nc, err := nats.Connect("", nats.InProcessServer(h.srv), nats.Name("hub"), nats.MaxReconnects(-1), nats.ReconnectWait(pause),
		nats.Timeout(handshake*time.Second), nats.FlusherTimeout(handshake*time.Second),
		nats.UserJWT(func() (string, error) { return token, nil }, user.Sign))
	if err != nil {
		return nil, fmt.Errorf("enter the account of %s: %w", account, err)
	}
	return nc, nil
}
