package ledger_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
)

// treeOf is ledger.RowTreeOf, or a mutant of it.
type treeOf func([]ledger.HashedRow) *ledger.RowTree

// Nodes of two trees are the same exactly where the rows below them are, and a node can be worked out from the rows below it.
func TestNodesStandForTheirRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if err := nodesStandForRows(t, ledger.RowTreeOf); err != nil {
			t.Fatal(err)
		}
	})
}

func TestNodesPropertyNoticesMutants(t *testing.T) {
	each := func(change func(r *ledger.HashedRow)) treeOf {
		return func(rows []ledger.HashedRow) *ledger.RowTree {
			rows = slices.Clone(rows)
			for i := range rows {
				change(&rows[i])
			}
			return ledger.RowTreeOf(rows)
		}
	}
	for name, mutant := range map[string]treeOf{
		"without the content": each(func(r *ledger.HashedRow) { r.Hash = [32]byte{} }),
		"without the table":   each(func(r *ledger.HashedRow) { r.Table = "" }),
		"without the last row": func(rows []ledger.HashedRow) *ledger.RowTree {
			return ledger.RowTreeOf(rows[:max(0, len(rows)-1)])
		},
	} {
		t.Run(name, func(t *testing.T) {
			caught := false
			rapid.Check(t, func(t *rapid.T) { caught = caught || nodesStandForRows(t, mutant) != nil })
			if !caught {
				t.Error("it is not noticed")
			}
		})
	}
}

func nodesStandForRows(t *rapid.T, of treeOf) error {
	var sets [2][]ledger.HashedRow
	for k := range rapid.IntRange(0, 60).Draw(t, "rows") {
		for side := range sets {
			if content := rapid.SampledFrom([]byte{0, 1, 1, 1, 2}).Draw(t, fmt.Sprint("row ", k)); content > 0 {
				table := rapid.SampledFrom([]string{"licences", "lines"}).Draw(t, "table")
				sets[side] = append(sets[side], ledger.HashedRow{Table: table, ID: fmt.Sprint("licensing/L-", k/2), Hash: [32]byte{content}})
			}
		}
	}
	for side := range sets {
		slices.SortFunc(sets[side], func(x, y ledger.HashedRow) int { return strings.Compare(x.Table+x.ID, y.Table+y.ID) })
		sets[side] = slices.CompactFunc(sets[side], func(x, y ledger.HashedRow) bool { return x.Table == y.Table && x.ID == y.ID })
	}
	prefixes := map[string]bool{"": true}
	for _, r := range slices.Concat(sets[0], sets[1]) {
		for n := range ledger.TreeDepth + 1 {
			prefixes[ledger.BucketOf(r.Table, r.ID)[:n]] = true
		}
	}
	x, y := of(sets[0]), of(sets[1])
	for prefix := range prefixes {
		xs, ys := below(sets[0], prefix), below(sets[1], prefix)
		xn, err := x.Node(prefix)
		if err != nil {
			return err
		}
		yn, err := y.Node(prefix)
		if err != nil {
			return err
		}
		if (xn == yn) != slices.Equal(xs, ys) {
			return fmt.Errorf("node %q is the same: %v; its rows are %v and %v", prefix, xn == yn, xs, ys)
		}
		if alone, err := of(xs).Node(prefix); err != nil || alone != xn || alone.Rows != uint64(len(xs)) {
			return fmt.Errorf("node %q from its rows is %v, %v, want %v over %d rows", prefix, alone, err, xn, len(xs))
		}
		if len(prefix) == ledger.TreeDepth {
			continue
		}
		children, err := x.Children(prefix)
		if err != nil || ledger.NodeOver(children) != xn {
			return fmt.Errorf("node %q is not that over its children, %v", prefix, err)
		}
	}
	return nil
}

func below(rows []ledger.HashedRow, prefix string) (found []ledger.HashedRow) {
	for _, r := range rows {
		if strings.HasPrefix(ledger.BucketOf(r.Table, r.ID), prefix) {
			found = append(found, r)
		}
	}
	return found
}

func TestNoSuchNode(t *testing.T) {
	tree := ledger.RowTreeOf(nil)
	for _, prefix := range []string{"g", "A", "00000", "-1", "0x1", "+1"} {
		if n, err := tree.Node(prefix); err == nil {
			t.Errorf("node %q is %v", prefix, n)
		}
	}
	if _, err := tree.Children("0123"); err == nil {
		t.Error("a bucket has children")
	}
	if n, err := tree.Node(""); err != nil || n != (ledger.RowNode{}) {
		t.Errorf("the root of no rows: %v, %v", n, err)
	}
}

// The tree of a journal has the rows that RowsBelow reads, whatever order blocks came in.
func TestRowTreesAreOfTheLedger(t *testing.T) {
	one, other := ledgertest.Open(t, "licensing"), ledgertest.Open(t, "licensing")
	rapid.Check(t, func(t *rapid.T) {
		h := ledgertest.History(t)
		x, y := treesOf(t, one, inOrder(h)), treesOf(t, other, shuffled(t, h))
		for id := range h {
			if a, b := must(x[id].Node("")), must(y[id].Node("")); a != b {
				t.Errorf("%s: %v, in another order of blocks %v", id, a, b)
			}
		}
	})
}

// treesOf folds blocks into an empty ledger, and takes them back. It holds each tree against the rows that are read one by one.
func treesOf(t *rapid.T, l *ledger.Ledger, blocks []*journal.Block) map[journal.ID]*ledger.RowTree {
	tx, err := l.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	var ids []journal.ID
	for _, b := range blocks {
		if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(ids, b.ID) {
			ids = append(ids, b.ID)
		}
	}
	trees, unreadable, err := tx.RowTrees(t.Context(), ids)
	if err != nil || len(unreadable) > 0 {
		t.Fatalf("%v, %v", unreadable, err)
	}
	for _, id := range ids {
		var rows []ledger.HashedRow
		if err := tx.RowsBelow(t.Context(), id, []string{""}, func(r ledger.HashedRow) error { rows = append(rows, r); return nil }); err != nil {
			t.Fatal(err)
		}
		if x, y := must(ledger.RowTreeOf(rows).Node("")), must(trees[id].Node("")); x != y {
			t.Errorf("%s: the rows hash to %v, the tree has %v", id, x, y)
		}
	}
	return trees
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
