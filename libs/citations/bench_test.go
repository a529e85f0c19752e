package citations_test

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/citations"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// What is to be told of 20,000 decisions that cite three opinions each, in blocks of 100.
func BenchmarkToTell(b *testing.B) {
	const decisions, perBlock = 20_000, 100
	l := ledgertest.Open(b, "licensing")
	tx := ledgertest.Begin(b, l)
	w := ledgertest.NewWriter()
	var cited []*eventv1.Cause
	for n := range decisions / perBlock {
		var opinions, grants []*eventv1.Event
		for i := range perBlock {
			_, o := w.Event(&licensingv1.OpinionGiven{ConsultationId: fmt.Sprintf("licensing/C-%d", n*perBlock+i)})
			opinions = append(opinions, o)
			cited = append(cited, &eventv1.Cause{Journal: "customs/all", Number: uint64(n*perBlock + i + 1), Id: o.Id})
		}
		id, _ := w.Event(ledgertest.By("customs", &licensingv1.OpinionGiven{}))
		blocks := []*journal.Block{w.Block(id, opinions...)}
		for i := range perBlock {
			var fact proto.Message = &licensingv1.LicenceGranted{LicenceId: fmt.Sprintf("licensing/L-%d", n*perBlock+i)}
			_, e := w.Event(ledger.Dated{Message: fact, Causes: cited[max(0, len(cited)-i-3) : len(cited)-i]})
			grants = append(grants, e)
		}
		id.Agency = "licensing"
		for _, block := range append(blocks, w.Block(id, grants...)) {
			if err := tx.Apply(block.ID, block.Entries...); err != nil {
				b.Fatal(err)
			}
			if err := tx.Fold(block, ledgertest.Position(block)); err != nil {
				b.Fatal(err)
			}
		}
	}
	for b.Loop() {
		uses, err := citations.ToTell(tx.View, time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
		if err != nil || len(uses) != 1 {
			b.Fatal(uses, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/decisions, "ns/decision")
}
