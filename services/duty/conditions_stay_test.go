package duty_test

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/duty"
)

// rules are those by which conditions come, change and go: this package's, or a mutant's.
type rules struct {
	give func(ledger.View, *licensingv1.GiveOpinionRequest) ([]proto.Message, error)
	drop func(ledger.View, *licensingv1.DropConditionRequest) ([]proto.Message, error)
}

var ours = rules{duty.GiveOpinion, duty.DropCondition}

// parties have a ledger each; those that are asked also act.
var parties = []string{"foreign", "defence", "licensing"}

// history is what agencies did, what is to stand after it, and the ledgers that it is on.
type history struct {
	rules
	*rapid.T
	ledgers map[string]*ledger.Tx
	writer  *ledgertest.Writer
	stands  map[string]*ledgerv1.Condition // by id: owner, text, and whether its owner had it let go
}

func newHistory(t *rapid.T, ledgers map[string]*ledger.Ledger, r rules) (*history, func(), error) {
	h := &history{rules: r, T: t, ledgers: map[string]*ledger.Tx{}, writer: ledgertest.NewWriter(), stands: map[string]*ledgerv1.Condition{}}
	rollback := func() {
		for _, tx := range h.ledgers {
			tx.Rollback()
		}
	}
	for name, l := range ledgers {
		tx, err := l.Begin()
		if err != nil {
			return nil, rollback, err
		}
		h.ledgers[name] = tx
	}
	return h, rollback, h.tell(known(asks)...)
}

// tell has every ledger hear facts.
func (h *history) tell(facts ...proto.Message) error {
	for _, b := range h.writer.Blocks(facts...) {
		for name, tx := range h.ledgers {
			if err := tx.Apply(b.ID, b.Entries...); err != nil {
				return fmt.Errorf("at %s: %w", name, err)
			}
			if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
				return fmt.Errorf("at %s: %w", name, err)
			}
		}
	}
	return nil
}

// step has an agency do something, on any condition there is, and compares what stands.
func (h *history) step() error {
	agency := rapid.SampledFrom(parties).Draw(h.T, "agency")
	texts := rapid.SampledFrom([][]string{nil, {"no re-export"}, {"report on arrival"}, {"no re-export", "report on arrival"}}).Draw(h.T, "texts")
	id := rapid.SampledFrom(append(ids(h.stands), "foreign/K-none")).Draw(h.T, "condition")
	view := h.ledgers[agency].View
	var facts []proto.Message
	var err error
	act := rapid.SampledFrom([]string{"opinion", "opinion", "add", "change", "drop"}).Draw(h.T, "act")
	switch act {
	case "opinion":
		cmd := &licensingv1.GiveOpinionRequest{Particulars: answered, ConsultationId: consultationID, View: concur, Conditions: texts}
		if len(texts) > 0 {
			cmd.View = conditions
		}
		facts, err = h.give(view, cmd)
	case "add":
		facts, err = duty.AddCondition(view, &licensingv1.AddConditionRequest{Particulars: answered, ApplicationId: applicationID, Text: "inspection"})
	case "change":
		facts, err = duty.ChangeCondition(view, &licensingv1.ChangeConditionRequest{Particulars: answered, ConditionId: id, Text: "changed", Reason: "agreed"})
	case "drop":
		facts, err = h.drop(view, &licensingv1.DropConditionRequest{Particulars: answered, ConditionId: id, Reason: "assured"})
	}
	if err != nil && fault.As(err) == nil {
		return err
	}
	h.expect(agency, act, id, facts)
	for _, f := range facts {
		if err := h.tell(ledgertest.By(agency, f)); err != nil {
			return err
		}
	}
	return h.check()
}

// expect notes what is to stand after an act of an agency: only the owner's own act on a condition moves it.
func (h *history) expect(agency, act, id string, facts []proto.Message) {
	for _, f := range facts {
		if asked, ok := f.(ledger.Dated).Message.(*licensingv1.ConditionAsked); ok {
			h.stands[asked.ConditionId] = &ledgerv1.Condition{Agency: agency, Text: asked.Text}
		}
	}
	owned := h.stands[id]
	switch {
	case owned.GetAgency() != agency || owned.GetDropped():
	case act == "change":
		owned.Text = "changed"
	case act == "drop":
		owned.Dropped = true
	}
}

