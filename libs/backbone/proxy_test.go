package backbone_test

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// cable is a TCP line from an agency to the hub that can be cut or go silent.
type cable struct {
	listener net.Listener
	to       string
	// rate is in bytes a second, each way; zero is as fast as it goes.
	rate int

	mu     sync.Mutex
	cut    bool
	silent chan struct{} // closed when a silent line speaks again; nil for a good line
	conns  map[net.Conn]bool
}

// layCable returns a line to the given address at the given rate. Its Dial is the agency's.
func layCable(t testing.TB, to string, rate int) *cable {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{listener: listener, to: to, rate: rate, conns: map[net.Conn]bool{}}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { c.carry(near) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		c.Cut()
		c.Speak()
		running.Wait()
	})
	return c
}

// Dial connects through the cable, whatever the address.
func (c *cable) Dial(network, _ string) (net.Conn, error) {
	return net.Dial(network, c.listener.Addr().String())
}

// Cut breaks every connection and refuses new ones until Mend.
func (c *cable) Cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = true
	for conn := range c.conns {
		conn.Close()
	}
}

func (c *cable) Mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = false
}

// Silence keeps connections open, and lets new ones be opened, but carries nothing until Speak.
func (c *cable) Silence() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.silent == nil {
		c.silent = make(chan struct{})
	}
}

func (c *cable) Speak() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.silent != nil {
		close(c.silent)
		c.silent = nil
	}
}

func (c *cable) carry(near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp", c.to)
	if err != nil {
		return
	}
	defer far.Close()
	c.mu.Lock()
	if c.cut {
		c.mu.Unlock()
		return
	}
	c.conns[near], c.conns[far] = true, true
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.conns, near)
		delete(c.conns, far)
	}()
	var both sync.WaitGroup
	both.Go(func() { c.pass(far, near) })
	both.Go(func() { c.pass(near, far) })
	both.Wait()
}

// pass copies until either end closes, then closes both.
func (c *cable) pass(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	// A long line holds little: what is sent waits in the sender's own buffers.
	if c.rate > 0 {
		from.(*net.TCPConn).SetReadBuffer(64 << 10)
		to.(*net.TCPConn).SetWriteBuffer(64 << 10)
	}
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		c.mu.Lock()
		silent := c.silent
		c.mu.Unlock()
		if silent != nil {
			<-silent
		}
		if c.rate > 0 {
			time.Sleep(time.Duration(n) * time.Second / time.Duration(c.rate))
		}
		if _, werr := to.Write(buf[:n]); werr != nil || err != nil && !errors.Is(err, io.ErrNoProgress) {
			return
		}
	}
}
