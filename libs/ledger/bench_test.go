package ledger_test

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

const (
	benchBlock = 1_000
	benchBatch = 10_000
)

// syntheticBlocks are blocks of licences granted from event first on: 200 destinations, 20 years, 500 ratings, 5,000
// exporters, one line each.
func syntheticBlocks(w *ledgertest.Writer, first, n int) []*journal.Block {
	id := journal.ID{Agency: "licensing", Group: "all"}
	var blocks []*journal.Block
	for from := first; from < first+n; from += benchBlock {
		facts := ledgertest.Facts{}
		for i := from; i < min(from+benchBlock, first+n); i++ {
			facts = append(facts, syntheticLicence(i))
		}
		blocks = append(blocks, w.Together(id, facts...))
	}
	return blocks
}

func syntheticLicence(i int) ledger.Dated {
	exporter := strconv.Itoa(i * 7919 % 5_000)
	return ledger.Dated{
		OccurredAt: time.Date(2005+i%20, time.Month(1+i/20%12), 1+i/240%28, 9, 0, 0, 0, time.UTC),
		Message: &licensingv1.LicenceGranted{
			LicenceId: fmt.Sprintf("licensing/L-%08d", i),
			Deal: &licensingv1.Deal{
				Kind:        transferv1.Kind(1 + i%5),
				Parties:     []*transferv1.Party{{Role: transferv1.Role_ROLE_EXPORTER, Name: "Exporter " + exporter, Country: "XA", Identifiers: []string{"reg:" + exporter}}},
				Destination: &licensingv1.Place{Country: string([]byte{'A' + byte(i*31%200/26), 'A' + byte(i*31%200%26)})},
				Lines: []*transferv1.Line{{
					Number: 1, Rating: "ML" + strconv.Itoa(i*17%500), Category: transferv1.Category(1 + i%10), Description: "components for what is described above",
					Quantity: &transferv1.Quantity{Thousandths: int64(i%1000) * 1000, Unit: "H87"}, Value: &transferv1.Money{Minor: int64(i), Currency: "EUR"},
				}},
				EndUse: "end use by the armed forces",
			},
			ValidFrom: timestamppb.New(ledgertest.Start), ValidUntil: timestamppb.New(ledgertest.Start.AddDate(2, 0, 0)),
		},
	}
}

// BenchmarkFold folds decoded blocks of 1,000 in transactions of 10,000 events into a ledger that already holds some,
// and says what that costs per event there: the decoding is not measured, the commit is.
func BenchmarkFold(b *testing.B) {
	for _, held := range []int{0, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("held=%d", held), func(b *testing.B) {
			l := ledgertest.Open(b, "licensing")
			w := ledgertest.NewWriter()
			for n := 0; n < held; n += benchBatch {
				foldBatch(b, l, syntheticBlocks(w, n, benchBatch))
			}
			n, used := held, time.Duration(0)
			b.ResetTimer()
			for b.Loop() {
				b.StopTimer()
				batch := syntheticBlocks(w, n, benchBatch)
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

// BenchmarkQuery reads a ledger of a million licences.
func BenchmarkQuery(b *testing.B) {
	l := ledgertest.Open(b, "licensing")
	w := ledgertest.NewWriter()
	for n := 0; n < 1_000_000; n += benchBatch {
		foldBatch(b, l, syntheticBlocks(w, n, benchBatch))
	}
	where := func(pairs ...string) *queryv1.Filter {
		f := &queryv1.Filter{}
		for i := 0; i < len(pairs); i += 2 {
			f.Conditions = append(f.Conditions, &queryv1.Condition{Attribute: pairs[i], Values: []string{pairs[i+1]}})
		}
		return f
	}
	spring := &queryv1.Filter{From: timestamppb.New(time.Date(2010, 3, 1, 0, 0, 0, 0, time.UTC)), Until: timestamppb.New(time.Date(2012, 6, 1, 0, 0, 0, 0, time.UTC))}
	counts := []struct {
		name string
		f    *queryv1.Filter
		by   string
	}{
		{"all", nil, ""},
		{"destination", where("destination", "BC"), ""},
		{"destination and year by rating", where("destination", "BC", "year", "2010"), "rating"},
		{"all by destination", nil, "destination"},
		{"all by party", nil, "party"},
		{"between dates", spring, ""},
	}
	licences := queryv1.Table_TABLE_LICENCES
	for _, c := range counts {
		b.Run("count "+c.name, func(b *testing.B) {
			for b.Loop() {
				if err := l.View(func(v ledger.View) error { _, _, err := v.Count(licences, c.f, c.by); return err }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for _, c := range []struct {
		name string
		f    *queryv1.Filter
	}{{"destination", where("destination", "BC")}, {"party", where("party", "reg:77")}, {"destination and status", where("destination", "BC", "status", "granted")}} {
		b.Run("page of 50 by "+c.name, func(b *testing.B) {
			for b.Loop() {
				if err := l.View(func(v ledger.View) error { _, _, err := v.List(licences, c.f, "", 50); return err }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
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
}
