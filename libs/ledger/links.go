package ledger

import (
	"fmt"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// linking are the attributes by which records of different tables have to do with one another, in the order that people read
// them.
var linking = []attribute{byParty, bySerial, byLot, byVessel, byContainer, byCertificate, byUCR, byDocument, byRoute}

// LinkAttributes are the names of the attributes by which records of different tables have to do with one another.
func LinkAttributes() []string {
	names := make([]string, len(linking))
	for i, a := range linking {
		names[i] = a.String()
	}
	return names
}

// Value is what a row is found under.
type Value struct{ Attribute, Value string }

// LinkValues returns the row with this id, its table, and the values of LinkAttributes that it is found under, each once; no row
// when there is none.
func (v View) LinkValues(id string) (queryv1.Table, *queryv1.Row, []Value, error) {
	for _, t := range tables {
		if t.wrap == nil {
			continue
		}
		r, err := v.row(t, id)
		if err != nil {
			return 0, nil, nil, err
		}
		if r == nil {
			continue
		}
		var x entries
		t.entriesOf(r, &x)
		var values []Value
		for _, a := range linking {
			for _, e := range x.list {
				if e.attribute == a {
					values = append(values, Value{a.String(), e.value})
				}
			}
		}
		return t.query, t.wrap(r), values, nil
	}
	return 0, nil, nil, nil
}

// Under returns the rows of all tables that are found under a value, by table and in the order that they came, and how many they
// are; none but their number when they are more than limit. It reads the postings of the value and those rows, nothing else.
func (v View) Under(value Value, limit int) (rows []*queryv1.Row, count int, err error) {
	if err := v.written(); err != nil {
		return nil, 0, err
	}
	a, err := attributeIn("records", linking, value.Attribute)
	if err != nil {
		return nil, 0, err
	}
	found := map[*table][]place{}
	for _, t := range tables {
		if t.wrap != nil && t.has(a) {
			found[t] = v.placesUnder(t, a, value.Value)
			count += len(found[t])
		}
	}
	if count > limit {
		return nil, count, nil
	}
	for _, t := range tables {
		for _, p := range found[t] {
			r, err := v.stored(t, p)
			if err != nil {
				return nil, 0, fmt.Errorf("read rows under %s %s: %w", value.Attribute, value.Value, err)
			}
			rows = append(rows, t.wrap(r))
		}
	}
	return rows, count, nil
}
