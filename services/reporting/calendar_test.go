package reporting_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/counterfoil/counterfoil/libs/desk/desktest"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/reporting"
)

const ofOneYear = `procedure: XA-reports
version: 1
state: XA
authority: Office of XA
valid_from: 2026-01-01
in_force: 2014-12-24
reports:
  - report: att-annual
    owner: reporting
    contributors: [customs]
    steps:
      - step: return
        day: 02-28
        move: before
        remind: [21, 7]
        escalate: [{working_days: 2, agency: reporting, role: head}]
      - {step: freeze, day: 05-15, move: before, remind: [7]}
`

// year is the reporting agency's desk in a world whose clock the test sets.
type year struct {
	*testing.T
	world *desktest.World
	a     *desktest.Agency
	now   atomic.Pointer[time.Time]
	told  int
}

// begin opens the desk of the reporting agency, as a start of its node does.
func (y *year) begin() {
	y.Helper()
	service, err := reporting.New(reporting.Config{Node: &node.Node{Agency: y.a.Name}})
	if err != nil {
		y.Fatal(err)
	}
	y.a.Open(service.Reactions()...)
	y.a.Desk.Now = func() time.Time { return *y.now.Load() }
	y.a.Start()
}

// at sets the clock and tells the desk something, so that it looks, and waits until the reactions have said what comes then.
func (y *year) at(when string, comes ...string) {
	y.Helper()
	t, err := time.Parse(time.DateTime, when+" 09:00:00")
	if err != nil {
		y.Fatal(err)
	}
	before := y.events() // the desk may look as soon as the clock is set, before it is told anything
	y.now.Store(&t)
	y.a.Record(desktest.Facts(&reportingv1.PublicRequestOpened{RequestId: fmt.Sprintf("reporting/PR-%d", y.told), From: "press", Text: "how many?"}))
	y.told++
	y.a.Wait(all, before+1+uint64(len(comes)))
	got := y.alarms()
	if said := got[max(0, len(got)-len(comes)):]; !slices.Equal(said, comes) {
		y.Errorf("on %s came %v, want %v", when, said, comes)
	}
}

var all = journal.ID{Agency: "reporting", Group: "all"}

// events is how many the agency has recorded.
func (y *year) events() (n uint64) {
	y.Helper()
	err := y.a.Ledger.View(func(v ledger.View) error {
		p, err := v.Position(all)
		n = p.GetEvents()
		return err
	})
	if err != nil {
		y.Fatal(err)
	}
	return n
}

// alarms are all that were said, in order.
func (y *year) alarms() (list []string) {
	y.Helper()
	err := y.a.Ledger.View(func(v ledger.View) error {
		entries, err := v.EntriesOfKind(all, (&reportingv1.StepAlarmed{}).ProtoReflect().Descriptor().FullName(), 0, 100)
		for _, e := range entries {
			a := e.Fact.(*reportingv1.StepAlarmed)
			list = append(list, strings.TrimPrefix(fmt.Sprintf("%s %s %d", a.Step, strings.ToLower(strings.TrimPrefix(a.Alarm.String(), "STEP_ALARM_")), a.Days), "STEP_"))
		}
		return err
	})
	if err != nil {
		y.Fatal(err)
	}
	return list
}

// A year passes. What comes is recorded once each, also when the desk is started again, with its ledger or without; of a return that is
// here nothing is said any more.
func TestYearPasses(t *testing.T) {
	world := desktest.New(t, "customs", "reporting")
	y := &year{T: t, world: world, a: world.Agency("reporting")}
	start := time.Date(2027, 1, 4, 9, 0, 0, 0, time.UTC)
	y.now.Store(&start)
	receipt := world.Authority.Record(desktest.Facts(&directoryv1.CalendarAdopted{CalendarId: "XA", Weekend: []uint32{6, 7}, Holidays: []string{"2027-03-01"}}))
	world.Carry(world.Authority, y.a, directory.Group)
	y.a.Wait(directory.Journal, receipt.FirstEvent)
	y.a.Stop()
	y.begin()
	y.a.Record(desktest.Facts(
		&reportingv1.ProcedureAdopted{ProcedureId: "reporting/XA-reports@1", Content: []byte(ofOneYear)},
		&reportingv1.AgencyReturnRequested{RequestId: "reporting/Q-2027-000001", Form: "att-annual", Year: 2026, Agencies: []string{"customs"}},
	))
	y.at("2027-01-10")
	y.at("2027-02-05", "return reminded 21") // three weeks before 26 February, a Friday
	y.at("2027-02-06")
	y.a.Stop()
	y.begin()
	y.at("2027-02-19", "return reminded 7")
	y.at("2027-02-26")
	y.at("2027-02-27", "return overdue 0")
	y.a.Stop()
	y.a.Forget()
	y.begin()
	y.at("2027-03-02")
	y.at("2027-03-04", "return escalated 0") // 1 March is a holiday
	y.a.Stop()
	y.begin()
	y.at("2027-05-08", "freeze reminded 7") // of Friday, 14 May
	want := []string{"return reminded 21", "return reminded 7", "return overdue 0", "return escalated 0", "freeze reminded 7"}
	if got := y.alarms(); !slices.Equal(got, want) {
		t.Errorf("in the year came %v, want %v", got, want)
	}
}

// An agency that answers hears nothing more.
func TestReturnInTime(t *testing.T) {
	world := desktest.New(t, "licensing", "reporting")
	y := &year{T: t, world: world, a: world.Agency("reporting")}
	start := time.Date(2027, 1, 4, 9, 0, 0, 0, time.UTC)
	y.now.Store(&start)
	y.a.Stop()
	y.begin()
	y.a.Record(desktest.Facts(
		&reportingv1.ProcedureAdopted{ProcedureId: "reporting/XA-reports@1", Content: []byte(strings.Replace(ofOneYear, "[customs]", "[licensing]", 1))},
		&reportingv1.AgencyReturnRequested{RequestId: "reporting/Q-2027-000001", Form: "att-annual", Year: 2026, Agencies: []string{"licensing"}},
	))
	y.at("2027-02-05", "return reminded 21")
	licensing := world.Agency("licensing")
	returned := licensing.Record(desktest.Facts(&reportingv1.AgencyReturnSubmitted{RequestId: "reporting/Q-2027-000001", Nil: true}))
	world.Carry(licensing, y.a, "all")
	y.a.Wait(journal.ID{Agency: "licensing", Group: "all"}, returned.FirstEvent)
	y.at("2027-02-20")
	y.at("2027-03-20")
	y.at("2027-05-08", "freeze reminded 7")
	if got := y.alarms(); len(got) != 2 {
		t.Errorf("in the year came %v", got)
	}
}
