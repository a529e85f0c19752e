package application_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/application"
)

// input states the deal as it is on record.
func input(change ...func(*licensingv1.DealInput)) *licensingv1.DealInput {
	d := deal()
	return with(&licensingv1.DealInput{
		Kind: d.Kind, Parties: d.Parties, Destination: "XB", Lines: d.Lines, EndUse: d.EndUse, Documents: d.Documents,
	}, change...)
}

func TestAmend(t *testing.T) {
	amended := func(change ...func(*licensingv1.Deal)) []proto.Message {
		return []proto.Message{&licensingv1.ApplicationAmended{ApplicationId: applicationID, Reason: "contract changed", Deal: with(deal(), change...)}}
	}
	fewer := func(d *licensingv1.DealInput) { d.Lines[1].Quantity.Thousandths = 50_000 }
	routedCase := func(change ...func(*licensingv1.Deal)) proto.Message {
		return beside(&licensingv1.ApplicationSubmitted{
			ApplicationId: applicationID, RoutedFrom: othersApplicationID, PolicyId: "heavy/1",
			Deal: with(deal(), append(change, func(d *licensingv1.Deal) { d.Lines[1].Rating = "ML6.a" })...),
		})
	}
	bothTanks := func(d *licensingv1.Deal) { d.Lines[0].Category, d.Lines[1].Category = tanks, tanks }
	caseInput := func(change ...func(*licensingv1.DealInput)) *licensingv1.DealInput {
		return input(append([]func(*licensingv1.DealInput){func(d *licensingv1.DealInput) { d.Lines[1].Rating = "ML6.a" }}, change...)...)
	}
	tests := []struct {
		name    string
		given   []proto.Message
		deal    *licensingv1.DealInput
		want    []proto.Message
		wantErr error
	}{
		{"fewer pieces", []proto.Message{submitted()}, input(fewer), amended(func(d *licensingv1.Deal) { d.Lines[1].Quantity.Thousandths = 50_000 }), nil},
		{"the same", []proto.Message{submitted()}, input(), nil, nil},
		{"the same, and classified since", []proto.Message{submitted(), beside(assigned(1, "ML6.a", tanks, "I"))}, input(), nil, nil},
		{"the same with another category", []proto.Message{submitted(classified)},
			input(func(d *licensingv1.DealInput) { d.Lines[1].Category = transferv1.Category_CATEGORY_ARTICLE_4_PARTS }),
			amended(func(d *licensingv1.Deal) { d.Lines[1].Category = transferv1.Category_CATEGORY_ARTICLE_4_PARTS }), nil},
		{"papers on file stay", []proto.Message{submitted(), beside(&licensingv1.AuthorizationFiled{ApplicationId: applicationID, Authorization: authorization("7")})},
			input(fewer, func(d *licensingv1.DealInput) { d.Documents = []*licensingv1.Document{document("2")} }),
			amended(func(d *licensingv1.Deal) {
				d.Lines[1].Quantity.Thousandths = 50_000
				d.Documents = append(d.Documents, document("2"))
				d.ExternalAuthorizations = []*licensingv1.ExternalAuthorization{authorization("7")}
			}), nil},
		{"no papers are no change", []proto.Message{submitted()}, input(func(d *licensingv1.DealInput) { d.Documents = nil }), nil, nil},
		{"another paper under a number", []proto.Message{submitted()},
			input(func(d *licensingv1.DealInput) { d.Documents[0].Sha256[0]++ }), nil, fault.Conflict},
		{"the shipment stays", []proto.Message{submitted(func(d *licensingv1.Deal) { d.ShipmentId = "UCR-1" })}, input(fewer),
			amended(func(d *licensingv1.Deal) { d.ShipmentId, d.Lines[1].Quantity.Thousandths = "UCR-1", 50_000 }), nil},
		{"a route", []proto.Message{submitted()}, input(func(d *licensingv1.DealInput) { d.Route = []string{"XC"} }),
			amended(func(d *licensingv1.Deal) { d.Route = []*licensingv1.Place{{Country: "XC"}} }), nil},
		{"not a deal of its kind", []proto.Message{submitted()}, input(func(d *licensingv1.DealInput) { d.Destination = "XA" }), nil, fault.Invalid},
		{"a case stays with its decider", []proto.Message{heavy, light, routedCase(bothTanks)}, caseInput(fewer),
			[]proto.Message{&licensingv1.ApplicationAmended{ApplicationId: applicationID, Reason: "contract changed", Deal: with(deal(), func(d *licensingv1.Deal) {
				d.Lines[1].Rating, d.Lines[1].Quantity.Thousandths = "ML6.a", 50_000
			})}}, nil},
		{"a case that became another's", []proto.Message{heavy, light, routedCase(bothTanks)},
			caseInput(func(d *licensingv1.DealInput) { d.Lines[1].Rating, d.Lines[1].Category = "ML1.a", small }), nil, fault.Precondition},
		{"a case of which it is not known", []proto.Message{heavy, light, routedCase(bothTanks)},
			caseInput(func(d *licensingv1.DealInput) { d.Lines[1].Rating = "ML1.a" }), nil, fault.Precondition},
		{"never submitted", nil, input(fewer), nil, fault.NotFound},
		{"decided", []proto.Message{submitted(), denied}, input(fewer), nil, fault.Conflict},
		{"withdrawn", []proto.Message{submitted(), beside(&licensingv1.ApplicationWithdrawn{ApplicationId: applicationID, Reason: "x"})}, input(fewer), nil, fault.Precondition},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := application.Amend(given(t, tt.given...), &licensingv1.AmendApplicationRequest{
				Particulars: particulars, ApplicationId: applicationID, Deal: tt.deal, Reason: "contract changed",
			})
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
	t.Run("no reason", func(t *testing.T) {
		got, err := application.Amend(given(t, submitted()), &licensingv1.AmendApplicationRequest{Particulars: particulars, ApplicationId: applicationID, Deal: input(fewer)})
		expect(t, got, err, nil, fault.Invalid)
	})
}

func TestEnd(t *testing.T) {
	withdrawn := &licensingv1.ApplicationWithdrawn{ApplicationId: applicationID, Reason: "no longer wanted"}
	returned := &licensingv1.ApplicationReturned{ApplicationId: applicationID, Reason: "no end user is named"}
	routed := &licensingv1.ApplicationRouted{ApplicationId: applicationID, Parts: []*licensingv1.RoutedPart{{Decider: "small-arms", Lines: []uint32{1, 2}}}}
	others := ledgertest.By("small-arms", &licensingv1.ApplicationSubmitted{ApplicationId: othersApplicationID, Deal: deal()})
	tests := []struct {
		name         string
		given        []proto.Message
		id           string
		withdraw     []proto.Message
		withdrawWith error
		send         []proto.Message
		sendWith     error
	}{
		{"open", []proto.Message{submitted()}, applicationID, []proto.Message{withdrawn}, nil, []proto.Message{returned}, nil},
		{"withdrawn already", []proto.Message{submitted(), beside(withdrawn)}, applicationID, nil, nil, nil, fault.Precondition},
		{"returned already", []proto.Message{submitted(), beside(returned)}, applicationID, nil, fault.Precondition, nil, nil},
		{"routed", []proto.Message{submitted(), beside(routed)}, applicationID, nil, fault.Precondition, nil, fault.Precondition},
		{"decided", []proto.Message{submitted(), denied}, applicationID, nil, fault.Conflict, nil, fault.Conflict},
		{"never submitted", nil, applicationID, nil, fault.NotFound, nil, fault.NotFound},
		{"another agency's", []proto.Message{others}, othersApplicationID, nil, fault.NotAllowed, nil, fault.NotAllowed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view := given(t, tt.given...)
			got, err := application.Withdraw(view, &licensingv1.WithdrawApplicationRequest{ApplicationId: tt.id, Reason: withdrawn.Reason})
			expect(t, got, err, tt.withdraw, tt.withdrawWith)
			got, err = application.Return(view, &licensingv1.ReturnApplicationRequest{ApplicationId: tt.id, Reason: returned.Reason})
			expect(t, got, err, tt.send, tt.sendWith)
		})
	}
	t.Run("no reason", func(t *testing.T) {
		got, err := application.Withdraw(given(t, submitted()), &licensingv1.WithdrawApplicationRequest{ApplicationId: applicationID})
		expect(t, got, err, nil, fault.Invalid)
	})
}
