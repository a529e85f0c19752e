package customs_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk/desktest"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/node"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs"
)

// Declarations accepted at a node, on one licence with none and with many entries on record, by one office and by 16 at once.
func BenchmarkAccept(b *testing.B) {
	for _, entries := range []int{0, 10_000} {
		for _, offices := range []int{1, 16} {
			b.Run(fmt.Sprintf("entries=%d/offices=%d", entries, offices), func(b *testing.B) { accepting(b, entries, offices) })
		}
	}
}

func accepting(b *testing.B, entries, offices int) {
	w := desktest.New(b, "licensing", "customs")
	licensing, a := w.Agency("licensing"), w.Agency("customs")
	receipt := licensing.Record(desktest.Facts(&licensingv1.LicenceGranted{LicenceId: licenceID, Deal: &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_TRANSIT, Destination: &licensingv1.Place{Country: "XB"}, Lines: []*transferv1.Line{{Number: 1, Quantity: pieces(1 << 40)}},
	}}))
	w.Carry(licensing, a, "all")
	a.Wait(journal.ID{Agency: "licensing", Group: "all"}, receipt.FirstEvent)
	for n := 0; n < entries; n += 500 {
		var facts []proto.Message
		for i := range 500 {
			id := fmt.Sprintf("customs/before-%d", n+i)
			facts = append(facts, &customsv1.DeclarationAccepted{DeclarationId: id, LicenceId: licenceID},
				&customsv1.LicenceQuantityReserved{DeclarationId: id, Item: 1, LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(1)})
		}
		a.Record(desktest.Facts(facts...))
	}
	service, err := customs.New(customs.Config{Node: &node.Node{Agency: a.Name, Ledger: a.Ledger, Desk: a.Desk}})
	if err != nil {
		b.Fatal(err)
	}
	var next atomic.Int64
	var at sync.WaitGroup
	b.ResetTimer()
	for range offices {
		at.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				if _, err := service.AcceptDeclaration(b.Context(), declaration(fmt.Sprintf("26XA%d", n), 1)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	at.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "accepted/s")
}
