package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/access"
	"github.com/counterfoil/counterfoil/libs/bundle"
	"github.com/counterfoil/counterfoil/libs/feed"
	"github.com/counterfoil/counterfoil/libs/people"
	"github.com/counterfoil/counterfoil/libs/plain"
	"github.com/counterfoil/counterfoil/libs/query"
	"github.com/counterfoil/counterfoil/libs/rpc"
	"github.com/counterfoil/counterfoil/libs/webhooks"
)

// API is how a node serves its API: a part of agency.json. The zero value is a good default.
type API struct {
	// TLSCert and TLSKey are PEM files; a relative path starts at the node's folder. Default: tls.crt and tls.key, when
	// they are there. They may be renewed while the node runs.
	TLSCert string `json:"tls_cert,omitempty"`
	TLSKey  string `json:"tls_key,omitempty"`
	// AllowTLS12 lets in clients that do not know TLS 1.3.
	AllowTLS12 bool `json:"allow_tls12,omitempty"`
	// AllowPlainText lets the API be served without TLS on an address that other machines reach.
	AllowPlainText bool `json:"allow_plain_text,omitempty"`
	// BehindTLS says that people reach the node by TLS only, which something in front of it speaks; so it is in any case where an issuer
	// sends them back to an https URL.
	BehindTLS bool `json:"behind_tls,omitempty"`
	// NoNodeToken makes the file "token" open nothing: only users may call.
	NoNodeToken bool `json:"no_node_token,omitempty"`
	// Metrics says who may read /metrics without logging in: "local", who calls from this machine (the default); "all", who reaches the
	// API; "none".
	Metrics string `json:"metrics,omitempty"`
	// AccessDays is how long it is kept who read what, in days; 0: five years.
	AccessDays int `json:"access_days,omitempty"`
}

// api is what answers calls.
type api struct {
	listener net.Listener
	// tls is nil where plain text is spoken.
	tls      *tls.Config
	door     *people.Door
	accesses *access.Journal
	pages    Pages
}

func (a *api) open(n *Node) (err error) {
	settings := n.Profile.API
	switch settings.Metrics {
	case "", metricsLocal, metricsAll, metricsNone:
	default:
		return fmt.Errorf("%s: metrics is %q; say local, all or none", n.cfg.Home.path("agency.json"), settings.Metrics)
	}
	if a.tls, err = n.tls(settings); err != nil {
		return err
	}
	if err := a.checkPlainText("API", n.Profile.Listen, settings.AllowPlainText || n.cfg.AllowPlainText, string(n.cfg.Home)); err != nil {
		return err
	}
	token := ""
	if !settings.NoNodeToken {
		data, err := os.ReadFile(n.cfg.Home.TokenFile())
		if err != nil {
			return fmt.Errorf("read the API's token: %w", err)
		}
		if token = strings.TrimSpace(string(data)); token == "" {
			return fmt.Errorf("%s is empty: delete the file and prepare the folder again, or set no_node_token", n.cfg.Home.TokenFile())
		}
	}
	a.door, err = people.Open(people.Config{Agency: n.Agency, Dir: string(n.cfg.Home), NodeToken: token, Logger: n.Logger, Now: n.cfg.Now})
	if err != nil {
		return fmt.Errorf("read the users: %w", err)
	}
	keep := time.Duration(settings.AccessDays) * 24 * time.Hour
	if a.accesses, err = access.Open(n.cfg.Home.path("access.db"), access.Options{Keep: keep, Now: n.cfg.Now}); err != nil {
		return err
	}
	if a.listener, err = net.Listen("tcp", n.Profile.Listen); err != nil {
		return fmt.Errorf("listen for the API: %w", err)
	}
	return nil
}

// tls returns nil when there is no certificate.
func (n *Node) tls(settings API) (*tls.Config, error) {
	certificate := &rpc.Certificate{CertFile: n.file(settings.TLSCert, "tls.crt"), KeyFile: n.file(settings.TLSKey, "tls.key"), Logger: n.Logger}
	if _, err := os.Stat(certificate.CertFile); errors.Is(err, fs.ErrNotExist) && settings.TLSCert == "" {
		return nil, nil
	}
	return certificate.TLS(settings.AllowTLS12)
}

func (n *Node) file(named, other string) string {
	switch {
	case named == "":
		return n.cfg.Home.path(other)
	case filepath.IsAbs(named):
		return named
	}
	return n.cfg.Home.path(named)
}

