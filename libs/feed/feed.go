// Package feed republishes what a node folded, own events and those of others, to the agency's own systems: as CloudEvents,
// in the order of the node's ledger, on a NATS server of its own.
package feed

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/cloudevent"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

const (
	// keepDays and keepMB are what a stream keeps when the settings do not say.
	keepDays, keepMB = 30, 4096
	// maxPayload is the largest message in bytes: twice what a block may unpack to.
	maxPayload = 2 * journal.MaxPlain
	// What a server bears at most: connections, those of one user, and subscriptions of one connection.
	maxConnections, maxOfUser, maxSubscriptions = 1000, 8, 100
	// pingInterval is how often it looks whether a connection is still there.
	pingInterval = 20 * time.Second
	// again is how long the feed waits after it could not go on.
	again = time.Second
	// shiftEvery and tidyEvery are how often it is looked at who may read, and at what is to go.
	shiftEvery, tidyEvery = 250 * time.Millisecond, 10 * time.Second
	// accessEvery is how often what systems read is put on record.
	accessEvery = 5 * time.Second
)

// Settings are a part of agency.json. The feed is there when they are.
type Settings struct {
	// Listen is where the agency's systems connect, such as "127.0.0.1:4333".
	Listen string `json:"listen" yaml:"listen"`
	// JSON has every event published a second time, in JSON.
	JSON bool `json:"json,omitempty" yaml:"json"`
	// TLSCert and TLSKey are PEM files; a relative path starts at the node's folder. Default: what the API has.
	TLSCert string `json:"tls_cert,omitempty" yaml:"tls_cert"`
	TLSKey  string `json:"tls_key,omitempty" yaml:"tls_key"`
	// AllowPlainText lets the feed be served without TLS on an address that other machines reach.
	AllowPlainText bool `json:"allow_plain_text,omitempty" yaml:"allow_plain_text"`
	// KeepDays and KeepMB are how long, and how much of each of the two forms, is kept for systems that have not read it yet;
	// 0: 30 days and 4096 MB.
	KeepDays int `json:"keep_days,omitempty" yaml:"keep_days"`
	KeepMB   int `json:"keep_mb,omitempty" yaml:"keep_mb"`
}

// Config is what a feed is opened with.
type Config struct {
	Settings
	Agency string
	// Dir is the node's folder: the feed keeps its store in Dir/feed, and finds who may read it in Dir/feed-users.json.
	Dir string
	// Key encrypts the store.
	Key []byte
	// TLS is how it listens; nil: in plain text. Certificate is the PEM file that it is from.
	TLS         *tls.Config
	Certificate string
	Ledger      *ledger.Ledger
	// Accessed puts on record who read what; nil: nobody does.
	Accessed func(*queryv1.Access) error
	Logger   *slog.Logger
	// Now defaults to time.Now.
	Now func() time.Time
}

// Feed is the server and what fills it. Its methods may be called from any goroutine.
type Feed struct {
	cfg     Config
	srv     *server.Server
	nc      *nats.Conn
	js      jetstream.JetStream
	secret  string // of the node's own connection
	writers []*writer
	counted counts
	settled bool            // everything is as the users that were read last want it
	seen    map[string]seen // by stream and user: what was put on record as read
	closed  func() error

	mu        sync.Mutex
	readers   readers
	trouble   string                     // what kept shift from its end when it ran last
	accounts  map[string]*server.Account // by User.key
	connected map[string][]uint64        // connections by user, some of which may have ended
}

// Store is the folder of a node's feed: nothing in it that the ledger does not have.
func Store(dir string) string { return filepath.Join(dir, "feed") }

// Open starts the server and makes its streams, or finds them again. It publishes nothing until Run. What keeps systems from being let
// in, such as a damaged file of users, is no reason to fail: it is logged, shown in the status, and tried again by Run.
func Open(ctx context.Context, cfg Config) (*Feed, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	f := &Feed{
		cfg: cfg, secret: rand.Text(), accounts: map[string]*server.Account{}, connected: map[string][]uint64{}, seen: map[string]seen{},
	}
	f.closed = sync.OnceValue(f.close)
	if err := f.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start the feed of %s: %w", cfg.Agency, err), f.Close())
	}
	return f, nil
}

