package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-ical"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

var exported = time.Date(2027, 1, 4, 9, 30, 0, 0, time.UTC)

// An independent reader of the format finds the dates, what they are about, and their alarms.
func TestICSIsReadByOthers(t *testing.T) {
	t.Parallel()
	res := &reportingv1.CalendarResponse{ProcedureId: "reporting/XA-reports@1", Steps: []*reportingv1.CalendarStep{
		{
			Report: "att-annual", Year: 2026, Step: "submit", Agency: "reporting", Role: "compiler", Legal: true, Date: "2027-05-31", Remind: []uint32{7, 30},
			Source: "ATT Article 13(3); \"last day\", C:\\law", Next: "counterfoil report submit reporting/att-annual-2026.1", HandedOver: "p-2, 2027-01-02",
			State: reportingv1.StepState_STEP_STATE_AHEAD, Due: timestamppb.New(exported.AddDate(0, 5, 0)),
		},
		{
			Report: "att-annual", Year: 2026, Step: "open", Agency: "reporting", Date: "2027-01-15", Remind: []uint32{3}, Source: strings.Repeat("Ordonnance n° 7, annexe « délais » ", 6),
			State: reportingv1.StepState_STEP_STATE_DONE, DoneAt: timestamppb.New(exported), Due: timestamppb.New(exported.AddDate(0, 1, 0)),
		},
	}}
	text := icsOf(res, exported)
	lines := linesOf(t, text)
	if lines[0] != "BEGIN:VCALENDAR" || !slices.Contains(lines, "VERSION:2.0") {
		t.Errorf("it begins %q", lines[:3])
	}
	cal, err := ical.NewDecoder(strings.NewReader(text)).Decode()
	if err != nil {
		t.Fatal(err)
	}
	events := cal.Events()
	if len(events) != 2 {
		t.Fatalf("%d events", len(events))
	}
	value := func(e ical.Event, name string) string {
		text, err := e.Props.Text(name)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	submit, open := events[0], events[1]
	start, err := submit.DateTimeStart(time.UTC)
	if err != nil || !start.Equal(time.Date(2027, 5, 31, 0, 0, 0, 0, time.UTC)) || submit.Props.Get(ical.PropDateTimeStart).ValueType() != ical.ValueDate {
		t.Errorf("it begins %s, %v", start, err)
	}
	if end, err := submit.DateTimeEnd(time.UTC); err != nil || !end.Equal(start.AddDate(0, 0, 1)) {
		t.Errorf("it ends %s, %v", end, err)
	}
	if stamp, err := submit.Props.DateTime(ical.PropDateTimeStamp, time.UTC); err != nil || !stamp.Equal(exported) {
		t.Errorf("it is of %s, %v", stamp, err)
	}
	for name, want := range map[string]string{
		ical.PropUID: "att-annual-2026-submit-reporting@reporting.counterfoil", ical.PropSummary: "att-annual 2026: submit (reporting)", ical.PropCategories: "LEGAL",
		ical.PropDescription: "legal date\nstate: ahead\nrole: compiler (p-2, 2027-01-02)\nsource: ATT Article 13(3); \"last day\", C:\\law\nnext: counterfoil report submit reporting/att-annual-2026.1",
	} {
		if got := value(submit, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := value(open, ical.PropDescription); !strings.Contains(got, res.Steps[1].Source+"\n") {
		t.Errorf("the source is %q", got)
	}
	var triggers []string
	for _, alarm := range submit.Children {
		if alarm.Name != ical.CompAlarm || alarm.Props.Get(ical.PropAction).Value != "DISPLAY" || alarm.Props.Get(ical.PropDescription) == nil {
			t.Errorf("alarm %v", alarm)
		}
		before, err := alarm.Props.Get(ical.PropTrigger).Duration()
		if err != nil {
			t.Fatal(err)
		}
		triggers = append(triggers, fmt.Sprint(before.Hours()/24))
	}
	if !slices.Equal(triggers, []string{"-30", "-7"}) || len(open.Children) > 0 {
		t.Errorf("alarms %v days from it; of what is done %v", triggers, open.Children)
	}
}

// linesOf are the lines of a file, each of at most 75 octets, of whole characters, and ended as the standard has it.
func linesOf(t interface {
	Errorf(string, ...any)
}, text string) []string {
	lines := strings.Split(text, "\r\n")
	if lines[len(lines)-1] != "" || strings.Count(text, "\n") != len(lines)-1 {
		t.Errorf("lines do not all end with carriage return and line feed")
	}
	for _, line := range lines {
		if len(line) > 75 || !utf8.ValidString(line) {
			t.Errorf("line %q has %d octets, or half a character", line, len(line))
		}
	}
	return lines
}

// Whatever texts a procedure has, the file keeps to the format, and the texts come out as they went in.
func TestICSKeepsAnyText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		source := rapid.StringOfN(rapid.RuneFrom([]rune("ab ,;:\\\"'\né漢🚢()")), 0, 200, -1).Draw(t, "source")
		res := &reportingv1.CalendarResponse{ProcedureId: "reporting/P@1", Steps: []*reportingv1.CalendarStep{{
			Report: "iti", Year: 2026, Step: "submit", Agency: "customs", Date: "2027-03-31", Source: source, Due: timestamppb.New(exported),
		}}}
		text := icsOf(res, exported)
		linesOf(t, text)
		cal, err := ical.NewDecoder(strings.NewReader(text)).Decode()
		if err != nil {
			t.Fatalf("%v:\n%s", err, text)
		}
		got, err := cal.Events()[0].Props.Text(ical.PropDescription)
		if want := description(res.Steps[0]); err != nil || got != want {
			t.Errorf("read %q, %v; want %q", got, err, want)
		}
	})
}

// A later file brings an earlier one up to date: a step keeps its UID, and no two have the same.
func TestICSKeepsUIDs(t *testing.T) {
	t.Parallel()
	uids := func(steps ...*reportingv1.CalendarStep) (list []string) {
		for _, line := range strings.Split(icsOf(&reportingv1.CalendarResponse{ProcedureId: "reporting/P@2", Steps: steps}, exported), "\r\n") {
			if uid, is := strings.CutPrefix(line, "UID:"); is {
				list = append(list, uid)
			}
		}
		return list
	}
	step := func(year uint32, name, agency, date string) *reportingv1.CalendarStep {
		return &reportingv1.CalendarStep{Report: "iti", Year: year, Step: name, Agency: agency, Date: date, Due: timestamppb.New(exported)}
	}
	before := uids(step(2026, "submit", "customs", "2027-03-31"), step(2026, "submit", "police", "2027-03-31"), step(2027, "submit", "customs", "2028-03-31"))
	after := uids(step(2026, "submit", "customs", "2027-03-30"), step(2026, "submit", "police", "2027-03-30"), step(2027, "submit", "customs", "2028-03-30"))
	if !slices.Equal(before, after) || len(slices.Compact(slices.Sorted(slices.Values(before)))) != 3 {
		t.Errorf("UIDs %v, then %v", before, after)
	}
}
