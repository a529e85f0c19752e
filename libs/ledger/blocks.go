package ledger

import (
	"github.com/counterfoil/counterfoil/libs/journal"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// EachBlockAfter is EachBlock for the blocks that begin after event number.
func (v View) EachBlockAfter(id journal.ID, number uint64, fn func(*ledgerv1.FoldedBlock) error) error {
	n, ok := v.journal(id.String())
	if !ok {
		return nil
	}
	c := v.tx.Bucket(bucketBlocks).Cursor()
	for k, raw := c.Seek(placeOf(n, number+1).key()); len(k) == 8 && parsePlace(k).journal() == n; k, raw = c.Next() {
		b, err := decode(raw, &ledgerv1.FoldedBlock{})
		if err != nil {
			return err
		}
		if err := fn(b); err != nil {
			return err
		}
	}
	return nil
}
