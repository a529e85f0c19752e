package duedates_test

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/duedates"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// adopted is a procedure of State XA on record, of these reports.
func adopted(head, reports string) *reportingv1.ProcedureAdopted {
	content := "procedure: XA-reports\nstate: XA\nauthority: Office of XA\n" + head + "reports:\n" + reports
	version := 1
	if _, err := fmt.Sscanf(head, "version: %d", &version); err != nil {
		content = "version: 1\n" + content
	}
	return &reportingv1.ProcedureAdopted{ProcedureId: fmt.Sprintf("reporting/XA-reports@%d", version), Content: []byte(content)}
}

// given is the reporting agency's ledger with some facts.
func given(t *testing.T, facts ...proto.Message) ledger.View {
	t.Helper()
	return ledgertest.GivenAs(t, "reporting", facts...)
}

func day(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// dates are those of a span, each as "date report/year step agency".
func dates(t *testing.T, view ledger.View, from, to int) (list []string) {
	t.Helper()
	found, err := duedates.Dates(view, from, to)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range found {
		list = append(list, fmt.Sprintf("%s %s/%d %s %s", d.Day.Format(time.DateOnly), d.Terms.GetReport(), d.Year, d.Step.GetStep(), d.Agency))
	}
	return list
}

// weekdays is a calendar without Saturdays and Sundays.
func weekdays(holidays ...string) *directoryv1.CalendarAdopted {
	return &directoryv1.CalendarAdopted{CalendarId: "XA", Weekend: []uint32{6, 7}, Holidays: holidays}
}
