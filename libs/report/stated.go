package report

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/refdata"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// KeysOf are the keys of the row that a figure of a return is of; without a basis, by the one that its category is reported on. ok is
// false where its table is none that returns add to.
func (s Spec) KeysOf(f *reportingv1.Figure) (keys []string, ok bool) {
	t, _, ok := s.Form.Table(f.GetTable())
	if !ok || !t.returns {
		return nil, false
	}
	basis := cmp.Or(f.GetBasis(), s.basisOf(s.table(t.Name), f.GetRow()))
	return oneLine([]string{f.GetRow(), basis, f.GetDestination(), f.GetOrigin(), f.GetIntermediate(), f.GetDescription(), f.GetNature()}), true
}

// TakesReturns are the tables of a form that returns of agencies add to.
func (f Form) TakesReturns() (tables []string) {
	for _, t := range f.Tables {
		if t.returns {
			tables = append(tables, t.Name)
		}
	}
	return tables
}

// MayState refuses a row that no figure of a return can add: of a category or basis that the report does not have it by, or without
// the other State (docs/reports.md).
func (s Spec) MayState(table string, keys []string) error {
	terms := s.table(table)
	head, _, _ := strings.Cut(keys[0], " ")
	known := rank(head) > 0
	for _, v := range terms.GetVoluntary() {
		known = known || v.GetCategory() == keys[0]
	}
	words := RowWords(table, keys)
	switch {
	case !known:
		return fault.Errorf(fault.Invalid, "%s: there is no category %s; rows are of I to VIII, such as \"VIII small arms 4\", or of a category that the procedure names", words, keys[0])
	case keys[1] != s.basisOf(terms, keys[0]):
		return fault.Errorf(fault.Invalid, "%s: category %s is reported as %s, and one basis is never added to the other", words, keys[0], s.basisOf(terms, keys[0]))
	case !refdata.ValidCountry(keys[2]):
		return fault.Errorf(fault.Invalid, "%s: the other State is two letters, such as XB", words)
	case keys[3] != "" && !refdata.ValidCountry(keys[3]):
		return fault.Errorf(fault.Invalid, "%s: the State of origin is two letters, such as XB, or empty", words)
	}
	return nil
}

// RowWords is a row as people name it, such as "exports: I, authorized, XB".
func RowWords(table string, keys []string) string {
	var words []string
	for _, k := range keys {
		if k != "" {
			words = append(words, k)
		}
	}
	return table + ": " + strings.Join(words, ", ")
}

// StatedRow is a row of a report as an agency's own facts and its return have it.
type StatedRow struct {
	Table string
	Keys  []string
	// Own is what the agency's own facts come to; nil where they have nothing of it.
	Own *reportingv1.Amounts
	// Figures of the return that are of the row, from 0; none where it leaves the row out.
	Figures []int
	// What they state, and say that the agency's own facts came to.
	Stated, Prefilled *reportingv1.Amounts
}

func (r StatedRow) String() string { return RowWords(r.Table, r.Keys) }

// LeftOut reports whether the agency's own facts come to something and its return does not speak of it.
func (r StatedRow) LeftOut() bool {
	return r.Own != nil && !ComesToNothing(r.Own) && len(r.Figures) == 0
}

// Moved reports whether the return says that the agency's own facts came to something else than they do. It may leave out how many
// lines they are, and says nothing of licences.
func (r StatedRow) Moved() bool {
	d := Minus(r.Prefilled, r.Own)
	sameLines := d.GetLines() == 0 || r.Prefilled.GetLines() == 0 && r.Stated.GetLines() == 0
	return len(r.Figures) > 0 && (!empty(d) || !sameLines || r.Prefilled.GetLicences() != 0)
}

// Beside lays figures of a return beside the rows that its agency's own facts make: those rows in their order, then what only the return
// has. Figures of other tables are passed over. It is refused where the figures of a row add up to more than one can state.
func (s Spec) Beside(own []*reportingv1.Row, figures []*reportingv1.Figure) (rows []*StatedRow, err error) {
	at := map[string]*StatedRow{}
	row := func(table string, keys []string) *StatedRow {
		name := strings.Join(append([]string{table}, keys...), "\n") // keys are of one line each
		if at[name] == nil {
			at[name] = &StatedRow{Table: table, Keys: keys}
			rows = append(rows, at[name])
		}
		return at[name]
	}
	for _, r := range own {
		row(r.GetTable(), r.GetKeys()).Own = r.GetAmounts()
	}
	for i, f := range figures {
		keys, ok := s.KeysOf(f)
		if !ok {
			continue
		}
		r := row(f.GetTable(), keys)
		r.Figures = append(r.Figures, i)
		if r.Stated, err = Total(r.Stated, StatedBy(f)); err == nil {
			r.Prefilled, err = Total(r.Prefilled, f.GetPrefilled())
		}
		if err != nil {
			return nil, fmt.Errorf("add up figures of %s: %w", r, err)
		}
	}
	return rows, nil
}
