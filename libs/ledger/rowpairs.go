package ledger

import (
	"bytes"
	"context"
	"fmt"

	bolt "go.etcd.io/bbolt"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// RowPair is a row as it stands in two ledgers.
type RowPair struct {
	Table queryv1.Table
	ID    string
	// Before and After are nil where the row is not there.
	Before, After *queryv1.Row
	// WasKept and IsKept say whether the filter keeps it.
	WasKept, IsKept bool
}

// RowKey names a row.
type RowKey struct {
	Table queryv1.Table
	ID    string
}

// RowPairs says which rows are compared.
type RowPairs struct {
	// Table is the only one; unspecified: every table that can be listed.
	Table queryv1.Table
	// Filter as List takes it. Of every table, one that asks for nothing but withdrawn rows.
	Filter *queryv1.Filter
	// After is the row to go on after; its zero value begins.
	After RowKey
}

// EachRowPair calls fn with every row that differs between two ledgers and that the filter keeps in one of them, in the order of table and id,
// until fn returns an error, which is returned as it is. It reads both ledgers side by side, and takes 8 KB of memory for 65,536 rows of
// a table. compared counts the rows that were looked at, also where fn ended it.
func EachRowPair(ctx context.Context, before, after View, o RowPairs, fn func(RowPair) error) (compared uint64, err error) {
	of, err := o.tables()
	if err != nil {
		return 0, err
	}
	for _, t := range of {
		c := comparing{ctx: ctx, t: t, sides: [2]View{before, after}, compared: &compared, fn: fn}
		for i, v := range c.sides {
			if c.keeps[i], err = v.keeper(t.query, o.Filter); err != nil {
				return compared, err
			}
		}
		from := ""
		if t.query == o.After.Table {
			from = o.After.ID
		}
		if err := c.run(from); err != nil {
			return compared, err
		}
	}
	return compared, nil
}

// tables are those that are compared, from that of After on.
func (o RowPairs) tables() (of []*table, err error) {
	if o.Table != queryv1.Table_TABLE_UNSPECIFIED {
		t, err := tableOf(o.Table)
		return []*table{t}, err
	}
	for _, t := range tables {
		if t.query == o.After.Table && t.wrap != nil {
			of = nil
		}
		if t.wrap != nil {
			of = append(of, t)
		}
	}
	return of, nil
}

// keeper returns which rows of a table, by number, a filter keeps.
func (v View) keeper(of queryv1.Table, f *queryv1.Filter) (func(place) bool, error) {
	p, err := v.plan(of, f)
	if err != nil {
		return nil, err
	}
	kept := map[uint32]*set{}
	for _, chunk := range p.chunks {
		s := new(set)
		if err := p.match(chunk, s); err != nil {
			return nil, err
		}
		if !s.empty() {
			kept[chunk] = s
		}
	}
	return func(at place) bool {
		s := kept[at.chunk()]
		return s != nil && s.has(uint16(at))
	}, nil
}

// comparing is one table of two ledgers side by side.
type comparing struct {
	ctx      context.Context
	t        *table
	sides    [2]View
	keeps    [2]func(place) bool
	compared *uint64
	fn       func(RowPair) error
}

// standing is where a cursor over ids is; a nil id is the end.
type standing struct {
	id, number []byte
	c          *bolt.Cursor
}

func (s *standing) next() { s.id, s.number = s.c.Next() }

// run compares the rows whose ids come after from.
func (c *comparing) run(from string) error {
	var at [2]standing
	for i, v := range c.sides {
		s := &at[i]
		s.c = v.of(c.t).ids.Cursor()
		if s.id, s.number = s.c.Seek([]byte(from)); from != "" && string(s.id) == from {
			s.next()
		}
	}
	for at[0].id != nil || at[1].id != nil {
		if *c.compared++; *c.compared%1024 == 0 && c.ctx.Err() != nil {
			return c.ctx.Err()
		}
		there := [2]bool{at[0].id != nil, at[1].id != nil}
		if there[0] && there[1] {
			order := bytes.Compare(at[0].id, at[1].id)
			there = [2]bool{order <= 0, order >= 0}
		}
		if err := c.compare(at, there); err != nil {
			return err
		}
		for i := range at {
			if there[i] {
				at[i].next()
			}
		}
	}
	return nil
}

func (c *comparing) compare(at [2]standing, there [2]bool) error {
	var raw [2][]byte
	var kept [2]bool
	id := at[0].id
	if !there[0] {
		id = at[1].id
	}
	for i, v := range c.sides {
		if !there[i] {
			continue
		}
		if raw[i] = v.of(c.t).rows.Get(at[i].number); raw[i] == nil {
			return fmt.Errorf("%s has no row", id)
		}
		kept[i] = c.keeps[i](parseRowKey(at[i].number))
	}
	if bytes.Equal(raw[0], raw[1]) || !kept[0] && !kept[1] {
		return nil
	}
	b := RowPair{Table: c.t.query, ID: string(id), WasKept: kept[0], IsKept: kept[1]}
	for i, to := range []**queryv1.Row{&b.Before, &b.After} {
		if raw[i] == nil {
			continue
		}
		r, err := decode(raw[i], c.t.fresh())
		if err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
		*to = c.t.wrap(r)
	}
	return c.fn(b)
}
