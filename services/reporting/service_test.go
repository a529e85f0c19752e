package reporting_test

import (
	"errors"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectinprocess"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/desk/desktest"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/node"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1/reportingv1connect"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/duty"
	"github.com/counterfoil/counterfoil/services/reporting"
)

func TestNewWithoutNode(t *testing.T) {
	if _, err := reporting.New(reporting.Config{}); err == nil {
		t.Error("a service was made without a node")
	}
}

// The reporting agency asks itself for a return, draws its figures from what licensing released, and submits them.
func TestReturn(t *testing.T) {
	ctx := t.Context()
	world := desktest.New(t, "licensing", "reporting")
	licensing, a := world.Agency("licensing"), world.Agency("reporting")
	receipt := licensing.Record(desktest.Facts(&licensingv1.LicenceGranted{LicenceId: "licensing/L-1", Deal: &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"},
		Lines: []*transferv1.Line{{Number: 1, Rating: "ML1.a", Value: &transferv1.Money{Minor: 5_000_00, Currency: "EUR"}}},
	}}))
	world.Carry(licensing, a, "all")
	a.Wait(journal.ID{Agency: "licensing", Group: "all"}, receipt.FirstEvent)

	service, err := reporting.New(reporting.Config{Node: &node.Node{Agency: a.Name, Ledger: a.Ledger, Desk: a.Desk}})
	if err != nil {
		t.Fatal(err)
	}
	if reactions := service.Reactions(); len(reactions) != len(duty.Reactions())+1 {
		t.Errorf("reporting reacts to more than every agency does and the dates of reports: %v", reactions)
	}
	server := connect.NewServer()
	service.Register(server)
	client := connect.NewClient(connectinprocess.New(server))
	api, returns := reportingv1connect.NewReportingServiceClient(client), reportingv1connect.NewReturnServiceClient(client)

	year := uint32(time.Now().UTC().Year())
	request, err := api.RequestReturn(ctx, &reportingv1.RequestReturnRequest{
		Year: year, Form: "att-annual-exports", Agencies: []string{"reporting"}, Due: timestamppb.New(time.Now().AddDate(0, 2, 0)),
	})
	if err != nil {
		t.Fatal(err)
	}
	totals, err := api.Totals(ctx, &reportingv1.TotalsRequest{By: []reportingv1.Dimension{reportingv1.Dimension_DIMENSION_RATING, reportingv1.Dimension_DIMENSION_DESTINATION}, Year: year})
	if err != nil {
		t.Fatal(err)
	}
	var figures []*reportingv1.Figure
	for _, total := range totals.Totals {
		figures = append(figures, &reportingv1.Figure{
			Row: total.Keys[0], Destination: total.Keys[1], Lines: total.Lines, Value: total.Values[0].Minor, Currency: total.Values[0].Currency,
		})
	}
	if len(figures) != 1 || figures[0].Value != 5_000_00 || figures[0].Destination != "XB" {
		t.Errorf("figures are %v", figures)
	}
	submitted, err := returns.SubmitReturn(ctx, &reportingv1.SubmitReturnRequest{RequestId: request.RequestId, Figures: figures})
	if err != nil || submitted.Receipt.Events != 1 {
		t.Errorf("submitted %v, %v", submitted, err)
	}
	if _, err := service.RequestReturn(ctx, &reportingv1.RequestReturnRequest{Agencies: []string{"nobody"}, Due: timestamppb.New(time.Now().AddDate(0, 2, 0))}); !errors.Is(err, fault.Invalid) {
		t.Errorf("nobody is asked: %v", err)
	}
	if _, err := service.Totals(ctx, &reportingv1.TotalsRequest{By: []reportingv1.Dimension{9}}); !errors.Is(err, fault.Invalid) {
		t.Errorf("totals by nothing: %v", err)
	}
}
