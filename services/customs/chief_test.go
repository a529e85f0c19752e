package customs_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectinprocess"

	"github.com/counterfoil/counterfoil/libs/desk/desktest"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/published/chief"
	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1/customsv1connect"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	"github.com/counterfoil/counterfoil/services/customs"
)

// wires is a customs service on an agency's ledger as it is now, with its APIs.
type wires struct {
	*customs.Service
	api      customsv1connect.ChiefServiceClient
	balances customsv1connect.CustomsServiceClient
}

func wiresOf(t *testing.T, a *desktest.Agency, folders customs.Folders) wires {
	t.Helper()
	service, err := customs.New(customs.Config{Node: &node.Node{Agency: a.Name, Ledger: a.Ledger, Desk: a.Desk}, Folders: folders})
	if err != nil {
		t.Fatal(err)
	}
	server := connect.NewServer()
	service.Register(server)
	client := connect.NewClient(connectinprocess.New(server))
	return wires{service, customsv1connect.NewChiefServiceClient(client), customsv1connect.NewCustomsServiceClient(client)}
}

// said are the files of the one conversation that was published, in the order in which they were sent.
var said = []string{
	"licenceData/CHIEF_LIVE_SPIRE_licenceData_1_202001010000", "licenceReply/ILBDOTI_live_CHIEF_licenceReply_1_202001010000",
	"usageData/ILBDOTI_live_CHIEF_usageData_1_202001010000",
}

// The published conversation comes to balances that equal the totals its usage file states, before and after a restart, and each of its
// files comes out of the events as it went in.
func TestPublishedConversation(t *testing.T) {
	a := desktest.New(t, "customs").Agency("customs")
	w := wiresOf(t, a, customs.Folders{})
	ids := map[string]string{}
	for _, name := range said {
		res, err := w.api.ReceiveWire(t.Context(), &customsv1.ReceiveWireRequest{Name: name, Data: publishedFile(t, name)})
		if err != nil || len(res.Outcomes) != 1 || !res.Outcomes[0].Accepted || res.Refused != nil || len(res.Defects) > 0 || res.Repeated {
			t.Fatalf("%s: %v, %v", name, res, err)
		}
		ids[name] = res.WireId
	}
	f, err := chief.Parse(publishedFile(t, said[2]))
	if err != nil {
		t.Fatal(err)
	}
	check := func(w wires) {
		t.Helper()
		for _, total := range chief.AuditUsage(f).Totals {
			id := "customs/" + strings.ReplaceAll(total.LicenceRef, "/", ".")
			b, err := w.balances.Balance(t.Context(), &customsv1.BalanceRequest{LicenceId: id})
			if err != nil || b.Lines[total.Line-1].Used.Thousandths != total.Quantity {
				t.Errorf("of line %d of %s are used %v, %v; stated are %d", total.Line, id, b, err, total.Quantity)
			}
		}
		for _, name := range said {
			res, err := w.api.Wire(t.Context(), &customsv1.WireRequest{WireId: ids[name], Form: customsv1.WireForm_WIRE_FORM_ITSELF})
			if err != nil || !res.Exact || res.Name != name || string(res.Data) != string(publishedFile(t, name)) {
				t.Errorf("%s comes out as %v, %v", name, res, err)
			}
			again, err := w.api.ReceiveWire(t.Context(), &customsv1.ReceiveWireRequest{Name: name, Data: publishedFile(t, name)})
			if err != nil || !again.Repeated || again.WireId != ids[name] || again.Receipt.Events != 0 {
				t.Errorf("%s again: %v, %v", name, again, err)
			}
		}
	}
	check(w)
	a.Forget()
	a.Open()
	defer a.Start()()
	check(wiresOf(t, a, customs.Folders{}))
}

func publishedFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(publishedtest.Data(t, "chief-lite-hmrc", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A file of more transactions than fit in a block is recorded in several, and one idempotency key is enough for it.
func TestLargeFile(t *testing.T) {
	a := desktest.New(t, "customs").Agency("customs")
	w := wiresOf(t, a, customs.Folders{})
	const n = 1200
	data := chief.NewLicenceData("SPIRE", "CHIEF", "202601010000", 1)
	for i := range n {
		data.Licences = append(data.Licences, chief.LicenceTransaction{
			Licence: chief.Licence{Ref: fmt.Sprint("R", i), Action: chief.Insert, LicenceRef: fmt.Sprint("GBSIEL/2026/", i), Type: "SIE", Usage: "E", Start: "20260101", End: chief.NoEnd},
			Traders: []chief.Trader{{TURN: "1", Name: "Northgate Arms XA"}}, Countries: []chief.Country{{Code: "XB", Use: "D"}},
			Lines: []chief.Line{{Number: "1", Description: "rifles", ControlledBy: "Q", Unit: "030", QuantityIssued: "10"}},
		})
	}
	text, err := data.Encode()
	if err != nil {
		t.Fatal(err)
	}
	req := func() *customsv1.ReceiveWireRequest {
		return &customsv1.ReceiveWireRequest{Particulars: &eventv1.Particulars{IdempotencyKey: "k"}, Name: "n", Data: text}
	}
	res, err := w.api.ReceiveWire(t.Context(), req())
	if err != nil || len(res.Outcomes) != n || res.Receipt.Events != n+1 {
		t.Fatalf("%d outcomes of %d events, %v", len(res.GetOutcomes()), res.GetReceipt().GetEvents(), err)
	}
	again, err := w.api.ReceiveWire(t.Context(), req())
	if err != nil || len(again.Outcomes) != n || !again.Repeated {
		t.Errorf("again: %d outcomes, repeated %v, %v", len(again.GetOutcomes()), again.GetRepeated(), err)
	}
	out, err := w.api.Wire(t.Context(), &customsv1.WireRequest{WireId: res.WireId, Form: customsv1.WireForm_WIRE_FORM_ITSELF})
	if err != nil || string(out.Data) != string(text) {
		t.Errorf("it comes out otherwise, %v", err)
	}
	if _, err := w.Service.Wire(t.Context(), &customsv1.WireRequest{WireId: "customs/nothing", Form: customsv1.WireForm_WIRE_FORM_ANSWER}); !errors.Is(err, fault.NotFound) {
		t.Errorf("of a file that is not on record: %v", err)
	}
}
