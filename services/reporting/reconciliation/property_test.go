package reconciliation_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/reporting/reconciliation"
)

// differ is a rule of what differs: the one that holds, or a mutant of it.
type differ func(ours, theirs int64, permille uint32) bool

var mutants = map[string]differ{
	"of the smaller figure": func(a, b int64, permille uint32) bool {
		return math.Abs(float64(a-b))*1000 > math.Min(math.Abs(float64(a)), math.Abs(float64(b)))*float64(permille)
	},
	"of ours": func(a, b int64, permille uint32) bool {
		return math.Abs(float64(a-b))*1000 > math.Abs(float64(a))*float64(permille)
	},
	"only more":            func(a, b int64, permille uint32) bool { return b > a && reconciliation.Apart(a, b, permille) },
	"at the tolerance too": func(a, b int64, permille uint32) bool { return reconciliation.Apart(a, b, permille) || a == b },
	"by one": func(a, b int64, permille uint32) bool {
		return reconciliation.Apart(a, b, permille) && max(a-b, b-a) > 1
	},
	"never by much": func(a, b int64, permille uint32) bool {
		return reconciliation.Apart(a, b, permille) && a != 0 && b != 0
	},
}

// lawful returns an error where a rule is not the one that is written down.
func lawful(t *rapid.T, apart differ) error {
	small := rapid.Int64Range(0, 2000)
	a, b := small.Draw(t, "a"), small.Draw(t, "b")
	permille := rapid.Uint32Range(0, 1000).Draw(t, "permille")
	found := apart(a, b, permille)
	switch {
	case found != apart(b, a, permille):
		return fmt.Errorf("%d and %d differ, and %d and %d do not, or the other way round", a, b, b, a)
	case apart(a, a, permille):
		return fmt.Errorf("%d differs from itself", a)
	case apart(a, b, 0) != (a != b):
		return fmt.Errorf("without tolerance %d and %d: %v", a, b, apart(a, b, 0))
	case permille < 1000 && found && !apart(a, b, permille/2):
		return fmt.Errorf("%d and %d differ only with more tolerance", a, b)
	case found != (1000*max(a-b, b-a) > int64(permille)*max(a, b)):
		return fmt.Errorf("%d and %d, %d of a thousand: %v", a, b, permille, found)
	}
	return nil
}

func TestWhatDiffers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if err := lawful(t, reconciliation.Apart); err != nil {
			t.Fatal(err)
		}
		a, b := rapid.Int64().Draw(t, "any"), rapid.Int64().Draw(t, "other") // of any size it is symmetric, and exact without tolerance
		permille := rapid.Uint32().Draw(t, "of a thousand")
		if reconciliation.Apart(a, b, permille) != reconciliation.Apart(b, a, permille) || reconciliation.Apart(a, b, 0) != (a != b) || reconciliation.Apart(a, a, permille) {
			t.Fatalf("%d and %d, %d of a thousand", a, b, permille)
		}
	})
}

// world is own licences and a partner's figures of the same, some of which were changed.
type world struct {
	facts   []proto.Message
	planted map[string]bool // keys of figures that differ
}

// drawWorld draws cells: what we have, and what the partner says, either the same, or another figure, or nothing.
func drawWorld(t *rapid.T) world {
	w := world{planted: map[string]bool{}}
	var figures []*reportingv1.PartnerFigure
	line := uint32(1)
	for _, to := range []string{"XB", "XC"} {
		for _, category := range []string{"ML1", "ML2", "ML10"} {
			name := to + " " + category
			mine := rapid.Int64Range(0, 3).Draw(t, "licences of "+name)
			value := rapid.Int64Range(1, 50).Draw(t, "value of "+name)
			for i := range mine {
				l := licence(strings.ReplaceAll(fmt.Sprintf("L-%s-%d", name, i), " ", "-"), &transferv1.Line{Number: 1, Rating: category + ".a", Value: euros(value)})
				l.Deal.Destination.Country = to
				w.facts = append(w.facts, l)
			}
			line++
			f := &reportingv1.PartnerFigure{Line: line, Year: year, Exporter: "XA", Importer: to, Category: category, Currency: "EUR"}
			for _, m := range []struct {
				measure string
				ours    int64
				set     func(int64)
			}{
				{"licences", mine, func(n int64) { f.Licences = ptr(uint64(n)) }},
				{"licensed EUR", 100 * mine * value, func(n int64) { f.LicensedMinor = &n }},
			} {
				theirs := m.ours
				switch rapid.IntRange(0, 3).Draw(t, m.measure+" of "+name) {
				case 0:
					continue // not stated
				case 1:
					theirs = rapid.Int64Range(0, 3).Draw(t, "planted")
				}
				m.set(theirs)
				if theirs != m.ours {
					w.planted["kind=export counterpart="+to+" category="+category+" "+m.measure] = true
				}
			}
			if rapid.IntRange(0, 4).Draw(t, "is "+name+" in it") > 0 {
				figures = append(figures, f)
				continue
			}
			maps.DeleteFunc(w.planted, func(key string, _ bool) bool {
				return strings.Contains(key, "counterpart="+to+" category="+category+" ")
			})
		}
	}
	figures = append(figures, &reportingv1.PartnerFigure{Line: 100, Year: year, Exporter: "XC", Importer: "XB", Category: "ML1", Licences: ptr(uint64(7))})
	w.facts = append(w.facts, recorded(figures...)...)
	return w
}

