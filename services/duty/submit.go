package duty

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// SubmitReturn records this agency's contribution to a report that it was asked for: figures, or word that there are none. A later one
// takes the place of an earlier one until the report is frozen; the same again decides nothing. A return to a report that the program
// knows is whole: see whole. One to another form has figures as they are.
func SubmitReturn(view ledger.View, cmd *reportingv1.SubmitReturnRequest) ([]proto.Message, error) {
	request, err := askedOf(view, cmd.GetRequestId())
	if err != nil {
		return nil, err
	}
	if cmd.GetNil() != (len(cmd.GetFigures()) == 0 && len(cmd.GetNilTables()) == 0) {
		return nil, fault.Errorf(fault.Invalid, "a return to request %s either has figures or says that it is nil", request.GetId())
	}
	for i, f := range cmd.GetFigures() {
		if f.GetValue() != 0 && f.GetCurrency() == "" {
			return nil, fault.Errorf(fault.Invalid, "figure %d of the return has a value and no currency", i+1)
		}
	}
	submitted := &reportingv1.AgencyReturnSubmitted{
		RequestId: request.GetId(), Nil: cmd.GetNil(), Figures: cmd.GetFigures(), Comment: cmd.GetComment(), NilTables: cmd.GetNilTables(),
	}
	counts, err := report.Asked(view, view.Agency(), request)
	if err != nil {
		return nil, err
	}
	earlier, err := view.ReturnSubmission(view.Agency() + "/" + request.GetId())
	switch {
	case err != nil:
		return nil, fmt.Errorf("read return to request %s: %w", request.GetId(), err)
	case earlier != nil && proto.Equal(earlier.GetSubmitted(), submitted):
		return nil, nil
	case counts.Request.GetId() != request.GetId():
		return nil, fault.Errorf(fault.Precondition, "request %s was taken over by %s, which is the one that counts: counterfoil return prepare %s", request.GetId(), counts.Request.GetId(), counts.Request.GetId())
	}
	if err := mayChange(view, request); err != nil {
		return nil, err
	}
	if _, known := report.FormOf(request.GetRequested().GetForm()); known {
		err = whole(view, request, submitted)
	} else {
		err = plain(submitted)
	}
	switch {
	case err != nil:
		return nil, err
	case earlier != nil:
		return []proto.Message{ledger.Beside(earlier, submitted)}, nil
	}
	if err := report.Hears(view, ledger.AgencyOf(request.GetId()), submitted, cmd.GetParticulars().GetMarking()); err != nil {
		return nil, err
	}
	return []proto.Message{submitted}, nil
}

// askedOf is a request that asks this agency for a return.
func askedOf(view ledger.View, id string) (*ledgerv1.ReturnRequest, error) {
	request, err := view.ReturnRequest(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read request %s: %w", id, err)
	case request == nil:
		return nil, fault.Errorf(fault.NotFound, "request %s is not on record here; see those that are: counterfoil return list", id)
	case !slices.Contains(request.GetRequested().GetAgencies(), view.Agency()):
		return nil, fault.Errorf(fault.NotAllowed, "request %s does not ask %s for a return", request.GetId(), view.Agency())
	}
	return request, nil
}

// mayChange refuses a return to a report whose last revision is frozen: what is frozen stays as it is.
func mayChange(view ledger.View, request *ledgerv1.ReturnRequest) error {
	asked := request.GetRequested()
	reports, err := view.ReportsWith("form", asked.GetForm())
	if err != nil {
		return fmt.Errorf("read reports %s: %w", asked.GetForm(), err)
	}
	var last *ledgerv1.Report
	for _, r := range reports {
		if r.GetOpened().GetYear() == asked.GetYear() && (last == nil || r.GetOpened().GetRevision() > last.GetOpened().GetRevision()) {
			last = r
		}
	}
	if last.GetFrozen() == nil {
		return nil
	}
	return fault.Errorf(fault.Precondition, "report %s was frozen on %s; have %s revise it, then submit: counterfoil report revise %s",
		last.GetId(), day(last.GetFrozenAt()), ledger.AgencyOf(last.GetId()), last.GetId())
}

// plain refuses what a return to a form that the program does not know cannot say: it has no tables, and a figure names the other State.
func plain(r *reportingv1.AgencyReturnSubmitted) error {
	if len(r.GetNilTables()) > 0 {
		return fault.Errorf(fault.Invalid, "the program knows no tables of this form; a return to it is nil as a whole or has figures")
	}
	for i, f := range r.GetFigures() {
		if f.GetTable() != "" || f.GetPrefilled() != nil {
			return fault.Errorf(fault.Invalid, "the program knows no table %q of this form: figure %d is without table and prefilled amounts", f.GetTable(), i+1)
		}
		if !twoLetters(f.GetDestination()) {
			return fault.Errorf(fault.Invalid, "figure %d of the return names the other State with two letters, such as XB", i+1)
		}
	}
	return nil
}

func twoLetters(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

// day is a time as sentences say it.
func day(t *timestamppb.Timestamp) string { return t.AsTime().Format(time.DateOnly) }
