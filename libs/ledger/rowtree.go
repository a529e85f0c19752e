package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/counterfoil/counterfoil/libs/journal"
)

// RowTree is a hash tree over rows, by which two agencies find the rows in which their ledgers differ without reading each other's.
// A row falls into one of 65,536 buckets by a hash of its table and id; over them stands a tree of 16 children a node. A node is
// named by the hexadecimal digits that lead to it, "" being the root and four digits a bucket.
//
// All hashes are SHA-256, over a first byte that says of what: 0 a row, with table, id and encoded row as in Root; 1 a bucket, with the
// hash of the bucket without its last row, then that row's table, id and hash; 2 a node, with hash and number of rows, 8 bytes, of each
// child; 3 several trees (RowRoot); 4 the bucket of a table and id, by its first 16 bits. Where there are no rows the hash is zero.
//
// The trees of two ledgers with the same position in a journal are the same, as Root is.
type RowTree struct {
	nodes   map[treeKey]RowNode
	scratch []byte // of whoever adds rows
}

// RowNode is what stands at a node: the hash over its rows, and how many they are.
type RowNode struct {
	Hash [32]byte
	Rows uint64
}

// HashedRow is a row without its content.
type HashedRow struct {
	Table, ID string
	Hash      [32]byte
}

// UnreadableRow is a row of which it cannot be read what journal it is of.
type UnreadableRow struct{ Table, ID, Why string }

const (
	// TreeWidth is how many children a node has.
	TreeWidth = 16
	// TreeDepth is how many digits name a bucket.
	TreeDepth = 4

	hashRow, hashBucket, hashNode, hashRoots, hashPlace = 0, 1, 2, 3, 4
)

// treeKey is a node's depth and its number there.
type treeKey struct {
	depth uint8
	index uint16
}

func (k treeKey) child(i int) treeKey { return treeKey{k.depth + 1, k.index<<4 | uint16(i)} }

func keyOf(prefix string) (treeKey, error) {
	index, err := strconv.ParseUint("0"+prefix, 16, 16)
	if err != nil || len(prefix) > TreeDepth || strings.ToLower(prefix) != prefix {
		return treeKey{}, fmt.Errorf("%q is no node of a tree over rows: give up to %d hexadecimal digits", prefix, TreeDepth)
	}
	return treeKey{uint8(len(prefix)), uint16(index)}, nil
}

// BucketOf returns the digits of the bucket that a row falls into.
func BucketOf(table, id string) string {
	return fmt.Sprintf("%04x", bucketOf([]byte(table), []byte(id)))
}

func bucketOf(table, id []byte) uint16 {
	sum := sha256.Sum256(appendParts(append(make([]byte, 0, 128), hashPlace), table, id))
	return binary.BigEndian.Uint16(sum[:])
}

// appendParts appends each part with its length before it, as hashPart writes it.
func appendParts(to []byte, parts ...[]byte) []byte {
	for _, part := range parts {
		to = append(binary.BigEndian.AppendUint64(to, uint64(len(part))), part...)
	}
	return to
}

// RowTreeOf is the tree over rows that are given in the order of table and id. For those of one node only, that node is as in the
// tree over all.
func RowTreeOf(rows []HashedRow) *RowTree {
	t := &RowTree{nodes: map[treeKey]RowNode{}}
	for _, r := range rows {
		t.add([]byte(r.Table), []byte(r.ID), r.Hash)
	}
	t.close()
	return t
}

func (t *RowTree) add(table, id []byte, hash [32]byte) {
	at := treeKey{TreeDepth, bucketOf(table, id)}
	n := t.nodes[at]
	b := append(append(t.scratch[:0], hashBucket), n.Hash[:]...)
	t.scratch = append(appendParts(b, table, id), hash[:]...)
	t.nodes[at] = RowNode{Hash: sha256.Sum256(t.scratch), Rows: n.Rows + 1}
}

// close works out the nodes above the buckets.
func (t *RowTree) close() {
	below := slices.Collect(maps.Keys(t.nodes))
	for range TreeDepth {
		var above []treeKey
		for _, k := range below {
			parent := treeKey{k.depth - 1, k.index >> 4}
			if _, done := t.nodes[parent]; !done {
				t.nodes[parent] = NodeOver(t.children(parent))
				above = append(above, parent)
			}
		}
		below = above
	}
}

func (t *RowTree) children(at treeKey) (children [TreeWidth]RowNode) {
	for i := range children {
		children[i] = t.nodes[at.child(i)]
	}
	return children
}

