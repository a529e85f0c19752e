package report

import (
	"fmt"
	"slices"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// mostSubjects is how many records a problem names.
const mostSubjects = 20

// problemTexts say what each problem of facts is, and whether a report may not be frozen with it.
var problemTexts = map[string]struct {
	blocks     bool
	text, next string
}{
	NoCategory: {true, "lines that may be arms of Article 2(1) and have no category are in no row",
		"counterfoil licence amend, with the category of the line"},
	NoCounterpart: {true, "rows whose other State is not on record", "counterfoil licence amend, or counterfoil return submit with the State"},
	NoLicence: {true, "goods that moved under a licence that is not on record here are in no row",
		"counterfoil explain --audience LICENCE at the licensing agency, which says who reads it"},
	OtherUnit: {false, "amounts that are not in pieces are in no column of items", "counterfoil return submit, with the number of pieces"},
	Unshared: {false, "facts in journals that whoever asks does not read are in no figure",
		"counterfoil explain --audience RECORD, then counterfoil return submit with a figure and a reason, if they belong in the report"},
}

// Problems are those of the draft's facts, by code.
func (d *Draft) Problems() (list []*reportingv1.Problem) {
	subjects := map[string]map[string]bool{}
	for _, found := range d.facts {
		for _, p := range found {
			if p.problem == "" || p.settled() {
				continue
			}
			if subjects[p.problem] == nil {
				subjects[p.problem] = map[string]bool{}
			}
			subjects[p.problem][p.fact.subject] = true
		}
	}
	for _, code := range sortedKeys(subjects) {
		about, of := problemTexts[code], sortedKeys(subjects[code])
		list = append(list, &reportingv1.Problem{
			Code: code, Blocks: about.blocks, Text: fmt.Sprintf("%d %s", len(of), about.text), Subjects: of[:min(len(of), mostSubjects)],
			Count: uint64(len(of)), Next: about.next,
		})
	}
	return list
}

// settled reports whether a return states otherwise what was a problem: that nothing is in the row that names no State, or nothing in
// another unit than pieces.
func (p placed) settled() bool {
	if p.row == nil {
		return false
	}
	switch a := p.row.sum.amounts(); p.problem {
	case NoCounterpart:
		return ComesToNothing(a)
	case OtherUnit:
		return !slices.ContainsFunc(a.GetQuantities(), func(q *reportingv1.UnitSum) bool { return q.GetUnit() != pieces && q.GetThousandths() != 0 })
	}
	return false
}
