package declaration_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/customs/declaration"
)

// rules are those that the property is about.
type rules struct {
	lodge        func(ledger.View, *customsv1.LodgeDeclarationRequest) ([]proto.Message, error)
	accept       func(ledger.View, *customsv1.AcceptDeclarationRequest) ([]proto.Message, error)
	acceptLodged func(ledger.View, *customsv1.AcceptLodgedRequest) ([]proto.Message, error)
	amend        func(ledger.View, *customsv1.AmendDeclarationRequest) ([]proto.Message, error)
	cancel       func(ledger.View, *customsv1.CancelDeclarationRequest) ([]proto.Message, error)
	exit         func(ledger.View, *customsv1.ConfirmExitRequest) ([]proto.Message, error)
	arrive       func(ledger.View, *customsv1.ConfirmArrivalRequest) ([]proto.Message, error)
}

var actual = rules{
	declaration.Lodge, accept, acceptLodged, declaration.Amend, declaration.Cancel, declaration.ConfirmExit, declaration.ConfirmArrival,
}

// Whatever is lodged, accepted, amended, confirmed and cancelled in whatever order, no line comes out above what is authorized, in
// quantity or in value; the balance is that of a model which knows declarations only and adds them all up; each item of a declaration
// is written off at most once; and a command that is repeated decides nothing.
func TestWriteOffsStayWithinTheLicence(t *testing.T) {
	l := ledgertest.Open(t, "customs")
	rapid.Check(t, func(t *rapid.T) {
		if err := history(t, l, actual); err != nil {
			t.Fatal(err)
		}
	})
}

// only keeps the facts that are not of the kind of some.
func without(facts []proto.Message, some proto.Message) (left []proto.Message) {
	for _, f := range facts {
		if kindOfFact(f) != kindOfFact(some) {
			left = append(left, f)
		}
	}
	return left
}

func kindOfFact(f proto.Message) string { return string(f.ProtoReflect().Descriptor().Name()) }

// changed has a change made to the facts of a kind that a rule decides.
func changed[F proto.Message](facts []proto.Message, change func(F)) []proto.Message {
	for i, f := range facts {
		if dated, ok := f.(ledger.Dated); ok {
			f = dated.Message
		}
		if of, ok := f.(F); ok {
			of = proto.CloneOf(of)
			change(of)
			facts[i] = of
		}
	}
	return facts
}

// The property notices rules that are wrong.
func TestWriteOffsStayWithinTheLicenceCatchesMutants(t *testing.T) {
	l := ledgertest.Open(t, "customs")
	for name, mutate := range map[string]func(*rules){
		"a lodged declaration counts": func(r *rules) {
			r.lodge = func(view ledger.View, c *customsv1.LodgeDeclarationRequest) ([]proto.Message, error) {
				facts, err := actual.lodge(view, c)
				for _, i := range c.Items {
					facts = append(facts, &customsv1.LicenceQuantityReserved{
						DeclarationId: "customs/" + c.Number, Item: i.Number, LicenceId: licenceID, LicenceLine: 1, Quantity: i.Quantity, Value: i.Value})
				}
				return facts, err
			}
		},
		"acceptance reserves nothing": func(r *rules) {
			r.accept = func(view ledger.View, c *customsv1.AcceptDeclarationRequest) ([]proto.Message, error) {
				facts, err := actual.accept(view, c)
				return without(facts, &customsv1.LicenceQuantityReserved{}), err
			}
		},
		"an amendment gives nothing back": func(r *rules) {
			r.amend = func(view ledger.View, c *customsv1.AmendDeclarationRequest) ([]proto.Message, error) {
				facts, err := actual.amend(view, c)
				return without(facts, &customsv1.LicenceQuantityReleased{}), err
			}
		},
		"an amendment reserves in the old version": func(r *rules) {
			r.amend = func(view ledger.View, c *customsv1.AmendDeclarationRequest) ([]proto.Message, error) {
				facts, err := actual.amend(view, c)
				return changed(facts, func(r *customsv1.LicenceQuantityReserved) { r.Version-- }), err
			}
		},
		"an amendment is taken again": func(r *rules) {
			r.amend = func(view ledger.View, c *customsv1.AmendDeclarationRequest) ([]proto.Message, error) {
				facts, err := actual.amend(view, c)
				if len(facts) == 0 && err == nil {
					facts = []proto.Message{&customsv1.DeclarationAmended{DeclarationId: c.DeclarationId, Items: c.Items, Destination: c.Destination}}
				}
				return facts, err
			}
		},
		"a cancellation gives nothing back": func(r *rules) {
			r.cancel = func(view ledger.View, c *customsv1.CancelDeclarationRequest) ([]proto.Message, error) {
				facts, err := actual.cancel(view, c)
				return without(facts, &customsv1.LicenceQuantityReleased{}), err
			}
		},
		"what left is what was declared": func(r *rules) {
			r.exit = func(view ledger.View, c *customsv1.ConfirmExitRequest) ([]proto.Message, error) {
				return actual.exit(view, &customsv1.ConfirmExitRequest{Particulars: c.Particulars, DeclarationId: c.DeclarationId})
			}
		},
		"what left does not count": func(r *rules) {
			r.exit = func(view ledger.View, c *customsv1.ConfirmExitRequest) ([]proto.Message, error) {
				facts, err := actual.exit(view, c)
				return changed(facts, func(c *customsv1.LicenceQuantityCommitted) { c.Quantity, c.Value = quantity(0), money(0) }), err
			}
		},
		"an import that arrived is still reserved": func(r *rules) {
			r.arrive = func(view ledger.View, c *customsv1.ConfirmArrivalRequest) ([]proto.Message, error) {
				facts, err := actual.arrive(view, c)
				return without(facts, &customsv1.LicenceQuantityCommitted{}), err
			}
		},
		"lodged goods are accepted in the first version": func(r *rules) {
			r.acceptLodged = func(view ledger.View, c *customsv1.AcceptLodgedRequest) ([]proto.Message, error) {
				facts, err := actual.acceptLodged(view, c)
				return changed(facts, func(r *customsv1.LicenceQuantityReserved) { r.Version = 0 }), err
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			mutant := actual
			mutate(&mutant)
			for seed := range 200 {
				if rapid.Custom(func(t *rapid.T) string { return fmt.Sprint(history(t, l, mutant)) }).Example(seed) != fmt.Sprint(error(nil)) {
					return
				}
			}
			t.Error("200 histories did not catch it")
		})
	}
}
