package lineage

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/journal"
)

// Of every tree, whole or known from some leaf on, every leaf can be proved at every size, and the nodes of a pruned tree lead to the
// root that a journal's own tree has. What is pruned is the same wherever the copy begins.
func TestProofsAndPrunedTrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, 300).Draw(t, "size")
		start := rapid.Int64Range(0, size-1).Draw(t, "start")
		upTo := rapid.Int64Range(start+1, size).Draw(t, "up to")
		whole := must(newTree(0, nil, size))
		var edge []tlog.Hash
		var late *tree
		var reference journal.Tree
		var root tlog.Hash
		for i := range size {
			if i == start {
				edge = edgeAt(whole, start)
				late = must(newTree(start, edge, size))
			}
			leaf := journal.LeafHash(binary.BigEndian.AppendUint64(nil, uint64(i)))
			reference.Add(leaf)
			if err := whole.add(leaf); err != nil {
				t.Fatal(err)
			}
			if i >= start {
				if err := late.add(leaf); err != nil {
					t.Fatal(err)
				}
			}
			if i == upTo-1 {
				root = reference.Root()
			}
		}
		var numbers []uint64
		leaves := map[int64]tlog.Hash{}
		for n := start + 1; n <= upTo; n++ {
			leaf := must(late.leaf(uint64(n)))
			proof := must(tlog.ProveRecord(upTo, n-1, late))
			if err := tlog.CheckRecord(proof, upTo, root, n-1, leaf); err != nil {
				t.Fatalf("leaf %d of %d: %v", n, upTo, err)
			}
			if rapid.IntRange(0, 9).Draw(t, "listed") == 0 {
				numbers, leaves[n-1] = append(numbers, uint64(n)), leaf
			}
		}
		nodes := must(late.prune(upTo, numbers))
		if got := rebuilt(t, 0, upTo, leaves, &nodes); got != root || len(nodes) > 0 {
			t.Fatalf("the pruned tree of %v in %d leads to another root, or has %d nodes more than it needs", numbers, upTo, len(nodes))
		}
		if again := must(whole.prune(upTo, numbers)); !slices.Equal(again, must(late.prune(upTo, numbers))) {
			t.Fatal("a copy that begins later prunes otherwise")
		}
		if _, err := late.leaf(uint64(start)); err == nil {
			t.Fatal("a leaf from before the copy begins is known")
		}
	})
}

// edgeAt are the subtrees that the first leaves fall into.
func edgeAt(t *tree, size int64) (edge []tlog.Hash) {
	for from := int64(0); from < size; {
		level := bits.Len64(uint64(size-from)) - 1
		edge = append(edge, must(t.over(from, from+1<<level)))
		from += 1 << level
	}
	return edge
}

// rebuilt is the root over a range, by the definition of RFC 6962; it takes the nodes that it uses off the list, in order.
func rebuilt(t rapid.TB, from, to int64, leaves map[int64]tlog.Hash, nodes *[]Node) tlog.Hash {
	if n := *nodes; len(n) > 0 && int64(n[0].From) == from && int64(n[0].To) == to {
		*nodes = n[1:]
		return tlog.Hash(n[0].Hash)
	}
	if to-from == 1 {
		leaf, ok := leaves[from]
		if !ok {
			t.Fatalf("leaf %d is neither listed nor under a node", from)
		}
		return leaf
	}
	half := int64(1)
	for half*2 < to-from {
		half *= 2
	}
	left := rebuilt(t, from, from+half, leaves, nodes)
	return tlog.NodeHash(left, rebuilt(t, from+half, to, leaves, nodes))
}

func TestTreeThatBeginsWithoutWhatIsBefore(t *testing.T) {
	if _, err := newTree(3, nil, 10); err == nil {
		t.Error("three leaves and nothing of them make a tree")
	}
}
