package delivery_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/duty/delivery"
)

func TestRequest(t *testing.T) {
	type command = customsv1.RequestDeliveryRequest
	type request = customsv1.DeliveryVerificationRequested
	ofDeclaration := &command{Particulars: by, DeclarationIds: []string{declarationID}}
	ofLicence := &command{Particulars: by, LicenceId: licenceID}
	days := func(r *request, n int) { r.Due = timestamppb.New(r.From.AsTime().AddDate(0, 0, n)) }
	second := with(asked, func(r *request) {
		r.DeclarationIds, r.From, r.Expected = []string{secondID}, timestamppb.New(exit.AddDate(0, 0, 1)), []*customsv1.DeliveredItem{received(1, pieces(3))}
		days(r, 60)
	})
	both := with(asked, func(r *request) {
		r.DeclarationIds, r.From, r.Expected = []string{declarationID, secondID}, second.From, []*customsv1.DeliveredItem{received(1, pieces(5), "A-1", "A-2"), powder}
		days(r, 60)
	})
	next := func(r *request) { r.DeliveryId = "licensing/DV-2026-000002" }
	otherDeclaration := with(declared("customs/26XA0009", item(1, 1, pieces(1))), func(d *customsv1.DeclarationAccepted) { d.LicenceId = otherLicence })
	tests := []struct {
		name    string
		given   []proto.Message
		cmd     *command
		want    *request
		wantErr error
	}{
		{"of a declaration, as the licence obliges", on(obliged), ofDeclaration, asked, nil},
		{"of a licence: all that left", on(obliged), ofLicence, both, nil},
		{"of a licence, what was not asked about", append(on(obliged), ofLicensing(asked)...), ofLicence, with(second, next), nil},
		{"of a licence, all was asked about", append(on(obliged), ofLicensing(both)...), ofLicence, nil, nil},
		{"the same again", append(on(obliged), ofLicensing(asked)...), ofDeclaration, nil, nil},
		{"the same of somebody else", append(on(obliged), ofLicensing(asked)...), with(ofDeclaration, func(c *command) { c.Of = "importer" }), nil, fault.Conflict},
		{"some of it again", append(on(obliged), ofLicensing(both)...), ofDeclaration, nil, fault.Conflict},
		{"customs asks already", append(on(obliged), with(asked, func(r *request) { r.DeliveryId, r.Of = "customs/DV-2026-000001", "importer" })), ofDeclaration, nil, fault.Conflict},
		{"a verified one, again", append(on(obliged), ofLicensing(asked, verified(proof))...), ofDeclaration, with(asked, next), nil},
		{"no obligation", on(), ofDeclaration, with(asked, func(r *request) { days(r, delivery.UsualDays) }), nil},
		{"days of its own", on(obliged), with(ofDeclaration, func(c *command) { c.Days = 10 }), with(asked, func(r *request) { days(r, 10) }), nil},
		{"an import declaration is demanded", on(obliged), with(ofDeclaration, func(c *command) { c.ImportDeclaration = true }), with(asked, func(r *request) { r.ImportDeclaration = true }), nil},
		{"of a name", on(obliged), with(ofDeclaration, func(c *command) { c.Of = "embassy of XC" }), with(asked, func(r *request) { r.Of = "embassy of XC" }), nil},
		{"corrected and come back", on(obliged,
			&customsv1.LicenceQuantityCorrected{DeclarationId: secondID, Item: 1, LicenceId: licenceID, LicenceLine: 1, Change: &customsv1.Change{Thousandths: 2000, Unit: "H87"}, EntryId: secondID + "#1#2", Sequence: 1},
			&customsv1.LicenceQuantityRestored{DeclarationId: secondID, Item: 1, LicenceId: licenceID, LicenceLine: 1, Quantity: pieces(1), Sequence: 1}),
			with(ofLicence, func(c *command) { c.LicenceId, c.DeclarationIds = "", []string{secondID} }),
			with(second, func(r *request) { r.Expected = []*customsv1.DeliveredItem{received(1, pieces(4))} }), nil},
		{"to itself", on(obliged), with(ofDeclaration, func(c *command) { c.Of = "licensing" }), nil, fault.Invalid},
		{"of who would not hear of it", on(obliged), with(ofDeclaration, func(c *command) { c.Of = "licensing-b" }), nil, fault.Precondition},
		{"an unknown declaration", on(), with(ofDeclaration, func(c *command) { c.DeclarationIds = []string{"customs/1"} }), nil, fault.NotFound},
		{"one that has not left", on(), with(ofDeclaration, func(c *command) { c.DeclarationIds = []string{waitingID} }), nil, fault.Precondition},
		{"of two licences", on(otherDeclaration, &customsv1.ExitConfirmed{DeclarationId: otherDeclaration.DeclarationId}), with(ofDeclaration, func(c *command) { c.DeclarationIds = append(c.DeclarationIds, otherDeclaration.DeclarationId) }), nil, fault.Invalid},
		{"of another licence", on(), with(ofDeclaration, func(c *command) { c.LicenceId = otherLicence }), nil, fault.Invalid},
		{"of nothing", on(), &command{Particulars: by}, nil, fault.Invalid},
		{"an unknown licence", on(), with(ofLicence, func(c *command) { c.LicenceId = otherLicence }), nil, fault.NotFound},
		{"nothing has left", append(append([]proto.Message{}, directory...), licence), ofLicence, nil, fault.Precondition},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := delivery.Request(given(t, "licensing", tt.given), tt.cmd)
			var want []proto.Message
			if tt.want != nil {
				want = []proto.Message{tt.want}
			}
			expect(t, got, err, want, tt.wantErr)
		})
	}
}

