// Package metrics tells Prometheus how a node is: how far its journals are, what it answers, folds and appends, and what waits. No
// content and no id is in it: the only labels are journals, procedures and outcomes.
package metrics

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Node is what a node is asked at every scrape.
type Node interface {
	// Standing says how the node is now. What could not be found out is left at zero, and err says so.
	Standing() (Standing, error)
}

// Standing is how a node is at one moment.
type Standing struct {
	Version string
	Ready   bool
	// Built is how much of the ledger is there, 0 to 1.
	Built    float64
	Journals []Journal
	// Connected is the line to the hub; ToSend own blocks that the hub does not have.
	Connected   bool
	ToSend      uint64
	LedgerBytes int64
	// Snapshots are copies of the ledger that are kept, and how large they are.
	Snapshots     int
	SnapshotBytes int64
	Webhooks      Webhooks
	// Feed is what the agency's own systems read; nil: the node is to have none.
	Feed *Feed
}

// Journal is how far one is.
type Journal struct {
	Name          string
	Block, Events uint64
	// Age is the time since its last block was written.
	Age time.Duration
	// Behind are blocks that are here and not folded; Parked events that could not be applied.
	Behind, Parked uint64
	Stopped        bool
}

// Webhooks are all endpoints together.
type Webhooks struct {
	On, Off int
	// Troubled are those that turned themselves off, or gave deliveries up; a person turned none of them off.
	Troubled     int
	Left, Parked uint64
	// Sent are bytes of events that were posted, Delivered events that were taken, and Failed tries that were in vain, since the start.
	Sent, Delivered, Failed uint64
}

// Feed is both of its forms together, and all of its users.
type Feed struct {
	// Up: it is served, and lets in who may read it.
	Up bool
	// Published are events that were stored for systems to read, Sent their bytes, Read what systems were given, and Failed batches that
	// could not be stored, since the start.
	Published, Sent, Read, Failed uint64
	// Behind are events of the ledger that are not published yet, in the form that is furthest behind; Kept bytes on the disk.
	Behind, Kept uint64
	// Users may read, over so many Connections now. Unread is what the slowest has not acknowledged; Dropped what users were not given
	// because it was not kept any longer.
	Users, Connections int
	Unread, Dropped    uint64
}

// Metrics are a node's. Methods may be called from several goroutines.
type Metrics struct {
	// Registry takes what other parts of the node count.
	Registry *prometheus.Registry

	calls                          *prometheus.HistogramVec
	fold, append                   prometheus.Histogram
	folded, appended, appendedInto prometheus.Counter
}

// New returns the metrics of a node.
func New(n Node) *Metrics {
	histogram := func(name, help string, buckets ...float64) prometheus.HistogramOpts {
		return prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	m := &Metrics{
		Registry: prometheus.NewRegistry(),
		calls: prometheus.NewHistogramVec(histogram("counterfoil_call_seconds", "Calls of the API, by procedure and outcome, and how long they took.",
			.005, .02, .1, .5, 2, 10), []string{"procedure", "outcome"}),
		fold:         prometheus.NewHistogram(histogram("counterfoil_fold_seconds", "Transactions in which received blocks were folded, and how long they took.", .002, .01, .05, .2, 1, 5)),
		append:       prometheus.NewHistogram(histogram("counterfoil_append_seconds", "Blocks that were appended to own journals, and how long until they were on disk.", .001, .005, .02, .1, .5, 2)),
		folded:       counter("counterfoil_folded_events_total", "Received events that were folded into the ledger."),
		appended:     counter("counterfoil_appended_events_total", "Events that were appended to own journals."),
		appendedInto: counter("counterfoil_appended_blocks_total", "Blocks that were appended to own journals."),
	}
	m.Registry.MustRegister(m.calls, m.fold, m.append, m.folded, m.appended, m.appendedInto, standing{n},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Called counts a call that was answered; outcome is "ok" or the code of the refusal.
func (m *Metrics) Called(procedure, outcome string, took time.Duration) {
	m.calls.WithLabelValues(procedure, outcome).Observe(took.Seconds())
}

// Folded counts a transaction of received events.
func (m *Metrics) Folded(events int, took time.Duration) {
	m.folded.Add(float64(events))
	m.fold.Observe(took.Seconds())
}

// Appended counts a block.
func (m *Metrics) Appended(events int, took time.Duration) {
	m.appended.Add(float64(events))
	m.appendedInto.Inc()
	m.append.Observe(took.Seconds())
}

// Handler answers a scrape. What cannot be found out is left out of it, and counted as an error of the scrape.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.Registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4, Registry: m.Registry})
}
