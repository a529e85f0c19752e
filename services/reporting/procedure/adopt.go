// Package procedure is how the reporting agency adopts the State's procedure for its reports: a pure function of a ledger view and a
// command.
package procedure

import (
	"bytes"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Adopt records a version of a procedure. A version that is on record is never changed; the same again decides nothing. It is refused
// where it names an agency or a calendar that is not in the directory.
func Adopt(view ledger.View, cmd *reportingv1.AdoptProcedureRequest) ([]proto.Message, error) {
	p, err := report.LoadProcedure("procedure", cmd.GetContent())
	if err != nil {
		return nil, err
	}
	id := report.ProcedureID(view.Agency(), p)
	switch earlier, err := view.Procedure(id); {
	case err != nil:
		return nil, fmt.Errorf("read procedure %s: %w", id, err)
	case earlier != nil && bytes.Equal(earlier.GetAdopted().GetContent(), cmd.GetContent()):
		return nil, nil
	case earlier != nil:
		return nil, fault.Errorf(fault.Conflict, "version %d of %s is on record and says something else; give the new text the next version", p.GetVersion(), p.GetProcedure())
	}
	for _, name := range agenciesIn(p) {
		switch agency, err := view.AgencyRow(name); {
		case err != nil:
			return nil, fmt.Errorf("read agency %s: %w", name, err)
		case agency == nil:
			return nil, fault.Errorf(fault.Invalid, "procedure %s names %s, which is not in the directory; counterfoil list agencies shows who is", p.GetProcedure(), name)
		}
	}
	if name := p.GetCalendar(); name != "" {
		switch calendar, err := view.Calendar(name); {
		case err != nil:
			return nil, fmt.Errorf("read calendar %s: %w", name, err)
		case calendar == nil:
			return nil, fault.Errorf(fault.Invalid, "procedure %s counts the working days of calendar %s, which is not in the directory; have the authority adopt it: counterfoil calendar adopt -f FILE", p.GetProcedure(), name)
		}
	}
	return []proto.Message{&reportingv1.ProcedureAdopted{ProcedureId: id, Content: cmd.GetContent(), Reason: cmd.GetReason()}}, nil
}

// agenciesIn are the agencies that a procedure names, as often as it does.
func agenciesIn(p *reportingv1.Procedure) (names []string) {
	for _, r := range p.GetReports() {
		names = append(names, r.GetOwner())
		names = append(append(names, r.GetContributors()...), r.GetApprovers()...)
		for _, s := range r.GetSteps() {
			names = append(names, s.GetAgencies()...)
			for _, e := range s.GetEscalate() {
				names = append(names, e.GetAgency())
			}
		}
	}
	return names
}
