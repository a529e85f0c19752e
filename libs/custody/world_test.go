package custody_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/counterfoil/counterfoil/libs/custody"
	"github.com/counterfoil/counterfoil/libs/custody/custodytest"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/marks"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// worldOf folds a made-up history into a ledger.
func worldOf(t testing.TB, items, perStage int) (*custodytest.World, *ledger.Ledger) {
	t.Helper()
	w, l := custodytest.Make(1, items, perStage), ledgertest.Open(t, "enforcement")
	began := time.Now()
	if err := w.Fold(l); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d items in %d facts, %.0f facts/s", len(w.Items), len(w.Facts), float64(len(w.Facts))/time.Since(began).Seconds())
	err := l.View(func(v ledger.View) error {
		parked, err := v.ParkedEvents()
		for _, p := range parked[:min(len(parked), 5)] {
			t.Errorf("event %d of %s was not applied: %s", p.Number, p.Journal, p.Reason)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return w, l
}

type tracing func(ledger.View, *transferv1.Mark) ([]*queryv1.Custody, error)

// wrong is what a chain of custody says that is not true of an item, or leaves out; empty when all is well.
func wrong(v ledger.View, it *custodytest.Item, trace tracing) string {
	chains, err := trace(v, it.Mark)
	if err != nil {
		return err.Error()
	}
	for _, c := range chains {
		if c.Match != string(marks.Same) {
			continue
		}
		named, open := c.GetLastLawful().GetParty().GetName(), c.GetOpen()
		switch {
		case it.Planted && (c.Stage != it.Stage || open.GetStep() != it.Step || open.GetIndicator() != it.Indicator || named != it.Holder):
			return fmt.Sprintf("%s, %s %s, %q: %s; want %s, %s %s, %q", c.Stage, open.GetStep(), open.GetIndicator(), named, c.Reason, it.Stage, it.Step, it.Indicator, it.Holder)
		case it.Planted:
			return ""
		case c.Stage != 0 || open.GetIndicator() != "" || named != "" && named != it.Holder:
			return fmt.Sprintf("%s, %s %s, %q: %s; want nothing, %q", c.Stage, open.GetStep(), open.GetIndicator(), named, c.Reason, it.Holder)
		}
		return ""
	}
	return fmt.Sprintf("not found among %d chains", len(chains))
}

// Of 100,000 items, every one that was diverted is found, with its stage, who had it lawfully last and the step that did not
// follow, and of no other is anybody named wrongly.
func TestEveryDiversionIsFoundAndNobodyIsNamedWrongly(t *testing.T) {
	items := 100_000
	if testing.Short() {
		items = 10_000
	}
	w, l := worldOf(t, items, 40)
	r := rand.New(rand.NewPCG(3, 4))
	stages, others, faults := map[enforcementv1.Stage]int{}, 0, map[string]int{}
	err := l.View(func(v ledger.View) error {
		for i, it := range w.Items {
			if !it.Planted && i > 5000 && r.IntN(len(w.Items)) > 5000 {
				continue
			}
			if it.Planted {
				stages[it.Stage]++
			} else {
				others++
			}
			if said := wrong(v, it, custody.Of); said != "" {
				if faults[it.Story]++; faults[it.Story] <= 2 {
					t.Errorf("%s: %v: %s", it.Story, it.Mark, said)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for stage := enforcementv1.Stage_STAGE_D1_BEFORE_TRANSFER; stage <= enforcementv1.Stage_STAGE_D6_DOMESTIC; stage++ {
		if stages[stage] < 40 {
			t.Errorf("only %d items were diverted at %s", stages[stage], stage)
		}
	}
	t.Logf("planted %v, others %d, wrong %v", stages, others, faults)
}

// Were the serial alone compared, somebody would be named wrongly.
func TestSerialAloneNamesWrongly(t *testing.T) {
	w, l := worldOf(t, 20_000, 10)
	alone := func(v ledger.View, m *transferv1.Mark) ([]*queryv1.Custody, error) {
		return custody.OfCompared(v, m, func(marks.Mark, marks.Mark) marks.Match { return marks.Match{Level: marks.Same} })
	}
	missed, accused := 0, 0
	err := l.View(func(v ledger.View) error {
		for _, it := range w.Items[:2000] {
			if wrong(v, it, alone) == "" {
				continue
			}
			if it.Planted {
				missed++
			} else {
				accused++
			}
		}
		return nil
	})
	if err != nil || missed == 0 || accused == 0 {
		t.Errorf("%d diversions missed, %d named wrongly, %v; the stories do not tell a serial from a mark", missed, accused, err)
	}
}

func BenchmarkOf(b *testing.B) {
	w, l := worldOf(b, 100_000, 40)
	r := rand.New(rand.NewPCG(5, 6))
	for b.Loop() {
		err := l.View(func(v ledger.View) error {
			_, err := custody.Of(v, &transferv1.Mark{Serial: w.Items[r.IntN(len(w.Items))].Mark.Serial})
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
