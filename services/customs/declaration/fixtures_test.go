package declaration_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs/matching"
)

const (
	licenceID     = "licensing/L-2026-000001"
	declarationID = "customs/26XA0001"
)

var (
	now         = ledgertest.Start.Add(30 * time.Minute)
	particulars = &eventv1.Particulars{OccurredAt: timestamppb.New(now)}
	// licence allows 100 pieces worth 5,000.00 on line 1, 50 kg of any worth on line 2, and 900.00 worth of any amount
	// on line 3; line 4 sets no limit.
	licence = &licensingv1.LicenceGranted{
		LicenceId: licenceID,
		Deal: &licensingv1.Deal{
			Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"},
			Lines: []*transferv1.Line{
				{Number: 1, Rating: "ML1.a", Quantity: pieces(100), Value: euros(5_000)},
				{Number: 2, Rating: "ML3", Quantity: kilograms(50_000)},
				{Number: 3, Rating: "ML4", Value: euros(900)},
				{Number: 4, Rating: "ML22"},
			},
		},
		ValidFrom: timestamppb.New(now.AddDate(0, -1, 0)), ValidUntil: timestamppb.New(now.AddDate(0, 1, 0)),
	}
	// command declares 40 pieces worth 2,000.00.
	command = &customsv1.AcceptDeclarationRequest{
		Particulars: particulars, Number: "26XA0001", Kind: transferv1.Kind_KIND_EXPORT, Office: "XA001", LicenceId: licenceID,
		Parties:     []*transferv1.Party{{Role: transferv1.Role_ROLE_EXPORTER, Name: "Maker of XA"}},
		Destination: "XB", Items: []*customsv1.Item{item(1, 1, pieces(40), euros(2_000))},
	}
)

func pieces(n int64) *transferv1.Quantity {
	return &transferv1.Quantity{Thousandths: n * 1000, Unit: "H87"}
}
func kilograms(grams int64) *transferv1.Quantity {
	return &transferv1.Quantity{Thousandths: grams, Unit: "KGM"}
}
func euros(n int64) *transferv1.Money { return &transferv1.Money{Minor: n * 100, Currency: "EUR"} }

func item(number, line uint32, q *transferv1.Quantity, v *transferv1.Money) *customsv1.Item {
	hs := "930190"
	if line == 2 {
		hs = "930630"
	}
	return &customsv1.Item{Number: number, LicenceLine: line, HsCode: hs, Quantity: q, Value: v}
}

// with returns a copy of a message, changed.
func with[M proto.Message](m M, change func(M)) M {
	m = proto.CloneOf(m)
	change(m)
	return m
}

// kindOf is the licence for another kind of transfer.
func kindOf(k transferv1.Kind) *licensingv1.LicenceGranted {
	return with(licence, func(l *licensingv1.LicenceGranted) { l.Deal.Kind = k })
}

// declared is what accepting a declaration puts on record, discrepancies but for ids, and the release of the goods, or their hold for
// the first of them that is high.
func declared(cmd *customsv1.AcceptDeclarationRequest, raised ...*customsv1.DiscrepancyRaised) []proto.Message {
	id := "customs/" + cmd.Number
	facts := []proto.Message{&customsv1.DeclarationAccepted{
		DeclarationId: id, Number: cmd.Number, Kind: cmd.Kind, Office: cmd.Office, LicenceId: cmd.LicenceId, Parties: cmd.Parties,
		Destination: cmd.Destination, Items: cmd.Items, AcceptedAt: cmd.Particulars.OccurredAt, Consignment: cmd.Consignment, LicenceReference: cmd.LicenceReference,
	}}
	for _, i := range cmd.Items {
		facts = append(facts, &customsv1.LicenceQuantityReserved{
			DeclarationId: id, Item: i.Number, LicenceId: cmd.LicenceId, LicenceLine: i.LicenceLine, Quantity: i.Quantity, Value: i.Value,
		})
	}
	var last proto.Message = &customsv1.GoodsReleased{DeclarationId: id, At: timestamppb.New(now)}
	for n, r := range raised {
		r = with(r, func(r *customsv1.DiscrepancyRaised) {
			r.DiscrepancyId, r.DeclarationId, r.LicenceId = fmt.Sprintf("customs/DX-2026-%06d", n+1), id, cmd.LicenceId
		})
		facts = append(facts, r)
		if r.Severity == customsv1.Severity_SEVERITY_HIGH {
			last = &customsv1.GoodsHeld{DeclarationId: id, At: timestamppb.New(now), Reason: customsv1.HoldReason_HOLD_REASON_DISCREPANCY, Text: r.Code + " is open: " + r.Text}
		}
	}
	return append(facts, last)
}

// discrepancy is what is raised, but for its ids.
func discrepancy(code string, item uint32, expected, found, text string) *customsv1.DiscrepancyRaised {
	return matching.New("", "", code, item, expected, found, text)
}

// withIDs is a discrepancy of the declaration: the nth that was raised.
func withIDs(r *customsv1.DiscrepancyRaised, n int, licence string) *customsv1.DiscrepancyRaised {
	return with(r, func(r *customsv1.DiscrepancyRaised) {
		r.DiscrepancyId, r.DeclarationId, r.LicenceId = fmt.Sprintf("customs/DX-2026-%06d", n), declarationID, licence
	})
}

// differs is a discrepancy of goods that moved, of which another quantity was released.
func differs(n int, code string, item uint32, was, is string) *customsv1.DiscrepancyRaised {
	return withIDs(discrepancy(code, item, was, is, fmt.Sprintf("of item %d %s were released, and %s were presented", item, was, is)), n, licenceID)
}

// numbered is the command with a number of its own and other items.
func numbered(number string, items ...*customsv1.Item) *customsv1.AcceptDeclarationRequest {
	return with(command, func(c *customsv1.AcceptDeclarationRequest) { c.Number, c.Items = number, items })
}

func committed(item, line uint32, q *transferv1.Quantity, v *transferv1.Money) *customsv1.LicenceQuantityCommitted {
	return &customsv1.LicenceQuantityCommitted{DeclarationId: declarationID, Item: item, LicenceId: licenceID, LicenceLine: line, Quantity: q, Value: v}
}

func given(t *testing.T, facts ...proto.Message) ledger.View {
	t.Helper()
	return ledgertest.GivenAs(t, "customs", append(slices.Clone(directory), facts...)...)
}

// facts puts facts together.
func facts(groups ...any) []proto.Message {
	var all []proto.Message
	for _, g := range groups {
		switch g := g.(type) {
		case proto.Message:
			all = append(all, g)
		case []proto.Message:
			all = append(all, g...)
		}
	}
	return all
}

// expect compares what a rule decided with what it should have: facts, nothing, or a refusal of a kind, with a code.
func expect(t *testing.T, got []proto.Message, err error, want []proto.Message, wantErr error, wantCode string) {
	t.Helper()
	code := ""
	if r := fault.As(err); r != nil {
		code = r.Code
	}
	if !errors.Is(err, wantErr) || code != wantCode {
		t.Errorf("refused with %v, want %s %v", err, wantCode, wantErr)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform(), protocmp.IgnoreFields(&customsv1.GoodsReleased{}, "freshness")); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

// directory names who counts the licence, and a post of theirs.
var directory = ledgertest.Registered("licensing", "customs", "customs-b")

// withoutRelease is what accepting puts on record but for its last fact.
func withoutRelease(facts []proto.Message) []proto.Message { return facts[:len(facts)-1] }
