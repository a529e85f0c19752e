package journal

import (
	"crypto/sha256"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Tree is the right edge of an RFC 6962 Merkle tree: enough to add leaves and to know the root. The zero Tree is empty.
type Tree struct {
	size uint64
	// edge holds the roots of the perfect subtrees that the leaves fall into, the largest first: one for each bit that
	// is set in size.
	edge []tlog.Hash
}

// LeafHash is the hash of one event as recorded.
func LeafHash(raw []byte) tlog.Hash { return tlog.RecordHash(raw) }

// Add puts a leaf at the right.
func (t *Tree) Add(leaf tlog.Hash) {
	h := leaf
	for n := t.size; n&1 == 1; n >>= 1 {
		last := len(t.edge) - 1
		h = tlog.NodeHash(t.edge[last], h)
		t.edge = t.edge[:last]
	}
	t.edge = append(t.edge, h)
	t.size++
}

// Size is the number of leaves.
func (t *Tree) Size() uint64 { return t.size }

// Root is the hash over all leaves; of no leaves, that of the empty string.
func (t *Tree) Root() tlog.Hash {
	if len(t.edge) == 0 {
		return tlog.Hash(sha256.Sum256(nil))
	}
	h := t.edge[len(t.edge)-1]
	for i := len(t.edge) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.edge[i], h)
	}
	return h
}

func (t *Tree) clone() Tree {
	return Tree{t.size, append(make([]tlog.Hash, 0, len(t.edge)+1), t.edge...)}
}

// frontier is the tree's edge as it is kept, the largest subtree first.
func (t *Tree) frontier() (edge [][]byte) {
	for i := range t.edge {
		edge = append(edge, t.edge[i][:])
	}
	return edge
}

func parseTree(size uint64, edge [][]byte) (Tree, error) {
	if bits.OnesCount64(size) != len(edge) {
		return Tree{}, fmt.Errorf("tree of %d leaves has %d subtrees", size, len(edge))
	}
	t := Tree{size: size}
	for _, h := range edge {
		if len(h) != tlog.HashSize {
			return Tree{}, fmt.Errorf("subtree hash has %d bytes", len(h))
		}
		t.edge = append(t.edge, tlog.Hash(h))
	}
	return t, nil
}
