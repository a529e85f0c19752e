package backbone

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// line knows whether the connection to the hub is up, and when the hub was last heard.
type line struct {
	heard atomic.Int64 // Unix nanoseconds; 0 is never

	mu      sync.Mutex
	since   time.Time     // zero while down
	changed chan struct{} // closed at the next change; nil when nobody waits
}

func (l *line) up()   { l.set(time.Now()) }
func (l *line) down() { l.set(time.Time{}) }

func (l *line) set(since time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.since.IsZero() == since.IsZero() {
		return // told twice
	}
	l.since = since
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// state returns since when the line is up, zero for down, and a channel that is closed when that changes.
func (l *line) state() (since time.Time, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return l.since, l.changed
}

// wait returns nil once the line is up, or ctx's error.
func (l *line) wait(ctx context.Context) error {
	for {
		since, changed := l.state()
		if !since.IsZero() {
			return ctx.Err()
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// session returns a context that ends with this connection, at once if the line is down.
func (l *line) session(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	since, changed := l.state()
	if since.IsZero() {
		cancel()
	}
	go func() {
		select {
		case <-changed:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

func (l *line) lastHeard() time.Time {
	if at := l.heard.Load(); at != 0 {
		return time.Unix(0, at)
	}
	return time.Time{}
}

// heardDialer notes on the line whenever bytes arrive.
type heardDialer struct {
	dial dialer
	line *line
}

func (d *heardDialer) Dial(network, address string) (net.Conn, error) {
	conn, err := d.dial.Dial(network, address)
	if err != nil {
		return nil, err
	}
	return &heardConn{conn, d.line}, nil
}

type heardConn struct {
	net.Conn
	line *line
}

func (c *heardConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.line.heard.Store(time.Now().UnixNano())
	}
	return n, err
}

// gate is closed until it is opened, once and for good. The zero value is a closed gate.
type gate struct {
	mu     sync.Mutex
	opened chan struct{}
	is     bool
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened == nil {
		g.opened = make(chan struct{})
	}
	if !g.is {
		g.is = true
		close(g.opened)
	}
}

func (g *gate) done() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened == nil {
		g.opened = make(chan struct{})
	}
	return g.opened
}

// wait returns after d or when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