// checkPlainText refuses to serve what, such as "API", in plain text where other machines reach it, unless that is allowed.
func (a *api) checkPlainText(what, listen string, allowed bool, dir string) error {
	local, err := rpc.Loopback(listen)
	if err != nil || local || a.tls != nil || allowed {
		return err
	}
	host, _, err := net.SplitHostPort(listen)
	if err != nil || host == "" {
		host = "NAME"
	}
	allow := "--allow-plain-text"
	if what != "API" {
		allow = `"allow_plain_text": true for it in agency.json`
	}
	return fmt.Errorf("the %s would be served in plain text on %s, where other machines reach it; type: counterfoil tls make --dir %s --host %s (or allow it with %s, where something in front of the node speaks TLS)", what, listen, plain.Word(dir), host, allow)
}

// server answers calls to the queries and the agency's own service.
func (a *api) server(n *Node, service Service) (*http.Server, error) {
	cfg := rpc.Config{Agency: n.Agency, Door: a.door, Logger: n.Logger, Gate: n.gate, Called: n.metrics.Called}
	if n.cfg.Tracing != nil {
		traced, err := rpc.Traced(n.cfg.Tracing)
		if err != nil {
			return nil, err
		}
		cfg.Tracing = traced
	}
	server := rpc.NewServer(cfg)
	queries := n.query()
	queries.Accesses = a.accesses
	query.Register(server, queries)
	bundle.Register(server, n.courier)
	feed.Register(server, n.feed, n.feedless)
	webhooks.Register(server, n.webhooks)
	service.Register(server)
	handler, err := rpc.Handler(server, cfg)
	if err != nil {
		return nil, err
	}
	if n.cfg.Pages != nil {
		if a.pages, err = n.cfg.Pages(n, handler); err != nil {
			return nil, fmt.Errorf("make the console: %w", err)
		}
		handler = beside(handler, a.pages)
	}
	handler = n.watched(handler)
	h := rpc.HTTPServer(handler)
	h.TLSConfig = a.tls
	h.ErrorLog = slog.NewLogLogger(n.Logger.Handler(), slog.LevelDebug)
	return h, nil
}

// beside serves pages below /console, to which the node's first page leads, and the API everywhere else.
func beside(api http.Handler, pages http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", api)
	mux.Handle("/console/", pages)
	mux.Handle("GET /{$}", http.RedirectHandler("/console/desk", http.StatusSeeOther))
	return mux
}

// Door says who calls the node's API.
func (n *Node) Door() *people.Door { return n.api.door }

// Secure reports whether browsers reach the node over TLS, its own or that of something in front of it.
func (n *Node) Secure() bool {
	return n.api.tls != nil || n.Profile.BehindTLS || n.api.door.ReturnsOverTLS()
}

// serve answers until the server is shut down.
func (a *api) serve(h *http.Server) error {
	if a.tls == nil {
		return h.Serve(a.listener)
	}
	return h.ServeTLS(a.listener, "", "")
}

func (a *api) close() error {
	var errs []error
	if a.listener != nil {
		if err := a.listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if a.pages != nil {
		errs = append(errs, a.pages.Close())
	}
	if a.accesses != nil {
		errs = append(errs, a.accesses.Close())
	}
	return errors.Join(errs...)
}

// URL is where the API is, for a context on this machine.
func (n *Node) URL() string {
	address := n.Addr()
	if at, ok := n.api.listener.Addr().(*net.TCPAddr); ok && at.IP.IsUnspecified() {
		address = net.JoinHostPort("localhost", strconv.Itoa(at.Port))
	}
	if n.api.tls == nil {
		return "http://" + address
	}
	return "https://" + address
}

// CAFile is what the node's own authority certifies its API with; empty when there is none.
func (n *Node) CAFile() string {
	path := n.cfg.Home.path("ca.crt")
	if _, err := os.Stat(path); n.api.tls == nil || err != nil {
		return ""
	}
	return path
}

// serve answers the API until ctx ends, and then lets calls finish for a moment.
func (n *Node) serve(service Service) func(context.Context) error {
	return func(ctx context.Context) error {
		h, err := n.api.server(n, service)
		if err != nil {
			return err
		}
		h.BaseContext = func(net.Listener) context.Context { return ctx }
		stopped := context.AfterFunc(ctx, func() {
			grace, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			if h.Shutdown(grace) != nil {
				h.Close()
			}
		})
		defer stopped()
		if err := n.api.serve(h); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}
}
