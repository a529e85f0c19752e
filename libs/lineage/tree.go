package lineage

import (
	"encoding/hex"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/counterfoil/counterfoil/libs/journal"
)

// tree has the hashes of a journal's RFC 6962 tree as tlog stores them, 64 bytes an event. A copy of it stays as it is while more
// leaves are added to the original.
type tree struct {
	// size is how many leaves it has, those before start with them.
	size, start int64
	// edge are the subtrees that the leaves before start fall into, by their index: all that is known of them, and all that proofs
	// for later leaves need.
	edge map[int64]tlog.Hash
	// stored are the hashes from that of leaf start on.
	stored []tlog.Hash
}

// newTree is the tree of a journal whose events are known from start+1 on; edge is what the events before hash to, the largest
// subtree first (RFC 6962), as a position keeps it. room is how many leaves are to be expected.
func newTree(start int64, edge []tlog.Hash, room int64) (*tree, error) {
	if bits.OnesCount64(uint64(start)) != len(edge) {
		return nil, fmt.Errorf("a tree of %d leaves has not %d subtrees", start, len(edge))
	}
	t := &tree{size: start, start: start, edge: map[int64]tlog.Hash{}}
	from := int64(0)
	for _, h := range edge {
		level := bits.Len64(uint64(start-from)) - 1
		t.edge[tlog.StoredHashIndex(level, from>>level)] = h
		from += 1 << level
	}
	t.stored = make([]tlog.Hash, 0, max(0, tlog.StoredHashCount(room)-t.base()))
	return t, nil
}

// base is the index of the first hash in stored.
func (t *tree) base() int64 { return tlog.StoredHashCount(t.start) }

func (t *tree) add(leaf tlog.Hash) error {
	t.stored = append(t.stored, leaf)
	h := leaf
	for level, n := 0, t.size; n&1 == 1; level, n = level+1, n>>1 { // every subtree that it completes
		left, err := t.at(tlog.StoredHashIndex(level, n-1))
		if err != nil {
			return err
		}
		h = tlog.NodeHash(left, h)
		t.stored = append(t.stored, h)
	}
	t.size++
	return nil
}

// at is a hash by its index.
func (t *tree) at(index int64) (tlog.Hash, error) {
	if i := index - t.base(); i >= 0 && i < int64(len(t.stored)) {
		return t.stored[i], nil
	}
	h, ok := t.edge[index]
	if !ok {
		return h, fmt.Errorf("the copy here begins after event %d and has no hash %d", t.start, index)
	}
	return h, nil
}

// ReadHashes is tlog.HashReader.
func (t *tree) ReadHashes(indexes []int64) (hashes []tlog.Hash, err error) {
	hashes = make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if hashes[i], err = t.at(index); err != nil {
			return nil, err
		}
	}
	return hashes, nil
}

func (t *tree) leaf(number uint64) (tlog.Hash, error) {
	if int64(number) <= t.start || int64(number) > t.size {
		return tlog.Hash{}, fmt.Errorf("event %d is not in the copy here, which has events %d to %d", number, t.start+1, t.size)
	}
	return t.at(tlog.StoredHashIndex(0, int64(number)-1))
}

// Node is the hash of the subtree over the leaves from From, counted from 0, up to and without To.
type Node struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
	Hash Hash   `json:"hash"`
}

// Hash is written in hexadecimal digits.
type Hash tlog.Hash

// MarshalText is encoding.TextMarshaler.
func (h Hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText is encoding.TextUnmarshaler.
func (h *Hash) UnmarshalText(text []byte) error {
	if len(text) != 2*len(h) {
		return fmt.Errorf("a hash has %d digits, not %d", 2*len(h), len(text))
	}
	_, err := hex.Decode(h[:], text)
	return err
}

// prune returns the fewest subtrees by which the root over the first size leaves is recomputed from those with numbers, which are in
// order and each there once.
func (t *tree) prune(size int64, numbers []uint64) ([]Node, error) {
	nodes := []Node{}
	var walk func(from, to int64, numbers []uint64) error
	walk = func(from, to int64, numbers []uint64) error {
		if len(numbers) == 0 {
			h, err := t.over(from, to)
			nodes = append(nodes, Node{uint64(from), uint64(to), Hash(h)})
			return err
		}
		if to-from == 1 {
			return nil
		}
		middle := from + 1<<(bits.Len64(uint64(to-from-1))-1)
		cut := 0
		for cut < len(numbers) && int64(numbers[cut]) <= middle {
			cut++
		}
		if err := walk(from, middle, numbers[:cut]); err != nil {
			return err
		}
		return walk(middle, to, numbers[cut:])
	}
	if len(numbers) > 0 && (int64(numbers[0]) <= t.start || int64(numbers[len(numbers)-1]) > size) {
		return nil, fmt.Errorf("events %d to %d are not all in the copy here, which has events %d to %d", numbers[0], numbers[len(numbers)-1], t.start+1, size)
	}
	return nodes, walk(0, size, numbers)
}

// over is the hash of a subtree of the tree, of its leaves from from up to and without to.
func (t *tree) over(from, to int64) (tlog.Hash, error) {
	level := bits.Len64(uint64(to-from)) - 1
	if to-from == 1<<level {
		return t.at(tlog.StoredHashIndex(level, from>>level))
	}
	left, err := t.over(from, from+1<<level)
	if err != nil {
		return left, err
	}
	right, err := t.over(from+1<<level, to)
	return tlog.NodeHash(left, right), err
}

// edgeOf are the hashes of a start or a position.
func edgeOf(id journal.ID, raw [][]byte) (edge []tlog.Hash, err error) {
	for _, h := range raw {
		if len(h) != tlog.HashSize {
			return nil, fmt.Errorf("start of journal %s: a hash has %d bytes", id, len(h))
		}
		edge = append(edge, tlog.Hash(h))
	}
	return edge, nil
}
