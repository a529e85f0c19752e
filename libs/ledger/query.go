package ledger

import (
	"cmp"
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
// empty when there are no more. A token is good for the same table and filter on this ledger, also after a restart;
// another is refused.
func (v View) List(of queryv1.Table, f *queryv1.Filter, pageToken string, limit int) (rows []*queryv1.Row, next string, err error) {
	p, err := v.plan(of, f)
	if err != nil {
		return nil, "", err
	}
	from, err := v.parsePageToken(pageToken, of, f)
	if err != nil {
		return nil, "", err
	}
	var matched set
	for _, chunk := range p.chunks {
		if chunk < from.chunk() {
			continue
		}
		if err := p.match(chunk, &matched); err != nil {
			return nil, "", err
		}
		start := uint32(0)
		if chunk == from.chunk() {
			start = uint32(uint16(from))
		}
		matched.each(start, func(n uint16) bool {
			at := place(chunk)<<16 | place(n)
			if len(rows) == limit {
				next, err = v.pageToken(of, f, at)
				return false
			}
			var r *queryv1.Row
			if r, err = p.show(at); err == nil {
				rows = append(rows, r)
			}
			return err == nil
		})
		if err != nil || next != "" {
			return rows, next, err
		}
	}
	return rows, "", nil
}
