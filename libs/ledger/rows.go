package ledger

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
)

// written writes what the transaction has in memory, so that indexes have it.
func (v View) written() error {
	if v.write == nil {
		return nil
	}
	return v.write.flush()
}

// row returns the row; its own copy.
func (v View) row(t *table, id string) (row, error) {
	r, shared, err := v.peek(t, id)
	if r != nil && shared {
		r = proto.Clone(r).(row)
	}
	return r, err
}

// peek returns the row, and whether it is the transaction's own, not to be changed.
func (r *reader) peek(t *table, id string) (found row, shared bool, err error) {
	if r.write != nil {
		if p := r.write.pendingRow(t, id); p != nil {
			return p.row, true, nil
		}
	}
	number, ok := r.number(t, id)
	if !ok {
		if r.write != nil && r.write.missed != nil {
			r.write.missed(t, id)
		}
		return nil, false, nil
	}
	found, err = r.stored(t, number)
	return found, false, err
}

// number returns the number of a row that is in the file.
func (r *reader) number(t *table, id string) (place, bool) {
	if r.write != nil {
		changes := &r.write.tables[t.slot]
		if changes.last == nil {
			last, _ := r.of(t).ids.Cursor().Last()
			changes.last = append([]byte{}, last...)
		}
		if id > string(changes.last) {
			return 0, false
		}
	}
	b := r.of(t).ids.Get([]byte(id))
	if b == nil {
		return 0, false
	}
	return parseRowKey(b), true
}

func (r *reader) stored(t *table, number place) (row, error) {
	raw := r.of(t).rows.Get(rowKey(number))
	if raw == nil {
		return nil, fmt.Errorf("table %s has no row %d", t.name, number)
	}
	return decode(raw, t.fresh())
}

func get[R row](v View, t rowsOf[R], id string) (R, error) {
	var none R
	r, err := v.row(t.table, id)
	if r == nil || err != nil {
		return none, err
	}
	return r.(R), nil
}

func with[R row](v View, t rowsOf[R], attribute, value string) ([]R, error) {
	a, err := t.attribute(attribute)
	if err != nil {
		return nil, err
	}
	return rowsUnder(v, t, a, value)
}

func everyRow[R row](v View, t rowsOf[R]) ([]R, error) { return rowsUnder(v, t, all, "") }

func rowsUnder[R row](v View, t rowsOf[R], a attribute, value string) (found []R, err error) {
	if err := v.written(); err != nil {
		return nil, err
	}
	places := v.placesUnder(t.table, a, value)
	for _, p := range places {
		r, err := v.stored(t.table, p)
		if err != nil {
			return nil, err
		}
		found = append(found, r.(R))
	}
	slices.SortFunc(found, func(x, y R) int { return compareIDs(x.GetId(), y.GetId()) })
	return found, nil
}

// placesUnder returns the rows under a value of an attribute, by number.
func (r *reader) placesUnder(t *table, a attribute, value string) (places []place) {
	if a == t.owner && a != all {
		return r.ownedBy(t, value)
	}
	b := r.of(t)
	for chunk := uint32(0); chunk <= place(b.rows.Sequence()).chunk(); chunk++ {
		var s set
		if years, ok := spanOfYear(value); ok && a == byYear && t.date != nil {
			years.each(b.postings, chunk, func(_ day, posting []byte) { s.addPosting(posting) })
		} else {
			s.addPosting(b.postings.Get(postingKey(chunk, a, value)))
		}
		s.each(0, func(n uint16) bool {
			places = append(places, place(chunk)<<16|place(n))
			return true
		})
	}
	return places
}

// ownedBy returns the rows whose ids begin with the owner's and "#", in the order of their ids.
func (r *reader) ownedBy(t *table, owner string) (places []place) {
	prefix := []byte(owner + "#")
	c := r.of(t).ids.Cursor()
	for id, number := c.Seek(prefix); bytes.HasPrefix(id, prefix); id, number = c.Next() {
		places = append(places, parseRowKey(number))
	}
	return places
}

// compareIDs compares as text, but the numbers after a "#" as numbers.
func compareIDs(x, y string) int {
	for {
		xPart, xRest, xMore := strings.Cut(x, "#")
		yPart, yRest, yMore := strings.Cut(y, "#")
		xNumber, xErr := strconv.ParseUint(xPart, 10, 64)
		yNumber, yErr := strconv.ParseUint(yPart, 10, 64)
		c := strings.Compare(xPart, yPart)
		if xErr == nil && yErr == nil {
			c = cmp.Compare(xNumber, yNumber)
		}
		if c != 0 || !xMore || !yMore {
			return cmp.Or(c, strings.Compare(x, y))
		}
		x, y = xRest, yRest
	}
}
