package replay_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/replay"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// BenchmarkPast asks a history for rows and lists of the past: 100,000 events, or as many as COUNTERFOIL_BENCH_EVENTS says. Every tenth
// licence is suspended later.
func BenchmarkPast(b *testing.B) {
	events, err := strconv.Atoi(cmp.Or(os.Getenv("COUNTERFOIL_BENCH_EVENTS"), "100000"))
	if err != nil {
		b.Fatal(err)
	}
	l, licences := longHistory(b, events)
	then := &queryv1.Horizon{AsOf: timestamppb.New(ledgertest.Start.Add(time.Duration(events/2) * time.Second))}
	clock := func() time.Time { return now }
	snapshots := &replay.Snapshots{Live: l, Dir: filepath.Join(b.TempDir(), "snapshots"), Now: clock}
	open := func() *replay.Cache {
		cache, err := replay.Open(replay.Config{Live: l, Dir: filepath.Join(b.TempDir(), "past"), Now: clock, Snapshots: snapshots})
		if err != nil {
			b.Fatal(err)
		}
		return cache
	}
	row := func(b *testing.B, cache *replay.Cache) time.Duration {
		id := fmt.Sprintf("licensing/L-%08d", rand.IntN(licences))
		began := time.Now()
		if _, _, _, err := cache.Row(b.Context(), then, queryv1.Table_TABLE_LICENCES, id); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	b.Run("row, cold", func(b *testing.B) {
		for b.Loop() {
			cache := open()
			row(b, cache)
			if err := cache.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("row", func(b *testing.B) {
		cache := open()
		defer cache.Close()
		var took []time.Duration
		for b.Loop() {
			took = append(took, row(b, cache))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	})
	list := func(b *testing.B, cache *replay.Cache, asked *queryv1.Horizon) {
		err := cache.View(b.Context(), asked, func(v ledger.View) error {
			_, _, err := v.Count(queryv1.Table_TABLE_LICENCES, nil, "status")
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.Run("count, cold", func(b *testing.B) {
		for b.Loop() {
			cache := open()
			list(b, cache, then)
			if err := cache.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("count, cold, with a snapshot", func(b *testing.B) {
		if _, err := snapshots.Take(b.Context()); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			cache := open()
			list(b, cache, &queryv1.Horizon{AsOf: timestamppb.New(now)})
			if err := cache.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("count", func(b *testing.B) {
		cache := open()
		defer cache.Close()
		for b.Loop() {
			list(b, cache, then)
		}
	})
}

// longHistory is a ledger of so many events, in blocks of 1,000.
func longHistory(b *testing.B, events int) (l *ledger.Ledger, licences int) {
	l = ledgertest.Open(b, "licensing")
	w := ledgertest.NewWriter()
	id := journal.ID{Agency: "licensing", Group: "all"}
	for made := 0; made < events; {
		var facts []proto.Message
		for ; len(facts) < 1_000; made++ {
			if made%11 == 10 {
				facts = append(facts, &licensingv1.LicenceSuspended{LicenceId: fmt.Sprintf("licensing/L-%08d", licences-10), Reason: "drawn"})
				continue
			}
			facts = append(facts, &licensingv1.LicenceGranted{
				LicenceId: fmt.Sprintf("licensing/L-%08d", licences),
				Deal: &licensingv1.Deal{
					Kind: transferv1.Kind(1 + licences%5), Destination: &licensingv1.Place{Country: fmt.Sprintf("X%c", 'A'+licences%26)},
					Lines: []*transferv1.Line{{Number: 1, Rating: "ML" + strconv.Itoa(licences%22), Value: &transferv1.Money{Minor: int64(licences), Currency: "EUR"}}},
				},
			})
			licences++
		}
		foldBlocks(b, l, w.Together(id, facts...))
	}
	return l, licences
}
