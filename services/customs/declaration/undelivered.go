package declaration

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Undelivered raises DX18 (docs/border.md) on each declaration of this agency that a delivery is about, whoever asked
// about it: its proof is overdue, or says something else than what left. found says which. A declaration has one open DX18 at
// a time.
func Undelivered(view ledger.View, delivery, found string, at time.Time, cause *eventv1.Cause) ([]proto.Message, error) {
	r, err := view.Delivery(delivery)
	if r == nil || err != nil {
		return nil, err
	}
	var late []*ledgerv1.Declaration
	for _, id := range r.GetRequested().GetDeclarationIds() {
		if !view.Owns(id) {
			continue
		}
		d, err := view.Declaration(id)
		if err != nil {
			return nil, fmt.Errorf("read declaration %s: %w", id, err)
		}
		raised, err := view.DiscrepanciesWith("declaration", id)
		if err != nil {
			return nil, fmt.Errorf("read discrepancies of declaration %s: %w", id, err)
		}
		open := func(x *ledgerv1.Discrepancy) bool { return x.GetRaised().GetCode() == "DX18" && x.GetSettled() == nil }
		if d != nil && !slices.ContainsFunc(raised, open) {
			late = append(late, d)
		}
	}
	ids, err := view.NextIDs("DX-"+at.UTC().Format("2006"), len(late))
	if err != nil {
		return nil, err
	}
	var facts []proto.Message
	for i, d := range late {
		fact := ledger.Beside(d, &customsv1.DiscrepancyRaised{
			DiscrepancyId: ids[i], DeclarationId: d.GetId(), Code: "DX18", Severity: customsv1.Severity_SEVERITY_HIGH, LicenceId: d.GetAccepted().GetLicenceId(),
			Expected: "proof of delivery by " + r.GetRequested().GetDue().AsTime().Format(time.DateOnly), Found: found,
			Text: fmt.Sprintf("delivery %s: %s", r.GetId(), found),
		})
		fact.Causes = []*eventv1.Cause{cause}
		facts = append(facts, fact)
	}
	return facts, nil
}
