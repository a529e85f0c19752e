package ledger_test

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// BenchmarkFold folds decoded blocks of 1,000 in transactions of 10,000 events into a ledger that already holds some,
// and says what that costs per event there: the decoding is not measured, the commit is.
func BenchmarkFold(b *testing.B) {
	for _, history := range benchHistories {
		for _, held := range []int{0, 10_000, 100_000, 1_000_000} {
			b.Run(fmt.Sprintf("%s/held=%d", history.name, held), func(b *testing.B) { benchmarkFold(b, history.facts, held) })
		}
	}
}

func benchmarkFold(b *testing.B, facts func(first, n int) []proto.Message, held int) {
	l := ledgertest.Open(b, "licensing")
	w := ledgertest.NewWriter()
	for n := 0; n < held; n += benchBatch {
		foldBatch(b, l, blocksOf(w, facts(n, benchBatch)))
	}
	n, used := held, time.Duration(0)
	b.ResetTimer()
	for b.Loop() {
		b.StopTimer()
		batch := blocksOf(w, facts(n, benchBatch))
		runtime.GC()
		b.StartTimer()
		before := processorTime(b)
		foldBatch(b, l, batch)
		used += processorTime(b) - before
		n += benchBatch
	}
	b.ReportMetric(float64(n-held)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(used.Nanoseconds())/float64(n-held), "cpu-ns/event")
	if info, err := os.Stat(l.Path()); err == nil {
		b.ReportMetric(float64(info.Size())/float64(n), "file-B/event")
	}
}

// BenchmarkReopened reads kept blocks as a replay does: decoded, with the leaf hashes of their events.
func BenchmarkReopened(b *testing.B) {
	for _, history := range benchHistories {
		b.Run(history.name, func(b *testing.B) {
			l := ledgertest.Open(b, "licensing")
			foldBatch(b, l, blocksOf(ledgertest.NewWriter(), history.facts(0, benchBatch)))
			b.ReportAllocs()
			var used time.Duration
			events := 0
			for b.Loop() {
				before := processorTime(b)
				err := l.View(func(v ledger.View) error {
					return v.EachBlock(journal.ID{Agency: "licensing", Group: "all"}, func(kept *ledgerv1.FoldedBlock) error {
						opened, err := journal.Reopened(kept)
						if err == nil {
							events += len(opened.Entries)
						}
						return err
					})
				})
				used += processorTime(b) - before
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(used.Nanoseconds())/float64(events), "cpu-ns/event")
		})
	}
}

// processorTime is what this process has used, which neighbours on a shared machine do not change.
func processorTime(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func foldBatch(tb testing.TB, l *ledger.Ledger, blocks []*journal.Block) {
	tx, err := l.Begin()
	if err != nil {
		tb.Fatal(err)
	}
	defer tx.Rollback()
	for _, b := range blocks {
		if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
			tb.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		tb.Fatal(err)
	}
}

// spring is a time of two years and a quarter, from day to day; within is the same from hour to hour.
var (
	spring = &queryv1.Filter{From: timestamppb.New(time.Date(2010, 3, 1, 0, 0, 0, 0, time.UTC)), Until: timestamppb.New(time.Date(2012, 6, 1, 0, 0, 0, 0, time.UTC))}
	within = &queryv1.Filter{From: timestamppb.New(spring.From.AsTime().Add(9 * time.Hour)), Until: timestamppb.New(spring.Until.AsTime().Add(17 * time.Hour))}
)

// both keeps what two filters keep.
func both(a, b *queryv1.Filter) *queryv1.Filter {
	return &queryv1.Filter{Conditions: append(a.Conditions, b.Conditions...)}
}

// BenchmarkQuery reads a ledger of a million licences.
func BenchmarkQuery(b *testing.B) {
	l := ledgertest.Open(b, "licensing")
	w := ledgertest.NewWriter()
	for n := 0; n < 1_000_000; n += benchBatch {
		foldBatch(b, l, syntheticBlocks(w, n, benchBatch))
	}
	countEach(b, l)
	b.Run("get", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if err := l.View(func(v ledger.View) error {
				_, err := v.Licence(fmt.Sprintf("licensing/L-%08d", i*7919%1_000_000))
				return err
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("root", func(b *testing.B) {
		for b.Loop() {
			if err := l.View(func(v ledger.View) error { _, _, err := v.Root(b.Context()); return err }); err != nil {
				b.Fatal(err)
			}
		}
	})
	pageEach(b, l) // last: it opens the ledger anew
}

func countEach(b *testing.B, l *ledger.Ledger) {
	for _, c := range []struct {
		name string
		f    *queryv1.Filter
		by   string
	}{
		{"all", nil, ""},
		{"destination", where("destination", "BC"), ""},
		{"destination and year by rating", both(where("destination", "BC"), where("year", "2010")), "rating"},
		{"all by destination", nil, "destination"},
		{"all by party", nil, "party"},
		{"between dates", spring, ""},
		{"between dates by year", spring, "year"},
		{"between times", within, ""},
	} {
		b.Run("count "+c.name, func(b *testing.B) {
			for b.Loop() {
				if err := l.View(func(v ledger.View) error { _, _, err := v.Count(queryv1.Table_TABLE_LICENCES, c.f, c.by); return err }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func pageEach(b *testing.B, l *ledger.Ledger) {
	for _, c := range []struct {
		name string
		f    *queryv1.Filter
	}{{"destination", where("destination", "BC")}, {"party", where("party", "reg:77")}, {"destination and status", both(where("destination", "BC"), where("status", "granted"))},
		{"dates", spring}, {"times", within}} {
		b.Run("page of 50 by "+c.name, func(b *testing.B) {
			for b.Loop() {
				if err := l.View(func(v ledger.View) error { _, _, err := v.List(queryv1.Table_TABLE_LICENCES, c.f, "", 50); return err }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("page of 50 newest by dates", func(b *testing.B) {
		for b.Loop() {
			newestBetween(b, l, spring)
		}
	})
	b.Run("page of 50 newest by dates, cold", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			l = opened(b, l)
			b.StartTimer()
			newestBetween(b, l, spring)
		}
	})
}

func newestBetween(tb testing.TB, l *ledger.Ledger, f *queryv1.Filter) {
	err := l.View(func(v ledger.View) error {
		rows, _, err := v.Newest(queryv1.Table_TABLE_LICENCES, f, "", 50)
		if err == nil && len(rows) != 50 {
			err = fmt.Errorf("%d rows", len(rows))
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// opened is a ledger opened anew, of which nothing is in memory any more.
func opened(tb testing.TB, l *ledger.Ledger) *ledger.Ledger {
	path := l.Path()
	if err := l.Close(); err != nil {
		tb.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	const dontNeed = 4 // POSIX_FADV_DONTNEED
	if _, _, errno := syscall.Syscall6(syscall.SYS_FADVISE64, f.Fd(), 0, 0, dontNeed, 0, 0); errno != 0 {
		tb.Fatal(errno)
	}
	again, err := ledger.Open(path, ledger.Options{Agency: "licensing"})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := again.Close(); err != nil {
			tb.Error(err)
		}
	})
	return again
}
