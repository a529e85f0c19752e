package links_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/links"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// BenchmarkOf looks up what an alert has in common with 10,000 and with 100,000 declarations: two serials of one, a lot and a container
// of 20 each, a vessel of 40, and a route of a tenth of all, which is too common.
func BenchmarkOf(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l := ledgertest.Open(b, "customs")
			declare(b, l, n)
			err := l.View(func(v ledger.View) error {
				for b.Loop() {
					found, err := links.Of(v, alertID, links.Options{})
					if err != nil {
						return err
					}
					if len(found.Links) != 82 || len(found.LeftOut) != 1 {
						return fmt.Errorf("%d links, %v left out", len(found.Links), found.LeftOut)
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}

func declare(b *testing.B, l *ledger.Ledger, n int) {
	b.Helper()
	tx, err := l.Begin()
	if err != nil {
		b.Fatal(err)
	}
	defer tx.Rollback()
	w := ledgertest.NewWriter()
	fold := func(block *journal.Block) {
		if err := errors.Join(tx.Apply(block.ID, block.Entries...), tx.Fold(block, ledgertest.Position(block))); err != nil {
			b.Fatal(err)
		}
	}
	for from := 0; from < n; from += 1000 {
		var facts ledgertest.Facts
		for i := from; i < from+1000; i++ {
			facts = append(facts, declaration(i, n))
		}
		fold(w.Together(journal.ID{Agency: "customs", Group: "border"}, facts...))
	}
	_, e := w.Event(&enforcementv1.DiversionAlertRaised{AlertId: alertID, Serials: serials("lot 0", "S-7", "S-8"), Links: &enforcementv1.Links{Containers: []string{"C-0"}, Vessels: []string{"imo:0"}},
		Places: &enforcementv1.Places{Transit: []string{"XC", "X0"}}})
	fold(w.Block(journal.ID{Agency: "enforcement", Group: "all"}, e))
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
}

func declaration(i, n int) *customsv1.DeclarationAccepted {
	return &customsv1.DeclarationAccepted{
		DeclarationId: fmt.Sprintf("customs/26XA%07d", i), LicenceId: fmt.Sprintf("licensing/L-%d", i%500),
		Parties: []*transferv1.Party{{Name: fmt.Sprintf("Consignee %d", i%700), Identifiers: []string{fmt.Sprintf("reg:%d", i%700)}}},
		Items:   []*customsv1.Item{{Number: 1, Serials: serials(fmt.Sprintf("lot %d", i%(n/20)), fmt.Sprintf("S-%d", i%n))}},
		Consignment: &customsv1.Consignment{
			Containers: []string{fmt.Sprintf("C-%d", i%(n/20))}, Transport: &customsv1.Transport{Identity: fmt.Sprintf("imo:%d", i%(n/40))},
			Route: []string{"XC", fmt.Sprintf("X%d", i%10)},
		},
	}
}
