package duedates_test

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/duedates"
	"github.com/counterfoil/counterfoil/libs/report"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
)

const twentyYears = `  - report: att-annual
    owner: reporting
    contributors: [customs]
    steps:
      - {step: open, day: 01-01, move: after}
      - {step: return, day: 02-last, move: before}
      - {step: mark, day: 02-29, legal: true}
      - {step: freeze, day: 05-01, move: after}
      - {step: submit, day: 05-31, legal: true}
      - {step: publish, day: 12-31, move: before}
`

// everyYear has a day of each year from 2025 to 2046.
func everyYear(days ...string) (list []string) {
	for year := 2025; year <= 2046; year++ {
		for _, d := range days {
			list = append(list, fmt.Sprintf("%d-%s", year, d))
		}
	}
	return list
}

// Twenty years of two States, whose weekends differ, with four leap days and holidays on the dates and beside them.
func TestTwentyYears(t *testing.T) {
	calendars := map[string]*directoryv1.CalendarAdopted{
		"XA": weekdays(append(everyYear("01-01", "05-01", "12-25"), "2027-02-26", "2028-02-29", "2030-01-02", "2033-05-31", "2040-12-31")...),
		"XB": {Weekend: []uint32{5, 6}, Holidays: append(everyYear("01-01", "05-01"), "2029-02-28", "2032-02-29", "2036-05-04", "2044-12-29")},
	}
	file, err := os.Open("testdata/twenty-years.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	want := map[string][]string{}
	var state string
	var steps []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) == 0 || words[0] == "#":
		case len(words) == 7:
			state, steps = words[0], words[1:]
		default:
			for i, step := range steps {
				want[state] = append(want[state], fmt.Sprintf("%s %s-%s %s", words[1+2*i], words[0], words[2+2*i], step))
			}
		}
	}
	for state, calendar := range calendars {
		t.Run(state, func(t *testing.T) {
			calendar.CalendarId = state
			procedure := adopted("calendar: "+state+"\nvalid_from: 2020-01-01\nin_force: 2014-12-24\n", twentyYears)
			list, err := duedates.Dates(given(t, procedure, calendar), 2026, 2045)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range list {
				got = append(got, d.Day.Format("Mon 2006-01-02 ")+d.Step.GetStep())
				if !d.Due.Equal(d.Day.AddDate(0, 0, 1).Add(-time.Second)) {
					t.Errorf("%s is due at %s", d.ID(), d.Due)
				}
			}
			slices.Sort(got)
			expected := slices.Sorted(slices.Values(want[state]))
			if diff := cmp.Diff(expected, got); diff != "" || len(got) != 120 {
				t.Errorf("%d dates:\n%s", len(got), diff)
			}
		})
	}
}

func TestWhichYears(t *testing.T) {
	const submit = "    owner: reporting\n    steps: [{step: submit, day: 05-31}]\n"
	report := func(name, more string) string { return "  - report: " + name + "\n" + more + submit }
	tests := map[string]struct {
		head, reports string
		want          string // years reported on, of dates from 2026 to 2031
	}{
		"from the year that it is valid from":           {"valid_from: 2027-06-01\n", report("un-register", ""), "2027 2028 2029 2030"},
		"always":                                        {"", report("un-register", ""), "2025 2026 2027 2028 2029 2030"},
		"from a first year":                             {"valid_from: 2025-01-01\n", report("un-register", "    first_year: 2029\n"), "2029 2030"},
		"not before the procedure":                      {"valid_from: 2027-01-01\n", report("un-register", "    first_year: 2020\n"), "2027 2028 2029 2030"},
		"every other year":                              {"valid_from: 2025-01-01\n", report("iti", "    every_years: 2\n    first_year: 2026\n"), "2026 2028 2030"},
		"every third year, from before":                 {"valid_from: 2025-01-01\n", report("iti", "    every_years: 3\n    first_year: 2020\n"), "2026 2029"},
		"once":                                          {"valid_from: 2026-01-01\n", report("iti", "    once: true\n"), "2026"},
		"annual, from the first full year":              {"valid_from: 2025-01-01\nin_force: 2026-03-01\n", report("att-annual", ""), "2027 2028 2029 2030"},
		"annual, in force on 1 January":                 {"valid_from: 2025-01-01\nin_force: 2026-01-01\n", report("att-annual", ""), "2026 2027 2028 2029 2030"},
		"annual, not before the procedure":              {"valid_from: 2027-01-01\nin_force: 2014-12-24\n", report("att-annual", ""), "2027 2028 2029 2030"},
		"annual, while the Treaty is not in force":      {"valid_from: 2025-01-01\n", report("att-annual", ""), "2025 2026 2027 2028 2029 2030"},
		"annual, voluntarily before":                    {"valid_from: 2025-01-01\n", report("att-annual", "    first_year: 2025\n"), "2025 2026 2027 2028 2029 2030"},
		"the Register does not wait for the Treaty":     {"valid_from: 2025-01-01\nin_force: 2028-03-01\n", report("un-register", ""), "2025 2026 2027 2028 2029 2030"},
		"counted from entry into force, without moving": {"in_force: 2028-02-29\n", "  - report: att-initial\n    owner: reporting\n    steps: [{step: submit, day: +1y}]\n", "2029"},
		"counted from it, while there is none":          {"", "  - report: att-initial\n    owner: reporting\n    steps: [{step: submit, day: +1y}]\n", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			list, err := duedates.Dates(given(t, adopted(tt.head, tt.reports)), 2026, 2031)
			if err != nil {
				t.Fatal(err)
			}
			var years []string
			for _, d := range list {
				years = append(years, fmt.Sprint(d.Year))
			}
			if got := strings.Join(years, " "); got != tt.want {
				t.Errorf("reported on %q, want %q", got, tt.want)
			}
		})
	}
}

