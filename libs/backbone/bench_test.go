package backbone_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/backbone"
)

// BenchmarkPublishToInbox measures from the publication in one agency's journal until another agency reads the
// block from its inbox, one block at a time, over the hub, everything synced to disk.
func BenchmarkPublishToInbox(b *testing.B) {
	h := startHub(b, b.TempDir())
	licensing := startAgency(b, h, "licensing", nil)
	customs := startAgency(b, h, "customs", nil)
	release(b, h, "licensing/all", "customs")

	arrived := make(chan time.Time, 1)
	consumer, err := customs.JetStream().OrderedConsumer(b.Context(), backbone.InboxStream, jetstream.OrderedConsumerConfig{})
	if err != nil {
		b.Fatal(err)
	}
	consuming, err := consumer.Consume(func(jetstream.Msg) { arrived <- time.Now() })
	if err != nil {
		b.Fatal(err)
	}
	defer consuming.Stop()
	body := make([]byte, 1024)
	var took, acked []time.Duration
	for i := 0; b.Loop(); i++ {
		began := time.Now()
		record(b, licensing.Node, "all", string(body))
		acked = append(acked, time.Since(began))
		select {
		case at := <-arrived:
			took = append(took, at.Sub(began))
		case <-time.After(patience):
			b.Fatalf("block %d did not arrive", i)
		}
	}
	percentile := func(all []time.Duration, p int) float64 {
		slices.Sort(all)
		return float64(all[len(all)*p/100].Nanoseconds()) / 1e6
	}
	b.ReportMetric(percentile(took, 50), "p50-ms")
	b.ReportMetric(percentile(took, 99), "p99-ms")
	b.ReportMetric(percentile(acked, 50), "own-ack-p50-ms")
}

// BenchmarkBacklog measures how quickly a backlog of blocks goes from one agency to another when the line comes up.
func BenchmarkBacklog(b *testing.B) {
	const blocks = 5000
	body := string(make([]byte, 1024))
	for b.Loop() {
		b.StopTimer()
		h := startHub(b, b.TempDir())
		n := startNode(b, "licensing", b.TempDir())
		customs := startAgency(b, h, "customs", nil)
		addAgency(b, h, "licensing")
		release(b, h, "licensing/all", "customs")
		for i := range blocks {
			record(b, n, "all", strconv.Itoa(i)+body)
		}
		b.StartTimer()
		p := startPumps(b, backbone.PumpConfig{Node: n, Credentials: addAgency(b, h, "licensing")})
		for last(b, customs.Inbox()) < blocks {
			time.Sleep(time.Millisecond)
		}
		b.StopTimer()
		p.Close()
		n.Close()
		customs.pumps.Close()
		customs.Close()
		h.Close()
		b.StartTimer()
	}
	b.ReportMetric(float64(b.N*blocks)/b.Elapsed().Seconds(), "blocks/s")
}

// BenchmarkStartNode measures the start of a node's broker on an empty store, closing included.
func BenchmarkStartNode(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		dir := b.TempDir()
		b.StartTimer()
		if err := startNode(b, "customs", dir).Close(); err != nil {
			b.Fatal(err)
		}
	}
}
