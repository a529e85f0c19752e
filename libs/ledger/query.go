package ledger

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Count counts the rows of a table, or the events, that a filter keeps, and, when by names an attribute, how many have
// each of its values: the largest first, then by value. A row with several values counts in the group of each, and as often as it
// gives it.
// Withdrawn rows are left out unless the filter asks for them or for a status. What does not fit the table is refused.
func (v View) Count(of queryv1.Table, f *queryv1.Filter, by string) (total uint64, groups []*queryv1.GroupCount, err error) {
	p, err := v.plan(of, f)
	if err != nil {
		return 0, nil, err
	}
	group := all
	if by != "" {
		if group, err = attributeIn(p.name, p.attributes, by); err != nil {
			return 0, nil, err
		}
	}
	counts := map[string]uint64{}
	var matched set
	for _, chunk := range p.chunks {
		if err := p.match(chunk, &matched); err != nil {
			return 0, nil, err
		}
		n := matched.count()
		if total += uint64(n); n == 0 || group == all {
			continue
		}
		if err := p.countBy(group, chunk, &matched, counts); err != nil {
			return 0, nil, err
		}
	}
	sums := map[string]uint64{}
	for value, n := range counts {
		value, _, _ = strings.Cut(value, "\x00") // a criterion that a denial gives several times
		sums[value] += n
	}
	for value, n := range sums {
		groups = append(groups, &queryv1.GroupCount{Key: value, Count: n})
	}
	slices.SortFunc(groups, func(x, y *queryv1.GroupCount) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), strings.Compare(x.Key, y.Key))
	})
	return total, groups, nil
}

// countBy adds how many of the matched places of a chunk have each value of an attribute.
func (p *plan) countBy(group attribute, chunk uint32, matched *set, counts map[string]uint64) (err error) {
	if group == byYear && p.dated {
		span{0, lastDay}.each(p.postings, chunk, func(d day, posting []byte) {
			if n := matched.countIn(posting); n > 0 {
				counts[d.year()] += uint64(n)
			}
		})
		return nil
	}
	if group != p.owner {
		p.eachValue(chunk, group, func(value string, posting []byte) {
			if n := matched.countIn(posting); n > 0 {
				counts[value] += uint64(n)
			}
		})
		return nil
	}
	matched.each(0, func(n uint16) bool {
		var owner string
		if owner, err = p.ownerOf(place(chunk)<<16 | place(n)); err == nil {
			counts[owner]++
		}
		return err == nil
	})
	return err
}

// List returns up to limit rows that a filter keeps, in the order that they came, and a token that goes on after them;
// empty when there are no more. Events stand journal by journal, in the order that those came. A token is good for the same table,
// filter and order on this ledger, also after a restart; another is refused. What comes meanwhile moves no row from its place.
func (v View) List(of queryv1.Table, f *queryv1.Filter, pageToken string, limit int) (rows []*queryv1.Row, next string, err error) {
	return v.page(of, f, queryv1.Order_ORDER_OLDEST_FIRST, pageToken, limit)
}

// Newest is List from its end to its beginning.
func (v View) Newest(of queryv1.Table, f *queryv1.Filter, pageToken string, limit int) (rows []*queryv1.Row, next string, err error) {
	return v.page(of, f, queryv1.Order_ORDER_NEWEST_FIRST, pageToken, limit)
}

func (v View) page(of queryv1.Table, f *queryv1.Filter, order queryv1.Order, pageToken string, limit int) (rows []*queryv1.Row, next string, err error) {
	p, err := v.plan(of, f)
	if err != nil {
		return nil, "", err
	}
	asked, err := askedFor(of, f, order)
	if err != nil {
		return nil, "", err
	}
	from, err := v.parsePageToken(pageToken, asked)
	if err != nil {
		return nil, "", err
	}
	for at, err := range p.kept(order, from) {
		switch {
		case err != nil:
			return nil, "", err
		case len(rows) == limit:
			return rows, v.pageToken(asked, at), nil
		}
		r, err := p.show(at)
		if err != nil {
			return nil, "", err
		}
		rows = append(rows, r)
	}
	return rows, "", nil
}

// kept are the places that the filter keeps, in an order, from one of them on; from 0, all.
func (p *plan) kept(order queryv1.Order, from place) iter.Seq2[place, error] {
	newest := order == queryv1.Order_ORDER_NEWEST_FIRST
	if newest {
		slices.Reverse(p.chunks)
	}
	if newest && from == 0 {
		from = lastPlace
	}
	return func(yield func(place, error) bool) {
		var matched set
		for _, chunk := range p.chunks {
			if newest && chunk > from.chunk() || !newest && chunk < from.chunk() {
				continue
			}
			if err := p.match(chunk, &matched); err != nil {
				yield(0, err)
				return
			}
			more := true
			give := func(n uint16) bool {
				more = yield(place(chunk)<<16|place(n), nil)
				return more
			}
			if begins := place(chunk) << 16; newest {
				matched.eachDown(uint16(min(from, begins|(chunkSize-1))), give)
			} else {
				matched.each(uint32(uint16(max(from, begins))), give)
			}
			if !more {
				return
			}
		}
	}
}
