package licence_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/licence"
)

func TestSubmit(t *testing.T) {
	input := &licensingv1.DealInput{
		Kind: transferv1.Kind_KIND_EXPORT, Parties: parties(), Destination: "XB", EndUse: "border guard",
		Lines: []*transferv1.Line{line(0, 100_000, 5_000_00)},
	}
	of := func(change func(*licensingv1.DealInput)) *licensingv1.DealInput { return with(input, change) }
	recorded := func(id string, change func(*licensingv1.Deal)) []proto.Message {
		return []proto.Message{&licensingv1.ApplicationSubmitted{ApplicationId: id, Deal: with(deal(), change)}}
	}
	imported := func(d *licensingv1.DealInput) {
		d.Kind, d.Destination, d.Sources = transferv1.Kind_KIND_IMPORT, "XA", []string{"XB"}
	}
	tests := []struct {
		name    string
		given   []proto.Message
		deal    *licensingv1.DealInput
		want    []proto.Message
		wantErr error
	}{
		{"export", []proto.Message{registered}, input, recorded(applicationID, func(*licensingv1.Deal) {}), nil},
		{"second of the year", []proto.Message{registered, submitted}, input, recorded("licensing/A-2026-000002", func(*licensingv1.Deal) {}), nil},
		{"lines numbered by the caller", []proto.Message{registered},
			of(func(d *licensingv1.DealInput) {
				d.Lines = []*transferv1.Line{line(1, 100_000, 5_000_00), line(2, 7_000, 70_00)}
			}),
			recorded(applicationID, func(d *licensingv1.Deal) { d.Lines = append(d.Lines, line(2, 7_000, 70_00)) }), nil},
		{"lines numbered otherwise", []proto.Message{registered},
			of(func(d *licensingv1.DealInput) { d.Lines = []*transferv1.Line{line(2, 1, 1), line(1, 1, 1)} }), nil, fault.Invalid},
		{"no lines", []proto.Message{registered}, of(func(d *licensingv1.DealInput) { d.Lines = nil }), nil, fault.Invalid},
		{"no kind", []proto.Message{registered}, of(func(d *licensingv1.DealInput) { d.Kind = 0 }), nil, fault.Invalid},
		{"State not known", nil, input, nil, fault.Precondition},
		{"State left open", []proto.Message{&directoryv1.AgencyRegistered{Agency: "licensing"}}, input, nil, fault.Precondition},
		{"export to its own State", []proto.Message{registered}, of(func(d *licensingv1.DealInput) { d.Destination = "XA" }), nil, fault.Invalid},
		{"export without final recipient", []proto.Message{registered}, of(func(d *licensingv1.DealInput) { d.Parties = parties()[:1] }), nil, fault.Invalid},
		{"export to a consignee", []proto.Message{registered},
			of(func(d *licensingv1.DealInput) { d.Parties[1].Role = transferv1.Role_ROLE_CONSIGNEE }),
			recorded(applicationID, func(d *licensingv1.Deal) { d.Parties[1].Role = transferv1.Role_ROLE_CONSIGNEE }), nil},
		{"export by way of another", []proto.Message{registered},
			of(func(d *licensingv1.DealInput) { d.Onward = []string{"XC"} }),
			recorded(applicationID, func(d *licensingv1.Deal) { d.Onward = []*licensingv1.Place{{Country: "XC"}} }), nil},
		{"import", []proto.Message{registered}, of(imported),
			recorded(applicationID, func(d *licensingv1.Deal) {
				d.Kind, d.Destination, d.Sources = transferv1.Kind_KIND_IMPORT, &licensingv1.Place{Country: "XA"}, []*licensingv1.Place{{Country: "XB"}}
			}), nil},
		{"import to another State", []proto.Message{registered},
			of(func(d *licensingv1.DealInput) { imported(d); d.Destination = "XC" }), nil, fault.Invalid},
		{"import from nowhere", []proto.Message{registered},
			of(func(d *licensingv1.DealInput) { imported(d); d.Sources = nil }), nil, fault.Invalid},
		{"import from its own State", []proto.Message{registered},
			of(func(d *licensingv1.DealInput) { imported(d); d.Sources = []string{"XB", "XA"} }), nil, fault.Invalid},
		{"import without final recipient", []proto.Message{registered},
			of(func(d *licensingv1.DealInput) { imported(d); d.Parties = parties()[:1] }), nil, fault.Invalid},
		{"import, State not known", nil, of(imported), nil, fault.Precondition},
		{"transit", []proto.Message{registered},
			of(func(d *licensingv1.DealInput) { d.Kind, d.Parties = transferv1.Kind_KIND_TRANSIT, parties()[:1] }),
			recorded(applicationID, func(d *licensingv1.Deal) { d.Kind, d.Parties = transferv1.Kind_KIND_TRANSIT, parties()[:1] }), nil},
		{"national transit", []proto.Message{registered},
			of(func(d *licensingv1.DealInput) { d.Kind, d.Destination = transferv1.Kind_KIND_TRANSIT, "XA" }), nil, fault.Invalid},
		{"trans-shipment", nil,
			of(func(d *licensingv1.DealInput) { d.Kind = transferv1.Kind_KIND_TRANS_SHIPMENT }),
			recorded(applicationID, func(d *licensingv1.Deal) { d.Kind = transferv1.Kind_KIND_TRANS_SHIPMENT }), nil},
		{"brokering between other States", nil,
			of(func(d *licensingv1.DealInput) { d.Kind, d.Sources = transferv1.Kind_KIND_BROKERING, []string{"XC"} }),
			recorded(applicationID, func(d *licensingv1.Deal) {
				d.Kind, d.Sources = transferv1.Kind_KIND_BROKERING, []*licensingv1.Place{{Country: "XC"}}
			}), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := licence.Submit(given(t, tt.given...), &licensingv1.SubmitApplicationRequest{Particulars: particulars, Deal: tt.deal})
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

// What an application says beside its lines and parties comes into the deal as it is.
func TestSubmitTakesPapersOver(t *testing.T) {
	document := &licensingv1.Document{Kind: "end_user_certificate", Number: "EUC-7", Sha256: make([]byte, 32), ExpiresOn: "2020-01-01"}
	authorization := &licensingv1.ExternalAuthorization{Kind: "import_authorization", Reference: "7", Issuer: "XB"}
	described := line(0, 100_000, 5_000_00)
	described.Model, described.Parameters = "Model 7", map[string]string{"type": "rifle"}
	input := &licensingv1.DealInput{
		Kind: transferv1.Kind_KIND_EXPORT, Parties: parties(), Destination: "XB", Lines: []*transferv1.Line{described},
		Route: []string{"XC"}, ShipmentId: "UCR-1", Documents: []*licensingv1.Document{document},
		ExternalAuthorizations: []*licensingv1.ExternalAuthorization{authorization},
	}
	input.Parties[1].Address = "1 Harbour Road"
	got, err := licence.NewDeal(given(t, registered), input)
	if err != nil {
		t.Fatal(err)
	}
	want := with(deal(), func(d *licensingv1.Deal) {
		d.EndUse, d.Parties, d.Documents, d.ExternalAuthorizations = "", input.Parties, input.Documents, input.ExternalAuthorizations
		d.Route, d.ShipmentId = []*licensingv1.Place{{Country: "XC"}}, "UCR-1"
		d.Lines[0].Model, d.Lines[0].Parameters = described.Model, described.Parameters
	})
	expect(t, []proto.Message{got}, nil, []proto.Message{want}, nil)
	for name, spoil := range map[string]func(*licensingv1.DealInput){
		"a document without a number":       func(d *licensingv1.DealInput) { d.Documents[0].Number = "" },
		"a document without a hash":         func(d *licensingv1.DealInput) { d.Documents[0].Sha256 = nil },
		"an authorization without a number": func(d *licensingv1.DealInput) { d.ExternalAuthorizations[0].Reference = "" },
	} {
		t.Run(name, func(t *testing.T) {
			_, err := licence.NewDeal(given(t, registered), with(input, spoil))
			expect(t, nil, err, nil, fault.Invalid)
		})
	}
	t.Run("two papers of one number", func(t *testing.T) {
		_, err := licence.NewDeal(given(t, registered), with(input, func(d *licensingv1.DealInput) {
			d.Documents = append(d.Documents, with(document, func(p *licensingv1.Document) { p.Issuer = "another" }))
		}))
		expect(t, nil, err, nil, fault.Conflict)
	})
}
