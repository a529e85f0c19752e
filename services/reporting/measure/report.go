// Package measure is how measures against diversion (Articles 11(6) and 13(2)) come of closed alerts: pure functions of a ledger view
// and a command.
package measure

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

const caseExchange = reportingv1.ReleaseClass_RELEASE_CLASS_CASE_EXCHANGE

// Report puts a measure on record under a new id, "M-" and the year, from an alert that is closed and that may be told of. The same
// measure again decides nothing. One that goes further than the exchange of cases names no party, serial or record of the alert; one
// that does not is recorded for the alert's own group, so that nobody reads more than before.
func Report(view ledger.View, cmd *reportingv1.ReportMeasureRequest) ([]proto.Message, error) {
	alert, err := closedAlert(view, cmd.GetAlertId())
	if err != nil {
		return nil, err
	}
	if err := check(view, alert, cmd); err != nil {
		return nil, err
	}
	before, err := view.MeasuresWith("alert", alert.GetId())
	if err != nil {
		return nil, fmt.Errorf("read measures that came of %s: %w", alert.GetId(), err)
	}
	for _, m := range before {
		if view.Owns(m.GetId()) && proto.Equal(m.GetReported().GetMeasure(), cmd.GetMeasure()) {
			return nil, nil
		}
	}
	id, err := view.NextID("M-" + cmd.GetParticulars().GetOccurredAt().AsTime().Format("2006"))
	if err != nil {
		return nil, err
	}
	fact := &reportingv1.MeasureReported{MeasureId: id, AlertId: alert.GetId(), Measure: cmd.GetMeasure()}
	if cmd.GetMeasure().GetRelease() == caseExchange {
		return []proto.Message{ledger.Beside(alert, fact)}, nil
	}
	return []proto.Message{fact}, nil
}

// closedAlert returns an alert of which may be told; any other is refused with what has to be done first.
func closedAlert(view ledger.View, id string) (*ledgerv1.Alert, error) {
	alert, err := view.Alert(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read alert %s: %w", id, err)
	case alert == nil:
		return nil, fault.Errorf(fault.NotFound, "alert %s is not on record here: counterfoil list alerts --status closed", id)
	case alert.GetClosed() != nil && !alert.GetClosed().GetForReport():
		return nil, fault.Errorf(fault.Precondition, "%s closed alert %s without letting it be told of in a report; only it can say otherwise", ledger.AgencyOf(alert.GetJournal()), id)
	case alert.GetClosed() != nil:
		return alert, nil
	case alert.GetStatus() == ledgerv1.AlertStatus_ALERT_STATUS_CONFIRMED || alert.GetStatus() == ledgerv1.AlertStatus_ALERT_STATUS_REFUTED:
		return nil, fault.Errorf(fault.Precondition, "alert %s is not closed: counterfoil alert close %s --outcome O --lessons L --for-report", id, id)
	}
	return nil, fault.Errorf(fault.Precondition, "alert %s is still open; it is confirmed or refuted first, and then closed with --for-report: counterfoil alert confirm %s", id, id)
}

func check(view ledger.View, alert *ledgerv1.Alert, cmd *reportingv1.ReportMeasureRequest) error {
	m := cmd.GetMeasure()
	day, err := time.Parse(time.DateOnly, m.GetDate())
	switch {
	case err != nil:
		return fault.Errorf(fault.Invalid, "there is no day %q; write yyyy-mm-dd", m.GetDate())
	case day.After(cmd.GetParticulars().GetOccurredAt().AsTime()):
		return fault.Errorf(fault.Invalid, "a measure of %s cannot be reported before that day", m.GetDate())
	case m.GetStage() != "" && !slices.Contains(stages(), m.GetStage()):
		return fault.Errorf(fault.Invalid, "there is no stage %q; there are %s", m.GetStage(), strings.Join(stages(), ", "))
	case strings.TrimSpace(m.GetTitle()) == "" || strings.TrimSpace(m.GetTaken()) == "":
		return fault.Errorf(fault.Invalid, "give the measure a title, and say what was done")
	case m.GetRelease() == reportingv1.ReleaseClass_RELEASE_CLASS_UNSPECIFIED:
		return fault.Errorf(fault.Invalid, "say how far it may go: RELEASE_CLASS_CASE_EXCHANGE, RELEASE_CLASS_STATES_PARTIES or RELEASE_CLASS_PUBLIC")
	case m.GetRelease() == caseExchange:
		return nil
	}
	names, err := namesOf(view, alert)
	if err != nil {
		return err
	}
	var fields []string
	for _, f := range textsOf(m) {
		if names.in(f.text) {
			fields = append(fields, f.field)
		}
	}
	if len(fields) > 0 {
		return fault.Errorf(fault.Invalid, "%s of the measure names a party, serial, paper or record of alert %s; leave that out, or report it for the exchange of cases only", strings.Join(fields, ", "), alert.GetId())
	}
	return nil
}

type text struct{ field, text string }

func textsOf(m *reportingv1.Measure) []text {
	return []text{
		{"title", m.GetTitle()}, {"categories", strings.Join(m.GetCategories(), " | ")}, {"method", m.GetMethod()}, {"detected_by", m.GetDetectedBy()},
		{"taken", m.GetTaken()}, {"result", m.GetResult()}, {"lessons", m.GetLessons()}, {"agencies", strings.Join(m.GetAgencies(), " | ")},
	}
}

// stageName is a stage as the ledger's indexes have it.
func stageName(s enforcementv1.Stage) string {
	return strings.ToLower(strings.TrimPrefix(s.String(), "STAGE_"))
}

func stages() (names []string) {
	for n := range int32(len(enforcementv1.Stage_name)) {
		if n > 0 {
			names = append(names, stageName(enforcementv1.Stage(n)))
		}
	}
	return names
}
