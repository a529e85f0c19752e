package declaration_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/customs/declaration"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
)

func TestAnyCommand(t *testing.T) {
	imported := with(command, func(c *customsv1.AcceptDeclarationRequest) { c.Number, c.Kind, c.LicenceId = "1", imp, "licensing/L-2" })
	given := facts(directory, licence, declared(command), with(kindOf(imp), func(l *licensingv1.LicenceGranted) { l.LicenceId = imported.LicenceId }), declared(imported), others)
	words := []string{"XB", "XA001", "H87", "KGM", "EUR", "930190", "2", licenceID, imported.LicenceId, declarationID, "customs/1", "customs-b/1"}
	less := moved(&customsv1.Moved{Item: 1, Quantity: pieces(39), Value: euros(1_950)})
	anycommand.Check(t, "customs", given, words, map[string]anycommand.Rule{
		"accept":          anycommand.Of(accept, numbered("2", item(1, 1, pieces(9), euros(9)), item(2, 2, kilograms(9), nil))),
		"confirm exit":    anycommand.Of(declaration.ConfirmExit, &customsv1.ConfirmExitRequest{Particulars: particulars, DeclarationId: declarationID, Moved: less}),
		"confirm arrival": anycommand.Of(declaration.ConfirmArrival, &customsv1.ConfirmArrivalRequest{Particulars: particulars, DeclarationId: "customs/1", Moved: less}),
		"cancel":          anycommand.Of(declaration.Cancel, &customsv1.CancelDeclarationRequest{Particulars: particulars, DeclarationId: declarationID, Reason: "sale fell through"}),
	})
}

// accept is declaration.Accept, by the tests' clock.
func accept(view ledger.View, cmd *customsv1.AcceptDeclarationRequest) ([]proto.Message, error) {
	return declaration.Accept(view, cmd, now)
}
