// Package descent finds the rows in which the ledgers of two agencies differ, by going down the hash trees over them. What a row states
// stays where it is.
package descent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Side is a ledger that is compared; queryv1connect.CompareServiceClient is one.
type Side interface {
	HeldJournals(context.Context, *queryv1.HeldJournalsRequest) (*queryv1.HeldJournalsResponse, error)
	RowTree(context.Context, *queryv1.RowTreeRequest) (*queryv1.RowTreeResponse, error)
	RowEvents(context.Context, *queryv1.RowEventsRequest) (*queryv1.RowEventsResponse, error)
}

// Options say what is compared.
type Options struct {
	// Journals, as "agency/group"; none: all that both hold.
	Journals []string
	// Level compares journals that the sides have read to different blocks as they were after the last that both have.
	Level bool
	// Limit is the most differing rows that are looked for; 0: 20.
	Limit int
}

// Result is what a comparison came to.
type Result struct {
	// A and B are the agencies.
	A string `json:"a"`
	B string `json:"b"`
	// RootA and RootB are the one hash over all rows of the journals that were compared, in hexadecimal digits.
	RootA string `json:"root_a"`
	RootB string `json:"root_b"`
	// Journals by name, those too that were asked for and could not be compared.
	Journals []*Journal `json:"journals"`
	// Rows that differ, by journal, table and id.
	Rows []*Row `json:"rows"`
	// More is how many further rows differ at least.
	More uint64 `json:"more"`
	// Bytes is the size of all messages of the descent, both ways and with both sides. EventBytes is that of the messages by which the
	// events of differing rows were asked for afterwards.
	Bytes      uint64 `json:"bytes"`
	EventBytes uint64 `json:"event_bytes"`
}

// State is what became of a journal.
type State string

const (
	Equal   State = "equal"
	Differs State = "differs"
	// NotCompared: Why says why.
	NotCompared State = "not compared"
)

// Journal is a journal on both sides.
type Journal struct {
	Name  string `json:"journal"`
	State State  `json:"state"`
	// Why it was not compared.
	Why string `json:"why"`
	// Uneven: the sides have read it to different blocks.
	Uneven bool `json:"uneven"`
	// Parted: the same block is another one on each side.
	Parted bool `json:"parted"`
	// Behind is the agency that has read less of it.
	Behind string `json:"behind"`
	BlockA uint64 `json:"block_a"`
	BlockB uint64 `json:"block_b"`
	RowsA  uint64 `json:"rows_a"`
	RowsB  uint64 `json:"rows_b"`
}

// What is how a row differs.
type What string

const (
	OnlyA   What = "only at A"
	OnlyB   What = "only at B"
	Content What = "other content"
)

// Row is a row that differs.
type Row struct {
	// Journal is empty of a row that one side has and cannot read.
	Journal string `json:"journal"`
	Table   string `json:"table"`
	ID      string `json:"id"`
	What    What   `json:"what"`
	// A and B are what made it on each side; nil where the row is not there.
	A *queryv1.RowMade `json:"-"`
	B *queryv1.RowMade `json:"-"`
}

// Same reports whether every journal was compared, and no row differs.
func (r *Result) Same() bool {
	return len(r.Rows) == 0 && !slices.ContainsFunc(r.Journals, func(j *Journal) bool { return j.State != Equal })
}

const (
	// tries is how often a comparison starts again because rows changed under it.
	tries = 3
	// few is how many rows below a node are read at once instead of going further down.
	few = 24
	// wide is the most places in one request.
	wide = 64
)

// errMoved is returned while what is compared changes.
var errMoved = errors.New("rows changed while they were compared")

// Compare compares two ledgers. It holds every answer against the hash that it had of it before; where one does not fit, the rows have
// changed since, and it starts again, three times at most. It asks for no more rows than it reports, so that ledgers that have nothing
// in common do not cost more.
func Compare(ctx context.Context, a, b Side, o Options) (*Result, error) {
	if o.Limit == 0 {
		o.Limit = 20
	}
	sides := [2]*counted{{Side: a}, {Side: b}}
	for range tries {
		c := &comparison{sides: sides, options: o, result: &Result{Journals: []*Journal{}, Rows: []*Row{}}}
		err := c.run(ctx)
		if errors.Is(err, errMoved) {
			continue
		}
		if err != nil {
			return nil, err
		}
		c.result.Bytes = sides[0].bytes.Load() + sides[1].bytes.Load()
		if err := c.events(ctx); err != nil {
			return nil, err
		}
		c.result.EventBytes = sides[0].bytes.Load() + sides[1].bytes.Load() - c.result.Bytes
		return c.result, nil
	}
	return nil, fault.Errorf(fault.Unavailable, "the rows that differ changed each of the %d times that they were looked for: try again when less is recorded, or compare one journal", tries)
}

