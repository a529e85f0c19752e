package query

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/differences"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/replay"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
)

// differencesBatch is the most differences in one message.
const differencesBatch = 200

var errEnough = errors.New("enough for one message")

// Differences compares the ledger at two points, batch by batch.
func (s *service) Differences(ctx context.Context, req *queryv1.DifferencesRequest, stream queryv1connect.CompareServiceDifferencesServerStream) error {
	return s.differences(ctx, req, stream.Send)
}

func (s *service) differences(ctx context.Context, req *queryv1.DifferencesRequest, send func(*queryv1.DifferencesResponse) error) error {
	filtered := req.Filter != nil && !proto.Equal(req.Filter, &queryv1.Filter{Withdrawn: req.Filter.Withdrawn})
	if filtered && (req.Table == queryv1.Table_TABLE_UNSPECIFIED || req.Id != "") {
		return fault.Errorf(fault.Invalid, "a filter is of the rows of one table: say of which, and no id")
	}
	d := &differing{ctx: ctx, req: req, done: &queryv1.DifferencesDone{}}
	for d.more = true; d.more; {
		if err := s.between(ctx, req.Before, req.After, d.batch); err != nil {
			return err
		}
		if err := s.accessedDifferences(ctx, req, d.res.Differences); err != nil {
			return err
		}
		if err := send(d.res); err != nil {
			return err
		}
	}
	return nil
}

// between calls fn with the ledger at two points. Whoever is slow to read what is sent holds neither.
func (s *service) between(ctx context.Context, before, after *queryv1.Horizon, fn func(before, after ledger.View) error) error {
	switch {
	case replay.Whole(before) && replay.Whole(after), proto.Equal(before, after):
		return fault.Errorf(fault.Invalid, "both points are the same: give two that differ")
	case replay.Whole(before): // the past may have to be folded from the ledger of now, which is opened last
		return s.at(ctx, after, func(then ledger.View) error {
			return s.Ledger.View(func(now ledger.View) error { return fn(now, then) })
		})
	}
	return s.at(ctx, before, func(earlier ledger.View) error {
		return s.at(ctx, after, func(later ledger.View) error { return fn(earlier, later) })
	})
}

// accessedDifferences puts on record that rows were read of which it was shown how they changed.
func (s *service) accessedDifferences(ctx context.Context, req *queryv1.DifferencesRequest, found []*queryv1.Difference) error {
	rows := make([]*queryv1.Row, len(found))
	for i, d := range found {
		rows[i] = d.Row
	}
	return s.accessed(ctx, &queryv1.Access{Call: "Differences", Id: req.Id, Table: req.Table, Rows: uint64(len(rows))}, rows...)
}

// differing is a comparison under way.
type differing struct {
	ctx      context.Context
	req      *queryv1.DifferencesRequest
	reached  ledger.RowKey
	compared uint64
	more     bool
	res      *queryv1.DifferencesResponse
	done     *queryv1.DifferencesDone
}

// batch fills the next message, and says whether more follow.
func (d *differing) batch(before, after ledger.View) error {
	d.res = &queryv1.DifferencesResponse{}
	if err := d.basis(before, after); err != nil {
		return err
	}
	find := d.ofLedger
	if d.req.Id != "" {
		find = d.ofDossier
	}
	err := find(before, after)
	if d.more = errors.Is(err, errEnough); d.more {
		err = nil
	}
	d.res.Compared = d.compared
	if !d.more {
		d.res.Done = d.done
	}
	return err
}

// basis notes what is compared, and whether it is another state than that of the batch before.
func (d *differing) basis(before, after ledger.View) error {
	for _, side := range []struct {
		view ledger.View
		rest **queryv1.Basis
	}{{before, &d.done.Before}, {after, &d.done.After}} {
		now, err := basis(side.view)
		if err != nil {
			return err
		}
		d.done.Moved = d.done.Moved || *side.rest != nil && !proto.Equal(*side.rest, now)
		*side.rest = now
	}
	return nil
}

func (d *differing) ofLedger(before, after ledger.View) error {
	o := ledger.RowPairs{Table: d.req.Table, Filter: d.req.Filter, After: d.reached}
	compared, err := ledger.EachRowPair(d.ctx, before, after, o, func(p ledger.RowPair) error {
		if err := d.add(before, after, p); err != nil {
			return err
		}
		if len(d.res.Differences) == differencesBatch {
			d.reached = ledger.RowKey{Table: p.Table, ID: p.ID}
			return errEnough
		}
		return nil
	})
	d.compared += compared
	return err
}

// ofDossier compares a row, its lines and what names it, all in one message.
func (d *differing) ofDossier(before, after ledger.View) error {
	keys, err := dossier(d.req.Id, after, before)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return fault.Errorf(fault.NotFound, "nothing called %s is on record at either point; what there is shows: counterfoil list TABLE", d.req.Id)
	}
	for _, key := range keys {
		if d.req.Table != queryv1.Table_TABLE_UNSPECIFIED && d.req.Table != key.Table {
			continue
		}
		d.compared++
		p := ledger.RowPair{Table: key.Table, ID: key.ID}
		if p.Before, err = before.Get(key.Table, key.ID); err != nil {
			return err
		}
		if p.After, err = after.Get(key.Table, key.ID); err != nil {
			return err
		}
		p.WasKept, p.IsKept = p.Before != nil, p.After != nil
		if proto.Equal(p.Before, p.After) {
			continue
		}
		if err := d.add(before, after, p); err != nil {
			return err
		}
	}
	return nil
}

func (d *differing) add(before, after ledger.View, p ledger.RowPair) error {
	found, err := differences.Of(before, after, p)
	if err != nil {
		return err
	}
	switch found.Kind {
	case queryv1.DifferenceKind_DIFFERENCE_KIND_CAME:
		d.done.Came++
	case queryv1.DifferenceKind_DIFFERENCE_KIND_WENT:
		d.done.Went++
	case queryv1.DifferenceKind_DIFFERENCE_KIND_CHANGED:
		d.done.Changed++
	}
	d.res.Differences = append(d.res.Differences, found)
	return nil
}

// dossier is a row of some views, its lines and what names it, table by table.
func dossier(id string, views ...ledger.View) (keys []ledger.RowKey, err error) {
	add := func(key ledger.RowKey) {
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	table := queryv1.Table_TABLE_UNSPECIFIED
	for _, v := range views {
		of, row, err := v.Find(id)
		if err != nil {
			return nil, err
		}
		if row != nil {
			table = of
			add(ledger.RowKey{Table: of, ID: id})
		}
	}
	for _, link := range named[table] {
		filter := &queryv1.Filter{Withdrawn: true, Conditions: []*queryv1.Condition{{Attribute: link.attribute, Values: []string{id}}}}
		for _, v := range views {
			for token, more := "", true; more; more = token != "" {
				var found []*queryv1.Row
				if found, token, err = v.List(link.table, filter, token, maxRelated); err != nil {
					return nil, fmt.Errorf("find what names %s: %w", id, err)
				}
				for _, row := range found {
					if r, ok := inner(row).(ledger.Made); ok {
						add(ledger.RowKey{Table: link.table, ID: r.GetId()})
					}
				}
			}
		}
	}
	return keys, nil
}