// A request to an agency is recorded where that agency reads it.
func TestRequestIsHeard(t *testing.T) {
	got, err := delivery.Request(given(t, "licensing", on(obliged)), &customsv1.RequestDeliveryRequest{Particulars: by, LicenceId: licenceID})
	if err != nil || len(got) != 1 || got[0].(ledger.Dated).Group != "partners" {
		t.Errorf("Request: %v, %v; want it for partners", got, err)
	}
}

// When goods leave under a licence that obliges to it, whoever is obliged asks, and the licence's agency for the holder.
func TestOnExit(t *testing.T) {
	ofCustoms := with(obliged, func(o *licensingv1.ObligationSet) { o.Owner = "customs" })
	cause := &eventv1.Cause{Journal: "customs/all", Number: 7}
	tests := []struct {
		name, agency string
		given        []proto.Message
		declaration  string
		want         *customsv1.DeliveryVerificationRequested
	}{
		{"the holder is obliged: licensing asks", "licensing", on(obliged), declarationID, asked},
		{"the holder is obliged: customs does not ask", "customs", on(obliged), declarationID, nil},
		{"customs is obliged: it asks", "customs", on(ofCustoms), declarationID, with(asked, func(r *customsv1.DeliveryVerificationRequested) {
			r.DeliveryId, r.Of = "customs/DV-2026-000001", "importer" // nobody of XB reads what it records
		})},
		{"customs is obliged: licensing does not ask", "licensing", on(ofCustoms), declarationID, nil},
		{"nobody is obliged", "licensing", on(), declarationID, nil},
		{"after the grant", "licensing", on(with(obliged, func(o *licensingv1.ObligationSet) { o.After = "grant" })), declarationID, nil},
		{"to something else", "licensing", on(with(obliged, func(o *licensingv1.ObligationSet) { o.Kind = "stock_declaration" })), declarationID, nil},
		{"met before", "licensing", on(obliged, &licensingv1.ObligationMet{ObligationId: obliged.ObligationId, How: "seen"}), declarationID, nil},
		{"asked about", "licensing", append(on(obliged), ofLicensing(asked)...), declarationID, nil},
		{"verified", "licensing", append(on(obliged), ofLicensing(asked, verified(proof))...), declarationID, nil},
		{"not left", "licensing", on(obliged), waitingID, nil},
		{"not on record here", "licensing", on(obliged), "customs/1", nil},
		{"the licence is not on record here", "licensing", append(append([]proto.Message{obliged}, directory...), shipped...), declarationID, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := delivery.OnExit(given(t, tt.agency, tt.given), tt.declaration, now, cause)
			var want []proto.Message
			if tt.want != nil {
				want = []proto.Message{tt.want}
			}
			expect(t, got, err, want, nil)
			for _, f := range got {
				if causes := f.(ledger.Dated).Causes; len(causes) != 1 || causes[0] != cause {
					t.Errorf("it comes of %v", causes)
				}
			}
		})
	}
}

// A line without quantities is expected without one, and goods of a line in two units are two.
func TestExpectedWithoutQuantity(t *testing.T) {
	facts := append(append([]proto.Message{}, directory...), licence,
		declared(declarationID, item(1, 1, nil), item(2, 2, pieces(4)), item(3, 2, kilograms(500))),
		committed(declarationID, 1, 1, nil), committed(declarationID, 2, 2, pieces(4)), committed(declarationID, 3, 2, kilograms(500)),
		&customsv1.ExitConfirmed{DeclarationId: declarationID, At: timestamppb.New(exit)})
	got, err := delivery.Request(ledgertest.GivenAs(t, "licensing", facts...), &customsv1.RequestDeliveryRequest{Particulars: by, LicenceId: licenceID, Days: 60})
	expect(t, got, err, []proto.Message{with(asked, func(r *customsv1.DeliveryVerificationRequested) {
		r.Expected = []*customsv1.DeliveredItem{{LicenceLine: 1}, received(2, pieces(4)), received(2, kilograms(500))}
	})}, nil)
}
