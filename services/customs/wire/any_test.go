package wire_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	"github.com/counterfoil/counterfoil/services/customs/wire"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
)

func TestAnyCommand(t *testing.T) {
	b := newBook(t)
	first := licences(1, put("insert", "1"), put("insert", "2"))
	f, err := wire.Read("a file", []byte(first))
	if err != nil {
		t.Fatal(err)
	}
	facts, err := wire.Receive(b.tx.View, &customsv1.ReceiveWireRequest{Particulars: particulars}, f)
	if err != nil {
		t.Fatal(err)
	}
	given := []proto.Message{&directoryv1.AgencyRegistered{Agency: "customs", State: "XA", Service: "customs"}}
	for _, fact := range facts {
		if dated, ok := fact.(ledger.Dated); ok {
			fact = dated.Message
		}
		given = append(given, fact)
	}
	given = append(given,
		&customsv1.DeclarationAccepted{DeclarationId: "customs/26XA1", LicenceId: one, Items: []*customsv1.Item{{Number: 1, LicenceLine: 1, Quantity: articles(3)}}},
		&customsv1.LicenceQuantityReserved{DeclarationId: "customs/26XA1", Item: 1, LicenceId: one, LicenceLine: 1, Quantity: articles(3)},
		&customsv1.LicenceQuantityCommitted{DeclarationId: "customs/26XA1", Item: 1, LicenceId: one, LicenceLine: 1, Quantity: articles(3)})
	words := []string{"SPIRE", "ICMS", "CHIEF", licences(2, cancel("1")), first, usages(1, used("1", "O", "4", "O4"))}
	anycommand.Check(t, "customs", given, words, map[string]anycommand.Rule{
		"receive": anycommand.Of(receiveBytes, &customsv1.ReceiveWireRequest{Particulars: particulars, Name: "n", Data: []byte(licences(2, cancel("1"), put("replace", "2")))}),
		"send":    anycommand.Of(wire.Send, &customsv1.SendUsageRequest{Particulars: particulars, To: "SPIRE"}),
	})
}

func receiveBytes(view ledger.View, cmd *customsv1.ReceiveWireRequest) ([]proto.Message, error) {
	f, err := wire.Read(cmd.GetName(), cmd.GetData())
	if err != nil {
		return nil, err
	}
	return wire.Receive(view, cmd, f)
}
