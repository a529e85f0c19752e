package gate_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/gate"
)

// gates are what the property tries: the product's, or a mutant's.
type gates struct {
	check  func(ledger.View, *licensingv1.CheckProhibitionsRequest) ([]proto.Message, error)
	assess func(ledger.View, *licensingv1.AssessRiskRequest) ([]proto.Message, error)
}

var product = gates{gate.CheckProhibitions, gate.AssessRisk}

// drawn is a deal of any kind, the findings on it, and whether Article 6 prohibits it: by a finding, or by an embargo of which no
// exemption is named.
type drawn struct {
	given      []proto.Message
	check      *licensingv1.CheckProhibitionsRequest
	assess     *licensingv1.AssessRiskRequest
	prohibited bool
}

func draw(rt *rapid.T) drawn {
	kind := transferv1.Kind(rapid.IntRange(1, 5).Draw(rt, "kind"))
	d := drawn{given: []proto.Message{registered, &licensingv1.ApplicationSubmitted{ApplicationId: applicationID, Deal: deal(func(d *licensingv1.Deal) { d.Kind = kind })}}}
	result := rapid.SampledFrom([]licensingv1.GateResult{clear, clear, refer, prohibited})
	d.check = &licensingv1.CheckProhibitionsRequest{Particulars: particulars, ApplicationId: applicationID,
		Findings: findings(result.Draw(rt, "6(1)"), result.Draw(rt, "6(2)"), result.Draw(rt, "6(3)"))}
	for _, f := range d.check.Findings {
		d.prohibited = d.prohibited || f.Result == prohibited
	}
	if rapid.Bool().Draw(rt, "embargo") {
		exemptions := rapid.SampledFrom([][]string{nil, {""}, {"paragraph 5(a)"}, {"paragraph 6", "paragraph 5(a)"}}).Draw(rt, "exemptions")
		country := rapid.SampledFrom([]string{"XA", "XB", "XC"}).Draw(rt, "country")
		d.given = append(d.given, embargo(country, func(e *screeningv1.EmbargoRecorded) { e.Exemptions = exemptions }))
		d.check.Findings[0].Reason = rapid.SampledFrom([]string{"no measures", "paragraph 5(a)", "paragraph 5(b)", "the minister wishes it"}).Draw(rt, "reason")
		named := d.check.Findings[0].Reason == "paragraph 5(a)" && slices.Contains(exemptions, "paragraph 5(a)")
		d.prohibited = d.prohibited || country != "XC" && !named
	}
	level := rapid.SampledFrom([]licensingv1.Level{no, no, low, overriding})
	d.assess = command(func(c *licensingv1.AssessRiskRequest) {
		for _, f := range c.Findings {
			f.Level = level.Draw(rt, f.Criterion)
		}
	})
	return d
}

// checkOutweighing puts a deal before the gates and says what is wrong: a prohibited deal that is clear, or that is assessed for
// its risks, before or after.
func checkOutweighing(rt *rapid.T, l *ledger.Ledger, g gates) error {
	d := draw(rt)
	tx, err := l.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	w := ledgertest.NewWriter()
	if err := record(tx, w, d.given); err != nil {
		return err
	}
	if facts, err := g.assess(tx.View, d.assess); len(facts) > 0 || !errors.Is(err, fault.Precondition) {
		return fmt.Errorf("risks are assessed before Article 6 is checked: %v, %w", facts, err)
	}
	facts, err := g.check(tx.View, d.check)
	if err != nil {
		return err
	}
	if len(facts) != 1 {
		return fmt.Errorf("%d checks were recorded", len(facts))
	}
	result := facts[0].(*licensingv1.ProhibitionChecked).Result
	if err := record(tx, w, facts); err != nil {
		return err
	}
	assessed, err := g.assess(tx.View, d.assess)
	switch {
	case d.prohibited != (result == prohibited):
		return fmt.Errorf("prohibited is %t, and the check came to %s", d.prohibited, result)
	case result != clear && (len(assessed) > 0 || !errors.Is(err, fault.Precondition)):
		return fmt.Errorf("a deal that is %s is assessed for its risks: %v, %w", result, assessed, err)
	case result == clear && err != nil:
		return err
	}
	return nil
}

func record(tx *ledger.Tx, w *ledgertest.Writer, facts []proto.Message) error {
	for _, b := range w.Blocks(facts...) {
		if err := tx.Apply(b.ID, b.Entries...); err != nil {
			return err
		}
		if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
			return err
		}
	}
	return nil
}

// Whatever is found under Article 7, a deal that Article 6 prohibits is never clear, and is not weighed.
func TestArticle6IsNeverOutweighed(t *testing.T) {
	l := ledgertest.Open(t, "licensing")
	rapid.Check(t, func(rt *rapid.T) {
		if err := checkOutweighing(rt, l, product); err != nil {
			rt.Fatal(err)
		}
	})
}

// The property notices a gate that lets two clear findings outvote a prohibition, one that takes an officer's word on embargoes,
// and one that assesses a prohibited deal where its risks are low.
func TestArticle6IsNeverOutweighedCatchesMutants(t *testing.T) {
	checking := func(change func(*licensingv1.CheckProhibitionsRequest, *licensingv1.ProhibitionChecked)) gates {
		g := product
		g.check = func(v ledger.View, c *licensingv1.CheckProhibitionsRequest) ([]proto.Message, error) {
			facts, err := product.check(v, c)
			if len(facts) > 0 {
				change(c, facts[0].(*licensingv1.ProhibitionChecked))
			}
			return facts, err
		}
		return g
	}
	isProhibited := func(f *licensingv1.ProhibitionFinding) bool { return f.Result == prohibited }
	mutants := map[string]gates{
		"lets findings outvote": checking(func(_ *licensingv1.CheckProhibitionsRequest, c *licensingv1.ProhibitionChecked) {
			if n := len(slices.DeleteFunc(slices.Clone(c.Findings), isProhibited)); n == 2 {
				c.Result = clear
			}
		}),
		"takes the officer's word": checking(func(cmd *licensingv1.CheckProhibitionsRequest, c *licensingv1.ProhibitionChecked) {
			if !slices.ContainsFunc(cmd.Findings, isProhibited) {
				c.Result = clear
			}
		}),
		"assesses low risks whatever Article 6 says": {product.check, func(v ledger.View, c *licensingv1.AssessRiskRequest) ([]proto.Message, error) {
			facts, err := product.assess(v, c)
			if errors.Is(err, fault.Precondition) && !slices.ContainsFunc(c.Findings, func(f *licensingv1.RiskFinding) bool { return f.Level > low }) {
				return []proto.Message{&licensingv1.RiskAssessed{AssessmentId: assessmentID, ApplicationId: applicationID, Findings: c.Findings}}, nil
			}
			return facts, err
		}},
	}
	l := ledgertest.Open(t, "licensing")
	for name, mutant := range mutants {
		t.Run(name, func(t *testing.T) {
			for seed := range 300 {
				err := rapid.Custom(func(rt *rapid.T) string {
					if err := checkOutweighing(rt, l, mutant); err != nil {
						return err.Error()
					}
					return ""
				}).Example(seed)
				if err != "" {
					return // caught
				}
			}
			t.Error("300 deals did not catch it")
		})
	}
}
