package report

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"time"

	"buf.build/go/protovalidate"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/written"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

var validator = sync.OnceValues(func() (protovalidate.Validator, error) {
	return protovalidate.New(protovalidate.WithMessages(&reportingv1.Procedure{}))
})

// LoadProcedure reads a procedure in YAML. file is what errors call it. What is unknown, of a wrong type, against a rule of the
// contract or cannot be followed is refused (fault.Invalid), each with its line.
func LoadProcedure(file string, data []byte) (*reportingv1.Procedure, error) {
	v, err := validator()
	if err != nil {
		return nil, fmt.Errorf("read the rules of a procedure: %w", err)
	}
	p := &reportingv1.Procedure{}
	text, wrong := written.Read(file, data, p)
	if len(wrong) == 0 {
		if wrong, err = text.Broken(v.Validate(p)); err != nil {
			return nil, fmt.Errorf("hold %s against the rules of a procedure: %w", file, err)
		}
	}
	if len(wrong) == 0 {
		wrong = unfollowable(p, text)
	}
	if len(wrong) > 0 {
		return nil, fault.Errorf(fault.Invalid, "%s", strings.Join(wrong, "\n"))
	}
	return p, nil
}

// unfollowable says what of a procedure cannot be followed: a report, table or step that stands twice, a table that its report does not
// have, a day that is none or moves against the law, a step that nobody owes.
func unfollowable(p *reportingv1.Procedure, text written.Text) (wrong []string) {
	say := func(path, what string) { wrong = append(wrong, text.At(path, what)) }
	once := func(names map[string]bool, path, name string) {
		if names[name] {
			say(path, name+" stands twice")
		}
		names[name] = true
	}
	for _, f := range [][2]string{{"valid_from", p.GetValidFrom()}, {"in_force", p.GetInForce()}} {
		if _, err := time.Parse(time.DateOnly, f[1]); f[1] != "" && err != nil {
			say(f[0], "there is no day "+f[1])
		}
	}
	reports := map[string]bool{}
	for i, r := range p.GetReports() {
		at := fmt.Sprintf("reports[%d]", i)
		once(reports, at+".report", r.GetReport())
		form, known := FormOf(r.GetReport())
		tables, steps := map[string]bool{}, map[string]bool{}
		for j, t := range r.GetTables() {
			path := fmt.Sprintf("%s.tables[%d].table", at, j)
			once(tables, path, t.GetTable())
			if _, _, ok := form.Table(t.GetTable()); known && !ok {
				say(path, fmt.Sprintf("report %s has no table %s", r.GetReport(), t.GetTable()))
			}
		}
		for j, s := range r.GetSteps() {
			path := fmt.Sprintf("%s.steps[%d]", at, j)
			once(steps, path+".step", s.GetStep())
			for _, m := range misdated(r, s) {
				say(path+m[0], m[1])
			}
			told := map[string]bool{}
			for k, e := range s.GetEscalate() {
				once(told, fmt.Sprintf("%s.escalate[%d]", path, k), strings.TrimSpace(e.GetAgency()+" "+e.GetRole()))
			}
		}
		if r.GetOnce() && !FromEntry(r) && r.GetFirstYear() == 0 && p.GetValidFrom() == "" {
			say(at+".once", "say of which year it is: first_year")
		}
	}
	return wrong
}

// misdated says, by field, why a step of a report has no date, or nobody who owes it.
func misdated(r *reportingv1.ReportTerms, s *reportingv1.StepTerms) (wrong [][2]string) {
	switch day, err := ParseDay(s.GetDay()); {
	case err != nil:
		wrong = append(wrong, [2]string{".day", err.Error()})
	case day.AfterEntry() != FromEntry(r):
		wrong = append(wrong, [2]string{".day", "the days of a report count from entry into force all together, or none of them does"})
	}
	if s.GetLegal() && s.GetMove() != "" {
		wrong = append(wrong, [2]string{".move", "a date by treaty or law does not move"})
	}
	if len(Owing(r, s)) == 0 {
		wrong = append(wrong, [2]string{".step", "nobody owes it; name agencies, or the report's contributors or approvers"})
	}
	return wrong
}