// check compares every ledger with what is to stand, and what opinions name with what their agency asked for.
func (h *history) check() error {
	for name, tx := range h.ledgers {
		for id, want := range h.stands {
			got, err := tx.Condition(id)
			if err != nil {
				return err
			}
			if got == nil || got.Agency != want.Agency || got.Text != want.Text || got.Dropped != want.Dropped {
				return fmt.Errorf("at %s condition %s is %v; want %v", name, id, got, want)
			}
		}
		opinions, err := tx.OpinionsWith("consultation", consultationID)
		if err != nil {
			return err
		}
		for _, o := range opinions {
			for _, id := range o.Given.GetConditions() {
				if h.stands[id].GetAgency() != o.Agency {
					return fmt.Errorf("at %s the opinion of %s has condition %s, which %q asked for", name, o.Agency, id, h.stands[id].GetAgency())
				}
			}
		}
	}
	return nil
}

func ids(of map[string]*ledgerv1.Condition) (list []string) {
	for id := range of {
		list = append(list, id)
	}
	slices.Sort(list)
	return list
}

// told plays a history of any acts and returns what it finds wrong.
func told(t *rapid.T, ledgers map[string]*ledger.Ledger, r rules) error {
	h, rollback, err := newHistory(t, ledgers, r)
	defer rollback()
	for range rapid.IntRange(1, 12).Draw(t, "steps") {
		if err != nil {
			return err
		}
		err = h.step()
	}
	return err
}

func open(t *testing.T) map[string]*ledger.Ledger {
	ledgers := map[string]*ledger.Ledger{}
	for _, name := range parties {
		ledgers[name] = ledgertest.Open(t, name)
	}
	return ledgers
}

// Whatever opinions are given and conditions asked for, changed and let go, by anybody: no condition disappears, and none
// changes, but by an act of the agency that asked for it; and every agency has the same.
func TestConditionsStay(t *testing.T) {
	ledgers := open(t)
	rapid.Check(t, func(t *rapid.T) {
		if err := told(t, ledgers, ours); err != nil {
			t.Fatal(err)
		}
	})
}

// The property notices rules by which conditions could disappear.
func TestConditionsStayCatchesMutants(t *testing.T) {
	mutants := map[string]rules{
		"anybody lets go": {duty.GiveOpinion, func(v ledger.View, cmd *licensingv1.DropConditionRequest) ([]proto.Message, error) {
			k, err := v.Condition(cmd.ConditionId)
			if k == nil || k.Dropped || err != nil {
				return nil, err
			}
			return []proto.Message{ledger.Beside(k, &licensingv1.ConditionDropped{ConditionId: k.Id, Reason: cmd.Reason})}, nil
		}},
		"a later opinion lets go of what it does not repeat": {func(v ledger.View, cmd *licensingv1.GiveOpinionRequest) ([]proto.Message, error) {
			facts, err := duty.GiveOpinion(v, cmd)
			if len(facts) == 0 || err != nil {
				return nil, err
			}
			kept := facts[0].(ledger.Dated).Message.(*licensingv1.OpinionGiven).Conditions
			rows, err := v.ConditionsWith("agency", v.Agency())
			for _, k := range rows {
				if !k.Dropped && !slices.Contains(kept, k.Id) {
					facts = append(facts, ledger.Beside(k, &licensingv1.ConditionDropped{ConditionId: k.Id}))
				}
			}
			return facts, err
		}, duty.DropCondition},
		"an opinion takes another's condition for its own": {func(v ledger.View, cmd *licensingv1.GiveOpinionRequest) ([]proto.Message, error) {
			facts, err := duty.GiveOpinion(v, cmd)
			rows, _ := v.ConditionsWith("consultation", cmd.ConsultationId)
			if len(rows) > 0 && len(facts) > 0 {
				facts[0].(ledger.Dated).Message.(*licensingv1.OpinionGiven).Conditions = []string{rows[0].Id}
			}
			return facts, err
		}, duty.DropCondition},
	}
	for name, mutant := range mutants {
		t.Run(name, func(t *testing.T) {
			ledgers := open(t)
			for seed := range 200 {
				if err := rapid.Custom(func(rt *rapid.T) string {
					if err := told(rt, ledgers, mutant); err != nil {
						return err.Error()
					}
					return ""
				}).Example(seed); err != "" {
					t.Log(err)
					return
				}
			}
			t.Error("200 histories did not catch it")
		})
	}
}
