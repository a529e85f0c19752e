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
	if wrong = append(wrong, unfollowable(p, text)...); len(wrong) > 0 {
		return nil, fault.Errorf(fault.Invalid, "%s", strings.Join(wrong, "\n"))
	}
	return p, nil
}

// unfollowable says what of a procedure cannot be followed: a report, table or step that stands twice, a table that its report does not
// have, a day that is none.
func unfollowable(p *reportingv1.Procedure, text written.Text) (wrong []string) {
	once := func(names map[string]bool, path, name string) {
		if names[name] {
			wrong = append(wrong, text.At(path, name+" stands twice"))
		}
		names[name] = true
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
				wrong = append(wrong, text.At(path, fmt.Sprintf("report %s has no table %s", r.GetReport(), t.GetTable())))
			}
		}
		for j, s := range r.GetSteps() {
			once(steps, fmt.Sprintf("%s.steps[%d].step", at, j), s.GetStep())
		}
	}
	for _, f := range [][2]string{{"valid_from", p.GetValidFrom()}, {"in_force", p.GetInForce()}} {
		if _, err := time.Parse(time.DateOnly, f[1]); f[1] != "" && err != nil {
			wrong = append(wrong, text.At(f[0], "there is no day "+f[1]))
		}
	}
	return wrong
}

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

// ProcedureOf returns the procedure that a year is reported on under: of those that are valid from a day not after its end, the
// one with the highest version; nil when none was adopted.
func ProcedureOf(view ledger.View, year int) (id string, p *reportingv1.Procedure, err error) {
	rows, err := view.Procedures()
	if err != nil {
		return "", nil, fmt.Errorf("read procedures: %w", err)
	}
	for _, row := range rows {
		of, err := load(row)
		if err != nil {
			return "", nil, err
		}
		if of.GetValidFrom() > fmt.Sprintf("%04d-12-31", year) || p.GetVersion() >= of.GetVersion() {
			continue
		}
		id, p = row.GetId(), of
	}
	return id, p, nil
}

// Of returns a report of a year under the procedure that it is made by.
func Of(view ledger.View, name string, year int) (Spec, error) {
	id, p, err := ProcedureOf(view, year)
	if err != nil {
		return Spec{}, err
	}
	return NewSpec(id, p, name, year)
}
