package reassessment_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/incident"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/reassessment"
)

// follows is what follows from an alert at some of its moments: reassessment.Offer, Open, or a mutant.
type follows func(ledger.View, *ledgerv1.Alert, []string, time.Time, *eventv1.Cause) ([]proto.Message, error)

// term is an offer of a policy.
type term struct {
	on, consequence string
	automatic       bool
}

// course is an alert that names three licences, each under a policy of its own and the second one used, and what follows from it.
type course struct {
	*rapid.T
	tx              *ledger.Tx
	writer          *ledgertest.Writer
	offer, open     follows
	terms           [3][]term
	ended           [3]bool
	refuted         bool
	expected, found map[string]int
}

func (c *course) record(facts ...proto.Message) {
	c.Helper()
	for _, b := range c.writer.Blocks(facts...) {
		if err := errors.Join(c.tx.Apply(b.ID, b.Entries...), c.tx.Fold(b, ledgertest.Position(b))); err != nil {
			c.Fatal(err)
		}
	}
}

func (c *course) begin() {
	for i := range c.terms {
		var offers []string
		for _, on := range []string{"raised", "immediate", "confirmed"} {
			for _, what := range []string{"reassess", "denial_check", "post_delivery_check", "hold"} {
				if rapid.Bool().Draw(c.T, "offered") {
					by := what == "reassess" && rapid.Bool().Draw(c.T, "automatic")
					c.terms[i] = append(c.terms[i], term{on, what, by})
					offers = append(offers, fmt.Sprintf("{on: %s, consequence: %s, automatic: %v}", on, what, by))
				}
			}
		}
		if len(offers) == 0 {
			c.terms[i], offers = []term{{"raised", "hold", false}}, []string{"{on: raised, consequence: hold}"}
		}
		policy := fmt.Sprintf("own%d/1", i)
		c.record(adopts(policy, "["+strings.Join(offers, ", ")+"]"), licence(courseLicence(i), endUser("X"), under(policy)))
	}
	c.record(&customsv1.DeclarationAccepted{DeclarationId: "customs/D-1", LicenceId: courseLicence(1)},
		&customsv1.LicenceQuantityReserved{DeclarationId: "customs/D-1", Item: 1, LicenceId: courseLicence(1), LicenceLine: 1},
		&customsv1.LicenceQuantityCommitted{DeclarationId: "customs/D-1", Item: 1, LicenceId: courseLicence(1), LicenceLine: 1},
		&enforcementv1.DiversionAlertRaised{AlertId: alertID, LicenceIds: []string{courseLicence(0), courseLicence(1), courseLicence(2)},
			Priority: rapid.SampledFrom([]enforcementv1.Priority{enforcementv1.Priority_PRIORITY_ROUTINE, enforcementv1.Priority_PRIORITY_IMMEDIATE}).Draw(c.T, "priority")})
}

func courseLicence(i int) string { return fmt.Sprintf("licensing/L-%d", i+1) }

// hear has the alert heard of, for the first time or again, and writes down what should follow.
func (c *course) hear(confirmed bool) {
	alert, err := c.tx.Alert(alertID)
	if err != nil {
		c.Fatal(err)
	}
	moments := incident.Moments(alert, confirmed)
	c.expect(moments)
	for _, rule := range []follows{c.open, c.offer} {
		facts, err := rule(c.tx.View, alert, moments, now, &eventv1.Cause{})
		if err != nil {
			c.Fatal(err)
		}
		for _, f := range facts {
			switch f := f.(ledger.Dated).Message.(type) {
			case *enforcementv1.ConsequenceOffered:
				c.found["offer "+incident.Word(f.GetConsequence())+" "+f.GetSubject()]++
				c.record(ledgertest.By("licensing", f))
			case *licensingv1.ReassessmentOpened:
				c.found["open "+f.GetLicenceId()]++
				c.record(f)
			}
		}
	}
}

func (c *course) expect(moments []string) {
	for i, terms := range c.terms {
		offered := map[string]bool{} // and whether it is done by itself
		for _, t := range terms {
			if slices.Contains(moments, t.on) {
				offered[t.consequence] = offered[t.consequence] || t.automatic
			}
		}
		for consequence, automatic := range offered {
			switch {
			case c.refuted || consequence == "hold", consequence == "post_delivery_check" && i != 1, consequence != "post_delivery_check" && c.ended[i]:
			case automatic:
				c.expected["open "+courseLicence(i)] = 1
			default:
				c.expected["offer "+consequence+" "+courseLicence(i)] = 1
			}
		}
	}
}