// NodeOver is the node above these children.
func NodeOver(children [TreeWidth]RowNode) RowNode {
	h := sha256.New()
	h.Write([]byte{hashNode})
	rows := uint64(0)
	for _, c := range children {
		h.Write(c.Hash[:])
		h.Write(binary.BigEndian.AppendUint64(nil, c.Rows))
		rows += c.Rows
	}
	if rows == 0 {
		return RowNode{}
	}
	return RowNode{Hash: [32]byte(h.Sum(nil)), Rows: rows}
}

// Node returns what stands at a node, and fails when there can be none of that name.
func (t *RowTree) Node(prefix string) (RowNode, error) {
	at, err := keyOf(prefix)
	return t.nodes[at], err
}

// Children are the nodes below one, from digit 0 to f; it fails for a bucket.
func (t *RowTree) Children(prefix string) ([TreeWidth]RowNode, error) {
	at, err := keyOf(prefix)
	if err == nil && at.depth == TreeDepth {
		err = fmt.Errorf("node %s is a bucket and has rows below it", prefix)
	}
	if err != nil {
		return [TreeWidth]RowNode{}, err
	}
	return t.children(at), nil
}

// RowRoot is the one hash over the trees of several journals, in the order of their names.
func RowRoot(journals map[string]RowNode) [32]byte {
	h := sha256.New()
	h.Write([]byte{hashRoots})
	for _, name := range sortedKeys(journals) {
		n := journals[name]
		hashPart(h, []byte(name))
		h.Write(n.Hash[:])
		h.Write(binary.BigEndian.AppendUint64(nil, n.Rows))
	}
	return [32]byte(h.Sum(nil))
}

// RowTrees returns the trees over the rows of these journals, in one pass over all rows: some seconds for a million. A tree takes
// about 100 bytes a bucket that has rows, so 7 MB at most. Rows of which the journal cannot be read are in no tree.
func (v View) RowTrees(ctx context.Context, journals []journal.ID) (map[journal.ID]*RowTree, []UnreadableRow, error) {
	trees := map[journal.ID]*RowTree{}
	byName := map[string]*RowTree{}
	for _, id := range journals {
		t := &RowTree{nodes: map[treeKey]RowNode{}}
		trees[id], byName[id.String()] = t, t
	}
	var unreadable []UnreadableRow
	err := v.eachRaw(ctx, nil, func(t *table, id, raw []byte) error {
		of, err := journalOf(raw)
		if err != nil {
			unreadable = append(unreadable, UnreadableRow{t.name, string(id), err.Error()})
			return nil
		}
		if tree := byName[of]; tree != nil {
			name := []byte(t.name)
			tree.scratch = appendParts(append(tree.scratch[:0], hashRow), name, id, raw)
			tree.add(name, id, sha256.Sum256(tree.scratch))
		}
		return nil
	})
	for _, t := range trees {
		t.close()
	}
	return trees, unreadable, err
}

// RowsBelow calls fn with the rows of a journal that fall below nodes of its tree, in the order of table and id, until fn returns an
// error, which is returned as it is. It looks at every row's id.
func (v View) RowsBelow(ctx context.Context, id journal.ID, prefixes []string, fn func(HashedRow) error) error {
	wanted := map[treeKey]bool{}
	for _, prefix := range prefixes {
		at, err := keyOf(prefix)
		if err != nil {
			return err
		}
		wanted[at] = true
	}
	below := func(t *table, id []byte) bool {
		bucket := bucketOf([]byte(t.name), id)
		for depth := range TreeDepth + 1 {
			if wanted[treeKey{uint8(depth), bucket >> (4 * (TreeDepth - depth))}] {
				return true
			}
		}
		return false
	}
	name := []byte(id.String())
	return v.eachRaw(ctx, below, func(t *table, id, raw []byte) error {
		if of, err := fieldOf(raw, 2); err != nil || !bytes.Equal(of, name) {
			return nil // in no tree, or in another one
		}
		return fn(HashedRow{t.name, string(id), sha256.Sum256(appendParts([]byte{hashRow}, []byte(t.name), id, raw))})
	})
}

// eachRaw calls fn with every row that wanted, where it is given, says yes to, in the order of table and id. raw is nil where an id has
// no row.
func (v View) eachRaw(ctx context.Context, wanted func(*table, []byte) bool, fn func(t *table, id, raw []byte) error) error {
	if err := v.written(); err != nil {
		return err
	}
	n := 0
	for _, t := range tables {
		b := v.of(t)
		err := b.ids.ForEach(func(id, number []byte) error {
			if n++; n%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if wanted != nil && !wanted(t, id) {
				return nil
			}
			return fn(t, id, b.rows.Get(number))
		})
		if err != nil {
			return fmt.Errorf("read table %s: %w", t.name, err)
		}
	}
	return nil
}
