package report

import (
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/refdata"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Spec is a report of a year under a procedure.
type Spec struct {
	Form Form
	Year int
	// ID of the procedure and what it says; empty, and nil, without one.
	ProcedureID string
	Procedure   *reportingv1.Procedure
	// Terms of this report in it; nil without.
	Terms *reportingv1.ReportTerms
}

// NewSpec returns a report by its name. It is refused where no report that comes of figures has it.
func NewSpec(id string, procedure *reportingv1.Procedure, name string, year int) (Spec, error) {
	form, ok := FormOf(name)
	if !ok {
		var names []string
		for _, f := range forms {
			names = append(names, f.Name)
		}
		return Spec{}, fault.Errorf(fault.Invalid, "there is no report %s that comes of figures; there are %s", name, strings.Join(names, ", "))
	}
	return Spec{Form: form, Year: year, ProcedureID: id, Procedure: procedure, Terms: TermsOf(procedure, name)}, nil
}

// TermsOf returns what a procedure says of a report; nil where it says nothing.
func TermsOf(p *reportingv1.Procedure, report string) *reportingv1.ReportTerms {
	for _, t := range p.GetReports() {
		if t.GetReport() == report {
			return t
		}
	}
	return nil
}

// table is what the procedure says of a table; nil where it says nothing.
func (s Spec) table(name string) *reportingv1.TableTerms {
	for _, t := range s.Terms.GetTables() {
		if t.GetTable() == name {
			return t
		}
	}
	return nil
}

// basisOf is whether a category of a table is reported as authorized or as actual: by the procedure, or else as authorized, and in
// the Register, which asks for physical transfers, as actual.
func (s Spec) basisOf(t *reportingv1.TableTerms, category string) string {
	head, _, _ := strings.Cut(category, " ")
	if b, ok := t.GetBasisOf()[head]; ok {
		return b
	}
	switch {
	case t.GetBasis() != "":
		return t.GetBasis()
	case s.Form.Name == Register:
		return actual
	}
	return authorized
}

// numerals are the categories of Article 2(1).
var numerals = []string{"", "I", "II", "III", "IV", "V", "VI", "VII", "VIII"}

// categoryOf is the row of the report that goods of a line stand in; none when they are out of its scope (ammunition and parts
// stay out, rule R10, unless the State reports on them voluntarily). known is false where nobody has classified them.
func (s Spec) categoryOf(t *reportingv1.TableTerms, l *transferv1.Line) (category string, known bool) {
	for _, v := range t.GetVoluntary() {
		if slices.ContainsFunc(v.GetRatings(), func(of string) bool { return under(l.GetRating(), of) }) {
			return v.GetCategory(), true
		}
	}
	c := l.GetCategory()
	if c == transferv1.Category_CATEGORY_UNSPECIFIED {
		c = refdata.RatingCategory(l.GetRating())
	}
	switch {
	case c == transferv1.Category_CATEGORY_UNSPECIFIED:
		return "", !couldBeArms(l.GetRating())
	case int(c) >= len(numerals):
		return "", true
	}
	row := l.GetRow()
	if row == "" {
		row = numerals[c]
	}
	if t.GetAggregateSmallArms() && c == transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS {
		row = strings.TrimRight(row, " 0123456789")
	}
	return row, true
}

// couldBeArms reports whether goods of a rating may belong to a category of Article 2(1): entries of the Munitions List that
// classification rules look at. Other lists, of dual-use goods for example, have none of them.
func couldBeArms(rating string) bool {
	r, err := refdata.ParseRating(rating)
	if err != nil {
		return false
	}
	return slices.Contains([]int{1, 2, 4, 6, 9, 10, 12}, r.Number)
}

// under reports whether a rating is an item or under it.
func under(rating, item string) bool {
	r, err := refdata.ParseRating(rating)
	if err != nil {
		return rating == item
	}
	i, err := refdata.ParseRating(item)
	if err != nil || r.Number != i.Number {
		return rating == item
	}
	return r.Path == i.Path || i.Path == "" || strings.HasPrefix(r.Path, i.Path+".")
}
