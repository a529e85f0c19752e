package ledger

import (
	"strconv"

	"google.golang.org/protobuf/proto"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// writeOffs keeps the entries against licence lines (docs/border.md): each is a row of its own, and what they come to
// is their sum, which a tally has ready.
func (f *folding) writeOffs(fact proto.Message) error {
	switch e := fact.(type) {
	case *customsv1.LicenceQuantityReserved:
		return f.writeOff(e.Version, &ledgerv1.WriteOff{
			DeclarationId: e.DeclarationId, Item: e.Item, LicenceId: e.LicenceId, LicenceLine: e.LicenceLine,
			Effect: ledgerv1.Effect_EFFECT_RESERVED, Quantity: e.Quantity, Value: e.Value,
		})
	case *customsv1.LicenceQuantityCommitted:
		return f.writeOff(e.Version, &ledgerv1.WriteOff{
			DeclarationId: e.DeclarationId, Item: e.Item, LicenceId: e.LicenceId, LicenceLine: e.LicenceLine,
			Effect: ledgerv1.Effect_EFFECT_COMMITTED, Quantity: e.Quantity, Value: e.Value,
		})
	case *customsv1.LicenceQuantityReleased:
		return f.writeOff(e.Version, &ledgerv1.WriteOff{
			DeclarationId: e.DeclarationId, Item: e.Item, LicenceId: e.LicenceId, LicenceLine: e.LicenceLine,
			Effect: ledgerv1.Effect_EFFECT_RELEASED, Quantity: e.Quantity, Value: e.Value,
		})
	case *customsv1.LicenceQuantityCorrected:
		if _, err := own(f, writeOffs, e.EntryId); err != nil {
			return err
		}
		return f.writeOff(e.Sequence, &ledgerv1.WriteOff{
			DeclarationId: e.DeclarationId, Item: e.Item, LicenceId: e.LicenceId, LicenceLine: e.LicenceLine,
			Effect: ledgerv1.Effect_EFFECT_CORRECTED, Change: e.Change, Reason: e.Reason,
		})
	case *customsv1.LicenceQuantityRestored:
		return f.writeOff(e.Sequence, &ledgerv1.WriteOff{
			DeclarationId: e.DeclarationId, Item: e.Item, LicenceId: e.LicenceId, LicenceLine: e.LicenceLine,
			Effect: ledgerv1.Effect_EFFECT_RESTORED, Quantity: e.Quantity, Value: e.Value, Reason: e.Reason,
		})
	case *customsv1.AllowanceGiven:
		if err := f.notNegative(e.Quantity, e.Value); err != nil {
			return err
		}
		if err := put(f, allowances, &ledgerv1.Allowance{Id: e.AllowanceId, Given: e, At: f.event.OccurredAt}); err != nil {
			return err
		}
		return f.tallyGiven(e)
	case *customsv1.AllowanceReturned:
		if err := f.notNegative(e.Quantity, e.Value); err != nil {
			return err
		}
		if err := put(f, allowanceReturns, &ledgerv1.AllowanceReturn{Id: e.ReturnId, Returned: e, Agency: f.id.Agency, At: f.event.OccurredAt}); err != nil {
			return err
		}
		return f.tallyReturned(e)
	}
	return errUnknown
}

// writeOff adds an entry against a licence line, once for each declaration, item, effect and version.
func (f *folding) writeOff(version uint32, r *ledgerv1.WriteOff) error {
	if _, err := own(f, declarations, r.DeclarationId); err != nil {
		return err
	}
	return f.entry(version, r)
}

// entry adds an entry under the id of the declaration, or the usage, that it belongs to.
func (f *folding) entry(version uint32, r *ledgerv1.WriteOff) error {
	if err := f.notNegative(r.Quantity, r.Value); err != nil {
		return err
	}
	r.Id, r.Version = writeOffID(r.DeclarationId, r.Item, r.Effect, version), version
	if err := put(f, writeOffs, r); err != nil {
		return err
	}
	return f.tallyEntry(r)
}

// notNegative refuses what would give back by taking.
func (f *folding) notNegative(q *transferv1.Quantity, v *transferv1.Money) error {
	if q.GetThousandths() < 0 || v.GetMinor() < 0 {
		return f.refuse("a quantity or value below 0 is written off")
	}
	return nil
}

func writeOffID(declaration string, item uint32, effect ledgerv1.Effect, version uint32) string {
	id := declaration + "#" + strconv.FormatUint(uint64(item), 10) + "#" + strconv.Itoa(int(effect))
	if version > 0 {
		id += "#" + strconv.FormatUint(uint64(version), 10)
	}
	return id
}
