package writeoff_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

const licenceID = "licensing/L-1"

func pieces(thousandths int64) *transferv1.Quantity {
	return &transferv1.Quantity{Thousandths: thousandths, Unit: "H87"}
}
func euros(minor int64) *transferv1.Money { return &transferv1.Money{Minor: minor, Currency: "EUR"} }

func licence() *licensingv1.LicenceGranted {
	return &licensingv1.LicenceGranted{LicenceId: licenceID, Deal: &licensingv1.Deal{Lines: []*transferv1.Line{
		{Number: 1, Rating: "ML1.a", Quantity: pieces(100), Value: euros(50)}, {Number: 2, Rating: "ML22"},
	}}}
}

func declared(id string) proto.Message {
	return &customsv1.DeclarationAccepted{DeclarationId: id, LicenceId: licenceID}
}

func reserved(id string, line uint32, q *transferv1.Quantity, v *transferv1.Money) proto.Message {
	return &customsv1.LicenceQuantityReserved{DeclarationId: id, Item: 1, LicenceId: licenceID, LicenceLine: line, Quantity: q, Value: v}
}

func TestBalance(t *testing.T) {
	line1 := func(reserved, used, reservedValue, usedValue int64) *customsv1.LineBalance {
		return &customsv1.LineBalance{LicenceLine: 1, Authorized: pieces(100), Reserved: pieces(reserved), Used: pieces(used),
			AuthorizedValue: euros(50), ReservedValue: euros(reservedValue), UsedValue: euros(usedValue)}
	}
	committed := &customsv1.LicenceQuantityCommitted{DeclarationId: "customs/1", Item: 1, LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(30), Value: euros(3)}
	released := &customsv1.LicenceQuantityReleased{DeclarationId: "customs/1", Item: 1, LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(40), Value: euros(4)}
	others := "customs-b/1"
	inGrams := &licensingv1.LicenceAmended{LicenceId: licenceID, Deal: licence().Deal}
	inGrams.Deal.Lines[0].Quantity.Unit = "GRM"
	tests := []struct {
		name    string
		given   []proto.Message
		want    *customsv1.LineBalance
		wantErr error
		code    string
	}{
		{"nothing written off", []proto.Message{licence()}, line1(0, 0, 0, 0), nil, ""},
		{"reserved", []proto.Message{licence(), declared("customs/1"), reserved("customs/1", 1, pieces(40), euros(4))}, line1(40, 0, 4, 0), nil, ""},
		{"committed", []proto.Message{licence(), declared("customs/1"), reserved("customs/1", 1, pieces(40), euros(4)), committed}, line1(0, 30, 0, 3), nil, ""},
		{"released", []proto.Message{licence(), declared("customs/1"), reserved("customs/1", 1, pieces(40), euros(4)), released}, line1(0, 0, 0, 0), nil, ""},
		{"by two agencies", []proto.Message{licence(), declared("customs/1"), reserved("customs/1", 1, pieces(40), euros(4)),
			ledgertest.By("customs-b", declared(others)), ledgertest.By("customs-b", reserved(others, 1, pieces(7), euros(1)))}, line1(47, 0, 5, 0), nil, ""},
		{"where nothing is limited", []proto.Message{licence(), declared("customs/1"), reserved("customs/1", 2, pieces(40), nil)}, line1(0, 0, 0, 0), nil, ""},
		{"unknown licence", nil, nil, fault.NotFound, "DX01"},
		{"entries in a unit that the line left", []proto.Message{licence(), declared("customs/1"), reserved("customs/1", 1, pieces(40), euros(4)), inGrams}, nil, fault.Precondition, "DX05"},
		{"entries on a line that there is not", []proto.Message{licence(), declared("customs/1"), reserved("customs/1", 3, pieces(40), euros(4))}, nil, fault.Precondition, "DX05"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := writeoff.Balance(ledgertest.GivenAs(t, "customs", tt.given...), licenceID)
			code := ""
			if r := fault.As(err); r != nil {
				code = r.Code
			}
			if !errors.Is(err, tt.wantErr) || code != tt.code {
				t.Fatalf("refused with %v, want %s %v", err, tt.code, tt.wantErr)
			}
			if tt.want == nil {
				return
			}
			want := &customsv1.BalanceResponse{Lines: []*customsv1.LineBalance{tt.want, {LicenceLine: 2}}}
			if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
				t.Errorf("balance (-want +got):\n%s", diff)
			}
		})
	}
}

// Entries of agencies that do not know of each other can add up to more than a number holds. Nothing is left then, and
// the balance says that it cannot be stated.
func TestMoreThanANumberHolds(t *testing.T) {
	given := []proto.Message{licence()}
	for _, agency := range []string{"customs", "customs-b", "customs-c", "customs-d"} {
		id := agency + "/1"
		given = append(given, ledgertest.By(agency, declared(id)), ledgertest.By(agency, reserved(id, 1, pieces(math.MaxInt64), euros(0))))
	}
	view := ledgertest.GivenAs(t, "customs", given...)
	if b, err := writeoff.Balance(view, licenceID); err == nil {
		t.Errorf("balance is %v", b)
	}
	row, err := view.Licence(licenceID)
	if err != nil {
		t.Fatal(err)
	}
	account, err := writeoff.Read(view, row, "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = account.Reserve("customs/9", 0, &customsv1.Item{Number: 1, LicenceLine: 1, Quantity: pieces(1), Value: euros(0)})
	if r := fault.As(err); r == nil || r.Code != "DX03" {
		t.Errorf("reserved beyond every number: %v", err)
	}
}
