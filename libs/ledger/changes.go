package ledger

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// tableChanges are the rows of a table that the transaction has changed and not yet written.
type tableChanges struct {
	pending map[string]*pending
	order   []*pending // the same, new rows in the order of their numbers
	next    place      // the next new row's number; 0 while it is not known
	last    []byte     // the highest id in the file, nil while it is not known; ids beyond it need no looking up
	arena   arena

	// What flush makes of them, there once made is closed, or err: order by number, the rows by id, what they are found
	// under, and what that changes in the postings.
	made     chan struct{}
	err      error
	byID     []*pending
	found    entries
	deltas   deltas
	postings []postingChange
}

// pending is a changed row.
type pending struct {
	id     string
	number place
	row    row     // nil: deleted
	stored bool    // the file has it, as it was before
	was    []entry // what the file has it under
	raw    []byte  // the row encoded, once flush has made it
}

// manyRows is from how many changed rows on another goroutine is worth its start.
const manyRows = 256

// make begins to make what flush writes of the table. Nothing of that needs the file.
func (c *tableChanges) make(t *table, making *sync.WaitGroup) {
	c.made = make(chan struct{})
	run := func() {
		defer close(c.made)
		c.err = c.encode(t)
	}
	if len(c.order) < manyRows {
		run()
		return
	}
	making.Go(run)
}

func (c *tableChanges) encode(t *table) (err error) {
	slices.SortFunc(c.order, func(x, y *pending) int { return cmp.Compare(x.number, y.number) })
	for _, p := range c.order {
		c.found.list = c.found.list[:0]
		if p.row != nil {
			t.entriesOf(p.row, &c.found)
			if p.raw, err = c.arena.encode(p.row); err != nil {
				return err
			}
		}
		c.deltas.change(p.number, p.was, c.found.list)
	}
	c.byID = append(c.byID[:0], c.order...)
	slices.SortFunc(c.byID, func(x, y *pending) int { return strings.Compare(x.id, y.id) })
	c.postings = c.deltas.inOrder(c.postings[:0])
	return nil
}

// flushed forgets the rows, which are in the file now.
func (c *tableChanges) flushed() {
	next := c.next
	c.clear()
	c.next = next
}

func (c *tableChanges) clear() {
	c.next, c.last = 0, nil
	if len(c.order) == 0 {
		return
	}
	clear(c.pending)
	clear(c.order)
	clear(c.byID)
	clear(c.postings)
	clear(c.found.names)
	clear(c.found.places)
	c.order, c.byID, c.postings = c.order[:0], c.byID[:0], c.postings[:0]
	c.found = entries{list: c.found.list[:0], places: c.found.places[:0], names: c.found.names[:0]}
	c.deltas.clear()
}
