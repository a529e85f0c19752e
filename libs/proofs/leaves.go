package proofs

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// maxBatch is the most bytes of events that are read at once, but for a single block.
const maxBatch = 1 << 20

// errEnough ends a reading.
var errEnough = errors.New("enough")

// Whole returns the head that the leaves or entries of a journal lead to, with a checkpoint where the agency can sign one. It fails with
// fault.Precondition for a copy that begins later: it has not the hashes that the first tiles are made of.
func (s *Source) Whole(view ledger.View, id journal.ID) (*queryv1.SignedHead, error) {
	p, err := view.Position(id)
	if err != nil {
		return nil, fmt.Errorf("read the position of %s: %w", id, err)
	}
	if start := p.GetStartEvents(); start > 0 {
		return nil, fault.Errorf(fault.Precondition, "the copy of %s here begins after event %d, and the tiles before that cannot be made of it: only %s can export it", id, start, id.Agency)
	}
	if id.Agency == view.Agency() && s.Signer != nil {
		return s.Noted(view, id)
	}
	return Latest(view, id)
}

// Leaves returns the leaf hashes of the events of a journal after number after up to upTo, at most max of them, one after the other.
func Leaves(view ledger.View, id journal.ID, after, upTo uint64, max int) (hashes []byte, err error) {
	if after >= upTo {
		return nil, nil
	}
	err = view.EachLeaf(id, after, func(number uint64, leaf tlog.Hash) error {
		if hashes = append(hashes, leaf[:]...); number == upTo || len(hashes) == max*tlog.HashSize {
			return errEnough
		}
		return nil
	})
	if err == nil {
		err = fmt.Errorf("event %d of %s is not in the ledger", upTo, id)
	}
	if errors.Is(err, errEnough) {
		err = nil
	}
	return hashes, err
}

// Entries returns the events of a journal after number after up to upTo, those of whole blocks, until they come to a megabyte.
func Entries(view ledger.View, id journal.ID, after, upTo uint64) (entries []*queryv1.LogEntry, err error) {
	for size := 0; after < upTo && size < maxBatch; {
		b, err := view.Block(id, after+1)
		if err != nil {
			return nil, fmt.Errorf("read the block of event %d of %s: %w", after+1, id, err)
		}
		raws, err := journal.SplitBody(b.GetBody())
		if err != nil {
			return nil, fmt.Errorf("read the block of event %d of %s: %w", after+1, id, err)
		}
		if len(raws) == 0 {
			return nil, fmt.Errorf("event %d of %s is not in the ledger", after+1, id)
		}
		for _, raw := range raws {
			after++
			entry := &queryv1.LogEntry{Content: &queryv1.LogEntry_Event{Event: raw}}
			if i := slices.IndexFunc(b.GetWithdrawn(), func(w *ledgerv1.WithdrawnLeaf) bool { return w.GetNumber() == after }); i >= 0 {
				entry.Content = &queryv1.LogEntry_Leaf{Leaf: b.GetWithdrawn()[i].GetLeaf()}
			}
			entries, size = append(entries, entry), size+len(raw)
		}
	}
	return entries, nil
}
