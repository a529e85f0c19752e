package simulation_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
	"github.com/counterfoil/counterfoil/services/licensing/simulation"
)

// BenchmarkSimulation simulates policies on 10,000 decided cases, a quarter of them denied in committee.
func BenchmarkSimulation(b *testing.B) {
	m1, ad := template(b, "m1-ad-hoc")
	m2, com := template(b, "m2-committee")
	_, m3 := template(b, "m3-authority")
	l := ledgertest.Open(b, "licensing")
	w := ledgertest.NewWriter()
	fold(b, l, w, founding(m1, m2))
	for first := 1; first <= 10_000; first += 500 {
		var facts []proto.Message
		for n := first; n < first+500; n++ {
			d := history[[]int{0, 2, 3, 6}[n%4]]
			d.n = n
			facts = append(facts, d.facts()...)
		}
		fold(b, l, w, facts)
	}
	for name, p := range map[string]*policyv1.Policy{"M1": ad, "M2": com, "M3": m3} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				err := l.View(func(view ledger.View) error {
					sim, err := simulation.New(view, &licensingv1.SimulatePolicyRequest{Policy: p})
					for more := true; more && err == nil; {
						more, err = sim.Next(view)
					}
					if got := sim.Result(); got.Cases != 10_000 {
						b.Errorf("%d cases", got.Cases)
					}
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// fold puts facts on record in one transaction, a block for the facts of each journal.
func fold(b *testing.B, l *ledger.Ledger, w *ledgertest.Writer, facts []proto.Message) {
	b.Helper()
	tx, err := l.Begin()
	if err != nil {
		b.Fatal(err)
	}
	defer tx.Rollback()
	of := map[journal.ID]ledgertest.Facts{}
	for _, f := range facts {
		id, _ := w.Event(f)
		of[id] = append(of[id], f)
	}
	for id, facts := range of {
		block := w.Together(id, facts...)
		if err := tx.Apply(id, block.Entries...); err != nil {
			b.Fatal(err)
		}
		if err := tx.Fold(block, ledgertest.Position(block)); err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
}
