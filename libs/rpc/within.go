package rpc

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// Transport speaks HTTP/2, with TLS or without. A line that went dead is noticed within half a minute, also under a watch
// on which nothing happens.
func Transport(scheme string) *http.Transport {
	t := &http.Transport{
		Protocols:       new(http.Protocols),
		DialContext:     (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		HTTP2:           &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
		IdleConnTimeout: time.Minute,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if scheme == "http" {
		t.Protocols.SetUnencryptedHTTP2(true)
		return t
	}
	t.Protocols.SetHTTP1(true)
	t.Protocols.SetHTTP2(true)
	t.Proxy = http.ProxyFromEnvironment
	return t
}

// Within serves in this process, and returns what speaks to it, and what ends both.
func Within(server *http.Server) (over *http.Client, end func() error) {
	line := &pipes{calls: make(chan net.Conn), closed: make(chan struct{})}
	go func() { _ = server.Serve(line) }() // ends with Close
	t := Transport("http")
	t.DialContext = line.dial
	return &http.Client{Transport: t}, server.Close
}

// pipes is a listener within the process.
type pipes struct {
	calls  chan net.Conn
	closed chan struct{}
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.calls <- there:
		return here, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.calls:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "within", Net: "unix"} }
