package writeoff

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Standing returns the entries of a declaration that stand: of each item's version its commitment, or its reservation while
// that was neither committed nor released. What was corrected and restored since is apart.
func Standing(view ledger.View, declaration string) ([]*ledgerv1.WriteOff, error) {
	entries, err := view.WriteOffsWith("declaration", declaration)
	if err != nil {
		return nil, fmt.Errorf("read write-offs of declaration %s: %w", declaration, err)
	}
	type key struct{ item, version uint32 }
	ended := map[key]bool{}
	for _, e := range entries {
		if e.GetEffect() == ledgerv1.Effect_EFFECT_COMMITTED || e.GetEffect() == ledgerv1.Effect_EFFECT_RELEASED {
			ended[key{e.GetItem(), e.GetVersion()}] = true
		}
	}
	return slices.DeleteFunc(entries, func(e *ledgerv1.WriteOff) bool {
		switch e.GetEffect() {
		case ledgerv1.Effect_EFFECT_RESERVED:
			return ended[key{e.GetItem(), e.GetVersion()}]
		case ledgerv1.Effect_EFFECT_COMMITTED:
			return false
		default:
			return true
		}
	}), nil
}

// Release gives back what a declaration has reserved, item by item: when it is cancelled, or restated by an amendment. None of
// it is refused. The facts belong beside the declaration's row.
func Release(view ledger.View, declaration string) ([]proto.Message, error) {
	entries, err := Standing(view, declaration)
	if err != nil {
		return nil, err
	}
	var facts []proto.Message
	for _, e := range entries {
		if e.GetEffect() != ledgerv1.Effect_EFFECT_RESERVED {
			continue
		}
		facts = append(facts, &customsv1.LicenceQuantityReleased{
			DeclarationId: declaration, Item: e.GetItem(), LicenceId: e.GetLicenceId(), LicenceLine: e.GetLicenceLine(),
			Quantity: e.GetQuantity(), Value: e.GetValue(), Version: e.GetVersion(),
		})
	}
	return facts, nil
}
