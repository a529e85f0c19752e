package knowledge_test

import (
	"fmt"
	"testing"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/knowledge"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// A licence with 300 declarations, 20 alerts and 40 licences of the same end user, among 20,000 other declarations in blocks of 100.
func BenchmarkReview(b *testing.B) {
	w := newWorld(b)
	w.tell(said{written: 1, fact: &licensingv1.LicenceGranted{LicenceId: licence, Deal: deal("Border Guard")}})
	for n := range 40 {
		w.tell(said{written: 1, fact: &licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("licensing/S-%d", n), Deal: deal("Border Guard")}})
	}
	for n := range 20 {
		w.tell(said{written: 2, received: 3, fact: alert(n, licence)})
	}
	for n := range 200 {
		var events []*eventv1.Event
		for i := range 100 {
			of := fmt.Sprintf("licensing/O-%d", n)
			if n < 3 {
				of = licence
			}
			_, e := w.writer.Event(&customsv1.DeclarationAccepted{DeclarationId: fmt.Sprintf("customs/%d", n*100+i), LicenceId: of})
			events = append(events, e)
		}
		block := w.writer.Block(journal.ID{Agency: "customs", Group: "all"}, events...)
		block.ReceivedAt = hour(2)
		w.blocks = append(w.blocks, block)
	}
	w.tell(said{written: 10, fact: &licensingv1.LicenceRevoked{LicenceId: licence}})
	l := ledgertest.Open(b, "licensing")
	tx := ledgertest.Begin(b, l)
	w.fold(tx)
	facts := 0
	for b.Loop() {
		res, _, err := knowledge.Review(tx.View, licence, 0)
		if err != nil {
			b.Fatal(err)
		}
		facts = len(res.Received)
	}
	b.ReportMetric(float64(facts), "facts")
}
