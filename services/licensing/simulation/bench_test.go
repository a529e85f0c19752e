package simulation_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/licensing/simulation"
)

// tenThousand is a ledger of 10,000 decided cases, a quarter of them denied in committee.
func tenThousand(b *testing.B) *ledger.Ledger {
	m1, _ := template(b, "m1-ad-hoc")
	m2, _ := template(b, "m2-committee")
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
	return l
}

// BenchmarkSimulation simulates policies on 10,000 decided cases.
func BenchmarkSimulation(b *testing.B) {
	l := tenThousand(b)
	_, ad := template(b, "m1-ad-hoc")
	_, com := template(b, "m2-committee")
	_, m3 := template(b, "m3-authority")
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

// BenchmarkWhatIf judges 10,000 decisions again.
func BenchmarkWhatIf(b *testing.B) {
	l := tenThousand(b)
	_, com := template(b, "m2-committee")
	for name, req := range map[string]*queryv1.WhatIfRequest{
		"policy":    {Policy: com},
		"embargo":   {Embargoes: []*queryv1.WhatIfEmbargo{{Country: "XB", From: "2026-03-09"}}},
		"criterion": {Criteria: []*queryv1.WhatIfCriterion{{Criterion: "7(4)", OverridingFrom: licensingv1.Level_LEVEL_LOW}}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				err := l.View(func(view ledger.View) error {
					w, err := simulation.Try(view, req)
					for more := true; more && err == nil; {
						_, more, err = w.Next(view)
					}
					if got := w.Totals(); got.Decisions != 10_000 {
						b.Errorf("%d decisions", got.Decisions)
					}
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(10_000*float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
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
