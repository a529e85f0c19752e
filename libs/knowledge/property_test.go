package knowledge_test

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/knowledge"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// told is a fact of a drawn history, with what the model needs to know of it.
type told struct {
	said
	own, concerns bool
}

// history draws what three agencies recorded about two licences; deliveries are held back at random, each journal in its order. The
// decision on the first licence, in hour decision, cites some of what had come.
func history(t *rapid.T) (list []told, decision int) {
	clock, arrived := 2, map[string]int{}
	list = []told{{said{written: 1, received: 1, occurred: 1, name: "granted", fact: &licensingv1.LicenceGranted{LicenceId: licence}}, true, true},
		{said{written: 1, received: 1, occurred: 1, name: "other", fact: &licensingv1.LicenceGranted{LicenceId: other}}, true, false}}
	steps := rapid.IntRange(1, 25).Draw(t, "steps")
	at := rapid.IntRange(0, steps-1).Draw(t, "decision")
	for n := range steps {
		clock += rapid.IntRange(0, 2).Draw(t, "pause")
		x := told{said: said{written: clock, name: fmt.Sprint("fact ", n)}, concerns: rapid.Bool().Draw(t, "concerns")}
		about := map[bool]string{true: licence, false: other}[x.concerns]
		by := rapid.SampledFrom([]string{"customs", "enforcement", "licensing"}).Draw(t, "by")
		switch {
		case n == at:
			by, decision, x.name, x.fact = "licensing", len(list), "decision", &licensingv1.LicenceSuspended{LicenceId: licence}
			for _, before := range list {
				if before.received <= clock && before.name != "granted" && rapid.IntRange(0, 3).Draw(t, "cited") == 0 {
					x.cites = append(x.cites, before.name)
				}
			}
		case by == "customs":
			x.fact = sighting(n, about)
		case by == "enforcement":
			x.fact = alert(n, about)
		default:
			x.fact = &licensingv1.ReassessmentOpened{ReassessmentId: fmt.Sprintf("licensing/R-%d", n), LicenceId: about}
		}
		if n > at && rapid.IntRange(0, 3).Draw(t, "consequence") == 0 {
			x.cites = []string{"decision"}
		}
		x.own, x.occurred, x.received = by == "licensing", max(1, clock-rapid.IntRange(0, 4).Draw(t, "ago")), clock
		if !x.own {
			arrived[by] = max(arrived[by], clock+rapid.SampledFrom([]int{0, 0, 1, 2, 9}).Draw(t, "held back"))
			x.received = arrived[by]
		}
		list = append(list, x)
	}
	return list, decision
}

// expected are the lists by obvious code.
func expected(list []told, at int) string {
	decision := list[at]
	used, unused, missing := []string{}, []string{}, []string{}
	for i, x := range list {
		cited := slices.Contains(decision.cites, x.name)
		if i == at || !x.concerns && !cited {
			continue
		}
		had := x.received <= decision.written
		if x.own {
			had = i < at
		}
		heldBack := !x.own && !had && x.written <= decision.written
		statedLater := x.written > decision.written && x.occurred < decision.occurred && !slices.Contains(x.cites, "decision")
		switch {
		case had && (cited || x.name == "granted"):
			used = append(used, x.name)
		case had:
			unused = append(unused, x.name)
		case heldBack || statedLater:
			missing = append(missing, x.name)
		}
	}
	slices.Sort(used)
	slices.Sort(unused)
	slices.Sort(missing)
	return fmt.Sprintf("used %q, unused %q, not arrived %q", used, unused, missing)
}

// reviewing is knowledge.Review, or a mutant of it.
type reviewing func(ledger.View, string, uint64) (*queryv1.KnewResponse, queryv1.Table, error)

