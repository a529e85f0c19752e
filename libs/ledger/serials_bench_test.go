package ledger_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// BenchmarkSerials changes where a declaration with so many serials stands, once in each transaction.
func BenchmarkSerials(b *testing.B) {
	for _, n := range []int{0, 10, 100, 1_000, 10_000} {
		b.Run(fmt.Sprintf("serials=%d", n), func(b *testing.B) {
			const id = "customs/E-1"
			var all []*transferv1.Serials
			for first := 0; first < n; first += 1000 {
				s := &transferv1.Serials{}
				for i := first; i < min(n, first+1000); i++ {
					s.Serials = append(s.Serials, fmt.Sprintf("KA-%05d", i))
				}
				all = append(all, s)
			}
			l, w := ledgertest.Open(b, "customs"), ledgertest.NewWriter()
			foldBatch(b, l, w.Blocks(&customsv1.DeclarationAccepted{DeclarationId: id, Items: []*customsv1.Item{{Number: 1, Serials: all}}}))
			changes := []proto.Message{&customsv1.GoodsHeld{DeclarationId: id}, &customsv1.HoldLifted{DeclarationId: id}}
			i := 0
			for b.Loop() {
				foldBatch(b, l, w.Blocks(changes[i%2]))
				i++
			}
		})
	}
}
