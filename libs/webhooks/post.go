package webhooks

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/counterfoil/counterfoil/libs/cloudevent"
	"github.com/counterfoil/counterfoil/libs/fault"
)

const (
	// patience is how long a receiver has to answer (Standard Webhooks 1.0.0: 15 to 30 s).
	patience = 20 * time.Second
	// maxAnswer is how much of an answer is read, to use the line again; nothing of it is kept.
	maxAnswer = 64 << 10
)

// parseURL returns where to post: https, or http on this machine; no user, no fragment.
func parseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return nil, fault.Errorf(fault.Invalid, "the address to post to is no URL; give https://host/path")
	case u.User != nil:
		return nil, fault.Errorf(fault.Invalid, "the address to post to holds a user or a password, which would be shown to whoever lists webhooks; a receiver knows this node by the signature")
	case u.Fragment != "":
		return nil, fault.Errorf(fault.Invalid, "the address to post to ends in #%s, which is never sent; leave it away", u.Fragment)
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return u, nil
	}
	return nil, fault.Errorf(fault.Invalid, "events are posted to https addresses, and to http ones of this machine (127.0.0.1, [::1], localhost) only")
}

// place is as much of an address as is shown: where it leads. What follows is often the receiver's token, and stays in the file.
func place(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "…"
	}
	shown := u.Scheme + "://" + u.Host
	if u.Path == "" && u.RawQuery == "" {
		return shown
	}
	return shown + "/…"
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && address.Unmap().IsLoopback()
}

var (
	// metadata are addresses at which clouds tell a machine its secrets, beside those of the link.
	metadata = []netip.Addr{
		netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("fd00:ec2::23"), netip.MustParseAddr("fd20:ce::254"),
		netip.MustParseAddr("100.100.100.200"), netip.MustParseAddr("168.63.129.16"), netip.MustParseAddr("192.0.0.192"),
	}
	// wraps are where IPv6 wraps IPv4, and at which byte (RFC 6052, RFC 8215, RFC 4291 2.5.5.1, RFC 3056).
	wraps = []struct {
		prefix netip.Prefix
		at     int
	}{
		{netip.MustParsePrefix("64:ff9b::/96"), 12}, {netip.MustParsePrefix("64:ff9b:1::/48"), 12}, {netip.MustParsePrefix("::/96"), 12},
		{netip.MustParsePrefix("2002::/16"), 2},
	}
)

// unwrapped is an address as the machine has it that it leads to.
func unwrapped(address netip.Addr) netip.Addr {
	address = address.Unmap().WithZone("")
	for _, w := range wraps {
		if w.prefix.Contains(address) && !address.IsLoopback() && !address.IsUnspecified() {
			b := address.As16()
			return netip.AddrFrom4([4]byte(b[w.at : w.at+4]))
		}
	}
	return address
}

// permitted refuses an address that a host was found under: what only this machine or its link reaches, unless the host is this machine by
// its name, or any is set.
func permitted(host string, address netip.Addr, anyAddress bool) error {
	address = unwrapped(address)
	what := ""
	switch {
	case address.IsUnspecified() || address.IsMulticast():
		return fmt.Errorf("%s is no address of one machine", address)
	case anyAddress || address.IsLoopback() && loopback(host):
		return nil
	case address.IsLoopback():
		what = "this machine itself"
	case address.IsLinkLocalUnicast():
		what = "an address of the link"
	default:
		for _, of := range metadata {
			if address == of {
				what = "where a cloud tells machines their secrets"
			}
		}
	}
	if what != "" {
		return fmt.Errorf("the name leads to %s, %s, where nothing is posted unless any address is allowed", address, what)
	}
	return nil
}

// poster posts to one endpoint, and keeps its lines open from one event to the next.
type poster struct {
	client   *http.Client
	revision uint64
}

func (p *poster) close() {
	if p.client != nil {
		p.client.CloseIdleConnections()
	}
}

// clientOf returns what posts to an endpoint as it is now.
func (p *poster) clientOf(e *endpoint, limit time.Duration, resolver *net.Resolver) (*http.Client, error) {
	if p.client != nil && p.revision == e.Revision {
		return p.client, nil
	}
	p.close()
	u, err := parseURL(e.URL)
	if err != nil {
		return nil, err
	}
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	if e.CA != "" {
		if settings.RootCAs, err = parseCA(e.CA); err != nil {
			return nil, err
		}
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second, Resolver: resolver, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		return permitted(u.Hostname(), at.Addr(), e.AnyAddress)
	}}
	p.revision = e.Revision
	p.client = &http.Client{
		Timeout: limit,
		// No proxy: it would ask for names in our place.
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSClientConfig: settings, TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true,
			MaxIdleConns: 1, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: maxAnswer,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return p.client, nil
}

func parseCA(pem string) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(pem)) {
		return nil, fault.Errorf(fault.Invalid, "what was given as certificates of the receiver's authority holds none; give PEM")
	}
	return pool, nil
}

// post sends one event and says what came of it. It fails when it was not sent because of this node or because ctx ended.
func (w *Webhooks) post(ctx context.Context, e *endpoint, p *poster, id string, body []byte) (o outcome, err error) {
	client, err := p.clientOf(e, w.limit, w.resolver)
	if err != nil {
		return outcome{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(body))
	if err != nil {
		return outcome{}, fmt.Errorf("post event %s: %w", id, err)
	}
	req.Header.Set("Content-Type", cloudevent.Structured)
	req.Header.Set("User-Agent", "counterfoil")
	if err := sign(req.Header, e.Keys, id, w.Now(), body); err != nil {
		return outcome{}, err
	}
	w.sent.Add(uint64(len(body)))
	defer func() {
		if o.Failed != "" {
			w.failed.Add(1)
		}
	}()
	res, err := client.Do(req)
	if ctx.Err() != nil {
		return outcome{}, ctx.Err()
	}
	if err != nil {
		return outcome{Failed: unnamed(err)}, nil
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer)) // the status says it all
	o = outcome{Status: res.StatusCode, after: retryAfter(res.Header.Get("Retry-After"), w.Now())}
	switch {
	case res.StatusCode >= 300 && res.StatusCode < 400:
		o.Failed = fmt.Sprintf("answered %d: redirects are not followed; give the webhook the address that it leads to", res.StatusCode)
	case res.StatusCode < 200 || res.StatusCode >= 400:
		o.Failed = fmt.Sprintf("answered %d %s", res.StatusCode, http.StatusText(res.StatusCode))
	}
	return o, nil
}

// unnamed is a failure to post without the address, which may hold what others should not read.
func unnamed(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "no answer in time"
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) {
		return "the receiver hung up before it had answered"
	}
	return err.Error()
}
