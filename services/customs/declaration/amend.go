package declaration

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/customs/matching"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// Amend restates a declaration whose goods have not moved and are not released. What an accepted one reserved is given back, and
// reserved anew as the next version, within what the licence leaves; its discrepancies are brought up to what it says now. Whether
// the licence is in force is not asked again: that counts at acceptance. Restating the same decides nothing.
func Amend(view ledger.View, cmd *customsv1.AmendDeclarationRequest) ([]proto.Message, error) {
	row, err := ownDeclaration(view, cmd.GetDeclarationId())
	switch {
	case err != nil:
		return nil, err
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for amending declaration %s", row.GetId())
	case row.GetStatus() == cancelled:
		return nil, fault.Errorf(fault.Precondition, "declaration %s was cancelled; lodge another", row.GetId())
	case row.GetStatus() == released:
		return nil, fault.Errorf(fault.Precondition, "the goods of declaration %s are released; hold them before it is amended", row.GetId())
	case row.GetStatus() == exited || row.GetStatus() == arrived:
		return nil, fault.Errorf(fault.Precondition, "the goods of declaration %s have moved; correct what was written off instead", row.GetId())
	}
	d := proto.CloneOf(row.GetAccepted())
	d.Parties, d.Destination, d.Items, d.Consignment = cmd.GetParties(), cmd.GetDestination(), cmd.GetItems(), cmd.GetConsignment()
	at := cmd.GetParticulars().GetOccurredAt().AsTime()
	matchedAt := at
	if row.GetStatus() != lodged {
		matchedAt = d.GetAcceptedAt().AsTime()
	}
	found, err := matching.Match(view, d, matchedAt)
	if err != nil {
		return nil, err
	}
	var moved []proto.Message
	if row.GetStatus() != lodged {
		if moved, err = reserveAnew(view, row, d, found); err != nil {
			return nil, err
		}
	}
	if sameContent(row.GetAccepted(), d) {
		return nil, nil
	}
	raised, _, err := compared(view, row.GetId(), found.Discrepancies, at)
	if err != nil {
		return nil, err
	}
	amended := &customsv1.DeclarationAmended{
		DeclarationId: row.GetId(), Parties: d.GetParties(), Destination: d.GetDestination(), Items: d.GetItems(), Consignment: d.GetConsignment(), Reason: cmd.GetReason(),
	}
	return beside(row, slices.Concat([]proto.Message{amended}, moved, raised)), nil
}

// reserveAnew gives back what a declaration has reserved, and reserves what it is to say now.
func reserveAnew(view ledger.View, row *ledgerv1.Declaration, d *customsv1.DeclarationAccepted, found *matching.Result) ([]proto.Message, error) {
	if !covers(d.GetKind(), d.GetConsignment().GetProcedure()) {
		return nil, fault.Errorf(fault.Invalid, "declaration %s is of %s, and its procedure would be %s; correct it",
			row.GetId(), matching.KindWord(d.GetKind()), procedureWord(d.GetConsignment().GetProcedure()))
	}
	if _, err := licenceOf(view, row); err != nil {
		return nil, err
	}
	if found.Licence == nil {
		return nil, fault.Coded(fault.Precondition, "DX01", "licence %s no longer covers declaration %s; cancel it", d.GetLicenceId(), row.GetId())
	}
	reserved, err := reserve(view, d, found, row.GetVersion()+1)
	if err != nil {
		return nil, err
	}
	given, err := writeoff.Release(view, row.GetId())
	return append(given, reserved...), err
}

func sameContent(a, b *customsv1.DeclarationAccepted) bool {
	return proto.Equal(
		&customsv1.DeclarationAccepted{Parties: a.GetParties(), Destination: a.GetDestination(), Items: a.GetItems(), Consignment: a.GetConsignment()},
		&customsv1.DeclarationAccepted{Parties: b.GetParties(), Destination: b.GetDestination(), Items: b.GetItems(), Consignment: b.GetConsignment()},
	)
}
