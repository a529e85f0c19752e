package ledger

import queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"

// Attributes are the names by which a table's rows can be filtered and counted, and whether they have a date of their own to be
// filtered by; of no table, none.
func Attributes(of queryv1.Table) (names []string, dated bool) {
	attributes := eventAttributes
	dated = true
	if of != queryv1.Table_TABLE_EVENTS {
		t, err := tableOf(of)
		if err != nil {
			return nil, false
		}
		attributes, dated = t.attributes, t.date != nil
	}
	for _, a := range attributes {
		names = append(names, a.String())
	}
	return names, dated
}
