package writeoff

import (
	"cmp"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/refdata"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// committed is what is on record of an item that moved, in the units of its entry.
type committed struct {
	entry *ledgerv1.WriteOff
	// moved is what was committed, as corrected since; back what was restored of it.
	moved, back movedAmounts
	// corrections and restorations are how many there are.
	corrections, restorations uint32
}

// movedAmounts are thousandths of the entry's unit and minor units of its currency.
type movedAmounts struct{ quantity, value int64 }

// Correct brings a committed entry to what really moved (docs/border.md): up to what is left of the licence, down to what was
// restored. What it is on record as already decides nothing.
func Correct(view ledger.View, cmd *customsv1.CorrectWriteOffRequest) ([]proto.Message, error) {
	c, err := readCommitted(view, cmd.GetEntryId())
	if err != nil {
		return nil, err
	}
	to, err := c.stated(cmd.GetQuantity(), cmd.GetValue(), c.moved)
	switch {
	case err != nil:
		return nil, err
	case cmd.GetReason() == "":
		return nil, fault.Errorf(fault.Invalid, "give the reason for correcting entry %s", c.entry.GetId())
	case to == c.moved:
		return nil, nil
	case to.quantity < c.back.quantity || to.value < c.back.value:
		return nil, fault.Errorf(fault.Precondition, "more of entry %s has come back than is said to have moved; state what moved before any of it came back", c.entry.GetId())
	}
	if err := c.room(view, to); err != nil {
		return nil, err
	}
	return []proto.Message{ledger.Beside(c.entry, &customsv1.LicenceQuantityCorrected{
		DeclarationId: c.entry.GetDeclarationId(), Item: c.entry.GetItem(), LicenceId: c.entry.GetLicenceId(), LicenceLine: c.entry.GetLicenceLine(),
		Change: &customsv1.Change{
			Thousandths: to.quantity - c.moved.quantity, Unit: c.entry.GetQuantity().GetUnit(),
			Minor: to.value - c.moved.value, Currency: c.entry.GetValue().GetCurrency(),
		},
		Reason: cmd.GetReason(), EntryId: c.entry.GetId(), Sequence: c.corrections + 1,
	})}, nil
}

// Restore makes what came back available again, where national law allows that. It is told how much came back in all, so that
// the same again decides nothing; never more than moved.
func Restore(view ledger.View, cmd *customsv1.RestoreWriteOffRequest) ([]proto.Message, error) {
	c, err := readCommitted(view, cmd.GetEntryId())
	if err != nil {
		return nil, err
	}
	to, err := c.stated(cmd.GetQuantity(), cmd.GetValue(), c.back)
	switch {
	case err != nil:
		return nil, err
	case cmd.GetReason() == "" || cmd.GetLegalBasis() == "":
		return nil, fault.Errorf(fault.Invalid, "say why entry %s is restored, and which national law allows it", c.entry.GetId())
	case to == c.back:
		return nil, nil
	case to.quantity < c.back.quantity || to.value < c.back.value:
		return nil, fault.Errorf(fault.Conflict, "more of entry %s is on record as having come back; state what came back in all, with what came back before", c.entry.GetId())
	case to.quantity > c.moved.quantity || to.value > c.moved.value:
		return nil, fault.Errorf(fault.Precondition, "less moved under entry %s than is said to have come back; correct the entry first, if it is wrong", c.entry.GetId())
	}
	fact := &customsv1.LicenceQuantityRestored{
		DeclarationId: c.entry.GetDeclarationId(), Item: c.entry.GetItem(), LicenceId: c.entry.GetLicenceId(), LicenceLine: c.entry.GetLicenceLine(),
		Reason: cmd.GetReason(), LegalBasis: cmd.GetLegalBasis(), Sequence: c.restorations + 1,
	}
	if q := c.entry.GetQuantity(); q != nil {
		fact.Quantity = &transferv1.Quantity{Thousandths: to.quantity - c.back.quantity, Unit: q.GetUnit()}
	}
	if v := c.entry.GetValue(); v != nil {
		fact.Value = &transferv1.Money{Minor: to.value - c.back.value, Currency: v.GetCurrency()}
	}
	return []proto.Message{ledger.Beside(c.entry, fact)}, nil
}

// readCommitted returns what is on record of the item of a committed entry of this agency.
func readCommitted(view ledger.View, id string) (*committed, error) {
	entry, err := view.WriteOff(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read entry %s: %w", id, err)
	case entry == nil:
		return nil, fault.Errorf(fault.NotFound, "entry %s is not on record here; see: counterfoil list write-offs", id)
	case !view.Owns(id):
		return nil, fault.Errorf(fault.NotAllowed, "entry %s was made by another agency; only that agency can change it", id)
	case entry.GetEffect() != ledgerv1.Effect_EFFECT_COMMITTED:
		return nil, fault.Errorf(fault.Precondition, "entry %s does not say what moved; only a committed entry is corrected or restored", id)
	}
	usage, err := view.Usage(entry.GetDeclarationId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read usage %s: %w", entry.GetDeclarationId(), err)
	case usage != nil:
		return nil, fault.Errorf(fault.Precondition, "entry %s is what another customs computer reported; the total that its next file states corrects it", id)
	}
	entries, err := view.WriteOffsWith("declaration", entry.GetDeclarationId())
	if err != nil {
		return nil, fmt.Errorf("read write-offs of declaration %s: %w", entry.GetDeclarationId(), err)
	}
	c := &committed{entry: entry, moved: movedAmounts{entry.GetQuantity().GetThousandths(), entry.GetValue().GetMinor()}}
	for _, e := range entries {
		if e.GetItem() != entry.GetItem() {
			continue
		}
		switch e.GetEffect() {
		case ledgerv1.Effect_EFFECT_CORRECTED:
			c.moved.quantity += e.GetChange().GetThousandths()
			c.moved.value += e.GetChange().GetMinor()
			c.corrections = max(c.corrections, e.GetVersion())
		case ledgerv1.Effect_EFFECT_RESTORED:
			c.back.quantity += e.GetQuantity().GetThousandths()
			c.back.value += e.GetValue().GetMinor()
			c.restorations = max(c.restorations, e.GetVersion())
		}
	}
	return c, nil
}

// stated is what a command says, in the units of the entry; what it does not say is as on record.
func (c *committed) stated(q *transferv1.Quantity, v *transferv1.Money, record movedAmounts) (movedAmounts, error) {
	to := record
	if q != nil {
		thousandths, ok := refdata.Convert(q.GetThousandths(), q.GetUnit(), c.entry.GetQuantity().GetUnit())
		if c.entry.GetQuantity() == nil || !ok {
			return to, fault.Coded(fault.Invalid, "DX05", "entry %s is in %s; state the quantity in that unit", c.entry.GetId(), cmp.Or(c.entry.GetQuantity().GetUnit(), "no unit"))
		}
		to.quantity = thousandths
	}
	if v != nil {
		if c.entry.GetValue() == nil || v.GetCurrency() != c.entry.GetValue().GetCurrency() {
			return to, fault.Coded(fault.Invalid, "DX05", "entry %s is in %s; state the value in that currency", c.entry.GetId(), cmp.Or(c.entry.GetValue().GetCurrency(), "no currency"))
		}
		to.value = v.GetMinor()
	}
	if to.quantity < 0 || to.value < 0 {
		return to, fault.Errorf(fault.Invalid, "a quantity or value of entry %s cannot be below 0", c.entry.GetId())
	}
	return to, nil
}

// room refuses a correction to more than this agency has left of the line.
func (c *committed) room(view ledger.View, to movedAmounts) error {
	more := movedAmounts{max(0, to.quantity-c.moved.quantity), max(0, to.value-c.moved.value)}
	if more == (movedAmounts{}) {
		return nil
	}
	licence, err := known(view, c.entry.GetLicenceId())
	if err != nil {
		return err
	}
	account, err := Read(view, licence, "")
	if err != nil {
		return err
	}
	if account.uncounted != nil {
		return account.uncounted
	}
	var q *transferv1.Quantity
	if c.entry.GetQuantity() != nil {
		q = &transferv1.Quantity{Thousandths: more.quantity, Unit: c.entry.GetQuantity().GetUnit()}
	}
	var v *transferv1.Money
	if c.entry.GetValue() != nil {
		v = &transferv1.Money{Minor: more.value, Currency: c.entry.GetValue().GetCurrency()}
	}
	l, asked, _, err := account.measure(c.entry.GetItem(), c.entry.GetLicenceLine(), q, v)
	if err != nil {
		return err
	}
	_, others := account.limits(l)
	return account.within(l, l.party(account.agency).taken().plus(others), asked)
}
