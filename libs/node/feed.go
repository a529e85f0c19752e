package node

import (
	"context"
	"fmt"
	"net"
	"os"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/feed"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/metrics"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// openFeed starts the feed for the agency's own systems, where agency.json has one. A listener and a certificate that would not
// do for the API will not do for it. A node does not wait for its feed: it goes on without one that does not start.
func (n *Node) openFeed(ctx context.Context) error {
	settings := n.Profile.Feed
	if settings == nil {
		return nil
	}
	certificate := API{TLSCert: settings.TLSCert, TLSKey: settings.TLSKey, AllowTLS12: n.Profile.AllowTLS12}
	if settings.TLSCert == "" {
		certificate.TLSCert, certificate.TLSKey = n.Profile.TLSCert, n.Profile.TLSKey
	}
	serving, err := n.tls(certificate)
	if err != nil {
		return err
	}
	if err := (&api{tls: serving}).checkPlainText("feed", settings.Listen, settings.AllowPlainText, string(n.cfg.Home)); err != nil {
		return err
	}
	key, err := os.ReadFile(n.cfg.Home.path("store.key"))
	if err != nil {
		return fmt.Errorf("read the key of the store: %w", err)
	}
	n.feed, err = feed.Open(ctx, feed.Config{
		Settings: *settings, Agency: n.Agency, Dir: string(n.cfg.Home), Key: key, TLS: serving, Certificate: n.file(certificate.TLSCert, "tls.crt"), Ledger: n.Ledger,
		Accessed: n.api.accesses.Add, Logger: n.Logger, Now: n.Now,
	})
	return err
}

func (n *Node) examineFeed(ctx context.Context) (*queryv1.Check, error) {
	switch {
	case n.feed != nil:
		return n.feed.Examine(ctx)
	case n.feedless != "":
		return &queryv1.Check{
			Detail: "it did not start with the node: " + n.feedless,
			Next:   fmt.Sprintf("mend \"feed\" in %s, and start the node again", n.cfg.Home.path("agency.json")),
		}, nil
	}
	return &queryv1.Check{Ok: true, Detail: "there is none"}, nil
}

// feedStanding is how the feed is, for the metrics; nil where agency.json has none.
func (n *Node) feedStanding() (*metrics.Feed, error) {
	switch {
	case n.feedless != "":
		return &metrics.Feed{}, nil
	case n.feed == nil:
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), askFor)
	defer cancel()
	return n.feed.Standing(ctx)
}

// purgeFeed removes a withdrawn event from what was published of it, and returns what it was removed from.
func (n *Node) purgeFeed(ctx context.Context, id journal.ID, number uint64) (purged []string, err error) {
	if n.feed != nil {
		return []string{"feed"}, n.feed.Purge(ctx, id, number)
	}
	there, err := feed.Discard(string(n.cfg.Home))
	if there {
		purged = []string{"feed that is not served"}
	}
	return purged, err
}

// FeedURL is where the agency's systems read the feed; empty when the node has none.
func (n *Node) FeedURL() string {
	if n.feed == nil {
		return ""
	}
	return n.feed.URL()
}

// FeedAddress is where the agency's systems read the feed of the node that has its folder here, and the file of who certifies it where
// that is the node's own authority. It fails when the node has none, or chooses its port itself.
func (h Home) FeedAddress() (address, caFile string, err error) {
	p, err := h.Profile()
	if err != nil {
		return "", "", err
	}
	if p.Feed == nil {
		return "", "", fault.Errorf(fault.Invalid, "node %s has no feed: add \"feed\": {\"listen\": \"127.0.0.1:4333\"} to %s and start it again", p.Agency, h.path("agency.json"))
	}
	host, port, err := net.SplitHostPort(p.Feed.Listen)
	if err != nil {
		return "", "", fmt.Errorf("read where the feed of %s listens: %w", p.Agency, err)
	}
	if port == "0" {
		return "", "", fault.Errorf(fault.Invalid, "the feed of node %s listens on any free port: name one in %s", p.Agency, h.path("agency.json"))
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	scheme := "nats"
	if _, err := os.Stat(h.path("tls.crt")); err == nil || p.Feed.TLSCert != "" || p.TLSCert != "" {
		scheme = "tls"
		if _, err := os.Stat(h.path("ca.crt")); err == nil {
			caFile = h.path("ca.crt")
		}
	}
	return scheme + "://" + net.JoinHostPort(host, port), caFile, nil
}
