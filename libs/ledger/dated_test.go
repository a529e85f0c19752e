package ledger_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Whatever rows are due, records that each take what goes together come to everything once, each of one journal, with all that a row
// comes to, and few of them where there are few journals.
func TestTogetherProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		journals := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"customs/all", "customs/border", "customs/police"}), 1, 3, rapid.ID).Draw(t, "journals")
		type due struct {
			row   *ledgerv1.Delivery
			facts int
		}
		var left []due
		for n := range rapid.IntRange(0, 700).Draw(t, "rows") {
			left = append(left, due{&ledgerv1.Delivery{Id: fmt.Sprint(n), Journal: rapid.SampledFrom(journals).Draw(t, "journal")}, rapid.IntRange(0, 3).Draw(t, "facts")})
		}
		total, records := 0, 0
		for _, d := range left {
			total += d.facts
		}
		for got := 0; got < total; records++ {
			var one ledger.Together
			for _, d := range left {
				var facts []proto.Message
				for range d.facts {
					facts = append(facts, ledger.Beside(d.row, d.row))
				}
				one.Add(d.row, facts)
			}
			if len(one.Facts) == 0 || len(one.Facts) > 202 {
				t.Fatalf("%d facts are left, and a record has %d", total-got, len(one.Facts))
			}
			got += len(one.Facts)
			recorded := map[*ledgerv1.Delivery]int{}
			for _, f := range one.Facts {
				row := f.(ledger.Dated).Message.(*ledgerv1.Delivery)
				if recorded[row]++; row.Journal != one.Facts[0].(ledger.Dated).Message.(*ledgerv1.Delivery).Journal {
					t.Fatalf("a record is for two journals")
				}
			}
			for i, d := range left {
				if n := recorded[d.row]; n != 0 && n != d.facts {
					t.Fatalf("%d of %d facts of a row are in a record", n, d.facts)
				} else if n > 0 {
					left[i].facts = 0
				}
			}
		}
		if most := total/200 + len(journals); records > most {
			t.Fatalf("%d facts of %d journals take %d records, want at most %d", total, len(journals), records, most)
		}
	})
}