type comparison struct {
	sides   [2]*counted
	options Options
	result  *Result
	horizon *queryv1.Horizon
	trees   [2]string
	names   [2]string // what the sides are called: by agency, which may be the same
}

func (c *comparison) run(ctx context.Context) error {
	var held [2]*queryv1.HeldJournalsResponse
	err := c.both(func(i int) (err error) {
		held[i], err = c.sides[i].HeldJournals(ctx, &queryv1.HeldJournalsRequest{})
		return err
	})
	if err != nil {
		return err
	}
	c.result.A, c.result.B = held[0].Agency, held[1].Agency
	c.names = [2]string{held[0].Agency, held[1].Agency}
	if held[0].Agency == held[1].Agency {
		c.names = [2]string{held[0].Agency + " (A)", held[1].Agency + " (B)"}
	}
	if held[0].Schema != held[1].Schema {
		return fault.Errorf(fault.Precondition, "%s keeps rows in layout %d and %s in layout %d: rows of different layouts differ; have both run the same version", held[0].Agency, held[0].Schema, held[1].Agency, held[1].Schema)
	}
	comparable, err := c.choose(held)
	if err != nil || len(comparable) == 0 {
		return err
	}
	roots, err := c.plant(ctx, comparable)
	if err != nil {
		return err
	}
	return c.descend(ctx, roots)
}

// both does something with each side at once.
func (c *comparison) both(do func(i int) error) error {
	var g errgroup.Group
	for i := range c.sides {
		g.Go(func() error {
			if err := do(i); err != nil {
				return fmt.Errorf("ask %s: %w", []string{"A", "B"}[i], err)
			}
			return nil
		})
	}
	return g.Wait()
}

// choose returns the journals that can be compared, and notes why others cannot.
func (c *comparison) choose(held [2]*queryv1.HeldJournalsResponse) (names []string, err error) {
	of := [2]map[string]*queryv1.HeldJournal{{}, {}}
	for i, h := range held {
		for _, j := range h.Journals {
			of[i][j.Journal] = j
		}
	}
	asked := slices.Clone(c.options.Journals)
	if len(asked) == 0 {
		for name := range of[0] {
			if of[1][name] != nil {
				asked = append(asked, name)
			}
		}
	}
	slices.Sort(asked)
	c.horizon = &queryv1.Horizon{}
	for _, name := range slices.Compact(asked) {
		x, y := of[0][name], of[1][name]
		j := &Journal{Name: name, State: NotCompared, BlockA: x.GetBlock(), BlockB: y.GetBlock()}
		c.result.Journals = append(c.result.Journals, j)
		switch {
		case x == nil && y == nil:
			j.Why = "neither has it"
		case x == nil || y == nil:
			lacks := c.names[0]
			if y == nil {
				lacks = c.names[1]
			}
			j.Why = lacks + " does not have it"
		case x.StartBlock != y.StartBlock:
			j.Why = fmt.Sprintf("the copy of %s begins after block %d, that of %s after block %d: rows from before are not in both", c.names[0], x.StartBlock, c.names[1], y.StartBlock)
		case x.Block != y.Block && !c.options.Level:
			c.uneven(j)
		default:
			if x.Block != y.Block {
				c.horizon.UpTo = append(c.horizon.UpTo, &queryv1.JournalBound{Journal: name, Block: min(x.Block, y.Block)})
			}
			names = append(names, name)
		}
	}
	if len(c.horizon.UpTo) == 0 {
		c.horizon = nil
	}
	return names, nil
}

