// Package totals adds up the lines of decisions on record, for reports and for comparing with figures that others
// published.
package totals

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// pageSize is how many lines are in memory at once.
const pageSize = 4096

// Of adds up the lines on record by the dimensions asked for: those of licences, or those of denials. A licence that
// was suspended or revoked since had been granted and counts in the year of its decision; what a later edition of its
// register withdrew counts nowhere. Totals come in order of their keys, which are written as the ledger's indexes
// have them; values are summed per currency, in order of currency. It is refused when a sum is beyond what a number
// holds.
func Of(view ledger.View, req *reportingv1.TotalsRequest) (*reportingv1.TotalsResponse, error) {
	sums := make(map[string]*sum)
	for token, more := "", true; more; more = token != "" {
		rows, next, err := view.List(queryv1.Table_TABLE_LINES, filterOf(req), token, pageSize)
		if err != nil {
			return nil, fmt.Errorf("read lines: %w", err)
		}
		for _, row := range rows {
			if err := enter(sums, row.GetLine(), req.GetBy()); err != nil {
				return nil, err
			}
		}
		token = next
	}
	res := &reportingv1.TotalsResponse{}
	for _, s := range slices.SortedFunc(maps.Values(sums), func(a, b *sum) int { return slices.Compare(a.keys, b.keys) }) {
		res.Totals = append(res.Totals, s.total())
	}
	return res, nil
}

// filterOf keeps the lines asked for.
func filterOf(req *reportingv1.TotalsRequest) *queryv1.Filter {
	statuses := []string{"granted", "suspended", "revoked"}
	if req.GetRefused() {
		statuses = []string{"refused"}
	}
	f := &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: "status", Values: statuses}}}
	if year := req.GetYear(); year != 0 {
		f.Conditions = append(f.Conditions, &queryv1.Condition{Attribute: "year", Values: []string{strconv.FormatUint(uint64(year), 10)}})
	}
	return f
}

// enter adds a line to the sum that its keys name.
func enter(sums map[string]*sum, l *ledgerv1.Line, by []reportingv1.Dimension) error {
	keys, err := keysOf(l, by)
	if err != nil {
		return err
	}
	joined := strings.Join(keys, "\x00")
	s := sums[joined]
	if s == nil {
		s = &sum{keys: keys, values: make(map[string]int64)}
		sums[joined] = s
	}
	return s.add(l)
}

// keysOf returns a line's key in each dimension; empty where the line does not say.
func keysOf(l *ledgerv1.Line, by []reportingv1.Dimension) ([]string, error) {
	keys := make([]string, 0, len(by))
	for _, d := range by {
		switch d {
		case reportingv1.Dimension_DIMENSION_YEAR:
			keys = append(keys, strconv.Itoa(l.GetDecidedAt().AsTime().Year()))
		case reportingv1.Dimension_DIMENSION_RATING:
			keys = append(keys, l.GetLine().GetRating())
		case reportingv1.Dimension_DIMENSION_CATEGORY:
			keys = append(keys, enumKey(l.GetLine().GetCategory().String(), "CATEGORY_"))
		case reportingv1.Dimension_DIMENSION_DESTINATION:
			keys = append(keys, cmp.Or(l.GetDestination().GetCountry(), l.GetDestination().GetName()))
		case reportingv1.Dimension_DIMENSION_KIND:
			keys = append(keys, enumKey(l.GetKind().String(), "KIND_"))
		default:
			return nil, fault.Errorf(fault.Invalid, "totals are kept by year, rating, category, destination or kind, not by %d", d)
		}
	}
	return keys, nil
}

// enumKey is an enum value's name as the ledger's indexes have it: without its prefix, in lower case, empty when
// unspecified.
func enumKey(name, prefix string) string {
	name = strings.TrimPrefix(name, prefix)
	if name == "UNSPECIFIED" {
		return ""
	}
	return strings.ToLower(name)
}

// sum grows into a total.
type sum struct {
	keys            []string
	lines, licences uint64
	values          map[string]int64
}

func (s *sum) add(l *ledgerv1.Line) error {
	s.lines++
	s.licences += uint64(max(1, l.GetLine().GetLicences()))
	value := l.GetLine().GetValue()
	if value == nil {
		return nil
	}
	so, more := s.values[value.GetCurrency()], value.GetMinor()
	if more > 0 && so > math.MaxInt64-more || more < 0 && so < math.MinInt64-more {
		return fault.Errorf(fault.Precondition, "the values in %s under %s add up to more than a total can state; keep the totals apart by further dimensions",
			value.GetCurrency(), strings.Join(s.keys, ", "))
	}
	s.values[value.GetCurrency()] = so + more
	return nil
}

func (s *sum) total() *reportingv1.Total {
	t := &reportingv1.Total{Keys: s.keys, Lines: s.lines, Licences: s.licences}
	for _, currency := range slices.Sorted(maps.Keys(s.values)) {
		t.Values = append(t.Values, &reportingv1.Sum{Minor: s.values[currency], Currency: currency})
	}
	return t
}
