package backbone

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/counterfoil/counterfoil/libs/backbone/stream"
)

const (
	// startLimit is how long an embedded server may take to read its store; it grows with the number of messages.
	startLimit = 2 * time.Minute
	// maxStore leaves the limit of the store to the disk. Left to itself the server takes three quarters of what
	// is free at its start, and refuses to write once the store has outgrown the rest.
	maxStore = 1 << 50
	// maxMemory bounds what consumers keep in memory; no stream does.
	maxMemory = 64 << 20
)

// EmbeddedOptions are what every embedded server has: JetStream with its store in dir, every write synced.
func EmbeddedOptions(name, dir string) *server.Options {
	return &server.Options{
		ServerName:         name,
		NoSigs:             true,
		JetStream:          true,
		StoreDir:           dir,
		SyncAlways:         true,
		JetStreamMaxStore:  maxStore,
		JetStreamMaxMemory: maxMemory,
		MaxPayload:         stream.MaxPayload,
	}
}

// StartServer runs an embedded server and returns once it takes connections, or with what kept it from it.
func StartServer(opts *server.Options, logger *slog.Logger) (*server.Server, error) {
	srv, err := server.NewServer(opts)
	if err != nil {
		return nil, err
	}
	log := &serverLog{Logger: logger, fatal: make(chan string, 1)}
	srv.SetLogger(log, false, false)
	srv.Start()
	ready := make(chan bool, 1)
	go func() { ready <- srv.ReadyForConnections(startLimit) }()
	select {
	case ok := <-ready:
		if ok {
			return srv, nil
		}
		err = fmt.Errorf("broker was not ready within %v", startLimit)
	case reason := <-log.fatal:
		err = fmt.Errorf("broker: %s", reason)
	}
	StopServer(srv)
	return nil, err
}

// StopServer ends a server and returns once it has ended.
func StopServer(srv *server.Server) {
	srv.Shutdown()
	srv.WaitForShutdown()
}

// serverLog passes what the embedded server says on to the program's log: its notices as debugging, and what would
// end a server that runs by itself to whoever starts it.
type serverLog struct {
	*slog.Logger
	once  sync.Once
	fatal chan string
}

func (l *serverLog) Noticef(format string, v ...any) { l.Debug("broker", "text", text(format, v)) }
func (l *serverLog) Debugf(format string, v ...any)  {}
func (l *serverLog) Tracef(format string, v ...any)  {}
func (l *serverLog) Warnf(format string, v ...any)   { l.Warn("broker", "text", text(format, v)) }
func (l *serverLog) Errorf(format string, v ...any)  { l.Error("broker", "text", text(format, v)) }
func (l *serverLog) Fatalf(format string, v ...any) {
	l.Error("broker", "text", text(format, v))
	l.once.Do(func() { l.fatal <- text(format, v) })
}

func text(format string, v []any) string { return strings.TrimSpace(fmt.Sprintf(format, v...)) }

// orDiscard returns the logger, or one that says nothing for nil.
func orDiscard(logger *slog.Logger) *slog.Logger {
	if logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return logger
}
