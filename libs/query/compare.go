package query

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

const (
	// keptTrees is how many hash trees are kept for the calls that follow; a descent takes about five calls.
	keptTrees = 4
	// maxHashedRows is the most rows in one answer.
	maxHashedRows = 5_000
	// maxUnreadable is the most unreadable rows in one answer.
	maxUnreadable = 100
	// maxEventNotes is the most events that are noted of one row.
	maxEventNotes = 50
)

// rowTrees are the hash trees that were made last. Making one reads every row, so they are made one at a time.
type rowTrees struct {
	making sync.Mutex
	mu     sync.Mutex
	kept   []*rowTree // the newest last
}

// rowTree is the trees over the rows of some journals at one moment.
type rowTree struct {
	name    string
	horizon *queryv1.Horizon
	trees   map[string]*ledger.RowTree
}

func (t *rowTrees) keep(tree *rowTree) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, tree)
	t.kept = slices.Clone(t.kept[max(0, len(t.kept)-keptTrees):])
}

// named is the tree of that name; nil when it is not kept any more.
func (t *rowTrees) named(name string) *rowTree {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, tree := range t.kept {
		if tree.name == name {
			return tree
		}
	}
	return nil
}

func (s *service) HeldJournals(ctx context.Context, req *queryv1.HeldJournalsRequest) (*queryv1.HeldJournalsResponse, error) {
	res := &queryv1.HeldJournalsResponse{Agency: s.Agency, Schema: ledger.Schema}
	err := s.at(ctx, req.Horizon, func(v ledger.View) (err error) {
		res.Journals, err = heldJournals(v)
		return err
	})
	return res, err
}

func heldJournals(v ledger.View) (held []*queryv1.HeldJournal, err error) {
	positions, err := v.Positions()
	if err != nil {
		return nil, err
	}
	parked, err := v.Parked()
	if err != nil {
		return nil, err
	}
	for _, p := range positions {
		id, err := journal.ParseID(p.Journal)
		if err != nil {
			return nil, err
		}
		last, err := v.Block(id, p.Events)
		if err != nil {
			return nil, err
		}
		at := &queryv1.HeldJournal{Journal: p.Journal, Block: p.Block, StartBlock: p.StartBlock, Parked: parked[id]}
		if last != nil {
			digest := sha256.Sum256(last.Header)
			at.HeaderDigest = digest[:]
		}
		held = append(held, at)
	}
	return held, nil
}

// RowTree makes a tree or reads one that was made before.
func (s *service) RowTree(ctx context.Context, req *queryv1.RowTreeRequest) (*queryv1.RowTreeResponse, error) {
	res := &queryv1.RowTreeResponse{Tree: req.Tree}
	var tree *rowTree
	var err error
	if req.Tree == "" {
		if tree, err = s.makeTree(ctx, req, res); err != nil {
			return nil, err
		}
		res.Tree = tree.name
	} else if tree = s.trees.named(req.Tree); tree == nil {
		return &queryv1.RowTreeResponse{Moved: true}, nil
	}
	if err := s.readTree(ctx, tree, req.Places, res); err != nil {
		return nil, err
	}
	if res.Moved {
		return &queryv1.RowTreeResponse{Moved: true}, nil
	}
	return res, s.accessedTree(ctx, req, res)
}

