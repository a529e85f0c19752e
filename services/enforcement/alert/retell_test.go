package alert_test

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/enforcement/alert"
)

// retells is the rule, or a mutant of it.
type retells func(ledger.View, string) ([]proto.Message, error)

// groups are who reads what; the alert is raised for the first.
var groups = map[string][]string{
	"police": {"enforcement", "customs"}, "border": {"enforcement", "customs", "licensing"}, "all": {"enforcement", "licensing", "observer"}, "treaty": {"enforcement", "reporting"},
}

var groupNames = []string{"police", "border", "all", "treaty"}

// world is an agency that raises an alert, and its readers, each with a ledger of what the groups that it reads were sent.
type world struct {
	*rapid.T
	writer  *ledgertest.Writer
	own     *ledger.Tx
	readers map[string]*ledger.Tx
}

func newWorld(t *rapid.T, open func(agency string) *ledger.Tx) *world {
	w := &world{t, ledgertest.NewWriter(), open("enforcement"), map[string]*ledger.Tx{}}
	for _, agency := range []string{"customs", "licensing", "observer", "reporting"} {
		w.readers[agency] = open(agency)
	}
	var facts []proto.Message
	for _, name := range groupNames {
		facts = append(facts, &directoryv1.GroupDefined{Group: name, Members: groups[name]})
	}
	for _, b := range w.writer.Blocks(facts...) {
		w.fold(w.own, b)
	}
	return w
}

func (w *world) fold(tx *ledger.Tx, b *journal.Block) {
	w.Helper()
	if err := tx.Apply(b.ID, b.Entries...); err != nil {
		w.Fatal(err)
	}
	if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
		w.Fatal(err)
	}
}

// record puts facts on record for a group, as the agency's desk would, and sends them to who reads it.
func (w *world) record(group string, facts ...proto.Message) {
	w.Helper()
	for _, fact := range facts {
		in := group
		var e *eventv1.Event
		if dated, ok := fact.(ledger.Dated); ok && dated.Repeats != nil {
			e = proto.CloneOf(dated.Repeats)
			e.Origin, in = dated.Origin, dated.Group
		} else {
			_, e = w.writer.Event(fact)
		}
		b := w.writer.Block(journal.ID{Agency: "enforcement", Group: in}, e)
		w.fold(w.own, b)
		for _, reader := range groups[in] {
			if tx := w.readers[reader]; tx != nil {
				w.fold(tx, b)
			}
		}
	}
}

// share repeats the alert, as far as it goes, for a further group, under a widening or none.
func (w *world) share(group, widening string) {
	w.Helper()
	a, err := w.own.Alert(id)
	if err != nil {
		w.Fatal(err)
	}
	events, err := w.own.EventsOf(a)
	if err != nil {
		w.Fatal(err)
	}
	facts, err := w.own.Repeat(events, group, widening)
	if err != nil {
		w.Fatal(err)
	}
	w.record("police", facts...)
}

// differs is what a reader that has the alert has of it otherwise than the agency that raised it.
func (w *world) differs() error {
	want, err := w.own.Alert(id)
	if err != nil {
		return err
	}
	for agency, tx := range w.readers {
		got, err := tx.Alert(id)
		if err != nil || got != nil && !proto.Equal(got, want) {
			return fmt.Errorf("%s has the alert as %v, and it is %v: %v", agency, got, want, err)
		}
		parked, err := tx.ParkedEvents()
		if err != nil || len(parked) > 0 {
			return fmt.Errorf("%s could not apply %v: %v", agency, parked, err)
		}
	}
	return w.mixed(want)
}

// mixed is a group that has some of the alert under a widening and some not, so that what was seen under it is listed in part.
func (w *world) mixed(a *ledgerv1.Alert) error {
	events, err := w.own.EventsOf(a)
	if err != nil {
		return err
	}
	under := map[string]string{}
	for _, e := range events {
		repeats, err := w.own.RepeatsOf(e)
		if err != nil {
			return err
		}
		for _, r := range repeats {
			if e == events[0] {
				under[r.GetJournal()] = r.GetWideningId()
			}
			if r.GetWideningId() != under[r.GetJournal()] {
				return fmt.Errorf("%s has event %d under %q and the first under %q", r.GetJournal(), e.GetNumber(), r.GetWideningId(), under[r.GetJournal()])
			}
		}
	}
	return nil
}

