package policy_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/counterfoil/counterfoil/libs/policy"
)

// states are the agencies and calendars that the templates' fictional State has.
var states = policy.Registry{
	Agencies: []string{"audit", "cabinet", "customs", "defence", "enforcement", "foreign", "intelligence", "interior", "justice",
		"licensing", "reporting", "transport"},
	Calendars: []string{"XA"},
}

func templates(t testing.TB, names ...string) []*policy.Policy {
	t.Helper()
	files, err := filepath.Glob("../../deploy/example/policies/*.yaml")
	if err != nil || len(files) != 11 {
		t.Fatalf("%d templates: %v", len(files), err)
	}
	var list []*policy.Policy
	for _, file := range files {
		if name := filepath.Base(file); len(names) > 0 && !slices.Contains(names, name[:len(name)-len(".yaml")]) {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, err := policy.Load(filepath.Base(file), data)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

// Every template reads, makes sense, and answers its worked examples as it says.
func TestTemplates(t *testing.T) {
	for _, p := range templates(t) {
		t.Run(p.Terms.Name, func(t *testing.T) {
			for _, problem := range policy.Check(p, states) {
				t.Error(problem)
			}
			results, err := policy.RunTests(t.Context(), p)
			if err != nil || len(results) == 0 {
				t.Errorf("no worked examples: %v", err)
			}
			for _, r := range results {
				for _, f := range r.Failures {
					t.Errorf("line %d: %s: %s", r.Line, r.Name, f)
				}
			}
			if got := policy.InForce([]*policy.Policy{p}, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)); len(got) != 1 {
				t.Error("it is not in force on its first day")
			}
		})
	}
}

// The example State's policy needs no more agencies than its plan has.
func TestExampleNeedsTheExampleStateOnly(t *testing.T) {
	p := templates(t, "example")[0]
	for _, problem := range policy.Check(p, policy.Registry{Agencies: []string{"authority", "licensing", "customs", "enforcement", "reporting", "observer"}, Calendars: []string{}}) {
		t.Error(problem)
	}
}