// run goes through a random course and says what followed that should not have, or did not.
func (c *course) run() error {
	c.begin()
	confirmed := false
	for range rapid.IntRange(1, 8).Draw(c.T, "steps") {
		switch rapid.SampledFrom([]string{"hear", "hear", "confirm", "refute", "revoke"}).Draw(c.T, "step") {
		case "hear":
			c.hear(confirmed)
		case "confirm":
			if !c.refuted && !confirmed {
				confirmed = true
				c.record(&enforcementv1.AlertConfirmed{AlertId: alertID})
				c.hear(true)
			}
		case "refute":
			if !c.refuted && !confirmed {
				c.refuted = true
				c.record(&enforcementv1.AlertRefuted{AlertId: alertID})
			}
		case "revoke":
			i := rapid.IntRange(0, 2).Draw(c.T, "licence")
			if !c.ended[i] {
				c.ended[i] = true
				c.record(&licensingv1.LicenceRevoked{LicenceId: courseLicence(i)})
			}
		}
	}
	if !maps.Equal(c.expected, c.found) {
		return fmt.Errorf("%v followed, and not %v", c.found, c.expected)
	}
	return nil
}

func courses(t *testing.T, offer, open follows, found func(*rapid.T, error)) {
	l := ledgertest.Open(t, "licensing")
	rapid.Check(t, func(t *rapid.T) {
		tx, err := l.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		c := &course{T: t, tx: tx, writer: ledgertest.NewWriter(), offer: offer, open: open, expected: map[string]int{}, found: map[string]int{}}
		found(t, c.run())
	})
}

// What follows from an alert is what the policies say for the moments that it came to, once, however often it is heard of, and
// nothing more once it is refuted or the licence has ended.
func TestWhatFollows(t *testing.T) {
	courses(t, reassessment.Offer, reassessment.Open, func(t *rapid.T, err error) {
		if err != nil {
			t.Fatal(err)
		}
	})
}

// The property notices rules that offer, or do, something else.
func TestWhatFollowsCatchesMutants(t *testing.T) {
	always := func(rule follows) follows {
		return func(v ledger.View, a *ledgerv1.Alert, _ []string, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
			return rule(v, a, []string{incident.Raised, incident.Immediate, incident.Confirmed}, at, cause)
		}
	}
	stubborn := func(rule follows) follows {
		return func(v ledger.View, a *ledgerv1.Alert, moments []string, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
			a.Finding = 0
			return rule(v, a, moments, at, cause)
		}
	}
	forgetful := func(rule follows) follows {
		heard := 1
		return func(v ledger.View, a *ledgerv1.Alert, moments []string, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
			heard++
			a.Id = fmt.Sprintf("enforcement/D-2026-%06d", heard) // nothing is on record of it
			return rule(v, a, moments, at, cause)
		}
	}
	for name, m := range map[string]struct{ offer, open follows }{
		"every offer at any moment":    {always(reassessment.Offer), reassessment.Open},
		"opens at any moment":          {reassessment.Offer, always(reassessment.Open)},
		"offers after a refutal":       {stubborn(reassessment.Offer), reassessment.Open},
		"opens after a refutal":        {reassessment.Offer, stubborn(reassessment.Open)},
		"offers again":                 {forgetful(reassessment.Offer), reassessment.Open},
		"opens again":                  {reassessment.Offer, forgetful(reassessment.Open)},
		"offers nothing once used":     {without(reassessment.Offer, "post_delivery_check"), reassessment.Open},
		"offers no second look at all": {without(reassessment.Offer, "reassess"), reassessment.Open},
	} {
		t.Run(name, func(t *testing.T) {
			wrong := 0
			courses(t, m.offer, m.open, func(_ *rapid.T, err error) {
				if err != nil {
					wrong++
				}
			})
			if wrong == 0 {
				t.Error("the property holds for it")
			}
		})
	}
}

// without is a rule that leaves a consequence out.
func without(rule follows, consequence string) follows {
	return func(v ledger.View, a *ledgerv1.Alert, moments []string, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
		facts, err := rule(v, a, moments, at, cause)
		return slices.DeleteFunc(facts, func(f proto.Message) bool {
			o, ok := f.(ledger.Dated).Message.(*enforcementv1.ConsequenceOffered)
			return ok && incident.Word(o.GetConsequence()) == consequence
		}), err
	}
}
