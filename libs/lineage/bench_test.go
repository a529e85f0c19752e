package lineage

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/report"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// filled is a world with a journal of so many licences, lines of which were granted in 2025, spread over all of it.
func filled(b *testing.B, events, lines int) *world {
	b.Helper()
	w := newWorld(b)
	every := events / lines
	for from := 0; from < events; from += 20_000 {
		w.in(func(tx *ledger.Tx) {
			for block := from; block < min(from+20_000, events); block += 1000 {
				var facts []proto.Message
				for i := block; i < block+1000; i++ {
					year := 1990 + i%30
					if i%every == 0 {
						year = 2025
					}
					facts = append(facts, ledgertest.At(time.Date(year, 3, 1, 9, 0, i%60, 0, time.UTC), licence(i)))
				}
				w.block(tx, facts...)
			}
		})
	}
	return w
}

func licence(i int) *licensingv1.LicenceGranted {
	l := goods(int64(1+i%100), int64(100+i))
	l[0].Description = "what is described above, with what belongs to it"
	return &licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("licensing/L-%08d", i), Deal: &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: string([]byte{'A' + byte(i*31%200/26), 'A' + byte(i*31%200%26)})}, Lines: l,
		Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_EXPORTER, Name: fmt.Sprintf("Exporter %d", i*7919%5000), Country: "XA"}}, EndUse: "end use by the armed forces",
	}}
}

// BenchmarkTake makes the files of a report of 15,000 lines out of a journal of 100,000 events.
func BenchmarkTake(b *testing.B) {
	w := filled(b, 100_000, 15_000)
	w.view(func(v ledger.View) {
		c := w.content(v, report.Annual, 2025, nil)
		n := 0
		for _, r := range c.Rows {
			n += len(r.Contributions)
		}
		for _, audience := range []reportingv1.Audience{public, internal} {
			b.Run(audience.String(), func(b *testing.B) {
				size, before := 0, processorTime(b)
				for b.Loop() {
					size = len(must(new(Trees).Take(v, c, audience)))
				}
				b.ReportMetric(float64((processorTime(b)-before).Milliseconds())/float64(b.N), "cpu-ms")
				b.ReportMetric(float64(n), "lines")
				b.ReportMetric(float64(size)/1e6, "MB")
			})
		}
	})
}

// BenchmarkExplain explains a figure of a thousand events in a journal of a million: when the journal was not read yet, and after.
func BenchmarkExplain(b *testing.B) {
	w := filled(b, 1_000_000, 1000)
	w.view(func(v ledger.View) {
		c := w.content(v, report.Annual, 2025, nil)
		explain := func(trees *Trees) {
			if res := must(trees.Explain(v, c, Cell{Row: "exports"})); res.Count != 1000 {
				b.Fatalf("%d events", res.Count)
			}
		}
		b.Run("first", func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			used := processorTime(b)
			for b.Loop() {
				explain(new(Trees))
			}
			b.ReportMetric(float64((processorTime(b)-used).Milliseconds())/float64(b.N), "cpu-ms")
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/1e6, "allocated-MB")
		})
		b.Run("again", func(b *testing.B) {
			trees := new(Trees)
			explain(trees)
			used := processorTime(b)
			for b.Loop() {
				explain(trees)
			}
			b.ReportMetric(float64((processorTime(b)-used).Milliseconds())/float64(b.N), "cpu-ms")
		})
	})
}

// processorTime is what this process has used, which neighbours on a shared machine do not change.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