// FromEntry reports whether the days of a report count from the Treaty's entry into force for the State.
func FromEntry(r *reportingv1.ReportTerms) bool {
	return len(r.GetSteps()) > 0 && strings.HasPrefix(r.GetSteps()[0].GetDay(), "+")
}

// Owing are the agencies that owe a step of a report: those that it names, or else the contributors for "return", the approvers for
// "approve", and the owner for the others.
func Owing(r *reportingv1.ReportTerms, s *reportingv1.StepTerms) []string {
	switch {
	case len(s.GetAgencies()) > 0:
		return s.GetAgencies()
	case s.GetStep() == StepReturn:
		return r.GetContributors()
	case s.GetStep() == StepApprove:
		return r.GetApprovers()
	}
	return []string{r.GetOwner()}
}

// The steps that the program knows; a State may have others.
const (
	StepOpen      = "open"
	StepReturn    = "return"
	StepReconcile = "reconcile"
	StepCirculate = "circulate"
	StepApprove   = "approve"
	StepFreeze    = "freeze"
	StepSubmit    = "submit"
	StepPublish   = "publish"
)

// ProcedureID is the id of a version of a procedure that an agency adopts.
func ProcedureID(agency string, p *reportingv1.Procedure) string {
	return fmt.Sprintf("%s/%s@%d", agency, p.GetProcedure(), p.GetVersion())
}

// loaded keeps procedures that were read, by the SHA-256 of their content: the same content always reads the same.
var loaded sync.Map

func load(row *ledgerv1.Procedure) (*reportingv1.Procedure, error) {
	key := sha256.Sum256(row.GetAdopted().GetContent())
	read, ok := loaded.Load(key)
	if !ok {
		p, err := LoadProcedure(row.GetId(), row.GetAdopted().GetContent())
		if err != nil {
			return nil, fmt.Errorf("read procedure %s: %w", row.GetId(), err)
		}
		read, _ = loaded.LoadOrStore(key, p)
	}
	return read.(*reportingv1.Procedure), nil
}

// Adopted is a version of a procedure on record.
type Adopted struct {
	ID    string
	At    time.Time
	Terms *reportingv1.Procedure
}

// Procedures are all versions that were adopted, by id. They are shared and must not be changed.
func Procedures(view ledger.View) ([]Adopted, error) {
	rows, err := view.Procedures()
	if err != nil {
		return nil, fmt.Errorf("read procedures: %w", err)
	}
	list := make([]Adopted, 0, len(rows))
	for _, row := range rows {
		terms, err := load(row)
		if err != nil {
			return nil, err
		}
		list = append(list, Adopted{row.GetId(), row.GetAt().AsTime(), terms})
	}
	return list, nil
}

// For returns the procedure that a year is reported on under: of those that are valid from a day not after its end, the one with
// the highest version; none when there is none.
func For(list []Adopted, year int) (best Adopted) {
	for _, a := range list {
		if a.Terms.GetValidFrom() <= fmt.Sprintf("%04d-12-31", year) && a.Terms.GetVersion() > best.Terms.GetVersion() {
			best = a
		}
	}
	return best
}

// ProcedureOf returns the procedure that a year is reported on under, see For; nil when none was adopted.
func ProcedureOf(view ledger.View, year int) (id string, p *reportingv1.Procedure, err error) {
	list, err := Procedures(view)
	of := For(list, year)
	return of.ID, of.Terms, err
}

// Of returns a report of a year under the procedure that it is made by.
func Of(view ledger.View, name string, year int) (Spec, error) {
	id, p, err := ProcedureOf(view, year)
	if err != nil {
		return Spec{}, err
	}
	return NewSpec(id, p, name, year)
}
