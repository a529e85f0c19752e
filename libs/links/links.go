// Package links finds what records have to do with one another: the values that two of them have in common, and the events of both
// that say so. It compares what is equal as it is indexed; names that are only near one another are for screening.
package links

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// DefaultCap is how many records a value may stand under before it is too common to link any of them.
const DefaultCap = 50

// nobody is what a party that is not known by name is indexed as.
const nobody = "name:unknown"

// Options say what counts as a link.
type Options struct {
	// Cap is the most records that a value may stand under; 0: DefaultCap.
	Cap int
	// By are the attributes that count (ledger.LinkAttributes); empty: all.
	By []string
}

// Result is what one record has in common with others.
type Result struct {
	Table queryv1.Table
	// Links by attribute, in the order of ledger.LinkAttributes, then by value, table and id.
	Links []*queryv1.Link
	// LeftOut are its values that more than the cap stand under.
	LeftOut []*queryv1.CommonValue
	// Rows are the record itself and those that it is linked to, each once.
	Rows []*queryv1.Row
}

// Of returns what a record of any table has in common with others on this ledger. Links are mutual: where A is linked to B by a
// value, B is to A. It reads postings, at most cap rows for each of the record's values, and those rows' events, however long the
// history.
func Of(view ledger.View, id string, o Options) (Result, error) {
	for _, by := range o.By {
		if !slices.Contains(ledger.LinkAttributes(), by) {
			return Result{}, fault.Errorf(fault.Invalid, "records are not linked by %q; they are by %s", by, strings.Join(ledger.LinkAttributes(), ", "))
		}
	}
	table, row, values, err := view.LinkValues(id)
	switch {
	case err != nil:
		return Result{}, fmt.Errorf("read record %s: %w", id, err)
	case row == nil:
		return Result{}, fault.Errorf(fault.NotFound, "nothing called %s is on record here; what there is shows: counterfoil list TABLE", id)
	}
	f := &finding{view: view, id: id, table: table, most: cmp.Or(o.Cap, DefaultCap), events: map[string][]event{}, linked: map[string]bool{}}
	f.Table, f.Rows = table, []*queryv1.Row{row}
	for _, v := range values {
		if v.Value == nobody || len(o.By) > 0 && !slices.Contains(o.By, v.Attribute) {
			continue
		}
		if err := f.by(v, row); err != nil {
			return Result{}, err
		}
	}
	order := ledger.LinkAttributes()
	slices.SortStableFunc(f.Links, func(a, b *queryv1.Link) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Attribute), slices.Index(order, b.Attribute)), strings.Compare(a.Value, b.Value),
			cmp.Compare(a.Table, b.Table), strings.Compare(a.Id, b.Id))
	})
	return f.Result, nil
}

// finding gathers the links of a record.
type finding struct {
	Result
	view   ledger.View
	id     string
	table  queryv1.Table
	most   int
	events map[string][]event // by keyOf
	linked map[string]bool
}

// by adds what a record is linked to by one of its values.
func (f *finding) by(v ledger.Value, row *queryv1.Row) error {
	rows, count, err := f.view.Under(v, f.most)
	if err != nil {
		return err
	}
	if count > f.most {
		f.LeftOut = append(f.LeftOut, &queryv1.CommonValue{Attribute: v.Attribute, Value: v.Value, Records: uint64(count)})
		return nil
	}
	var here []*queryv1.EventPlace
	for _, other := range rows {
		table, made := content(other)
		if table == f.table && made.GetId() == f.id {
			continue
		}
		if here == nil {
			if here, err = f.carrying(row, v); err != nil {
				return err
			}
		}
		there, err := f.carrying(other, v)
		if err != nil {
			return err
		}
		f.Links = append(f.Links, &queryv1.Link{Attribute: v.Attribute, Value: v.Value, Table: table, Id: made.GetId(), Here: here, There: there})
		if key := keyOf(table, made.GetId()); !f.linked[key] {
			f.linked[key] = true
			f.Rows = append(f.Rows, other)
		}
	}
	return nil
}

func keyOf(table queryv1.Table, id string) string { return fmt.Sprint(int(table), " ", id) }

// made is a row as the ledger keeps it.
type made interface {
	GetId() string
	GetJournal() string
	GetEvents() []uint64
}

// content is a row's table and what is in it.
func content(row *queryv1.Row) (queryv1.Table, made) {
	table, m := ledger.Unwrap(row)
	of, _ := m.(made)
	return table, of
}
