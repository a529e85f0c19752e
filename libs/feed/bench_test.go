package feed

import (
	"context"
	"strconv"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
)

// BenchmarkRepublish compares the feed with the broker alone that stores the same messages in the same batches.
func BenchmarkRepublish(b *testing.B) {
	w := newWorld(b, Settings{})
	id := journal.ID{Agency: "licensing", Group: "all"}
	for range 20 {
		var facts []proto.Message
		for n := range 1000 {
			facts = append(facts, suspended(n))
		}
		tx, err := w.ledger.Begin()
		w.must(err)
		block := w.writer.Together(id, facts...)
		w.must(tx.Fold(block, ledgertest.Position(block)))
		w.must(tx.Commit())
	}
	of := w.feed.writers[0]
	events := 0
	again := func(b *testing.B) {
		b.Helper()
		w.must(of.stream.Purge(context.Background()))
		of.known = false
	}
	b.Run("feed", func(b *testing.B) {
		events = 0
		for b.Loop() {
			again(b)
			w.publish()
			events += 20_000
		}
		b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
	})
	var batches [][]*nats.Msg
	again(b)
	w.must(of.resume(context.Background()))
	for more := true; more; {
		var batch []*nats.Msg
		var err error
		batch, more, err = of.next()
		w.must(err)
		batches = append(batches, batch)
		of.position = batch[len(batch)-1].Header.Get(positionHeader)
	}
	b.Run("broker alone", func(b *testing.B) {
		events = 0
		for b.Loop() {
			again(b)
			w.must(of.resume(context.Background()))
			for _, batch := range batches {
				batch[0].Header.Set(jetstream.ExpectedLastSeqHeader, strconv.FormatUint(of.last, 10))
				w.must(of.publish(context.Background(), batch))
				of.last += uint64(len(batch))
				events += len(batch)
			}
		}
		b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
	})
}