// findsPlanted returns an error where a rule finds something else than what was planted.
func findsPlanted(t *rapid.T, of *testing.T, apart differ) error {
	w := drawWorld(t)
	l := ledgertest.Open(of, "reporting")
	tx := ledgertest.Begin(of, l, given(w.facts...)...)
	defer tx.Rollback()
	return finds(tx.View, w, apart)
}

func finds(v ledger.View, w world, apart differ) error {
	res, err := reconciliation.ReconcileBy(v, &reportingv1.ReconcileRequest{Comparison: ofPartner, Year: year}, apart)
	if err != nil {
		return err
	}
	got := map[string]bool{}
	for _, d := range res.Differences {
		got[strings.Join(d.Keys, " ")+" "+d.Measure] = true
	}
	if !maps.Equal(got, w.planted) {
		return fmt.Errorf("found %v, planted %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(w.planted)))
	}
	return nil
}

func TestPlantedDifferencesAreFoundAndNoOthers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		if err := findsPlanted(rt, t, reconciliation.Apart); err != nil {
			rt.Fatal(err)
		}
	})
}

// Each mutant of the rule is caught.
func TestMutantsAreCaught(t *testing.T) {
	for name, mutant := range mutants {
		t.Run(name, func(t *testing.T) {
			caught := false
			for seed := range 2000 {
				if caught = caughtBy(mutant, seed); caught {
					break
				}
			}
			if !caught {
				t.Errorf("nothing drawn shows that this is another rule")
			}
		})
	}
	finders := map[string]differ{
		"everything differs": func(int64, int64, uint32) bool { return true },
		"nothing differs":    func(int64, int64, uint32) bool { return false },
		"only more":          mutants["only more"],
	}
	for name, mutant := range finders {
		t.Run(name, func(t *testing.T) {
			var err error
			for seed := 0; err == nil && seed < 200; seed++ {
				w := rapid.Custom(drawWorld).Example(seed)
				l := ledgertest.Open(t, "reporting")
				tx := ledgertest.Begin(t, l, given(w.facts...)...)
				err = finds(tx.View, w, mutant)
				tx.Rollback()
			}
			if err == nil {
				t.Error("nothing drawn shows that this is another rule")
			}
		})
	}
}

func caughtBy(mutant differ, seed int) bool {
	return rapid.Custom(func(t *rapid.T) bool { return lawful(t, mutant) != nil }).Example(seed)
}

// A limit with its tolerance is what exact arithmetic says, and sums stay within 63 bits.
func TestLimitAndPlus(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, permille := rapid.Int64Range(0, 1<<40).Draw(t, "n"), rapid.Uint32Range(0, 1000).Draw(t, "permille")
		if got := reconciliation.Limit(n, permille); got != n+n*int64(permille)/1000 {
			t.Fatalf("%d with %d of a thousand is %d", n, permille, got)
		}
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		sum := reconciliation.Plus(a, b)
		if exact := float64(a) + float64(b); math.Abs(exact) < 1<<62 && sum != a+b || exact > 1<<63 && sum != math.MaxInt64 || exact < -(1<<63) && sum != -math.MaxInt64 {
			t.Fatalf("%d and %d come to %d", a, b, sum)
		}
	})
}
