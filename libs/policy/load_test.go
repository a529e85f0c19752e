package policy_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/policy"
)

const small = `name: small
version: 1
title: Small
legal_basis: fictional
valid_from: 2026-01-01
decider: licensing
consultees:
  - agency: foreign
    part: mandatory
    serves: ATT 7(1)
    when: 'kind == "export"'
`

func TestLoadRefuses(t *testing.T) {
	replaced := func(old, new string) string {
		if !strings.Contains(small, old) {
			t.Fatalf("%q is not in the policy", old)
		}
		return strings.Replace(small, old, new, 1)
	}
	tests := map[string]struct{ text, want string }{
		"a field that is not known":     {replaced("part:", "role:"), `p.yaml:9: consultees[0].role: unknown field "role"`},
		"a number that is none":         {replaced("version: 1", "version: one"), "p.yaml:2: version: invalid integer"},
		"a list that is none":           {small + "veto_by: foreign\n", "p.yaml:12: veto_by: expected sequence, got scalar"},
		"a name with capitals":          {replaced("name: small", "name: Small"), "p.yaml:1: name: "},
		"a part that is none":           {replaced("mandatory", "member"), "p.yaml:9: consultees[0].part: "},
		"nothing where there has to be": {replaced("    serves: ATT 7(1)\n", ""), "p.yaml:8: consultees[0].serves: "},
		"a rule that is none":           {small + "rule: consensus\n", "p.yaml:12: rule: "},
		"two deadlines":                 {small + "emergency: {hours: 1, working_days: 1}\n", "p.yaml:12: emergency: give hours or working_days, not both"},
		"a day that is none":            {replaced("2026-01-01", "2026-02-30"), "p.yaml:5: valid_from: there is no day 2026-02-30"},
		"a key twice":                   {small + "title: again\n", "p.yaml: yaml: unmarshal errors:\n  line 12: mapping key \"title\" already defined at line 3"},
		"two documents":                 {small + "---\n" + small, "p.yaml: it holds more than one document"},
		"nothing at all":                {"# nothing\n", "p.yaml: it is empty"},
		"no text":                       {"name: \xff", "p.yaml: it is not UTF-8 text"},
		"a line that YAML alone sees":   {small + "# a\u2028b\n", "p.yaml: end lines with a line feed only"},
		"an alias":                      {replaced("title: Small", "title: &a Small") + "model: *a\n", "p.yaml:12: "},
		"broken YAML":                   {small + "rule: [\n", "p.yaml: yaml: line 1"},
		"a list":                        {"[]", "p.yaml:1: expected fields"},
		"an expression that is none":    {replaced(`kind == "export"`, `kind == `), "p.yaml:11: consultees[0].when: Syntax error"},
		"an unknown name":               {small + "scope: weight > 3\n", "p.yaml:12: scope: undeclared reference to 'weight'"},
		"a comparison of unlike":        {small + "scope: kind == 3\n", "p.yaml:12: scope: found no matching overload"},
		"no yes or no":                  {small + "scope: kind\n", "p.yaml:12: scope: it is a string and not a yes or no"},
		"a function of our own":         {small + "scope: now() > 3\n", "p.yaml:12: scope: undeclared reference to 'now'"},
		"too large":                     {small + "#" + strings.Repeat("x", 256<<10), "p.yaml: it has more than 256 KiB"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := policy.Load("p.yaml", []byte(tt.text))
			if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// Every error is told at once, each on a line of its own.
func TestLoadTellsEveryError(t *testing.T) {
	_, err := policy.Load("p.yaml", []byte(strings.NewReplacer("version: 1", "version: 0", "mandatory", "member").Replace(small)))
	if err == nil || len(strings.Split(err.Error(), "\n")) != 2 {
		t.Errorf("got %v, want two lines", err)
	}
}

func TestDefaults(t *testing.T) {
	p, err := policy.Load("p.yaml", []byte(small+"emergency: {hours: 2}\n"))
	if err != nil {
		t.Fatal(err)
	}
	m := p.Terms
	if m.Mixed != "split" || m.Rule != "advisory" || m.Silence != "no_view" || m.Signatures != 2 || m.ConflictOfInterest.Rule != "recuse" ||
		m.Risk.Threshold != "overriding" || m.Risk.ReasonFrom != "high" || m.Undercut.LookBackYears != 3 || m.Undercut.WorkingDays != 10 ||
		m.Undercut.Silence != "none" || m.Alerts.SuspendOn != "none" || m.Emergency.Rule != "advisory" || m.Emergency.Silence != "no_view" {
		t.Errorf("defaults: %v", m)
	}
	if p.ID() != "small/1" {
		t.Errorf("id %s", p.ID())
	}
}

// JSON is YAML too, so that a program can write a policy.
func TestLoadReadsJSON(t *testing.T) {
	p, err := policy.Load("p.yaml", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	data, err := protojson.Marshal(p.Terms)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := policy.Load("p.json", data); err != nil || again.ID() != p.ID() || again.Terms.Consultees[0].When != p.Terms.Consultees[0].When {
		t.Errorf("read %s again: %v", data, err)
	}
}

// Whatever the file holds, reading ends, an error says which file it is of, and what was read can be checked, played and
// applied.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("../../deploy/example/policies/*.yaml")
	if err != nil || len(files) == 0 {
		f.Fatalf("no templates: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(small + "scope: categories.all(a, categories.all(b, categories.all(c, a + b == c)))\n"))
	f.Add([]byte("name: a\r\nversion: &x 1\r\n? [a]\r\n: *x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := policy.Load("p.yaml", data)
		if err != nil {
			if !errors.Is(err, fault.Invalid) || !strings.HasPrefix(err.Error(), "p.yaml:") {
				t.Errorf("error %v", err)
			}
			return
		}
		for _, problem := range policy.Check(p, policy.Registry{}) {
			if problem.Line < 1 || problem.Field == "" {
				t.Errorf("problem %+v", problem)
			}
		}
		if _, err := policy.RunTests(t.Context(), p); err != nil {
			t.Error(err)
		}
		if _, err := policy.Route([]*policy.Policy{p}, []policy.Facts{{Line: 1, Kind: "export"}}); err != nil && !errors.Is(err, fault.Precondition) {
			t.Error(err)
		}
	})
}

// A policy that was sent is the one that was read, and what is wrong with it is said by field.
func TestCompile(t *testing.T) {
	for _, read := range templates(t) {
		sent, err := policy.Compile(read.Terms)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(read.Terms, sent.Terms, protocmp.Transform()); diff != "" || !sent.ValidFrom.Equal(read.ValidFrom) {
			t.Errorf("%s: %s", read.ID(), diff)
		}
		if problems := policy.Check(sent, states); len(problems) > 0 {
			t.Errorf("%s: %v", read.ID(), problems)
		}
	}
	broken := proto.CloneOf(templates(t, "example")[0].Terms)
	broken.Scope, broken.Rule = "weight > 3", "consensus"
	_, err := policy.Compile(broken)
	if !errors.Is(err, fault.Invalid) || !strings.HasPrefix(err.Error(), "example: rule: ") || !strings.Contains(err.Error(), "\nexample: scope: undeclared reference") {
		t.Errorf("got %v", err)
	}
	if _, err := policy.Compile(nil); !errors.Is(err, fault.Invalid) {
		t.Errorf("no policy: %v", err)
	}
	broken.Scope, broken.Rule, broken.ValidFrom = "", "", ""
	p, err := policy.Compile(broken)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := policy.Check(p, states)[0].String(), "example: error: valid_from: it is missing, so the policy is never in force"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
