package written_test

import (
	"errors"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/written"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

const text = `# A procedure
procedure: P
version: 1
reports:
  - report: att-annual
    owner: reporting
    tables:
      - {table: exports, basis_of: {I: actual}}
    steps:
      - step: submit
        day: 05-31
        remind:
          - 30
          - 7
`

func TestRead(t *testing.T) {
	p := &reportingv1.Procedure{}
	if _, wrong := written.Read("p.yaml", []byte(text), p); len(wrong) > 0 {
		t.Fatal(wrong)
	}
	want := &reportingv1.Procedure{Procedure: "P", Version: 1, Reports: []*reportingv1.ReportTerms{{
		Report: "att-annual", Owner: "reporting", Tables: []*reportingv1.TableTerms{{Table: "exports", BasisOf: map[string]string{"I": "actual"}}},
		Steps: []*reportingv1.StepTerms{{Step: "submit", Day: "05-31", Remind: []uint32{30, 7}}},
	}}}
	if !proto.Equal(p, want) {
		t.Errorf("read %v", p)
	}
}

func TestReadSaysWhere(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want []string // beginnings of the lines
	}{
		"a field that is not known":         {strings.Replace(text, "owner:", "ower:", 1), []string{`p.yaml:6: reports[0].ower: unknown field "ower"`}},
		"two of them":                       {strings.NewReplacer("owner:", "ower:", "remind:", "remember:").Replace(text), []string{"p.yaml:6: reports[0].ower: ", "p.yaml:12: reports[0].steps[0].remember: "}},
		"a number that is none":             {strings.Replace(text, "- 7", "- seven", 1), []string{"p.yaml:14: reports[0].steps[0].remind[1]: invalid integer"}},
		"one in a flow":                     {strings.Replace(text, "{table:", "{tabel:", 1), []string{"p.yaml:8: reports[0].tables[0].tabel: "}},
		"a list that is none":               {"reports: none\n", []string{"p.yaml:1: reports: expected sequence"}},
		"a list where fields belong":        {"- a\n", []string{"p.yaml:1: expected fields"}},
		"a key twice":                       {text + "version: 2\n", []string{"p.yaml: yaml: unmarshal errors:\n  line 15: mapping key \"version\" already defined at line 3"}},
		"nothing":                           {"", []string{"p.yaml: it is empty"}},
		"a comment":                         {"# nothing\n", []string{"p.yaml: it is empty"}},
		"two documents":                     {text + "---\n" + text, []string{"p.yaml: it holds more than one document"}},
		"bytes that are no text":            {"procedure: \xff", []string{"p.yaml: it is not UTF-8 text"}},
		"a line that only YAML knows":       {"procedure: P # a\u0085b\n", []string{"p.yaml: end lines with a line feed only"}},
		"a lone carriage return":            {"procedure: P\rversion: 1\n", []string{"p.yaml: end lines with a line feed only"}},
		"more than fits":                    {"#" + strings.Repeat("x", written.MaxFile), []string{"p.yaml: it has more than 256 KiB"}},
		"what is no YAML":                   {"reports: [\n", []string{"p.yaml: yaml: line 1"}},
		"an alias, which the reader has no": {"procedure: &a P\nlegal_basis: *a\n", []string{"p.yaml:2: expected scalar, got alias"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, wrong := written.Read("p.yaml", []byte(tt.text), &reportingv1.Procedure{})
			if len(wrong) != len(tt.want) {
				t.Fatalf("got %q, want %q", wrong, tt.want)
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(wrong[i], want) {
					t.Errorf("got %q, want %q", wrong[i], want)
				}
			}
		})
	}
	if _, wrong := written.Read("p.yaml", []byte(strings.ReplaceAll(text, "\n", "\r\n")), &reportingv1.Procedure{}); len(wrong) > 0 {
		t.Errorf("lines that end as elsewhere: %q", wrong)
	}
}

func TestLine(t *testing.T) {
	read, wrong := written.Read("p.yaml", []byte(text), &reportingv1.Procedure{})
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	for path, want := range map[string]int{
		"procedure": 2, "version": 3, "reports[0]": 5, "reports[0].owner": 6, "reports[0].tables[0].table": 8, "reports[0].steps[0].step": 10,
		"reports[0].steps[0].day": 11, "reports[0].steps[0].remind[1]": 14,
		// what is not there is where it would be
		"state": 2, "reports[0].role": 5, "reports[1]": 5, "reports[0].steps[0].remind[2]": 13, "": 2,
	} {
		if got := read.Line(path); got != want {
			t.Errorf("%s stands in line %d, want %d", path, got, want)
		}
	}
	if got := read.At("reports[0].owner", "nobody"); got != "p.yaml:6: reports[0].owner: nobody" {
		t.Error(got)
	}
	if got := (written.Text{Name: "sent"}).At("owner", "nobody"); got != "sent: owner: nobody" {
		t.Error(got)
	}
}

func TestBroken(t *testing.T) {
	p := &reportingv1.Procedure{}
	read, wrong := written.Read("p.yaml", []byte(strings.NewReplacer("05-31", "soon", "att-annual", "ATT").Replace(text)), p)
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	lines, err := read.Broken(protovalidate.Validate(p))
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(lines, "\n")
	for _, want := range []string{"p.yaml:5: reports[0].report: ", "p.yaml:11: reports[0].steps[0].day: ", "p.yaml:2: state: ", "p.yaml:2: authority: "} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not said in\n%s", want, all)
		}
	}
	other := errors.New("no rules")
	if lines, err := read.Broken(other); len(lines) > 0 || !errors.Is(err, other) {
		t.Errorf("another error gives %q, %v", lines, err)
	}
	if lines, err := read.Broken(nil); len(lines) > 0 || err != nil {
		t.Errorf("none gives %q, %v", lines, err)
	}
}

// Whatever the text is, reading ends, what is wrong names the file, and every path has a line of it.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{text, "a: [b, {c: d}]\n", "? [a]\n: b\n", "a: &x [*x]\n", "\"reports[0]\": {}\n", "a.b: 1\na: {b: 2}\n", "!!binary a: b"} {
		f.Add([]byte(seed), "reports[0].steps[0].day")
	}
	f.Fuzz(func(t *testing.T, data []byte, path string) {
		read, wrong := written.Read("p.yaml", data, &reportingv1.Procedure{})
		for _, w := range wrong {
			if !strings.HasPrefix(w, "p.yaml:") {
				t.Errorf("%q does not name the file", w)
			}
		}
		if line := read.Line(path); line < 0 || line > strings.Count(string(data), "\n")+1 {
			t.Errorf("%q stands in line %d", path, line)
		}
	})
}
