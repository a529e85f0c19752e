package lineage

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/counterfoil/counterfoil/libs/fault"
)

// Consistency returns the hashes by which the checkpoint's root is seen to rest on that of the journal's first size events, and the
// root of these (RFC 6962, 2.1.2). It was checked.
func (c *Checkpoint) Consistency(size uint64) (root Hash, hashes []Hash, err error) {
	last := c.Header.GetSize()
	switch start := uint64(c.tree.start); {
	case size == 0 || size > last:
		return root, nil, fmt.Errorf("the first %d events of %s are not among the %d that were signed", size, c.ID, last)
	case size < start:
		return root, nil, fault.Errorf(fault.Precondition, "the copy of %s here begins after event %d: that it only grew from event %d on only %s can prove", c.ID, start, size, c.ID.Agency)
	}
	before, err := tlog.TreeHash(int64(size), &c.tree)
	if err != nil {
		return root, nil, fmt.Errorf("hash the first %d events of %s: %w", size, c.ID, err)
	}
	proof, err := tlog.ProveTree(int64(last), int64(size), &c.tree)
	if err != nil {
		return root, nil, fmt.Errorf("prove that %s grew from event %d: %w", c.ID, size, err)
	}
	if err := tlog.CheckTree(proof, int64(last), tlog.Hash(c.Header.GetRoot()), int64(size), before); err != nil {
		return root, nil, fmt.Errorf("check that %s grew from event %d: %w", c.ID, size, err)
	}
	for _, h := range proof {
		hashes = append(hashes, Hash(h))
	}
	return Hash(before), hashes, nil
}
