package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
)

// standing asks the node at every scrape.
type standing struct{ node Node }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("counterfoil_"+name, help, labels, nil)
}

var (
	buildInfo = desc("build_info", "Version of the program.", "version")
	ready     = desc("ready", "1 when the node takes commands and answers.")
	built     = desc("ledger_built_ratio", "How much of the ledger is there while it is brought up, 0 to 1.")
	bytes     = desc("ledger_bytes", "Size of the ledger's file.")

	journalBlock   = desc("journal_block", "Number of the last block that was folded.", "journal")
	journalEvents  = desc("journal_events", "Number of the last event that was folded.", "journal")
	journalAge     = desc("journal_age_seconds", "Time since the last block was written by its agency.", "journal")
	journalBehind  = desc("journal_behind_blocks", "Blocks that are here and not folded.", "journal")
	journalParked  = desc("journal_parked_events", "Events that could not be applied.", "journal")
	journalStopped = desc("journal_stopped", "1 when the journal is not followed any further, or waits for a key.", "journal")

	hubConnected = desc("hub_connected", "1 while the line to the hub is up.")
	hubToSend    = desc("hub_to_send_blocks", "Own blocks that the hub does not have yet.")

	snapshots     = desc("snapshots", "Copies of the ledger that are kept.")
	snapshotBytes = desc("snapshots_bytes", "Size of the copies of the ledger that are kept.")

	webhooksOn        = desc("webhooks_on", "Webhooks to which something is posted.")
	webhooksOff       = desc("webhooks_off", "Webhooks that were turned off, by a person or by what they answered.")
	webhooksTroubled  = desc("webhooks_in_trouble", "Webhooks that turned themselves off, or gave deliveries up; none that a person turned off.")
	webhooksDelivered = desc("webhooks_delivered_total", "Events that webhooks took since the start.")
	webhooksLeft      = desc("webhooks_left_events", "Folded events that were not looked at yet for a webhook, of all webhooks together.")
	webhooksSent      = desc("webhooks_sent_bytes_total", "Bytes of events that were posted.")
	webhooksFailed    = desc("webhooks_failed_total", "Tries to post an event that were in vain.")
	webhooksParked    = desc("webhooks_parked_events", "Deliveries that were given up after the last try.")

	feedUp          = desc("feed_up", "1 while the feed is served and lets in who may read it.")
	feedPublished   = desc("feed_published_events_total", "Events that were published on the feed, in each of its forms.")
	feedSent        = desc("feed_published_bytes_total", "Bytes of events that were published on the feed.")
	feedRead        = desc("feed_read_events_total", "Events that systems were given by the feed.")
	feedFailed      = desc("feed_failures_total", "Batches of events that could not be published on the feed.")
	feedBehind      = desc("feed_behind_events", "Events of the ledger that are not published on the feed yet.")
	feedKept        = desc("feed_bytes", "Size of what the feed keeps.")
	feedUsers       = desc("feed_users", "Systems that may read the feed.")
	feedConnections = desc("feed_connections", "Connections of systems to the feed.")
	feedUnread      = desc("feed_unread_events", "Events that the slowest system has not acknowledged.")
	feedDropped     = desc("feed_dropped_events", "Events that systems were not given because the feed did not keep them any longer.")
)

// Describe tells of nothing: which journals there are is seen at a scrape.
func (standing) Describe(chan<- *prometheus.Desc) {}

func (s standing) Collect(out chan<- prometheus.Metric) {
	is, err := s.node.Standing()
	if err != nil {
		out <- prometheus.NewInvalidMetric(ready, err)
	}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	gauge(buildInfo, 1, is.Version)
	gauge(ready, flag(is.Ready))
	gauge(built, is.Built)
	gauge(bytes, float64(is.LedgerBytes))
	for _, j := range is.Journals {
		gauge(journalBlock, float64(j.Block), j.Name)
		gauge(journalEvents, float64(j.Events), j.Name)
		gauge(journalAge, j.Age.Seconds(), j.Name)
		gauge(journalBehind, float64(j.Behind), j.Name)
		gauge(journalParked, float64(j.Parked), j.Name)
		gauge(journalStopped, flag(j.Stopped), j.Name)
	}
	gauge(hubConnected, flag(is.Connected))
	gauge(hubToSend, float64(is.ToSend))
	gauge(snapshots, float64(is.Snapshots))
	gauge(snapshotBytes, float64(is.SnapshotBytes))
	gauge(webhooksOn, float64(is.Webhooks.On))
	gauge(webhooksOff, float64(is.Webhooks.Off))
	gauge(webhooksTroubled, float64(is.Webhooks.Troubled))
	counter := func(d *prometheus.Desc, value uint64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value))
	}
	counter(webhooksDelivered, is.Webhooks.Delivered)
	counter(webhooksSent, is.Webhooks.Sent)
	counter(webhooksFailed, is.Webhooks.Failed)
	gauge(webhooksLeft, float64(is.Webhooks.Left))
	gauge(webhooksParked, float64(is.Webhooks.Parked))
	if f := is.Feed; f != nil {
		gauge(feedUp, flag(f.Up))
		counter(feedPublished, f.Published)
		counter(feedSent, f.Sent)
		counter(feedRead, f.Read)
		counter(feedFailed, f.Failed)
		gauge(feedBehind, float64(f.Behind))
		gauge(feedKept, float64(f.Kept))
		gauge(feedUsers, float64(f.Users))
		gauge(feedConnections, float64(f.Connections))
		gauge(feedUnread, float64(f.Unread))
		gauge(feedDropped, float64(f.Dropped))
	}
}

func flag(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
