package report_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/report"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// filled is a ledger of so many grants of one line each, half of them in 2025, in blocks of 1,000 events.
func filled(b *testing.B, grants int) (*ledger.Ledger, *ledgertest.Writer) {
	b.Helper()
	l, w := ledgertest.Open(b, "reporting"), ledgertest.NewWriter()
	id := journal.ID{Agency: "licensing", Group: "all"}
	for made := 0; made < grants; {
		tx, err := l.Begin()
		if err != nil {
			b.Fatal(err)
		}
		for range 20 {
			var facts []proto.Message
			for range min(1000, grants-made) {
				facts = append(facts, in(2024+made%2, grantNumber(made)))
				made++
			}
			if len(facts) == 0 {
				break
			}
			block := w.Together(id, facts...)
			if err := tx.Fold(block, ledgertest.Position(block)); err != nil {
				b.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	return l, w
}

func grantNumber(n int) proto.Message {
	rows := []string{"VIII small arms 1", "VIII small arms 2", "VIII small arms 4", "VIII light weapons 1"}
	line := goods(fmt.Sprintf("ML1.%c", 'a'+n%4), small, rows[n%4], int64(n%50+1), int64(n%1000)*100)
	return granted(fmt.Sprintf("L-%07d", n), export, fmt.Sprintf("%c%c", 'A'+n/2%20, 'A'+n/40%5), line)
}

// A report of a year with half of a ledger's events is built; then one licence more is granted and the draft brought up. The
// size is the ledger's.
func BenchmarkBuild(b *testing.B) {
	for _, size := range []int{10_000, 100_000, 1_000_000} {
		l, w := filled(b, size)
		for _, name := range []string{report.Annual, report.National} {
			spec, err := report.NewSpec("", nil, name, 2025)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				for b.Loop() {
					if err := l.View(func(v ledger.View) error {
						d, err := report.Build(v, spec)
						if err != nil {
							return err
						}
						c, err := d.Content(v, false)
						if len(c.GetRows()) == 0 {
							b.Fatal("no rows")
						}
						return err
					}); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run(fmt.Sprintf("%s/%d/one more", name, size), func(b *testing.B) {
				var d *report.Draft
				if err := l.View(func(v ledger.View) (err error) {
					d, err = report.Build(v, spec)
					return err
				}); err != nil {
					b.Fatal(err)
				}
				n := 0
				for b.Loop() {
					b.StopTimer()
					tx, err := l.Begin()
					if err != nil {
						b.Fatal(err)
					}
					block := w.Together(journal.ID{Agency: "licensing", Group: "all"}, in(2025, granted(fmt.Sprintf("%s-%d-%d", name, b.N, n), transferv1.Kind_KIND_EXPORT, "XB", goods("ML6", tanks, "I", 1, 1))))
					n++
					if err := tx.Fold(block, ledgertest.Position(block)); err != nil {
						b.Fatal(err)
					}
					if err := tx.Commit(); err != nil {
						b.Fatal(err)
					}
					b.StartTimer()
					if err := l.View(func(v ledger.View) error {
						looked, err := d.Update(v)
						if looked != 1 {
							b.Fatalf("%d rows looked at", looked)
						}
						return err
					}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