// The steps of an initial report are all of one year, that of its date, and stand where they fall.
func TestInitialReport(t *testing.T) {
	view := given(t, weekdays(), adopted("in_force: 2025-12-24\n", `  - report: att-initial
    owner: reporting
    role: head
    steps:
      - {step: collect, day: +6m, move: before, agencies: [customs, licensing]}
      - {step: check, day: +355d, move: after}
      - {step: submit, day: +1y, legal: true}
`))
	want := []string{
		"2026-06-24 att-initial/2026 collect customs", "2026-06-24 att-initial/2026 collect licensing",
		"2026-12-14 att-initial/2026 check reporting", "2026-12-24 att-initial/2026 submit reporting",
	}
	if diff := cmp.Diff(want, dates(t, view, 2026, 2027)); diff != "" {
		t.Error(diff)
	}
	of, err := duedates.Of(view, "att-initial", 2026)
	if err != nil || len(of) != 4 || of[0].Role != "" || of[3].Role != "head" {
		t.Errorf("%v, %v", of, err)
	}
	if due, err := duedates.DueOf(view, "att-initial", 2026, report.StepSubmit); err != nil || !due.Equal(day(t, "2026-12-25").Add(-time.Second)) {
		t.Errorf("due %s, %v", due, err)
	}
	for _, none := range []struct {
		report, step string
		year         int
	}{{"att-initial", "submit", 2027}, {"att-annual", "submit", 2026}, {"att-initial", "freeze", 2026}} {
		if due, err := duedates.DueOf(view, none.report, none.year, none.step); err != nil || !due.IsZero() {
			t.Errorf("%v is due %s, %v", none, due, err)
		}
	}
}

// A year is reported on under the version that was valid in it; a date that is moved over the end of its year is of the year where it is.
func TestVersions(t *testing.T) {
	const first, second = `  - {report: un-register, owner: reporting, steps: [{step: submit, day: 12-31, move: after}]}
`, `  - {report: un-register, owner: customs, steps: [{step: submit, day: 06-30}]}
`
	facts := []proto.Message{weekdays("2028-01-03"), adopted("valid_from: 2025-01-01\n", first), adopted("version: 2\nvalid_from: 2027-01-01\n", second)}
	want := []string{
		"2026-12-31 un-register/2025 submit reporting",
		"2027-12-31 un-register/2026 submit reporting",
		"2028-06-30 un-register/2027 submit customs",
	}
	if diff := cmp.Diff(want, dates(t, given(t, facts...), 2026, 2028)); diff != "" {
		t.Error(diff)
	}
	facts[0] = weekdays("2026-12-31", "2027-12-31", "2028-01-03")
	want[0], want[1] = "2027-01-01 un-register/2025 submit reporting", "2028-01-04 un-register/2026 submit reporting"
	if diff := cmp.Diff(want, dates(t, given(t, facts...), 2027, 2028)); diff != "" {
		t.Error(diff)
	}
}

// The day ends where the State is.
func TestZone(t *testing.T) {
	calendar := weekdays()
	calendar.TimeZone = "Pacific/Auckland"
	view := given(t, calendar, adopted("", "  - {report: un-register, owner: reporting, steps: [{step: submit, day: 05-31, remind: [3], escalate: [{working_days: 2, agency: customs}]}]}\n"))
	list, err := duedates.Dates(view, 2026, 2026)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	d := list[0]
	for name, tt := range map[string]struct {
		got  time.Time
		want string
	}{
		"due":                   {d.Due, "2026-05-31T23:59:59+12:00"},
		"three days before":     {d.Before(3), "2026-05-28T00:00:00+12:00"},
		"over":                  {d.Over(0), "2026-06-01T00:00:00+12:00"},
		"two working days over": {d.Over(2), "2026-06-03T00:00:00+12:00"},
	} {
		want, err := time.Parse(time.RFC3339, tt.want)
		if err != nil || !tt.got.Equal(want) {
			t.Errorf("%s: %s, want %s", name, tt.got.Format(time.RFC3339), tt.want)
		}
	}
}

func TestBasis(t *testing.T) {
	seen := map[string]bool{}
	facts := []proto.Message{weekdays()}
	for i, more := range []proto.Message{nil, adopted("", "  - {report: iti, owner: customs}\n"), adopted("version: 2\n", "  - {report: iti, owner: customs}\n"), weekdays("2026-01-01")} {
		if more != nil {
			facts = append(facts, more)
		}
		basis, err := duedates.Basis(given(t, facts...))
		if err != nil || seen[basis] || (basis == "") != (i == 0) {
			t.Errorf("after %d: %q, %v", i, basis, err)
		}
		seen[basis] = true
	}
	if list, err := duedates.Dates(given(t), 2026, 2030); len(list) > 0 || err != nil {
		t.Errorf("dates without a procedure: %v, %v", list, err)
	}
}