func (f *Feed) open(ctx context.Context) (err error) {
	if f.cfg.KeepDays < 0 || f.cfg.KeepMB < 0 {
		return fault.Errorf(fault.Invalid, "keep_days %d and keep_mb %d are how much is kept for systems that have not read it, and would keep nothing: give days and megabytes, or leave them away",
			f.cfg.KeepDays, f.cfg.KeepMB)
	}
	host, port, err := net.SplitHostPort(f.cfg.Listen)
	if err != nil {
		return err
	}
	opts := backbone.EmbeddedOptions("feed-"+f.cfg.Agency, Store(f.cfg.Dir))
	opts.Host, opts.JetStreamKey, opts.MaxPayload, opts.MaxPending = host, string(f.cfg.Key), maxPayload, 2*maxPayload
	opts.MaxConn, opts.MaxSubs, opts.PingInterval = maxConnections, maxSubscriptions, pingInterval
	if opts.Port, err = strconv.Atoi(port); err != nil {
		return fmt.Errorf("listen on %s: %w", f.cfg.Listen, err)
	}
	if opts.Port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	if f.cfg.TLS != nil {
		opts.TLSConfig, opts.TLSTimeout = f.cfg.TLS, 5
	}
	opts.CustomClientAuthentication = f
	if f.srv, err = backbone.StartServer(opts, f.cfg.Logger); err != nil {
		return err
	}
	if f.nc, err = nats.Connect("", nats.InProcessServer(f.srv), nats.Name("node"), nats.UserInfo(ownUser, f.secret), nats.MaxReconnects(-1)); err != nil {
		return err
	}
	if f.js, err = jetstream.New(f.nc); err != nil {
		return err
	}
	return f.openStreams(ctx)
}

// form is how events stand in a stream.
type form struct {
	stream, prefix string
	show           func(e *queryv1.RecordedEvent, position string) (*nats.Msg, error)
}

var (
	binary = form{Stream, Prefix, inBinary}
	asJSON = form{StreamJSON, PrefixJSON, inJSON}
)

func (f *Feed) openStreams(ctx context.Context) error {
	forms := []form{binary}
	if f.cfg.JSON {
		forms = append(forms, asJSON)
	} else if err := f.js.DeleteStream(ctx, StreamJSON); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return err
	}
	for _, form := range forms {
		s, err := f.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
			Name: form.stream, Subjects: []string{form.prefix + ">"}, Storage: jetstream.FileStorage, AllowAtomicPublish: true,
			MaxBytes: 2 * int64(f.cfg.most()), Discard: jetstream.DiscardOld, Duplicates: time.Second,
		})
		if err != nil {
			return fmt.Errorf("make stream %s: %w", form.stream, err)
		}
		f.writers = append(f.writers, &writer{form: form, feed: f, stream: s, batch: batchEvents})
	}
	if err := f.shift(ctx); err != nil {
		f.cfg.Logger.Error("feed: systems cannot be let in yet", "agency", f.cfg.Agency, "err", err)
	}
	return f.begin(ctx)
}

// Run republishes until ctx ends. What keeps it from going on is logged, shown in the status, and tried again.
func (f *Feed) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	for _, w := range f.writers {
		running.Go(func() { w.run(ctx) })
	}
	running.Go(func() { f.every(ctx, tidyEvery, "keep the feed to its limits", f.tidy) })
	running.Go(func() { f.every(ctx, accessEvery, "put on record who read the feed", f.note) })
	f.every(ctx, shiftEvery, "let systems read the feed", f.shift)
	return nil
}

// every does something again and again, and logs what goes wrong when that changes.
func (f *Feed) every(ctx context.Context, pause time.Duration, what string, do func(context.Context) error) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	said := ""
	for {
		err := do(ctx)
		if err != nil && ctx.Err() == nil && said != err.Error() {
			f.cfg.Logger.Error("feed: what is done again and again goes wrong", "agency", f.cfg.Agency, "what", what, "err", err)
		}
		if said = ""; err != nil {
			said = err.Error()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// URL is where the agency's systems connect.
func (f *Feed) URL() string {
	scheme := "nats"
	if f.cfg.TLS != nil {
		scheme = "tls"
	}
	host, _, _ := net.SplitHostPort(f.cfg.Listen)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(f.srv.Addr().(*net.TCPAddr).Port))
}

// Close ends the server. Run must have returned.
func (f *Feed) Close() error { return f.closed() }

func (f *Feed) close() error {
	if f.nc != nil {
		f.nc.Close()
	}
	if f.srv != nil {
		backbone.StopServer(f.srv)
	}
	return nil
}

// Discard removes the store of a feed that is not served any more, and reports whether there was one.
func Discard(dir string) (bool, error) {
	if _, err := os.Stat(Store(dir)); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return true, os.RemoveAll(Store(dir))
}

// inBinary is an event with its fact as recorded.
func inBinary(e *queryv1.RecordedEvent, position string) (*nats.Msg, error) {
	c, err := cloudevent.New(e, position)
	if err != nil {
		return nil, err
	}
	return &nats.Msg{Subject: Subject(Prefix, e), Header: c.Header(), Data: c.Data}, nil
}
