// Package natstest runs a real NATS server with JetStream inside a test.
package natstest

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/backbone/stream"
)

// patience is how long a server may take to start, and a request to be answered, on a busy machine.
const patience = 20 * time.Second

// Server is a nats-server of its own for one test. Its methods may be called from any goroutine, but those that
// take the test down (all that start or connect) only from the test's own.
type Server struct {
	t    testing.TB
	opts server.Options
	js   jetstream.JetStream

	mu      sync.Mutex
	running *server.Server
}

// Option changes how Start makes a server.
type Option func(*server.Options)

// Listen makes the server listen on a free port of the loopback address as well; see URL.
func Listen() Option {
	return func(o *server.Options) { o.DontListen, o.Host, o.Port = false, "127.0.0.1", server.RANDOM_PORT }
}

// Start runs a server that syncs every write to a store in t.TempDir() and, unless Listen is given, can only be
// reached in process. It is shut down when the test ends; what cannot start ends the test.
func Start(t testing.TB, options ...Option) *Server {
	t.Helper()
	s := &Server{t: t, opts: server.Options{
		ServerName:         strings.NewReplacer("/", "_", " ", "_").Replace(t.Name()),
		DontListen:         true,
		NoSigs:             true,
		NoLog:              true,
		JetStream:          true,
		StoreDir:           t.TempDir(),
		SyncAlways:         true,
		JetStreamMaxMemory: 64 << 20,
		JetStreamMaxStore:  1 << 40,
		MaxPayload:         stream.MaxPayload,
	}}
	for _, option := range options {
		option(&s.opts)
	}
	s.start()
	t.Cleanup(s.stop)
	js, err := jetstream.New(s.Conn())
	if err != nil {
		t.Fatalf("use JetStream: %v", err)
	}
	s.js = js
	return s
}

// Conn returns a new connection to the server, closed when the test ends. It comes back by itself after Restart.
func (s *Server) Conn() *nats.Conn {
	s.t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(s), nats.MaxReconnects(-1), nats.ReconnectWait(5*time.Millisecond),
		nats.ReconnectJitter(0, 0))
	if err != nil {
		s.t.Fatalf("connect to the test's server: %v", err)
	}
	s.t.Cleanup(nc.Close)
	return nc
}

// JetStream returns JetStream over a connection that all callers share.
func (s *Server) JetStream() jetstream.JetStream { return s.js }

// URL is where a server started with Listen is reached by others; it ends the test when the server does not listen.
func (s *Server) URL() string {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.DontListen {
		s.t.Fatal("the test's server does not listen: start it with natstest.Listen()")
	}
	return s.running.ClientURL()
}

// Restart stops the server and starts it again on the same store and, if it listens, the same port. Connections
// made by Conn find it again; what was asked while it was down is answered with an error.
func (s *Server) Restart() {
	s.t.Helper()
	s.stop()
	s.start()
	s.reconnect()
}

// reconnect returns once the shared connection has found the server that runs now.
func (s *Server) reconnect() {
	s.t.Helper()
	if err := s.js.Conn().ForceReconnect(); err != nil {
		s.t.Fatalf("reconnect to the restarted server: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for s.js.Conn().FlushWithContext(ctx) != nil {
		if ctx.Err() != nil {
			s.t.Fatalf("the restarted server was not reached within %v", patience)
		}
	}
}

// Journal starts a server and makes a stream like a node's JOURNAL for the agency on it. It returns the server's
// JetStream, to publish with, and the stream.
func Journal(t testing.TB, agency string) (jetstream.JetStream, jetstream.Stream) {
	t.Helper()
	s := Start(t)
	return s.js, s.Journal(agency)
}

// Journal makes a stream like a node's JOURNAL for the agency on the server, or returns the one that is there.
func (s *Server) Journal(agency string) jetstream.Stream {
	s.t.Helper()
	return s.stream(stream.Journal(agency))
}

// Inbox makes a stream like a node's INBOX on the server, or returns the one that is there.
func (s *Server) Inbox() jetstream.Stream {
	s.t.Helper()
	return s.stream(stream.Inbox())
}

func (s *Server) stream(c jetstream.StreamConfig) jetstream.Stream {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	made, err := s.js.CreateOrUpdateStream(ctx, c)
	if err != nil {
		s.t.Fatalf("make stream %s: %v", c.Name, err)
	}
	return made
}

// InProcessConn lets a connection find the server that runs now, also after Restart; see nats.InProcessServer.
func (s *Server) InProcessConn() (net.Conn, error) {
	s.mu.Lock()
	running := s.running
	s.mu.Unlock()
	if running == nil {
		return nil, nats.ErrNoServers
	}
	return running.InProcessConn()
}

func (s *Server) start() {
	s.t.Helper()
	opts := s.opts // the server writes into the options that it is given
	running, err := server.NewServer(&opts)
	if err != nil {
		s.t.Fatalf("make the test's server: %v", err)
	}
	running.Start()
	if !running.ReadyForConnections(patience) {
		s.t.Fatalf("the test's server was not ready within %v", patience)
	}
	if addr, ok := running.Addr().(*net.TCPAddr); ok && !s.opts.DontListen {
		s.opts.Port = addr.Port
	}
	s.mu.Lock()
	s.running = running
	s.mu.Unlock()
}

func (s *Server) stop() {
	s.mu.Lock()
	running := s.running
	s.running = nil
	s.mu.Unlock()
	if running != nil {
		running.Shutdown()
		running.WaitForShutdown()
	}
}
