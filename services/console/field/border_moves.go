package field

import (
	"html/template"
	"net/url"

	"github.com/counterfoil/counterfoil/libs/plain"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// possible are the commands on a declaration as it stands, what mostly comes next first: none that the node refuses wherever it stands so.
func possible(d *ledgerv1.Declaration) []deed {
	switch d.Status {
	case ledgerv1.DeclarationStatus_DECLARATION_STATUS_LODGED:
		return []deed{acceptLodged, noteDiscrepancy, cancelDeclaration}
	case ledgerv1.DeclarationStatus_DECLARATION_STATUS_ACCEPTED:
		return []deed{releaseGoods, holdGoods, noteDiscrepancy, cancelDeclaration}
	case ledgerv1.DeclarationStatus_DECLARATION_STATUS_HELD:
		switch d.GetHeld().GetReason() {
		case customsv1.HoldReason_HOLD_REASON_ALERT, customsv1.HoldReason_HOLD_REASON_EXAMINATION:
			return []deed{liftHold, noteDiscrepancy, cancelDeclaration}
		}
		return []deed{releaseGoods, holdGoods, noteDiscrepancy, cancelDeclaration}
	case ledgerv1.DeclarationStatus_DECLARATION_STATUS_RELEASED:
		return append(leaving(d), holdGoods, noteDiscrepancy, cancelDeclaration)
	case ledgerv1.DeclarationStatus_DECLARATION_STATUS_EXITED:
		if d.GetAccepted().GetKind() == transferv1.Kind_KIND_EXPORT {
			return []deed{noteDiscrepancy}
		}
		return []deed{confirmArrival, noteDiscrepancy}
	}
	return nil
}

// leaving are the ways of released goods: an import arrives, in transit or not; what is in transit leaves once it is discharged.
func leaving(d *ledgerv1.Declaration) []deed {
	arrives := d.GetAccepted().GetKind() == transferv1.Kind_KIND_IMPORT
	switch {
	case inTransit(d) && arrives:
		return []deed{dischargeTransit, confirmArrival}
	case inTransit(d):
		return []deed{dischargeTransit}
	case arrives && d.Transit == nil:
		return []deed{confirmArrival, openTransit}
	case arrives:
		return []deed{confirmArrival}
	case d.Transit == nil:
		return []deed{confirmExit, openTransit}
	}
	return []deed{confirmExit}
}

// inTransit reports whether goods are on their way to an office that has not said that they came.
func inTransit(d *ledgerv1.Declaration) bool { return d.GetTransit() != nil && d.DischargedAt == nil }

// corrections are the commands on what was written off, after the goods moved.
func (b *borderPage) corrections() (now []deed) {
	var entries []option
	for _, w := range b.WriteOffs {
		if w.Effect == ledgerv1.Effect_EFFECT_COMMITTED {
			entries = append(entries, option{Value: w.Id, Text: w.Id + ": " + plain.Quantity(w.Quantity)})
		}
	}
	if len(entries) == 0 {
		return nil
	}
	for _, d := range []deed{correctWriteOff, restoreWriteOff} {
		d.Asks = append([]ask{{Name: "entry", As: "one", Options: entries, Needed: true}}, d.Asks[1:]...)
		now = append(now, d)
	}
	return now
}

// InTransit is the declaration's transit with its clock; nil where none is open.
func (b *borderPage) InTransit() *transit {
	if b.Declaration == nil || !inTransit(b.Declaration) {
		return nil
	}
	return &transit{b.Declaration, clockOf(b.Declaration.ReleasedAt, b.Declaration.Transit.Due, b.CheckedAt.AsTime())}
}

// AskDelivery is the query of the form that asks whether the goods arrived; empty where they have not left.
func (b *borderPage) AskDelivery() template.URL {
	if b.Declaration == nil || b.Declaration.Status != ledgerv1.DeclarationStatus_DECLARATION_STATUS_EXITED {
		return ""
	}
	return template.URL(url.Values{"declaration": {b.Declaration.Id}}.Encode())
}
