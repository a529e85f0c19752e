package declaration

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/customs/matching"
)

// Lodge records a declaration that came in, and every discrepancy that it has as things stand. It is refused with DX14 when the
// number was lodged or accepted before, and for nothing else.
func Lodge(view ledger.View, cmd *customsv1.LodgeDeclarationRequest) ([]proto.Message, error) {
	id := view.Agency() + "/" + cmd.GetNumber()
	if err := unused(view, id); err != nil {
		return nil, err
	}
	fact := &customsv1.DeclarationLodged{
		DeclarationId: id, Number: cmd.GetNumber(), Kind: cmd.GetKind(), Office: cmd.GetOffice(), LicenceReference: cmd.GetLicenceReference(),
		Parties: cmd.GetParties(), Destination: cmd.GetDestination(), Items: cmd.GetItems(), Consignment: cmd.GetConsignment(),
	}
	at := cmd.GetParticulars().GetOccurredAt().AsTime()
	found, err := matching.Match(view, &customsv1.DeclarationAccepted{
		DeclarationId: id, Number: fact.Number, Kind: fact.Kind, Office: fact.Office, LicenceReference: fact.LicenceReference,
		Parties: fact.Parties, Destination: fact.Destination, Items: fact.Items, Consignment: fact.Consignment,
	}, at)
	if err != nil {
		return nil, err
	}
	raised, err := numbered(view, found.Discrepancies, at)
	if err != nil {
		return nil, err
	}
	return append([]proto.Message{fact}, raised...), nil
}

// unused refuses an id that a declaration has.
func unused(view ledger.View, id string) error {
	earlier, err := view.Declaration(id)
	switch {
	case err != nil:
		return fmt.Errorf("read declaration %s: %w", id, err)
	case earlier == nil:
		return nil
	case earlier.GetStatus() == lodged:
		return fault.Coded(fault.Conflict, "DX14", "declaration %s has been lodged before; accept it as it was lodged, or amend it", id)
	}
	return fault.Coded(fault.Conflict, "DX14", "declaration %s has been accepted before", id)
}
