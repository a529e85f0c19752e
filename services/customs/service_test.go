package customs_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectinprocess"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk/desktest"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/node"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1/customsv1connect"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs"
)

const licenceID = "licensing/L-2026-000001"

func pieces(n int64) *transferv1.Quantity {
	return &transferv1.Quantity{Thousandths: n * 1000, Unit: "H87"}
}

// border is a customs service whose agency has received a licence for 100 pieces.
func border(t *testing.T) (*customs.Service, customsv1connect.CustomsServiceClient) {
	t.Helper()
	world := desktest.New(t, "licensing", "customs")
	licensing, a := world.Agency("licensing"), world.Agency("customs")
	receipt := licensing.Record(desktest.Facts(&licensingv1.LicenceGranted{LicenceId: licenceID, Deal: &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_TRANSIT, Destination: &licensingv1.Place{Country: "XB"},
		Lines: []*transferv1.Line{{Number: 1, Rating: "ML1.a", Quantity: pieces(100)}},
	}}))
	world.Carry(licensing, a, "all")
	a.Wait(journal.ID{Agency: "licensing", Group: "all"}, receipt.FirstEvent)
	service, err := customs.New(customs.Config{Node: &node.Node{Agency: a.Name, Ledger: a.Ledger, Desk: a.Desk}})
	if err != nil {
		t.Fatal(err)
	}
	server := connect.NewServer()
	service.Register(server)
	return service, customsv1connect.NewCustomsServiceClient(connect.NewClient(connectinprocess.New(server)))
}

func declaration(number string, n int64) *customsv1.AcceptDeclarationRequest {
	return &customsv1.AcceptDeclarationRequest{
		Number: number, Kind: transferv1.Kind_KIND_TRANSIT, Office: "XA001", LicenceId: licenceID, Destination: "XB",
		Items: []*customsv1.Item{{Number: 1, LicenceLine: 1, Quantity: pieces(n)}},
	}
}

// balance is what is reserved and used of the licence, in pieces.
func balance(t *testing.T, api customsv1connect.CustomsServiceClient) (reserved, used int64) {
	t.Helper()
	b, err := api.Balance(t.Context(), &customsv1.BalanceRequest{LicenceId: licenceID})
	if err != nil {
		t.Fatal(err)
	}
	return b.Lines[0].Reserved.Thousandths / 1000, b.Lines[0].Used.Thousandths / 1000
}

func TestNewWithoutNode(t *testing.T) {
	if _, err := customs.New(customs.Config{}); err == nil {
		t.Error("a service was made without a node")
	}
}

// Of two consignments in transit one passes through, short of a piece, and one is cancelled.
func TestConsignments(t *testing.T) {
	ctx := t.Context()
	service, api := border(t)
	accepted, err := api.AcceptDeclaration(ctx, declaration("26XA1", 60))
	if err != nil {
		t.Fatal(err)
	}
	if accepted.DeclarationId != "customs/26XA1" || accepted.Receipt.Journal != "customs/border" || accepted.Receipt.Events != 3 || !accepted.Standing.GetReleased() {
		t.Errorf("accepted %v", accepted)
	}
	if _, err := service.AcceptDeclaration(ctx, declaration("26XA2", 41)); fault.As(err) == nil || fault.As(err).Code != "DX03" {
		t.Errorf("41 of the 40 that are left: %v", err)
	}
	second, err := api.AcceptDeclaration(ctx, declaration("26XA2", 40))
	if err != nil {
		t.Fatal(err)
	}
	if reserved, used := balance(t, api); reserved != 100 || used != 0 {
		t.Errorf("%d reserved and %d used", reserved, used)
	}
	_, exitErr := api.ConfirmExit(ctx, &customsv1.ConfirmExitRequest{DeclarationId: accepted.DeclarationId, Moved: []*customsv1.Moved{{Item: 1, Quantity: pieces(59)}}})
	_, arrivalErr := api.ConfirmArrival(ctx, &customsv1.ConfirmArrivalRequest{DeclarationId: accepted.DeclarationId})
	_, cancelErr := api.CancelDeclaration(ctx, &customsv1.CancelDeclarationRequest{DeclarationId: second.DeclarationId, Reason: "sale fell through"})
	if err := errors.Join(exitErr, arrivalErr, cancelErr); err != nil {
		t.Fatal(err)
	}
	if reserved, used := balance(t, api); reserved != 0 || used != 59 {
		t.Errorf("%d reserved and %d used", reserved, used)
	}
}

// Twenty offices at once want 10 pieces each of the 100: ten get them, the others are told that nothing is left.
func TestOfficesAtOnce(t *testing.T) {
	service, api := border(t)
	errs := make([]error, 20)
	var offices sync.WaitGroup
	for i := range errs {
		offices.Go(func() {
			_, errs[i] = service.AcceptDeclaration(t.Context(), proto.CloneOf(declaration(fmt.Sprintf("26XA%d", i), 10)))
		})
	}
	offices.Wait()
	accepted := 0
	for _, err := range errs {
		switch r := fault.As(err); {
		case err == nil:
			accepted++
		case r == nil || r.Code != "DX03":
			t.Errorf("refused with %v, want DX03", err)
		}
	}
	if reserved, used := balance(t, api); accepted != 10 || reserved != 100 || used != 0 {
		t.Errorf("%d accepted, %d reserved and %d used", accepted, reserved, used)
	}
}
