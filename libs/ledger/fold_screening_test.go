package ledger_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

// A judgement of a screening that its agency left incomplete is parked like any other that cannot be applied.
func TestJudgementOfAnIncompleteScreeningIsRefused(t *testing.T) {
	for name, of := range map[string]proto.Message{
		"no certificate": &screeningv1.ScreeningPerformed{ScreeningId: "customs/S-1", Hits: []*screeningv1.Hit{{Number: 1}}},
		"no hit":         &screeningv1.PartyFound{FindingId: "customs/S-1"},
	} {
		t.Run(name, func(t *testing.T) {
			tx := ledgertest.Begin(t, ledgertest.Open(t, "licensing"), ledgertest.By("customs", of))
			judged := &screeningv1.HitJudged{ScreeningId: "customs/S-1", Hit: 1, Judgement: screeningv1.Judgement_JUDGEMENT_ANOTHER}
			w := ledgertest.NewWriter()
			w.Blocks(ledgertest.By("customs", of))
			b := w.Blocks(ledgertest.By("customs", judged))[0]
			if err := tx.Apply(b.ID, b.Entries...); err == nil {
				t.Error("it was applied")
			}
		})
	}
}
