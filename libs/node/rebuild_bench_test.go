package node

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/projection"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// BenchmarkLedgerBuiltAnew measures, on 100,000 licences in blocks of 500: building the ledger anew at a node (s to build and to
// compare, ms in which nothing could be recorded), a build beside (s), and what a start takes with what was built beside and
// 1,000 licences since, and without (s).
func BenchmarkLedgerBuiltAnew(b *testing.B) {
	home := newHome(b)
	n, stop := running(b, home)
	const licences, perBlock = 100_000, 500
	record := func(first, last int) {
		for ; first < last; first += perBlock {
			facts := make([]proto.Message, perBlock)
			for i := range facts {
				facts[i] = &licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("licensing/L-%06d", first+i), Deal: &licensingv1.Deal{
					Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"}, Lines: []*transferv1.Line{{Number: 1, Rating: "ML1.a"}},
				}}
			}
			_, err := n.Desk.Record(b.Context(), &eventv1.Particulars{}, func(ledger.View) ([]proto.Message, error) { return facts, nil })
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	record(0, licences)
	for round := range b.N {
		r, err := n.rebuild(context.Background(), projection.Rebuilding{})
		if err != nil || !r.Swapped {
			b.Fatal(r, err)
		}
		b.ReportMetric(r.BuiltIn.AsDuration().Seconds(), "s/build")
		b.ReportMetric(r.ComparedIn.AsDuration().Seconds(), "s/compare")
		b.ReportMetric(float64(r.Paused.AsDuration().Microseconds())/1000, "ms/pause")
		built, err := Beside{Home: home}.Build(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric((built.CopiedIn + built.FoldedIn).Seconds(), "s/beside")
		record(licences+1000*round, licences+1000*(round+1))
		stop()
		outdate(b, home)
		began := time.Now()
		_, stop = running(b, home)
		b.ReportMetric(time.Since(began).Seconds(), "s/start-with")
		stop()
		if err := os.Remove(filepath.Join(string(home), "ledger.db")); err != nil {
			b.Fatal(err)
		}
		began = time.Now()
		n, stop = running(b, home)
		b.ReportMetric(time.Since(began).Seconds(), "s/start-without")
	}
	stop()
}
