package customs_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/anishathalye/porcupine"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// Each of these has the history of a counter that is none, and the checker says so.
func TestLinearizabilityCatchesMutants(t *testing.T) {
	for name, mutant := range map[string]asking{
		"the limit is not checked": func(ctx context.Context, p *place, c call) (*eventv1.Receipt, error) {
			if c.kind != "accept" {
				return asks(ctx, p, c)
			}
			return p.Desk.Execute(ctx, request(c), func(ledger.View) ([]proto.Message, error) { return unchecked(p, c), nil })
		},
		"decided on what was read before": func(ctx context.Context, p *place, c call) (*eventv1.Receipt, error) {
			if c.kind != "accept" {
				return asks(ctx, p, c)
			}
			left, err := asks(ctx, p, call{kind: "balance"})
			switch {
			case err != nil:
				return nil, err
			case c.pieces > int64(left.GetEvents()):
				return nil, fault.Coded(fault.Precondition, "DX03", "not so much is left")
			}
			runtime.Gosched()
			return p.Desk.Execute(ctx, request(c), func(ledger.View) ([]proto.Message, error) { return unchecked(p, c), nil })
		},
		"idempotency keys are not looked at": func(ctx context.Context, p *place, c call) (*eventv1.Receipt, error) {
			c.key = ""
			return asks(ctx, p, c)
		},
		"an answer and nothing on record": func(ctx context.Context, p *place, c call) (*eventv1.Receipt, error) {
			if c.kind == "cancel" {
				return &eventv1.Receipt{}, nil
			}
			return asks(ctx, p, c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				if result, _ := run(t, mutant, 25); result == porcupine.Illegal {
					return
				}
			}
			t.Error("twenty histories could have happened one after the other")
		})
	}
}

// request carries a call's key.
func request(c call) *customsv1.AcceptDeclarationRequest {
	d := declaration(c.declaration, c.pieces)
	d.Particulars = &eventv1.Particulars{IdempotencyKey: c.key}
	return d
}

// unchecked is what an accepted declaration puts on record, whatever is left.
func unchecked(p *place, c call) []proto.Message {
	d := declaration(c.declaration, c.pieces)
	id := p.Name + "/" + c.declaration
	return []proto.Message{
		&customsv1.DeclarationAccepted{DeclarationId: id, Number: d.Number, Kind: d.Kind, LicenceId: licenceID, Items: d.Items},
		&customsv1.LicenceQuantityReserved{DeclarationId: id, Item: 1, LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(c.pieces)},
	}
}
