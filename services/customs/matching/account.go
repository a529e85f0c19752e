package matching

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// balance raises DX03 and DX04 where the items together are above what is left.
func (m *match) balance() error {
	account, err := writeoff.Read(m.view, m.Licence, m.d.GetDeclarationId())
	if r := fault.As(err); r != nil {
		m.raise("DX05", 0, "write-offs in the lines' units", m.Licence.GetId(), "%s", r.Sentence)
		return nil
	}
	if err != nil {
		return err
	}
	for _, item := range m.d.GetItems() {
		line := m.lineOf(item)
		if line == nil {
			continue
		}
		of := proto.CloneOf(item)
		of.LicenceLine = line.GetNumber()
		_, err := account.Reserve(m.d.GetDeclarationId(), 0, of)
		switch r := fault.As(err); {
		case r == nil:
		case r.Code == "DX13":
			m.raise(r.Code, 0, "one agency that counts", m.Licence.GetId(), "%s", r.Sentence)
			return nil
		case r.Code == "DX03":
			m.raise(r.Code, item.GetNumber(), "what is left", QuantityWord(item.GetQuantity()), "%s", r.Sentence)
		case r.Code == "DX04":
			m.raise(r.Code, item.GetNumber(), "what is left", fmt.Sprintf("%d minor units of %s", item.GetValue().GetMinor(), item.GetValue().GetCurrency()), "%s", r.Sentence)
		}
	}
	return nil
}

// QuantityWord is a quantity as sentences say it: "12.5 KGM".
func QuantityWord(q *transferv1.Quantity) string {
	if q == nil {
		return "no quantity"
	}
	text := new(big.Rat).SetFrac64(q.GetThousandths(), 1000).FloatString(3)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".") + " " + q.GetUnit()
}

// others raises DX13 where another agency has written off on the same licence and no allowance says how much of it is whose.
func (m *match) others() error {
	given, err := m.view.AllowancesWith("licence", m.Licence.GetId())
	if err != nil {
		return fmt.Errorf("read allowances on licence %s: %w", m.Licence.GetId(), err)
	}
	if len(given) > 0 {
		return nil
	}
	if counted, err := m.othersCounted(); err != nil || !counted {
		return err
	}
	entries, err := m.view.WriteOffsWith("licence", m.Licence.GetId())
	if err != nil {
		return fmt.Errorf("read write-offs on licence %s: %w", m.Licence.GetId(), err)
	}
	i := slices.IndexFunc(entries, func(e *ledgerv1.WriteOff) bool {
		return !m.view.Owns(e.GetJournal()) && !gone(entries, e)
	})
	if i >= 0 {
		other := entries[i].GetDeclarationId()
		m.raise("DX13", 0, "one agency that counts", other, "declaration %s of another agency counts against licence %s too; ask it, or have allowances given", other, m.Licence.GetId())
	}
	return nil
}

// othersCounted reports whether another agency has written off on the licence, by the sums that the ledger keeps: there may be
// thousands of entries.
func (m *match) othersCounted() (bool, error) {
	tallies, err := m.view.TalliesWith("licence", m.Licence.GetId())
	if err != nil {
		return false, fmt.Errorf("read what is written off on licence %s: %w", m.Licence.GetId(), err)
	}
	return slices.ContainsFunc(tallies, func(t *ledgerv1.Tally) bool {
		return t.GetAgency() != m.view.Agency() && slices.ContainsFunc(slices.Concat(t.GetQuantities(), t.GetValues()), func(s *ledgerv1.Sum) bool {
			return s.GetReserved() != 0 || s.GetUsed() != 0
		})
	}), nil
}

// gone reports whether a reservation was given back.
func gone(entries []*ledgerv1.WriteOff, e *ledgerv1.WriteOff) bool {
	return slices.ContainsFunc(entries, func(o *ledgerv1.WriteOff) bool {
		return o.GetEffect() == ledgerv1.Effect_EFFECT_RELEASED && o.GetDeclarationId() == e.GetDeclarationId() && o.GetItem() == e.GetItem() && o.GetVersion() == e.GetVersion()
	})
}

// twice raises DX14 where a declaration of this agency has the same local reference number and the same items.
func (m *match) twice() error {
	lrn := m.d.GetConsignment().GetLrn()
	if lrn == "" {
		return nil
	}
	same, err := m.view.DeclarationsWith("lrn", lrn)
	if err != nil {
		return fmt.Errorf("read declarations with local reference number %s: %w", lrn, err)
	}
	for _, o := range same {
		here := o.GetStatus() == ledgerv1.DeclarationStatus_DECLARATION_STATUS_LODGED || o.GetAccepted().GetLicenceId() == m.Licence.GetId()
		if !here || o.GetId() == m.d.GetDeclarationId() || !m.view.Owns(o.GetId()) ||
			o.GetStatus() == ledgerv1.DeclarationStatus_DECLARATION_STATUS_CANCELLED || !sameItems(o.GetAccepted().GetItems(), m.d.GetItems()) {
			continue
		}
		m.raise("DX14", 0, "a local reference number of its own", o.GetId(), "declaration %s has the local reference number %s and the same items", o.GetId(), lrn)
		return nil
	}
	return nil
}

// sameItems compares items but for the lines that were found for them.
func sameItems(a, b []*customsv1.Item) bool {
	return slices.EqualFunc(a, b, func(x, y *customsv1.Item) bool {
		x, y = proto.CloneOf(x), proto.CloneOf(y)
		x.LicenceLine, y.LicenceLine = 0, 0
		return proto.Equal(x, y)
	})
}
