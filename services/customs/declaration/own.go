package declaration

import (
	"fmt"
	"strconv"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

const (
	lodged    = ledgerv1.DeclarationStatus_DECLARATION_STATUS_LODGED
	accepted  = ledgerv1.DeclarationStatus_DECLARATION_STATUS_ACCEPTED
	held      = ledgerv1.DeclarationStatus_DECLARATION_STATUS_HELD
	released  = ledgerv1.DeclarationStatus_DECLARATION_STATUS_RELEASED
	exited    = ledgerv1.DeclarationStatus_DECLARATION_STATUS_EXITED
	arrived   = ledgerv1.DeclarationStatus_DECLARATION_STATUS_ARRIVED
	cancelled = ledgerv1.DeclarationStatus_DECLARATION_STATUS_CANCELLED
)

// ownDeclaration returns a declaration that this agency lodged or accepted.
func ownDeclaration(view ledger.View, id string) (*ledgerv1.Declaration, error) {
	d, err := view.Declaration(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read declaration %s: %w", id, err)
	case d == nil:
		return nil, fault.Errorf(fault.NotFound, "declaration %s has not been lodged or accepted; see: counterfoil list declarations", id)
	case !view.Owns(id):
		return nil, fault.Errorf(fault.NotAllowed, "declaration %s is another agency's; only that agency can change it", id)
	}
	return d, nil
}

// unmoved refuses to go on with a declaration whose goods were not released: it says what comes first.
func unmoved(d *ledgerv1.Declaration) error {
	switch d.GetStatus() {
	case lodged:
		return fault.Errorf(fault.Precondition, "declaration %s has not been accepted; accept it first: counterfoil declare accept %s", d.GetId(), d.GetId())
	case held:
		return fault.Errorf(fault.Precondition, "the goods of declaration %s are held: %s; once they may go, release them: counterfoil declare release %s", d.GetId(), d.GetHeld().GetText(), d.GetId())
	default:
		return fault.Errorf(fault.Precondition, "the goods of declaration %s are not released; release them first: counterfoil declare release %s", d.GetId(), d.GetId())
	}
}

// beside has facts recorded where a declaration is.
func beside(d *ledgerv1.Declaration, facts []proto.Message) []proto.Message {
	for i, fact := range facts {
		facts[i] = ledger.Beside(d, fact)
	}
	return facts
}

// lineWord is a licence line as a sentence names it.
func lineWord(number uint32) string { return "line " + strconv.FormatUint(uint64(number), 10) }