// lives has an alert raised, shared and brought to its end in a random order; each later event of it is heard by the rule.
func (w *world) lives(rule retells) error {
	w.record("police", raised)
	var status ledgerv1.AlertStatus
	later := map[string]proto.Message{
		"corroborate": corroborated, "confirm": confirmed, "refute": refuted, "close": closed,
		"escalate": &enforcementv1.AlertEscalated{AlertId: id, Addressee: "customs"},
	}
	next := map[ledgerv1.AlertStatus][]string{
		0: {"corroborate", "confirm", "refute", "escalate"}, ledgerv1.AlertStatus_ALERT_STATUS_CORROBORATED: {"corroborate", "confirm", "refute"},
		ledgerv1.AlertStatus_ALERT_STATUS_CONFIRMED: {"close", "escalate"}, ledgerv1.AlertStatus_ALERT_STATUS_REFUTED: {"close"},
	}
	for range rapid.IntRange(1, 8).Draw(w.T, "steps") {
		if rapid.Bool().Draw(w.T, "shares") {
			w.share(rapid.SampledFrom(groupNames).Draw(w.T, "group"), rapid.SampledFrom([]string{"", "enforcement/widening-1"}).Draw(w.T, "widening"))
			continue
		}
		can := next[status]
		if len(can) == 0 {
			continue
		}
		w.record("police", later[rapid.SampledFrom(can).Draw(w.T, "event")])
		a, err := w.own.Alert(id)
		if err != nil {
			return err
		}
		if status = a.GetStatus(); status == ledgerv1.AlertStatus_ALERT_STATUS_SUSPECTED {
			status = 0
		}
		facts, err := rule(w.own.View, id)
		if err != nil {
			return err
		}
		w.record("police", facts...)
		if again, err := rule(w.own.View, id); len(again) > 0 || err != nil {
			return fmt.Errorf("retold twice: %v, %w", again, err)
		}
	}
	return w.differs()
}

// property runs a rule on random lives of an alert and returns what it finds wrong.
func property(t *testing.T, rule retells, found func(*rapid.T, error)) {
	ledgers := map[string]*ledger.Ledger{}
	for _, agency := range []string{"enforcement", "customs", "licensing", "observer", "reporting"} {
		ledgers[agency] = ledgertest.Open(t, agency)
	}
	rapid.Check(t, func(t *rapid.T) {
		var open []*ledger.Tx
		defer func() {
			for _, tx := range open {
				tx.Rollback()
			}
		}()
		w := newWorld(t, func(agency string) *ledger.Tx {
			tx, err := ledgers[agency].Begin()
			if err != nil {
				t.Fatal(err)
			}
			open = append(open, tx)
			return tx
		})
		found(t, w.lives(rule))
	})
}

// Whoever has an alert has its refutal, and whatever else became of it, whomever it was shared with and when.
func TestRetellReachesEverybody(t *testing.T) {
	property(t, alert.Retell, func(t *rapid.T, err error) {
		if err != nil {
			t.Fatal(err)
		}
	})
}

// The property notices rules that leave somebody out.
func TestRetellCatchesMutants(t *testing.T) {
	for name, mutant := range map[string]retells{
		"nothing": func(ledger.View, string) ([]proto.Message, error) { return nil, nil },
		"the first group only": func(v ledger.View, id string) ([]proto.Message, error) {
			facts, err := alert.Retell(v, id)
			return slices.DeleteFunc(facts, func(f proto.Message) bool { return f.(ledger.Dated).Group != facts[0].(ledger.Dated).Group }), err
		},
		"no widening": func(v ledger.View, id string) ([]proto.Message, error) {
			facts, err := alert.Retell(v, id)
			for _, f := range facts {
				f.(ledger.Dated).Repeats.WideningId = ""
			}
			return facts, err
		},
		"no closure": func(v ledger.View, id string) ([]proto.Message, error) {
			facts, err := alert.Retell(v, id)
			return slices.DeleteFunc(facts, func(f proto.Message) bool {
				_, closes := f.(ledger.Dated).Message.(*enforcementv1.AlertClosed)
				return closes
			}), err
		},
	} {
		t.Run(name, func(t *testing.T) {
			wrong := 0
			property(t, mutant, func(_ *rapid.T, err error) {
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
