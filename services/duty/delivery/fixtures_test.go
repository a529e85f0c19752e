package delivery_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

const (
	licenceID     = "licensing/L-2026-000001"
	otherLicence  = "licensing/L-2026-000002"
	declarationID = "customs/26XA0001"
	secondID      = "customs/26XA0002"
	waitingID     = "customs/26XA0003"
	deliveryID    = "licensing/DV-2026-000001"
	checkID       = "licensing/PD-2026-000001"
)

var (
	exit = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	now  = exit.AddDate(0, 0, 30)
	by   = &eventv1.Particulars{OccurredAt: timestamppb.New(now), Officer: &eventv1.Officer{Role: "officer"}}

	// Licensing and customs of XA, and both of XB, of which customs reads what licensing of XA records for "partners".
	directory = []proto.Message{
		&directoryv1.AgencyRegistered{Agency: "licensing", State: "XA", Service: "licensing"},
		&directoryv1.AgencyRegistered{Agency: "customs", State: "XA", Service: "customs"},
		&directoryv1.AgencyRegistered{Agency: "customs-b", State: "XB", Service: "customs"},
		&directoryv1.AgencyRegistered{Agency: "licensing-b", State: "XB", Service: "licensing"},
		&directoryv1.GroupDefined{Group: "all", Members: []string{"licensing", "customs"}},
		&directoryv1.GroupDefined{Group: "b-internal", Members: []string{"customs-b"}},
		&directoryv1.GroupDefined{Group: "partners", Members: []string{"licensing", "customs-b"}},
		&directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{
			{Group: "all"}, {Marking: "internal", Group: "b-internal"}, {Agency: "customs", Kind: "counterfoil.customs.v1.DeliveryVerificationRequested", Group: "all"},
			{Kind: "counterfoil.customs.v1.DeliveryVerificationRequested", Group: "partners"}, {Kind: "counterfoil.customs.v1.DeliveryConfirmed", Group: "partners"},
		}},
	}
	// licence is for an export of 100 rifles and 50 kg of powder to the border guard of XB, on one end-user certificate.
	licence = &licensingv1.LicenceGranted{LicenceId: licenceID, Deal: &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"},
		Parties: []*transferv1.Party{
			{Role: transferv1.Role_ROLE_EXPORTER, Name: "Northgate Arms XA"}, {Role: transferv1.Role_ROLE_END_USER, Name: "Border Guard of XB"},
			{Role: transferv1.Role_ROLE_CONSIGNEE, Name: "Harbour Trading XB"},
		},
		Lines: []*transferv1.Line{{Number: 1, Rating: "ML1.a", Quantity: pieces(100)}, {Number: 2, Rating: "ML8", Quantity: kilograms(50_000)}},
		Documents: []*licensingv1.Document{
			{Kind: "end_user_certificate", Number: "EUC-7", Undertakings: []string{"U1", "U5", "U6"}}, {Kind: "contract", Number: "K-9"},
		},
	}}
	obliged = &licensingv1.ObligationSet{ObligationId: "licensing/O-2026-000001", Subject: licenceID, Kind: "delivery_verification", Owner: "holder", Days: 60, After: "exit"}

	// Two rifles with serials and 10 kg of powder left under the first declaration, 3 rifles under the second on the next day; the
	// third waits.
	shipped = []proto.Message{
		declared(declarationID, item(1, 1, pieces(2), "A-1", "A-2"), item(2, 2, kilograms(10_000))),
		declared(secondID, item(1, 1, pieces(3))),
		declared(waitingID, item(1, 1, pieces(1))),
		committed(declarationID, 1, 1, pieces(2)), committed(declarationID, 2, 2, kilograms(10_000)), committed(secondID, 1, 1, pieces(3)),
		&customsv1.ExitConfirmed{DeclarationId: declarationID, At: timestamppb.New(exit)},
		&customsv1.ExitConfirmed{DeclarationId: secondID, At: timestamppb.New(exit.AddDate(0, 0, 1))},
	}
	rifles = received(1, pieces(2), "A-1", "A-2")
	powder = received(2, kilograms(10_000))
	asked  = &customsv1.DeliveryVerificationRequested{
		DeliveryId: deliveryID, LicenceId: licenceID, DeclarationIds: []string{declarationID}, Of: "customs-b", From: timestamppb.New(exit),
		Due: timestamppb.New(exit.AddDate(0, 0, 60)), Expected: []*customsv1.DeliveredItem{rifles, powder}, Certificate: "EUC-7",
	}
	proof = &customsv1.Proof{
		Number: "DVC-1", Certificate: "EUC-7", Received: []*customsv1.DeliveredItem{rifles, powder}, ArrivedAt: timestamppb.New(exit.AddDate(0, 0, 5)),
		Place: "XBHAR", Recipient: "Harbour Trading XB", Issuer: "Customs of XB",
	}
)

