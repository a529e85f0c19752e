package writeoff_test

import (
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

const (
	licenceID = "licensing/L-1"
	post      = "customs-b"
)

func pieces(thousandths int64) *transferv1.Quantity {
	return &transferv1.Quantity{Thousandths: thousandths, Unit: "H87"}
}
func euros(minor int64) *transferv1.Money { return &transferv1.Money{Minor: minor, Currency: "EUR"} }

// licence allows 100 thousandths of a piece worth 50 cents on line 1, and sets no limit on line 2.
func licence() *licensingv1.LicenceGranted {
	return &licensingv1.LicenceGranted{LicenceId: licenceID, Deal: &licensingv1.Deal{Lines: []*transferv1.Line{
		{Number: 1, Rating: "ML1.a", Quantity: pieces(100), Value: euros(50)}, {Number: 2, Rating: "ML22"},
	}}}
}

func tolerant(permille uint32) *licensingv1.LicenceGranted {
	l := licence()
	l.Deal.Lines[0].TolerancePermille = permille
	return l
}

func amended(quantity, value int64) *licensingv1.LicenceAmended {
	a := &licensingv1.LicenceAmended{LicenceId: licenceID, Deal: licence().Deal}
	a.Deal.Lines[0].Quantity, a.Deal.Lines[0].Value = pieces(quantity), euros(value)
	return a
}

func inGrams() *licensingv1.LicenceAmended {
	a := amended(100, 50)
	a.Deal.Lines[0].Quantity.Unit = "GRM"
	return a
}

func declared(id string) proto.Message {
	return &customsv1.DeclarationAccepted{DeclarationId: id, LicenceId: licenceID}
}

func reserved(id string, q, v int64) *customsv1.LicenceQuantityReserved {
	return &customsv1.LicenceQuantityReserved{DeclarationId: id, Item: 1, LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(q), Value: euros(v)}
}

func dozens(id string, n int64) *customsv1.LicenceQuantityReserved {
	r := reserved(id, n, 0)
	r.Quantity.Unit, r.Value = "DZN", nil
	return r
}

func onLine(line uint32, r *customsv1.LicenceQuantityReserved) proto.Message {
	r.LicenceLine = line
	return r
}

func committed(id string, q, v int64) proto.Message {
	return &customsv1.LicenceQuantityCommitted{DeclarationId: id, Item: 1, LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(q), Value: euros(v)}
}

func released(id string, q, v int64) proto.Message {
	return &customsv1.LicenceQuantityReleased{DeclarationId: id, Item: 1, LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(q), Value: euros(v)}
}

func corrected(id string, sequence uint32, q, v int64) proto.Message {
	return &customsv1.LicenceQuantityCorrected{
		DeclarationId: id, Item: 1, LicenceId: licenceID, LicenceLine: 1, EntryId: id + "#1#2", Sequence: sequence, Reason: "weighed again",
		Change: &customsv1.Change{Thousandths: q, Unit: "H87", Minor: v, Currency: "EUR"},
	}
}

func restored(id string, sequence uint32, q, v int64) proto.Message {
	return &customsv1.LicenceQuantityRestored{
		DeclarationId: id, Item: 1, LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(q), Value: euros(v), Sequence: sequence, Reason: "sent back", LegalBasis: "fictional",
	}
}

func given(counter, to string, n uint32, q, v int64) proto.Message {
	id := counter + "/AL-" + to + string('0'+rune(n))
	return ledgertest.By(counter, &customsv1.AllowanceGiven{AllowanceId: id, Post: to, LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(q), Value: euros(v)})
}

func returned(by string, n uint32, q, v int64) proto.Message {
	id := by + "/AR-" + string('0'+rune(n))
	return ledgertest.By(by, &customsv1.AllowanceReturned{ReturnId: id, Giver: "customs", LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(q), Value: euros(v)})
}

func by(agency string, all ...proto.Message) []proto.Message {
	for i := range all {
		all[i] = ledgertest.By(agency, all[i])
	}
	return all
}

func registered(agency, service, state, postOf string) proto.Message {
	return &directoryv1.AgencyRegistered{Agency: agency, Service: service, State: state, PostOf: postOf}
}

func agencyRemoved(agency string) proto.Message {
	return &directoryv1.AgencyRemoved{Agency: agency, Reason: "merged"}
}

func suspendedAgency(agency string) proto.Message {
	return &directoryv1.AgencySuspended{Agency: agency, Reason: "looked at"}
}

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

// view is of an agency's ledger, in a State with a customs agency and a post of it.
func view(t testing.TB, agency string, given ...proto.Message) ledger.View {
	t.Helper()
	return ledgertest.GivenAs(t, agency, append(ledgertest.Registered("licensing", "customs", post, "customs-c", "customs-d"), given...)...)
}

func read(t testing.TB, v ledger.View) *writeoff.Account {
	t.Helper()
	row, err := v.Licence(licenceID)
	if err != nil {
		t.Fatal(err)
	}
	account, err := writeoff.Read(v, row, "")
	if err != nil {
		t.Fatal(err)
	}
	return account
}

// refused reports whether an error is a refusal, and says so when it is not the one that is wanted.
func refused(t testing.TB, err, want error, code string) bool {
	t.Helper()
	got := ""
	if r := fault.As(err); r != nil {
		got = r.Code
	}
	if !errors.Is(err, want) || got != code {
		t.Fatalf("refused with %v, want %s %v", err, code, want)
	}
	return err != nil
}