// makeTree makes the trees of the journals that were asked for, and says where they stand.
func (s *service) makeTree(ctx context.Context, req *queryv1.RowTreeRequest, res *queryv1.RowTreeResponse) (*rowTree, error) {
	if len(req.Journals) == 0 {
		return nil, fault.Errorf(fault.Invalid, "name the journals whose rows are to be compared")
	}
	var ids []journal.ID
	for _, name := range req.Journals {
		id, err := journal.ParseID(name)
		if err != nil {
			return nil, fault.Errorf(fault.Invalid, "%q is no journal: give agency/group", name)
		}
		ids = append(ids, id)
	}
	s.trees.making.Lock()
	defer s.trees.making.Unlock()
	tree := &rowTree{name: rand.Text(), horizon: req.Horizon, trees: map[string]*ledger.RowTree{}}
	err := s.at(ctx, req.Horizon, func(v ledger.View) error {
		held, err := heldJournals(v)
		if err != nil {
			return err
		}
		made, unreadable, err := v.RowTrees(ctx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			tree.trees[id.String()] = made[id]
			root, err := made[id].Node("")
			if err != nil {
				return err
			}
			at := &queryv1.HeldJournal{Journal: id.String()}
			if i := slices.IndexFunc(held, func(h *queryv1.HeldJournal) bool { return h.Journal == id.String() }); i >= 0 {
				at = held[i]
			}
			res.Roots = append(res.Roots, &queryv1.TreeRoot{At: at, Root: nodeOf(root)})
		}
		for _, u := range unreadable[:min(len(unreadable), maxUnreadable)] {
			res.Unreadable = append(res.Unreadable, &queryv1.RowName{Table: u.Table, Id: u.ID})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.trees.keep(tree)
	return tree, nil
}

func nodeOf(n ledger.RowNode) *queryv1.TreeNode {
	if n.Rows == 0 {
		return &queryv1.TreeNode{}
	}
	return &queryv1.TreeNode{Hash: n.Hash[:], Rows: n.Rows}
}

// readTree answers what stands at the places. Rows are read from the ledger as it is now, and the answer is that they moved where they are not
// those that the tree was made of.
func (s *service) readTree(ctx context.Context, tree *rowTree, places []*queryv1.TreePlace, res *queryv1.RowTreeResponse) error {
	below := map[string][]string{} // prefixes, by journal
	rows := uint64(0)
	for _, p := range places {
		of := tree.trees[p.Journal]
		if of == nil {
			return fault.Errorf(fault.Invalid, "the tree has no journal %s", p.Journal)
		}
		answer := &queryv1.TreeAnswer{}
		res.Answers = append(res.Answers, answer)
		if p.Rows {
			node, err := of.Node(p.Prefix)
			if err != nil {
				return fault.Errorf(fault.Invalid, "%v", err)
			}
			rows += node.Rows
			below[p.Journal] = append(below[p.Journal], p.Prefix)
			continue
		}
		children, err := of.Children(p.Prefix)
		if err != nil {
			return fault.Errorf(fault.Invalid, "%v", err)
		}
		for _, c := range children {
			answer.Children = append(answer.Children, nodeOf(c))
		}
	}
	switch {
	case rows > maxHashedRows:
		return fault.Errorf(fault.Invalid, "%d rows are below what was asked for, and one answer has %d at most: ask further down", rows, maxHashedRows)
	case len(below) == 0:
		return nil
	}
	return s.at(ctx, tree.horizon, func(v ledger.View) error { return readRows(ctx, v, tree, places, below, res) })
}

// readRows fills the answers that are rows.
func readRows(ctx context.Context, v ledger.View, tree *rowTree, places []*queryv1.TreePlace, below map[string][]string, res *queryv1.RowTreeResponse) error {
	for name, prefixes := range below {
		id, err := journal.ParseID(name)
		if err != nil {
			return err
		}
		var found []ledger.HashedRow
		if err := v.RowsBelow(ctx, id, prefixes, func(r ledger.HashedRow) error {
			found = append(found, r)
			return nil
		}); err != nil {
			return err
		}
		now := ledger.RowTreeOf(found)
		for i, p := range places {
			if p.Journal != name || !p.Rows {
				continue
			}
			then, err := tree.trees[name].Node(p.Prefix)
			if err != nil {
				return err
			}
			if at, err := now.Node(p.Prefix); err != nil || at != then {
				res.Moved = true
				return err
			}
			for _, r := range found {
				if ledger.BucketOf(r.Table, r.ID)[:len(p.Prefix)] == p.Prefix {
					res.Answers[i].Rows = append(res.Answers[i].Rows, &queryv1.HashedRow{Table: r.Table, Id: r.ID, Hash: r.Hash[:]})
				}
			}
		}
	}
	return nil
}

// accessedTree puts on record that the ids of rows were read.
func (s *service) accessedTree(ctx context.Context, req *queryv1.RowTreeRequest, res *queryv1.RowTreeResponse) error {
	e := &queryv1.Access{Call: "RowTree"}
	for i, p := range req.Places {
		if n := len(res.Answers[i].Rows); n > 0 {
			e.Rows += uint64(n)
			e.Owners = addOwner(e.Owners, p.Journal)
		}
	}
	if e.Rows == 0 {
		return nil
	}
	return s.accessed(ctx, e)
}

// RowEvents says what made rows, also of tables that nobody lists.
func (s *service) RowEvents(ctx context.Context, req *queryv1.RowEventsRequest) (*queryv1.RowEventsResponse, error) {
	res := &queryv1.RowEventsResponse{}
	read := &queryv1.Access{Call: "RowEvents", Rows: uint64(len(req.Rows))}
	if len(req.Rows) == 1 {
		read.Id = req.Rows[0].Id
	}
	err := s.at(ctx, req.Horizon, func(v ledger.View) error {
		for _, name := range req.Rows {
			made, err := rowMade(v, name, read)
			if err != nil {
				return fmt.Errorf("find what made %s: %w", name.Id, err)
			}
			res.Rows = append(res.Rows, made)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return res, s.accessed(ctx, read)
}

func rowMade(v ledger.View, name *queryv1.RowName, read *queryv1.Access) (*queryv1.RowMade, error) {
	made := &queryv1.RowMade{Row: name}
	row, err := v.RowNamed(name.Table, name.Id)
	if errors.Is(err, ledger.ErrUnreadable) {
		made.OnRecord, made.Unreadable = true, err.Error()
		return made, nil
	}
	if row == nil || err != nil {
		return made, err
	}
	made.OnRecord = true
	read.Owners = addOwner(read.Owners, row.GetJournal())
	id, err := journal.ParseID(row.GetJournal())
	if err != nil {
		made.Unreadable = err.Error()
		return made, nil
	}
	numbers := row.GetEvents()
	if n := len(numbers) - maxEventNotes; n > 0 {
		made.Earlier, numbers = uint32(n), numbers[n:]
	}
	for _, number := range numbers {
		note, err := v.Note(id, number)
		if err != nil {
			return nil, err
		}
		made.Events = append(made.Events, note)
	}
	return made, nil
}
