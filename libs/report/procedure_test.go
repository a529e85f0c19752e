package report_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

const written = `procedure: XA-reports
version: 1
state: XA
valid_from: 2026-01-01
authority: Office of XA
in_force: 2014-12-24
reports:
  - report: att-annual
    owner: reporting
    contributors: [customs]
    tables:
      - table: exports
        basis: authorized
    steps:
      - step: return
        day: 02-28
        move: before
        remind: [7]
        escalate:
          - {working_days: 1, agency: customs, role: head}
      - {step: submit, day: 05-31, legal: true}
`

func TestLoadProcedureRefuses(t *testing.T) {
	if _, err := report.LoadProcedure("p.yaml", []byte(written)); err != nil {
		t.Fatal(err)
	}
	const more = "  - {report: national, owner: reporting, once: true, steps: [{step: submit, day: 01-31}]}\n"
	for name, tt := range map[string]struct{ old, new, want string }{
		"a field that is not known":         {"owner:", "holder:", `p.yaml:9: reports[0].holder: unknown field "holder"`},
		"a number that is none":             {"version: 1", "version: one", "p.yaml:2: version: invalid integer"},
		"no authority":                      {"authority: Office of XA\n", "", "p.yaml:1: authority: "},
		"a state that is none":              {"state: XA", "state: Arcadia", "p.yaml:3: state: "},
		"a day that is none":                {"2026-01-01", "2026-02-30", "p.yaml:4: valid_from: there is no day 2026-02-30"},
		"an entry that is none":             {"2014-12-24", "2014-13-24", "p.yaml:6: in_force: there is no day 2014-13-24"},
		"a basis that is none":              {"authorized", "both", "p.yaml:13: reports[0].tables[0].basis: "},
		"a table of another form":           {"table: exports", "table: criteria", "p.yaml:12: reports[0].tables[0].table: report att-annual has no table criteria"},
		"a day of no year":                  {"02-28", "02-30", "p.yaml:16: reports[0].steps[0].day: no year has a day 02-30"},
		"no day at all":                     {"day: 02-28", "day: soon", "p.yaml:16: reports[0].steps[0].day: "},
		"days of both kinds":                {"05-31", "+1y", "p.yaml:21: reports[0].steps[1].day: the days of a report count from entry into force all together"},
		"a date of the law that moves":      {"legal: true", "legal: true, move: after", "p.yaml:21: reports[0].steps[1].move: a date by treaty or law does not move"},
		"a step twice":                      {"step: submit", "step: return", "p.yaml:21: reports[0].steps[1].step: return stands twice"},
		"a report twice":                    {"reports:\n", "reports:\n  - {report: att-annual, owner: reporting}\n", "p.yaml:9: reports[1].report: att-annual stands twice"},
		"a step that nobody owes":           {"    contributors: [customs]\n", "", "p.yaml:14: reports[0].steps[0].step: nobody owes it"},
		"a reminder of no day":              {"remind: [7]", "remind: [0]", "p.yaml:18: reports[0].steps[0].remind[0]: "},
		"told twice":                        {"          - {working_days: 1", "          - {working_days: 3, agency: customs, role: head}\n          - {working_days: 1", "p.yaml:21: reports[0].steps[0].escalate[1]: customs head stands twice"},
		"once, and never":                   {"valid_from: 2026-01-01\n", "", "p.yaml:21: reports[1].once: say of which year it is: first_year"},
		"a key twice":                       {"version: 1\n", "version: 1\nversion: 2\n", "p.yaml: yaml: unmarshal errors:\n  line 3: mapping key \"version\" already defined at line 2"},
		"a report that is no name":          {"report: att-annual", "report: ATT", "p.yaml:8: reports[0].report: "},
		"an agency that is no name":         {"owner: reporting", "owner: Reporting office", "p.yaml:9: reports[0].owner: "},
		"told after no working days at all": {"working_days: 1", "working_days: 0", "p.yaml:20: reports[0].steps[0].escalate[0].working_days: "},
	} {
		t.Run(name, func(t *testing.T) {
			text := written
			if strings.HasPrefix(name, "once") {
				text += more
			}
			if !strings.Contains(text, tt.old) {
				t.Fatalf("%q is not in the procedure", tt.old)
			}
			_, err := report.LoadProcedure("p.yaml", []byte(strings.Replace(text, tt.old, tt.new, 1)))
			if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %s", err, tt.want)
			}
		})
	}
}

// Every error is told at once, each on a line of its own.
func TestLoadProcedureTellsEveryError(t *testing.T) {
	_, err := report.LoadProcedure("p.yaml", []byte(strings.NewReplacer("02-28", "02-30", "05-31", "06-31", "2026-01-01", "2026-01-32").Replace(written)))
	if err == nil || len(strings.Split(err.Error(), "\n")) != 3 {
		t.Errorf("got %v, want three lines", err)
	}
}

// The example can be followed, and has every report that the program makes.
func TestExampleProcedure(t *testing.T) {
	data, err := os.ReadFile("../../deploy/example/reporting/example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := report.LoadProcedure("example.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Forms() {
		if report.TermsOf(p, f.Name) == nil {
			t.Errorf("the example says nothing of %s", f.Name)
		}
	}
}

func TestFor(t *testing.T) {
	adopt := func(id, head string) *reportingv1.ProcedureAdopted {
		return &reportingv1.ProcedureAdopted{ProcedureId: id, Content: []byte(head + "procedure: P\nstate: XA\nauthority: Office\nreports: [{report: iti, owner: customs}]\n")}
	}
	view := ledgertest.GivenAs(t, "reporting", adopt("reporting/P@1", "version: 1\n"), adopt("reporting/P@2", "version: 2\nvalid_from: 2027-12-31\n"), adopt("reporting/P@3", "version: 3\nvalid_from: 2026-06-01\n"),
		adopt("reporting/P@10", "version: 10\nvalid_from: 2030-01-01\n"))
	list, err := report.Procedures(view)
	if err != nil || len(list) != 4 || list[0].At.IsZero() {
		t.Fatalf("%v, %v", list, err)
	}
	for year, want := range map[int]string{2025: "reporting/P@1", 2026: "reporting/P@3", 2027: "reporting/P@3", 2029: "reporting/P@3", 2030: "reporting/P@10"} {
		if got := report.For(list, year).ID; got != want {
			t.Errorf("%d is reported on under %s, want %s", year, got, want)
		}
		if id, p, err := report.ProcedureOf(view, year); id != want || p == nil || err != nil {
			t.Errorf("%d: %s, %v, %v", year, id, p, err)
		}
	}
	if none := report.For(nil, 2026); none.ID != "" || none.Terms != nil {
		t.Errorf("without any: %v", none)
	}
}

// Whatever the file holds, reading ends, an error says which file it is of, and what was read can be written down again.
func FuzzLoadProcedure(f *testing.F) {
	example, err := os.ReadFile("../../deploy/example/reporting/example.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	f.Add([]byte(written))
	f.Add([]byte("procedure: a\r\nreports: &x [1]\r\n? [a]\r\n: *x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := report.LoadProcedure("p.yaml", data)
		if err != nil {
			if !errors.Is(err, fault.Invalid) || !strings.HasPrefix(err.Error(), "p.yaml:") {
				t.Errorf("error %v", err)
			}
			return
		}
		for _, r := range p.GetReports() {
			for _, s := range r.GetSteps() {
				if _, err := report.ParseDay(s.GetDay()); err != nil || len(report.Owing(r, s)) == 0 {
					t.Errorf("step %v: %v", s, err)
				}
			}
		}
	})
}
