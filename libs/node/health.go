package node

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/metrics"
)

// Who may read /metrics without logging in.
const (
	metricsLocal = "local"
	metricsAll   = "all"
	metricsNone  = "none"
)

// askFor is how long the broker has to say how far it is, when metrics are read.
const askFor = 2 * time.Second

// watched serves beside the API, without a login, what watches over processes ask: /livez, /readyz and /metrics.
func (n *Node) watched(api http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", api)
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", n.readyz)
	tell := n.metrics.Handler()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		switch of := n.Profile.API.Metrics; {
		case of == metricsAll, of != metricsNone && local(r):
			tell.ServeHTTP(w, r)
		default:
			http.NotFound(w, r)
		}
	})
	return mux
}

// local reports whether a request was made on this machine, and not handed on by something on it.
func local(r *http.Request) bool {
	for name := range r.Header {
		if name == "Forwarded" || name == "Via" || strings.HasPrefix(name, "X-Forwarded-") || name == "X-Real-Ip" {
			return false
		}
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && from.Addr().Unmap().IsLoopback()
}

// part is something that a node is made of. What is wrong is empty when all is well; a part that the node works without is noted only.
type part struct {
	name, wrong string
	noted       bool
}

// parts says what stands in the way of commands and answers, without names and content.
func (n *Node) parts() []part {
	up := part{name: "ledger"}
	if built := n.built(); built < 1 {
		up.wrong = fmt.Sprintf("is being brought up: %.0f %% done", built*100)
	}
	own, others := part{name: "own journals"}, part{name: "journals of others", noted: true}
	stopped := 0
	for id := range n.follower.State() {
		if id.Agency == n.Agency {
			own.wrong = "one is stopped"
			continue
		}
		stopped++
		others.wrong = fmt.Sprintf("%d are stopped or wait for a key", stopped)
	}
	hub := part{name: "hub", noted: true}
	if pumps := n.pumps.Load(); pumps == nil {
		hub.wrong = "not asked yet"
	} else if s := pumps.Status(); s.Forked {
		own.wrong = "one has parted from the hub's copy: nothing is recorded"
	} else if !s.Connected {
		hub.wrong = "not connected: what is recorded waits here"
	}
	return []part{up, own, others, hub}
}

// readyz answers 200 when commands are taken, and 503 with the parts that are not ready otherwise; with ?verbose it tells of every part.
func (n *Node) readyz(w http.ResponseWriter, r *http.Request) {
	var told, waits strings.Builder
	for _, p := range n.parts() {
		switch {
		case p.wrong == "":
			fmt.Fprintf(&told, "[+] %s: ok\n", p.name)
		case p.noted:
			fmt.Fprintf(&told, "[+] %s: %s\n", p.name, p.wrong)
		default:
			fmt.Fprintf(&told, "[-] %s: %s\n", p.name, p.wrong)
			fmt.Fprintf(&waits, "%s: %s\n", p.name, p.wrong)
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if waits.Len() > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	switch {
	case r.URL.Query().Has("verbose"):
		fmt.Fprint(w, told.String())
	case waits.Len() > 0:
		fmt.Fprint(w, waits.String())
	default:
		fmt.Fprintln(w, "ok")
	}
}

// Standing is how the node is now, for its metrics. A part that cannot be looked at keeps nothing of the others back.
func (n *Node) Standing() (metrics.Standing, error) {
	line := n.line()
	s := metrics.Standing{Version: n.cfg.Version, Built: n.built(), Connected: line.Connected, ToSend: line.ToSend, Ready: true}
	for _, p := range n.parts() {
		s.Ready = s.Ready && (p.wrong == "" || p.noted)
	}
	if info, err := os.Stat(n.Ledger.Path()); err == nil {
		s.LedgerBytes = info.Size()
	}
	var journals, copies, webhooks, feed error
	s.Journals, journals = n.journals()
	s.Snapshots, s.SnapshotBytes, copies = n.copies()
	s.Webhooks, webhooks = n.webhooks.Standing()
	s.Feed, feed = n.feedStanding()
	return s, errors.Join(journals, copies, webhooks, feed)
}

// copies are the snapshots that are kept, and their bytes.
func (n *Node) copies() (kept int, bytes int64, err error) {
	snapshots, err := n.past.Snapshots.List()
	for _, one := range snapshots {
		bytes += one.Bytes
	}
	return len(snapshots), bytes, err
}

func (n *Node) journals() (all []metrics.Journal, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), askFor)
	defer cancel()
	behind, err := n.follower.Behind(ctx)
	if err != nil {
		return nil, err
	}
	stops := n.follower.State()
	err = n.Ledger.Committed(func(v ledger.View) error {
		parked, err := v.Parked()
		if err != nil {
			return err
		}
		positions, err := v.Positions()
		if err != nil {
			return err
		}
		known := map[string]bool{}
		for _, p := range positions {
			j := metrics.Journal{Name: p.Journal, Block: p.Block, Events: p.Events, Age: max(0, n.Now().Sub(p.RecordedAt.AsTime()))}
			known[p.Journal] = true
			if id, err := journal.ParseID(p.Journal); err == nil {
				j.Behind, j.Parked, j.Stopped = behind[id], parked[id], stops[id] != nil
			}
			all = append(all, j)
		}
		for id, blocks := range behind {
			if !known[id.String()] {
				all = append(all, metrics.Journal{Name: id.String(), Behind: blocks, Stopped: stops[id] != nil})
			}
		}
		return nil
	})
	return all, err
}

// Metrics are what the node counts; its parts may add to them.
func (n *Node) Metrics() *metrics.Metrics { return n.metrics }