func property(t *testing.T, of reviewing, told func(*rapid.T, error)) {
	l := ledgertest.Open(t, "licensing")
	rapid.Check(t, func(rt *rapid.T) {
		tx, err := l.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		w, wrong := newWorld(t), error(nil)
		list, at := history(rt)
		for _, x := range list {
			w.tell(x.said)
		}
		w.fold(tx)
		res, _, err := of(tx.View, licence, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := w.lists(res), expected(list, at); got != want {
			wrong = fmt.Errorf("%s\nwant %s", got, want)
		}
		told(rt, wrong)
	})
}

// With deliveries held back at random, what had not arrived is what was held back and what was stated later, nothing else.
func TestHeldBackIsWhatHadNotArrived(t *testing.T) {
	property(t, knowledge.Review, func(t *rapid.T, err error) {
		if err != nil {
			t.Fatal(err)
		}
	})
}

// altered is Review with what it came to changed: each entry is put where a wrong rule would, nil for nowhere.
func altered(where func(k *queryv1.KnownEvent, res *queryv1.KnewResponse) *[]*queryv1.KnownEvent) reviewing {
	return func(v ledger.View, id string, number uint64) (*queryv1.KnewResponse, queryv1.Table, error) {
		right, table, err := knowledge.Review(v, id, number)
		if err != nil {
			return nil, 0, err
		}
		wrong := proto.CloneOf(right)
		wrong.Received, wrong.NotArrived = nil, nil
		for _, k := range slices.Concat(right.Received, right.NotArrived) {
			if list := where(k, wrong); list != nil {
				*list = append(*list, k)
			}
		}
		return wrong, table, nil
	}
}

func TestThePropertyCatchesMutants(t *testing.T) {
	place := func(received bool, res *queryv1.KnewResponse) *[]*queryv1.KnownEvent {
		if received {
			return &res.Received
		}
		return &res.NotArrived
	}
	had := func(k *queryv1.KnownEvent) bool { return k.Use != queryv1.KnownUse_KNOWN_USE_UNSPECIFIED }
	others := func(k *queryv1.KnownEvent) bool { return k.Agency != "licensing" }
	for name, mutant := range map[string]reviewing{
		"before the decision and not in its moment": altered(func(k *queryv1.KnownEvent, res *queryv1.KnewResponse) *[]*queryv1.KnownEvent {
			return place(had(k) && (!others(k) || k.CameAfterSeconds < 0), res)
		}),
		"written taken for received": altered(func(k *queryv1.KnownEvent, res *queryv1.KnewResponse) *[]*queryv1.KnownEvent {
			return place(!k.StatedLater, res)
		}),
		"received taken for written": altered(func(k *queryv1.KnownEvent, res *queryv1.KnewResponse) *[]*queryv1.KnownEvent {
			if !had(k) && !k.OccurredAt.AsTime().Before(res.Decision.OccurredAt.AsTime()) {
				return nil
			}
			return place(had(k), res)
		}),
		"stated taken for happened": altered(func(k *queryv1.KnownEvent, res *queryv1.KnewResponse) *[]*queryv1.KnownEvent {
			if k.StatedLater {
				return nil
			}
			return place(had(k), res)
		}),
		"only what others recorded": altered(func(k *queryv1.KnownEvent, res *queryv1.KnewResponse) *[]*queryv1.KnownEvent {
			if !others(k) {
				return nil
			}
			return place(had(k), res)
		}),
		"nothing is used": altered(func(k *queryv1.KnownEvent, res *queryv1.KnewResponse) *[]*queryv1.KnownEvent {
			list := place(had(k), res)
			if had(k) {
				k.Use = queryv1.KnownUse_KNOWN_USE_NONE
			}
			return list
		}),
		"only what is cited": altered(func(k *queryv1.KnownEvent, res *queryv1.KnewResponse) *[]*queryv1.KnownEvent {
			if k.Use == queryv1.KnownUse_KNOWN_USE_NONE {
				return nil
			}
			return place(had(k), res)
		}),
	} {
		t.Run(name, func(t *testing.T) {
			caught := 0
			property(t, mutant, func(_ *rapid.T, err error) {
				if err != nil {
					caught++
				}
			})
			if caught == 0 {
				t.Error("the property holds for it")
			}
		})
	}
}
