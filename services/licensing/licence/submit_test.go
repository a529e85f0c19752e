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
