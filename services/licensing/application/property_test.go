package application_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/application"
)

// deciders of the State in the property; the first is who applications are submitted to.
var deciders = []string{"licensing", "small-arms", "imports"}

// words of the categories, as policies have them.
var words = []string{"none", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ammunition", "parts"}

// state is how lines are drawn to be decided: the decider of each category, and whether mixed consignments are joint.
type state struct {
	decider []int
	joint   bool
}

func (s state) policies() []proto.Message {
	var facts []proto.Message
	for d, name := range deciders {
		var scope []string
		for c, of := range s.decider {
			if of == d {
				scope = append(scope, fmt.Sprintf("%q", words[c]))
			}
		}
		mixed := "split"
		if s.joint {
			mixed = "joint"
		}
		id := fmt.Sprintf("p%d", d)
		facts = append(facts, policy(id+"/1", fmt.Sprintf("{name: %s, version: 1, title: t, legal_basis: fictional, valid_from: 2026-01-01, decider: %s, mixed: %s,\nscope: 'categories.exists(c, c in [%s])'}",
			id, name, mixed, strings.Join(scope, ", "))))
	}
	return facts
}

// routing is what the property tries: the product's, or a mutant's.
type routing struct {
	proceed func(ledger.View, string) ([]proto.Message, error)
	open    func(ledger.View, *licensingv1.ApplicationRouted) ([]proto.Message, error)
}

var product = routing{
	proceed: func(v ledger.View, id string) ([]proto.Message, error) { return application.Proceed(v, id, now) },
	open: func(v ledger.View, r *licensingv1.ApplicationRouted) ([]proto.Message, error) {
		return application.OpenCase(v, r, now)
	},
}

// checkRouting routes an application of drawn lines, lets every decider open its cases, and says what is wrong: a line that is in
// no case or in two, one that another decider has, and goods that became more or fewer.
func checkRouting(rt *rapid.T, ledgers map[string]*ledger.Ledger, r routing) error {
	s := state{rapid.SliceOfN(rapid.IntRange(0, len(deciders)-1), len(words), len(words)).Draw(rt, "decider of each category"), rapid.Bool().Draw(rt, "joint")}
	d := deal()
	d.Lines = nil
	for n := range rapid.IntRange(1, 8).Draw(rt, "lines") {
		l := line(uint32(n+1), "ML1.a", rapid.Int64Range(1, 1000).Draw(rt, "pieces"))
		l.Category = transferv1.Category(rapid.IntRange(1, len(words)-1).Draw(rt, "category"))
		d.Lines = append(d.Lines, l)
	}
	facts := append(s.policies(), registered, group, ledgertest.In("cases", &licensingv1.ApplicationSubmitted{ApplicationId: applicationID, Deal: d}))
	tx, err := on(ledgers["licensing"], facts)
	if err != nil {
		return err
	}
	decided, err := r.proceed(tx.View, applicationID)
	tx.Rollback()
	if err != nil {
		return err
	}
	if len(decided) == 0 {
		return s.decidedHere(d)
	}
	routed, ok := decided[0].(ledger.Dated).Message.(*licensingv1.ApplicationRouted)
	if !ok || len(decided) > 1 {
		return fmt.Errorf("it decided %v", decided)
	}
	return s.checkCases(ledgers, r, d, routed, append(facts, beside(routed)))
}

// decidedHere checks that the agency that took the application may decide all of it.
func (s state) decidedHere(d *licensingv1.Deal) error {
	for i, l := range d.Lines {
		if s.decider[l.Category] != 0 && (i == 0 || !s.joint) {
			return fmt.Errorf("line %d is another's, and was not routed", l.Number)
		}
	}
	return nil
}

func (s state) checkCases(ledgers map[string]*ledger.Ledger, r routing, d *licensingv1.Deal, routed *licensingv1.ApplicationRouted, facts []proto.Message) error {
	var inCases []uint32
	pieces := map[transferv1.Category]int64{}
	for _, l := range d.Lines {
		pieces[l.Category] += l.Quantity.Thousandths
	}
	for _, p := range routed.Parts {
		inCases = append(inCases, p.Lines...)
		for _, n := range p.Lines {
			if owner := deciders[s.decider[d.Lines[n-1].Category]]; owner != p.Decider && !s.joint {
				return fmt.Errorf("line %d is %s's and was routed to %s", n, owner, p.Decider)
			}
		}
	}
	slices.Sort(inCases)
	for i, n := range inCases {
		if len(inCases) != len(d.Lines) || int(n) != i+1 {
			return fmt.Errorf("of %d lines, cases have %v", len(d.Lines), inCases)
		}
	}
	for _, decider := range deciders {
		tx, err := on(ledgers[decider], facts)
		if err != nil {
			return err
		}
		opened, err := r.open(tx.View, routed)
		tx.Rollback()
		if err != nil {
			return err
		}
		for _, fact := range opened {
			for i, l := range fact.(*licensingv1.ApplicationSubmitted).Deal.Lines {
				if l.Number != uint32(i+1) {
					return fmt.Errorf("a case of %s numbers its line %d as %d", decider, i+1, l.Number)
				}
				pieces[l.Category] -= l.Quantity.Thousandths
			}
		}
	}
	for c, left := range pieces {
		if left != 0 {
			return fmt.Errorf("%d thousandths of %s are in no case, or in one too many", left, c)
		}
	}
	return nil
}

// on puts facts on record in a transaction of a ledger.
func on(l *ledger.Ledger, facts []proto.Message) (*ledger.Tx, error) {
	tx, err := l.Begin()
	if err != nil {
		return nil, err
	}
	for _, b := range ledgertest.NewWriter().Blocks(facts...) {
		if err := tx.Apply(b.ID, b.Entries...); err != nil {
			tx.Rollback()
			return nil, err
		}
		if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
			tx.Rollback()
			return nil, err
		}
	}
	return tx, nil
}

