package measure

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/incident"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/refdata"
	"github.com/counterfoil/counterfoil/libs/report"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Draft is a measure as far as a closed alert tells of it, from codes: stage and type, categories of its goods, red flags, what was
// done, and by which agencies. Of free text it has what came of the alert and what was learned, unless that names a party, serial,
// paper or record; then it says so. A person chooses how far it may go.
func Draft(view ledger.View, alertID string) (*reportingv1.DraftMeasureResponse, error) {
	alert, err := closedAlert(view, alertID)
	if err != nil {
		return nil, err
	}
	m := &reportingv1.Measure{
		Title: titleOf(alert.GetRaised()), Date: dateOf(alert), Stage: stageName(alert.GetRaised().GetStage()),
		Method: methodOf(alert.GetRaised()), DetectedBy: said(refdata.Indicators, alert.GetIndicators()),
	}
	if m.Categories, err = categoriesOf(view, alert); err != nil {
		return nil, err
	}
	if m.Taken, m.Agencies, err = doneAbout(view, alert); err != nil {
		return nil, err
	}
	names, err := namesOf(view, alert)
	if err != nil {
		return nil, err
	}
	res := &reportingv1.DraftMeasureResponse{Measure: m}
	for _, f := range []struct {
		field, text string
		into        *string
	}{{"result", alert.GetClosed().GetOutcome(), &m.Result}, {"lessons", alert.GetClosed().GetLessons(), &m.Lessons}} {
		if names.in(f.text) {
			res.LeftOut = append(res.LeftOut, f.field+": what the alert says names a party, serial, paper or record")
			continue
		}
		*f.into = f.text
	}
	return res, nil
}

func titleOf(raised *enforcementv1.DiversionAlertRaised) string {
	title := "Measure against diversion"
	if c, ok := refdata.CodeOf(refdata.DiversionKinds, raised.GetType()); ok {
		title += ": " + c.Says
	}
	if c, ok := refdata.CodeOf(refdata.DiversionStages, incident.StageCode(raised.GetStage())); ok {
		title += ", " + c.Says
	}
	return title
}

// dateOf is when it happened, or else when it was noticed, or raised.
func dateOf(alert *ledgerv1.Alert) string {
	at := alert.GetRaisedAt()
	if d := alert.GetRaised().GetDetectedAt(); d != nil {
		at = d
	}
	if o := alert.GetRaised().GetOccurredFrom(); o != nil {
		at = o
	}
	return at.AsTime().UTC().Format(time.DateOnly)
}

func methodOf(raised *enforcementv1.DiversionAlertRaised) string {
	parts := []string{said(refdata.DiversionKinds, []string{raised.GetType()}), said(refdata.Patterns, raised.GetPatterns())}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}

// said are codes of a list as people read them.
func said(list refdata.List, codes []string) string {
	var words []string
	for _, code := range codes {
		if c, ok := refdata.CodeOf(list, code); ok {
			words = append(words, c.Says)
		}
	}
	return strings.Join(words, "; ")
}

// categoriesOf are the rows of the annual report that the goods stand in.
func categoriesOf(view ledger.View, alert *ledgerv1.Alert) (rows []string, err error) {
	licences, _, err := recordsOf(view, alert)
	if err != nil {
		return nil, err
	}
	add := func(l *transferv1.Line) {
		if row := report.RowOf(l); row != "" && !slices.Contains(rows, row) {
			rows = append(rows, row)
		}
	}
	for _, l := range licences {
		for _, line := range l.GetDeal().GetLines() {
			add(line)
		}
	}
	if c := alert.GetRaised().GetCategory(); len(rows) == 0 {
		add(&transferv1.Line{Category: c})
	}
	slices.Sort(rows)
	return rows[:min(len(rows), mostListed)], nil
}

// mostListed is how many categories and agencies a measure names.
const mostListed = 40

// doneAbout says what was done about an alert, by the codes of it, and which agencies had a part: who raised it, acted or acknowledged.
func doneAbout(view ledger.View, alert *ledgerv1.Alert) (taken string, agencies []string, err error) {
	actions, err := view.AlertActionsWith("alert", alert.GetId())
	if err != nil {
		return "", nil, fmt.Errorf("read what was done about %s: %w", alert.GetId(), err)
	}
	answers, err := view.AcknowledgementsWith("alert", alert.GetId())
	if err != nil {
		return "", nil, fmt.Errorf("read who acknowledged %s: %w", alert.GetId(), err)
	}
	var done []string
	agencies = []string{ledger.AgencyOf(alert.GetJournal())}
	for _, a := range actions {
		done, agencies = append(done, strings.ReplaceAll(a.GetActed().GetAction(), "_", " ")), append(agencies, a.GetAgency())
	}
	for _, a := range answers {
		agencies = append(agencies, a.GetAgency())
	}
	slices.Sort(done)
	slices.Sort(agencies)
	agencies = slices.Compact(agencies)
	return strings.Join(slices.Compact(done), "; "), agencies[:min(len(agencies), mostListed)], nil
}