// uneven notes that the sides have read a journal to different blocks.
func (c *comparison) uneven(j *Journal) {
	j.State, j.Uneven, j.Behind = NotCompared, true, c.names[0]
	if j.BlockB < j.BlockA {
		j.Behind = c.names[1]
	}
	j.Why = fmt.Sprintf("%s is at block %d, %s at block %d", c.names[0], j.BlockA, c.names[1], j.BlockB)
}

// plant has both sides make their trees and returns the roots that differ.
func (c *comparison) plant(ctx context.Context, names []string) ([]place, error) {
	var made [2]*queryv1.RowTreeResponse
	err := c.both(func(i int) (err error) {
		made[i], err = c.sides[i].RowTree(ctx, &queryv1.RowTreeRequest{Journals: names, Horizon: c.horizon})
		if err == nil && len(made[i].Roots) != len(names) {
			err = fmt.Errorf("%d roots came for %d journals", len(made[i].Roots), len(names))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, m := range made {
		c.trees[i] = m.Tree
		for _, u := range m.Unreadable {
			c.result.Rows = append(c.result.Rows, unreadable(i, u))
		}
	}
	var differ []place
	compared := [2]map[string]ledger.RowNode{{}, {}}
	for k, name := range names {
		j := c.result.Journals[slices.IndexFunc(c.result.Journals, func(j *Journal) bool { return j.Name == name })]
		x, y := made[0].Roots[k], made[1].Roots[k]
		j.BlockA, j.BlockB = x.At.GetBlock(), y.At.GetBlock()
		p := place{journal: j, at: [2]ledger.RowNode{node(x.Root), node(y.Root)}}
		j.RowsA, j.RowsB = p.at[0].Rows, p.at[1].Rows
		switch {
		case j.BlockA != j.BlockB:
			c.uneven(j)
			continue
		case !bytes.Equal(x.At.GetHeaderDigest(), y.At.GetHeaderDigest()):
			j.State, j.Parted = NotCompared, true
			j.Why = fmt.Sprintf("block %d is another one at %s than at %s: the journal has parted", j.BlockA, c.names[0], c.names[1])
			continue
		}
		j.State = Equal
		if p.at[0] != p.at[1] {
			j.State = Differs
			differ = append(differ, p)
		}
		compared[0][name], compared[1][name] = p.at[0], p.at[1]
	}
	c.result.RootA, c.result.RootB = fmt.Sprintf("%x", ledger.RowRoot(compared[0])), fmt.Sprintf("%x", ledger.RowRoot(compared[1]))
	slices.Reverse(differ) // the last is looked at first
	return differ, nil
}

// unreadable is a row that a side has and cannot say what journal it is of.
func unreadable(side int, name *queryv1.RowName) *Row {
	r := &Row{Table: name.Table, ID: name.Id, What: OnlyA}
	if side == 1 {
		r.What = OnlyB
	}
	return r
}

// events asks both sides what made the rows that differ.
func (c *comparison) events(ctx context.Context) error {
	err := c.both(func(i int) error {
		var names []*queryv1.RowName
		for _, r := range c.result.Rows {
			names = append(names, &queryv1.RowName{Table: r.Table, Id: r.ID})
		}
		for part := range slices.Chunk(names, 500) {
			res, err := c.sides[i].RowEvents(ctx, &queryv1.RowEventsRequest{Rows: part, Horizon: c.horizon})
			if err != nil {
				return err
			}
			for _, made := range res.Rows {
				c.made(i, made)
			}
		}
		return nil
	})
	for _, r := range c.result.Rows {
		if r.A != nil && r.B != nil {
			r.What = Content // also where it says that it is of another journal
		}
	}
	slices.SortFunc(c.result.Rows, func(x, y *Row) int {
		return strings.Compare(x.Journal+"\x00"+x.Table+"\x00"+x.ID, y.Journal+"\x00"+y.Table+"\x00"+y.ID)
	})
	return err
}

func (c *comparison) made(side int, made *queryv1.RowMade) {
	if !made.OnRecord {
		return
	}
	for _, r := range c.result.Rows {
		if r.Table == made.Row.GetTable() && r.ID == made.Row.GetId() {
			if side == 0 {
				r.A = made
			} else {
				r.B = made
			}
		}
	}
}

// counted counts the bytes of the messages that go to and fro.
type counted struct {
	Side
	bytes atomic.Uint64
}