func pieces(n int64) *transferv1.Quantity {
	return &transferv1.Quantity{Thousandths: n * 1000, Unit: "H87"}
}
func kilograms(grams int64) *transferv1.Quantity {
	return &transferv1.Quantity{Thousandths: grams, Unit: "KGM"}
}

func item(number, line uint32, q *transferv1.Quantity, serials ...string) *customsv1.Item {
	i := &customsv1.Item{Number: number, LicenceLine: line, Quantity: q}
	if len(serials) > 0 {
		i.Serials = []*transferv1.Serials{{Serials: serials}}
	}
	return i
}

func received(line uint32, q *transferv1.Quantity, serials ...string) *customsv1.DeliveredItem {
	d := &customsv1.DeliveredItem{LicenceLine: line, Quantity: q}
	if len(serials) > 0 {
		d.Serials = []*transferv1.Serials{{Serials: serials}}
	}
	return d
}

func declared(id string, items ...*customsv1.Item) *customsv1.DeclarationAccepted {
	return &customsv1.DeclarationAccepted{DeclarationId: id, Kind: transferv1.Kind_KIND_EXPORT, LicenceId: licenceID, Destination: "XB", Items: items}
}

func committed(id string, item, line uint32, q *transferv1.Quantity) *customsv1.LicenceQuantityCommitted {
	return &customsv1.LicenceQuantityCommitted{DeclarationId: id, Item: item, LicenceId: licenceID, LicenceLine: line, Quantity: q}
}

// ofLicensing has licensing record facts, for those who also read them at customs of XB.
func ofLicensing(facts ...proto.Message) (all []proto.Message) {
	for _, f := range facts {
		all = append(all, ledgertest.By("licensing", ledgertest.In("partners", f)))
	}
	return all
}

// with returns a copy of a message, changed.
func with[M proto.Message](m M, change func(M)) M {
	m = proto.CloneOf(m)
	change(m)
	return m
}

// on is what is on record: the directory, the licence, what was shipped, and further facts.
func on(further ...proto.Message) []proto.Message {
	all := append([]proto.Message{}, directory...)
	return append(append(append(all, licence), shipped...), further...)
}

func given(t *testing.T, agency string, facts []proto.Message) ledger.View {
	t.Helper()
	return ledgertest.GivenAs(t, agency, facts...)
}

// expect compares what a rule decided, without the groups, with what it should have.
func expect(t *testing.T, got []proto.Message, err error, want []proto.Message, wantErr error) {
	t.Helper()
	if !errors.Is(err, wantErr) {
		t.Errorf("refused with %v, want %v", err, wantErr)
	}
	if diff := cmp.Diff(want, plain(got), protocmp.Transform()); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

func plain(facts []proto.Message) (list []proto.Message) {
	for _, f := range facts {
		if dated, ok := f.(ledger.Dated); ok {
			f = dated.Message
		}
		list = append(list, f)
	}
	return list
}
