package declaration

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// Accept accepts a declaration and reserves each of its items on the licence line that the item names. It is refused
// with DX01 when the licence is unknown, DX02 when it is not in force at acceptance, DX09 when the goods go elsewhere,
// DX14 when the number was accepted before, and with what writeoff.Account.Reserve refuses.
func Accept(view ledger.View, cmd *customsv1.AcceptDeclarationRequest) ([]proto.Message, error) {
	id := view.Agency() + "/" + cmd.GetNumber()
	earlier, err := view.Declaration(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read declaration %s: %w", id, err)
	case earlier != nil:
		return nil, fault.Coded(fault.Conflict, "DX14", "declaration %s has been accepted before", id)
	}
	licence, err := usable(view, cmd)
	if err != nil {
		return nil, err
	}
	account, err := writeoff.Read(view, licence, "")
	if err != nil {
		return nil, err
	}
	facts := []proto.Message{&customsv1.DeclarationAccepted{
		DeclarationId: id,
		Number:        cmd.GetNumber(),
		Kind:          cmd.GetKind(),
		Office:        cmd.GetOffice(),
		LicenceId:     licence.GetId(),
		Parties:       cmd.GetParties(),
		Destination:   cmd.GetDestination(),
		Items:         cmd.GetItems(),
		AcceptedAt:    cmd.GetParticulars().GetOccurredAt(),
	}}
	seen := make(map[uint32]bool)
	for _, item := range cmd.GetItems() {
		switch {
		case item.GetNumber() == 0:
			return nil, fault.Errorf(fault.Invalid, "number the items of declaration %s from 1", id)
		case seen[item.GetNumber()]:
			return nil, fault.Errorf(fault.Invalid, "declaration %s has two items numbered %d", id, item.GetNumber())
		}
		seen[item.GetNumber()] = true
		entry, err := account.Reserve(id, 0, item)
		if err != nil {
			return nil, err
		}
		facts = append(facts, entry)
	}
	if len(seen) == 0 {
		return nil, fault.Errorf(fault.Invalid, "declaration %s has no items", id)
	}
	return facts, nil
}

// usable returns the licence that a declaration names, once it covers a transfer of this kind to this destination on
// the day.
func usable(view ledger.View, cmd *customsv1.AcceptDeclarationRequest) (*ledgerv1.Licence, error) {
	l, err := view.Licence(cmd.GetLicenceId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read licence %s: %w", cmd.GetLicenceId(), err)
	case l == nil:
		return nil, fault.Coded(fault.NotFound, "DX01", "licence %s is not on record here", cmd.GetLicenceId())
	}
	if err := writeoff.InForce(l, cmd.GetParticulars().GetOccurredAt().AsTime()); err != nil {
		return nil, err
	}
	if l.GetDeal().GetKind() != cmd.GetKind() || cmd.GetKind() == transferv1.Kind_KIND_BROKERING {
		return nil, fault.Errorf(fault.Precondition, "licence %s is for %s and does not cover a declaration of %s", l.GetId(), kindWord(l.GetDeal().GetKind()), kindWord(cmd.GetKind()))
	}
	if to := l.GetDeal().GetDestination(); to.GetCountry() == "" || to.GetCountry() != cmd.GetDestination() {
		return nil, fault.Coded(fault.Precondition, "DX09", "licence %s is for %s, the goods are declared for %s", l.GetId(), placeWord(to.GetCountry(), to.GetName()), cmd.GetDestination())
	}
	return l, nil
}