func deciderLedgers(t *testing.T) map[string]*ledger.Ledger {
	ledgers := map[string]*ledger.Ledger{}
	for _, name := range deciders {
		ledgers[name] = ledgertest.Open(t, name)
	}
	return ledgers
}

// Every line of a routed application is in one case, at who decides it, and the cases' goods are the application's.
func TestEveryLineIsInOneCase(t *testing.T) {
	ledgers := deciderLedgers(t)
	rapid.Check(t, func(rt *rapid.T) {
		if err := checkRouting(rt, ledgers, product); err != nil {
			rt.Fatal(err)
		}
	})
}

// The property notices a route that loses a line, one that sends a line to two, and one that sends it to the wrong agency; and a
// case with all lines.
func TestEveryLineIsInOneCaseCatchesMutants(t *testing.T) {
	rerouted := func(change func(*licensingv1.ApplicationRouted)) routing {
		r := product
		r.proceed = func(v ledger.View, id string) ([]proto.Message, error) {
			facts, err := product.proceed(v, id)
			if len(facts) > 0 {
				change(facts[0].(ledger.Dated).Message.(*licensingv1.ApplicationRouted))
			}
			return facts, err
		}
		return r
	}
	whole := product
	whole.open = func(v ledger.View, r *licensingv1.ApplicationRouted) ([]proto.Message, error) {
		facts, err := product.open(v, r)
		for _, f := range facts {
			a, readErr := v.Application(r.ApplicationId)
			if readErr != nil {
				return nil, readErr
			}
			f.(*licensingv1.ApplicationSubmitted).Deal.Lines = a.Deal.Lines
		}
		return facts, err
	}
	mutants := map[string]routing{
		"loses a line": rerouted(func(r *licensingv1.ApplicationRouted) { r.Parts[0].Lines = r.Parts[0].Lines[1:] }),
		"sends a line to two": rerouted(func(r *licensingv1.ApplicationRouted) {
			if n := len(r.Parts); n > 1 {
				r.Parts[n-1].Lines = append(r.Parts[n-1].Lines, r.Parts[0].Lines[0])
			}
		}),
		"sends it to the wrong agency": rerouted(func(r *licensingv1.ApplicationRouted) {
			if len(r.Parts) > 1 {
				r.Parts[0].Decider, r.Parts[1].Decider = r.Parts[1].Decider, r.Parts[0].Decider
			}
		}),
		"opens cases with all lines": whole,
		"routes nothing":             {proceed: func(ledger.View, string) ([]proto.Message, error) { return nil, nil }, open: product.open},
	}
	ledgers := deciderLedgers(t)
	for name, mutant := range mutants {
		t.Run(name, func(t *testing.T) {
			for seed := range 100 {
				err := rapid.Custom(func(rt *rapid.T) string {
					if err := checkRouting(rt, ledgers, mutant); err != nil {
						return err.Error()
					}
					return ""
				}).Example(seed)
				if err != "" {
					return // caught
				}
			}
			t.Error("100 applications did not catch it")
		})
	}
}
