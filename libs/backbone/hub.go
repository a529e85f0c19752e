package backbone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
)

const (
	// hubDomain is the hub's JetStream domain. It stands in subjects that accounts export to each other.
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

// HubConfig says how a hub is run.
type HubConfig struct {
	// Dir holds everything: keys (mode 0600), accounts, relays and feeds. One process at a time owns it. Whoever
	// can read it can hand out credentials, but not read a sealed block or forge a signed one.
	Dir string
	// Listen is the address for agencies. With port 0 a free port is chosen at first start and kept in Dir.
	Listen string
	// Hosts are the names and addresses that agencies reach the hub by; the first stands in their credentials.
	// Empty means the host of Listen, which must then be a definite one.
	Hosts []string
	// Logger is told what the broker complains of; nil says nothing.
	Logger *slog.Logger
}

// Hub is a broker that relays between agencies. It keeps an account for each of them, with a relay copy of its
// journal and a feed of what was released to it. Its methods may be called from any goroutine.
type Hub struct {
	dir       string
	log       *slog.Logger
	srv       *server.Server
	url       string
	authority *authority
	operator  nkeys.KeyPair
	system    *identity
	close     func() error

	// mu is held while accounts and decisions change, one change at a time.
	mu       sync.Mutex
	agencies map[string]*identity
	state    hubState
	feeders  map[string]*feeder    // by reader
	conns    map[string]*nats.Conn // into accounts, by agency
}

// StartHub runs the hub and finishes whatever a crash left half done: when it returns, accounts, relays, feeds and
// releases are as Dir records them.
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
	h := &Hub{dir: c.Dir, log: orDiscard(c.Logger), feeders: map[string]*feeder{}, conns: map[string]*nats.Conn{}}
	h.close = sync.OnceValue(func() error {
		h.mu.Lock()
		defer h.mu.Unlock()
		for reader := range h.feeders {
			h.stopFeeder(reader)
		}
		for _, nc := range h.conns {
			nc.Close()
		}
		if h.srv != nil {
			stopServer(h.srv)
		}
		return unlock()
	})
	if err := h.open(ctx, c); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func (h *Hub) open(ctx context.Context, c HubConfig) error {
	for _, dir := range []string{h.path("agencies"), h.path("jwt")} {
		if err := privateDir(dir); err != nil {
			return err
		}
	}
	if err := h.read(); err != nil {
		return err
	}
	host, port, hosts, err := h.address(c)
	if err != nil {
		return err
	}
	opts, err := h.options(host, port, hosts)
	if err != nil {
		return err
	}
	if h.srv, err = startServer(opts, h.log); err != nil {
		return err
	}
	if err := h.listening(hosts[0]); err != nil {
		return err
	}
	return h.converge(ctx)
}

// converge makes what streams are missing and sets every feeder to work.
func (h *Hub) converge(ctx context.Context) error {
	for _, id := range h.agencies {
		if err := h.makeStreams(ctx, id); err != nil {
			return err
		}
	}
	for reader := range h.agencies {
		if err := h.restartFeeder(ctx, reader); err != nil {
			return err
		}
	}
	return nil
}

func (h *Hub) path(parts ...string) string {
	return filepath.Join(append([]string{h.dir}, parts...)...)
}

// read loads keys and releases, making on first start what has to be there.
func (h *Hub) read() (err error) {
	if h.authority, err = keptAuthority(h.dir); err != nil {
		return err
	}
	if h.operator, err = keptKey(h.path("operator.seed"), nkeys.CreateOperator); err != nil {
		return err
	}
	account, err := keptKey(h.path("system.seed"), nkeys.CreateAccount)
	if err != nil {
		return err
	}
	public, err := account.PublicKey()
	if err != nil {
		return err
	}
	h.system = &identity{agency: "system", account: account, public: public}
	if h.agencies, err = keptIdentities(h.path("agencies")); err != nil {
		return err
	}
	return h.readState()
}

// options are those of the server: accounts by JWT under the hub's own operator, one TLS port, no leaf port.
func (h *Hub) options(host string, port int, hosts []string) (*server.Options, error) {
	opts := baseOptions("hub", h.path("broker"))
	opts.Host, opts.Port = host, port
	opts.JetStreamDomain = hubDomain
	opts.FeatureFlags = map[string]bool{
		server.FeatureFlagJsAckFormatV2:      true,
		server.FeatureFlagJsAPIReplyFormatV2: true,
	}
	opts.PingInterval, opts.WriteDeadline = hubPing, hubWrite
	opts.TLSTimeout, opts.AuthTimeout = handshake, handshake
	var err error
	if opts.TLSConfig, err = h.authority.serverTLS(hosts); err != nil {
		return nil, err
	}
	public, err := h.operator.PublicKey()
	if err != nil {
		return nil, err
	}
	operator := jwt.NewOperatorClaims(public)
	operator.Name, operator.SystemAccount = "hub", h.system.public
	token, err := encode(operator, h.operator)
	if err != nil {
		return nil, err
	}
	if operator, err = jwt.DecodeOperatorClaims(token); err != nil {
		return nil, err
	}
	opts.TrustedOperators, opts.SystemAccount = []*jwt.OperatorClaims{operator}, h.system.public
	if err := h.writeJWTs(); err != nil {
		return nil, err
	}
	opts.AccountResolver, err = server.NewDirAccResolver(h.path("jwt"), 0, time.Minute, server.NoDelete)
	return opts, err
}

// writeJWTs states every account anew before the server reads them: a file torn by a crash is mended.
func (h *Hub) writeJWTs() error {
	system := jwt.NewAccountClaims(h.system.public)
	system.Name = h.system.agency
	token, err := encode(system, h.operator)
	if err != nil {
		return err
	}
	if err := keptJWT(h.path("jwt"), h.system.public, token); err != nil {
		return err
	}
	for _, id := range h.agencies {
		if token, err = h.accountJWT(id); err != nil {
			return err
		}
		if err := keptJWT(h.path("jwt"), id.public, token); err != nil {
			return err
		}
	}
	return nil
}

// address settles where to listen and by which names the hub is reached.
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
func (h *Hub) listening(host string) error {
	addr, ok := h.srv.Addr().(*net.TCPAddr)
	if !ok {
		return errors.New("the broker does not listen")
	}
	port := strconv.Itoa(addr.Port)
	h.url = "tls://" + net.JoinHostPort(host, port)
	return privateFile(h.path("port"), []byte(port+"\n"))
}

// URL is where agencies reach the hub: "tls://host:port".
func (h *Hub) URL() string { return h.url }

// Close stops the hub; what was acknowledged is on disk.
func (h *Hub) Close() error { return h.close() }

// connect opens an in-process connection into an account, for a user that exists as long as the connection.
func (h *Hub) connect(id *identity) (*nats.Conn, error) {
	user, err := nkeys.CreateUser()
	if err != nil {
		return nil, err
	}
	public, err := user.PublicKey()
	if err != nil {
		return nil, err
	}
	c := jwt.NewUserClaims(public)
	c.Name = "hub"
	c.AllowedConnectionTypes.Add(jwt.ConnectionTypeInProcess)
	token, err := encode(c, id.account)
	if err != nil {
		return nil, err
	}
	nc, err := nats.Connect("", nats.InProcessServer(h.srv), nats.Name("hub"), nats.MaxReconnects(-1), nats.ReconnectWait(pause),
		nats.UserJWT(func() (string, error) { return token, nil }, user.Sign))
	if err != nil {
		return nil, fmt.Errorf("enter the account of %s: %w", id.agency, err)
	}
	return nc, nil
}

// inAccount runs f with JetStream in the agency's account.
func (h *Hub) inAccount(id *identity, f func(jetstream.JetStream) error) error {
	nc, err := h.connect(id)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	return f(js)
}

// push makes the running server use the agency's account as it is now stated, and keeps it for the next start.
func (h *Hub) push(ctx context.Context, id *identity) error {
	token, err := h.accountJWT(id)
	if err != nil {
		return err
	}
	nc, err := h.connect(h.system)
	if err != nil {
		return err
	}
	defer nc.Close()
	answer, err := nc.RequestWithContext(ctx, "$SYS.REQ.CLAIMS.UPDATE", []byte(token))
	if err != nil {
		return fmt.Errorf("update the account of %s: %w", id.agency, err)
	}
	var result struct {
		Error *struct {
			Description string `json:"description"`
		} `json:"error"`
	}
	if err := json.Unmarshal(answer.Data, &result); err != nil {
		return fmt.Errorf("update the account of %s: %w", id.agency, err)
	}
	if result.Error != nil {
		return fmt.Errorf("update the account of %s: %s", id.agency, result.Error.Description)
	}
	// The resolver wrote the file without a sync.
	return keptJWT(h.path("jwt"), id.public, token)
}
