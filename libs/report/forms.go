package report

import (
	"slices"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Names of reports that come of figures.
const (
	// Annual is the annual report of Article 13(3).
	Annual = "att-annual"
	// Register is the return to the UN Register of Conventional Arms.
	Register = "un-register"
	// National is what parliament and cabinet get: decisions, refusals and movements of every kind of transfer.
	National = "national"
)

// Tables of the annual report and the Register.
const (
	Exports = "exports"
	Imports = "imports"
)

// Dimensions that the program looks at.
const (
	byCategory    = "category"
	byBasis       = "basis"
	byDescription = "description"
	byNature      = "nature"
)

// What a row of the annual report is of; one is never added to the other.
const (
	authorized = "authorized"
	actual     = "actual"
)

// What a transfer that is not definitive is; it stands in a row of its own.
const (
	temporary = "temporary"
	returned  = "returned"
)

// Form is a report that comes of figures.
type Form struct {
	Name   string
	Tables []Table
}

// Table is one table of a form. Its rows are told apart by its dimensions.
type Table struct {
	Name       string
	Dimensions []string
	// What counts: licences that were granted, denials, goods that moved; nil: none of them do.
	licence func(*placing, *ledgerv1.Licence)
	denial  func(*placing, *ledgerv1.Denial)
	moved   func(*placing, movement)
	// Returns of agencies add to it.
	returns bool
	// It is a table of transfers between States, which says items and values and not of how many decisions they come.
	transfers bool
}

// Forms are all that there are, in the order that people know them.
func Forms() []Form { return slices.Clone(forms) }

// FormOf returns the form with a name.
func FormOf(name string) (Form, bool) {
	i := slices.IndexFunc(forms, func(f Form) bool { return f.Name == name })
	if i < 0 {
		return Form{}, false
	}
	return forms[i], true
}

// Table returns the table with a name, and where it stands.
func (f Form) Table(name string) (Table, int, bool) {
	i := slices.IndexFunc(f.Tables, func(t Table) bool { return t.Name == name })
	if i < 0 {
		return Table{}, 0, false
	}
	return f.Tables[i], i, true
}

var transferDimensions = []string{byCategory, byBasis, "counterpart", "origin", "intermediate", byDescription, byNature}

var forms = []Form{
	{Annual, []Table{transfersOf(Exports, transferv1.Kind_KIND_EXPORT), transfersOf(Imports, transferv1.Kind_KIND_IMPORT)}},
	{Register, []Table{transfersOf(Exports, transferv1.Kind_KIND_EXPORT), transfersOf(Imports, transferv1.Kind_KIND_IMPORT)}},
	{National, []Table{
		{Name: "destinations", Dimensions: []string{"kind", "destination"}, licence: eachLine(kindOf, destinationOf)},
		{Name: "ratings", Dimensions: []string{"kind", "rating"}, licence: eachLine(kindOf, ratingOf)},
		{Name: "licences", Dimensions: []string{"kind", "destination", "rating"}, licence: eachLine(kindOf, destinationOf, ratingOf)},
		{Name: "refused", Dimensions: []string{"kind", "destination", "rating"}, denial: refusedLines},
		{Name: "criteria", Dimensions: []string{"criterion"}, denial: refusedCriteria},
		{Name: "authorized", Dimensions: []string{"kind", byCategory, "unit"}, licence: authorizedCategories},
		{Name: "moved", Dimensions: []string{"kind", byCategory, "unit", byNature}, moved: movedCategories},
	}},
}

// transfersOf is a table of the annual report: its rows are kept apart as rule R3 has it (docs/reports.md).
func transfersOf(name string, kind transferv1.Kind) Table {
	return Table{
		Name: name, Dimensions: transferDimensions, returns: true, transfers: true,
		licence: func(p *placing, l *ledgerv1.Licence) { p.authorizedTransfer(kind, l) },
		moved:   func(p *placing, m movement) { p.actualTransfer(kind, m) },
	}
}
