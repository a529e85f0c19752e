package declaration

import (
	"fmt"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// ownDeclaration returns a declaration that this agency accepted.
func ownDeclaration(view ledger.View, id string) (*ledgerv1.Declaration, error) {
	d, err := view.Declaration(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read declaration %s: %w", id, err)
	case d == nil:
		return nil, fault.Errorf(fault.NotFound, "declaration %s has not been accepted", id)
	case !strings.HasPrefix(id, view.Agency()+"/"):
		return nil, fault.Errorf(fault.NotAllowed, "declaration %s was accepted by another agency; only that agency can change it", id)
	}
	return d, nil
}

// kindWord is a kind of transfer as a sentence says it.
func kindWord(k transferv1.Kind) string {
	switch k {
	case transferv1.Kind_KIND_EXPORT:
		return "an export"
	case transferv1.Kind_KIND_IMPORT:
		return "an import"
	case transferv1.Kind_KIND_TRANSIT:
		return "a transit"
	case transferv1.Kind_KIND_TRANS_SHIPMENT:
		return "a trans-shipment"
	case transferv1.Kind_KIND_BROKERING:
		return "brokering"
	default:
		return "no known kind of transfer"
	}
}

// placeWord is a destination as a sentence says it.
func placeWord(country, name string) string {
	if country != "" {
		return country
	}
	return fmt.Sprintf("%q, which is of no State", name)
}
