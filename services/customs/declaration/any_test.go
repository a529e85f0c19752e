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
	onHoldToo := with(command, func(c *customsv1.AcceptDeclarationRequest) {
		c.Number, c.Items = "3", []*customsv1.Item{item(1, 1, pieces(9), euros(450))}
	})
	later := lodging(func(c *customsv1.LodgeDeclarationRequest) {
		c.Number, c.Items = "4", []*customsv1.Item{item(1, 1, pieces(9), euros(450))}
	})
	sent := with(onHoldToo, func(c *customsv1.AcceptDeclarationRequest) { c.Number = "5" })
	given := facts(directory, licence, declared(command), with(kindOf(imp), func(l *licensingv1.LicenceGranted) { l.LicenceId = imported.LicenceId }), declared(imported), others,
		declared(onHoldToo), with(onHold, func(h *customsv1.GoodsHeld) { h.DeclarationId = "customs/3" }),
		&customsv1.DeclarationLodged{DeclarationId: "customs/4", Number: "4", Kind: export, LicenceReference: licenceID, Destination: "XB", Items: later.Items},
		declared(sent), with(opened, func(o *customsv1.TransitOpened) { o.DeclarationId = "customs/5" }), withIDs(elsewhere, 1, licenceID))
	words := []string{"XB", "XA001", "H87", "KGM", "EUR", "930190", "2", "L-2026-000001", licenceID, imported.LicenceId, declarationID, "customs/1", "customs/3", "customs/4", "customs/5", "customs-b/1",
		"customs/DX-2026-000001", "imo:8814274", "CSQU3054384"}
	less := moved(&customsv1.Moved{Item: 1, Quantity: pieces(39), Value: euros(1_950)})
	anycommand.Check(t, "customs", given, words, map[string]anycommand.Rule{
		"lodge":             anycommand.Of(lodge, lodging(func(c *customsv1.LodgeDeclarationRequest) { c.Number, c.Consignment = "2", consignment })),
		"accept":            anycommand.Of(accept, numbered("2", item(1, 1, pieces(9), euros(450)))),
		"accept lodged":     anycommand.Of(acceptLodged, &customsv1.AcceptLodgedRequest{Particulars: particulars, DeclarationId: "customs/4", LicenceId: licenceID, Lines: map[uint32]uint32{1: 1}}),
		"amend":             anycommand.Of(declaration.Amend, &customsv1.AmendDeclarationRequest{Particulars: particulars, DeclarationId: "customs/3", Destination: "XC", Items: command.Items, Reason: "miscounted"}),
		"confirm exit":      anycommand.Of(declaration.ConfirmExit, &customsv1.ConfirmExitRequest{Particulars: particulars, DeclarationId: declarationID, Moved: less}),
		"confirm arrival":   anycommand.Of(declaration.ConfirmArrival, &customsv1.ConfirmArrivalRequest{Particulars: particulars, DeclarationId: "customs/1", Moved: less}),
		"cancel":            anycommand.Of(declaration.Cancel, &customsv1.CancelDeclarationRequest{Particulars: particulars, DeclarationId: declarationID, Reason: "sale fell through"}),
		"open transit":      anycommand.Of(declaration.OpenTransit, &customsv1.OpenTransitRequest{Particulars: particulars, DeclarationId: declarationID, OfficeOfDestination: "XA002", Due: opened.Due}),
		"discharge transit": anycommand.Of(declaration.DischargeTransit, &customsv1.DischargeTransitRequest{Particulars: particulars, DeclarationId: "customs/5", Office: "XA003", Difference: "a seal is broken"}),
		"note":              anycommand.Of(declaration.Note, &customsv1.NoteDiscrepancyRequest{Particulars: particulars, DeclarationId: declarationID, Code: "DX11", Text: "another name is on the crates"}),
		"override":          anycommand.Of(declaration.Override, &customsv1.OverrideDiscrepancyRequest{Particulars: particulars, DiscrepancyId: "customs/DX-2026-000001", Reason: "agreed"}),
		"settle":            anycommand.Of(declaration.Settle, &customsv1.SettleDiscrepancyRequest{Particulars: particulars, DiscrepancyId: "customs/DX-2026-000001", Reason: "explained"}),
	})
}

// consignment says a little of everything.
var consignment = &customsv1.Consignment{
	Lrn: "LRN 7", Ucr: "26XA7", Route: []string{"XA", "XC"}, Containers: []string{"CSQU3054383"}, Transport: &customsv1.Transport{Mode: "sea", Identity: "imo:9319466"},
	TransportDocuments: []string{"B/L 7"}, DangerousGoods: []string{"UN0012"}, OfficeOfExit: "GHTEM",
}

// lodge is declaration.Lodge; a number that was spoiled is one on record, because nothing else is refused.
func lodge(view ledger.View, cmd *customsv1.LodgeDeclarationRequest) ([]proto.Message, error) {
	if cmd.GetNumber() != "2" {
		cmd.Number = command.Number
	}
	return declaration.Lodge(view, cmd)
}

// accept is declaration.Accept, by the tests' clock.
func accept(view ledger.View, cmd *customsv1.AcceptDeclarationRequest) ([]proto.Message, error) {
	return declaration.Accept(view, cmd, now)
}

// acceptLodged is declaration.AcceptLodged, by the tests' clock.
func acceptLodged(view ledger.View, cmd *customsv1.AcceptLodgedRequest) ([]proto.Message, error) {
	return declaration.AcceptLodged(view, cmd, now)
}
