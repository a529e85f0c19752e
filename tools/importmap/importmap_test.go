// Package importmap holds the code to the map: who may import whom.
package importmap

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const root = "github.com/counterfoil/counterfoil/"

// layers of libs, from the ground up: a package imports only packages of lower layers, or named beside it.
var layers = []string{
	"whole input",
	"metrics spans fault config seal refdata names written",
	"journal people access published policy blind marks plain",
	"openapi ledger cloudevent columns",
	"rpc",
	"backbone clients directory screening adopted citations custody incident differences descent links report",
	"projection feed replay natstest backup bundle lineage duedates render knowledge",
	"proofs",
	"desk query webhooks",
	"node",
	"joining",
}

// agencies never import each other.
var agencies = []string{"licensing", "customs", "enforcement", "reporting", "ministry", "observer", "authority"}

// common are what every agency serves beside its own; agencies do not import it, and their rules are pure too.
var common = []string{"statement"}

// pure are the libs that rules may use: the ledger's views, and functions of their arguments alone.
var pure = []string{"ledger", "fault", "refdata", "published", "names", "blind", "policy", "screening", "marks", "adopted", "citations", "custody", "incident", "report", "written", "duedates"}

type pkg struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", root+"proto/...", root+"libs/...", root+"services/...", root+"tools/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p pkg
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	if len(list) < 20 {
		t.Fatalf("go list names only %d packages", len(list))
	}
	return list
}

func TestImportsFollowTheMap(t *testing.T) {
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, root)
		for _, path := range p.Imports {
			if to, own := strings.CutPrefix(path, root); own {
				if reason := forbidden(from, to); reason != "" {
					t.Errorf("%s imports %s: %s", from, to, reason)
				}
			}
		}
	}
}

func TestForbiddenIsNoticed(t *testing.T) {
	for _, tt := range []struct {
		from, to string
		ok       bool
	}{
		{"proto/counterfoil/query/v1", "libs/fault", false},
		{"libs/desk", "services/licensing", false},
		{"libs/ledger", "libs/desk", false},
		{"libs/desk", "libs/ledger", true},
		{"services/customs", "services/licensing/licence", false},
		{"services/customs", "services/customs/writeoff", true},
		{"services/customs", "services/duty", true},
		{"services/customs/writeoff", "libs/desk", false},
		{"services/customs/writeoff", "libs/ledger", true},
		{"services/customs", "services/statement", false},
		{"services/statement", "services/customs", false},
		{"services/statement", "services/statement/share", true},
		{"services/statement/share", "libs/desk", false},
		{"services/lab", "services/statement", true},
		{"services/lab", "services/customs", true},
		{"services/cmd/counterfoil", "services/lab", true},
		{"libs/desk", "tools/bench", false},
		{"tools/bench", "services/lab", true},
	} {
		if got := forbidden(tt.from, tt.to); (got == "") != tt.ok {
			t.Errorf("%s importing %s: %q; allowed is %v", tt.from, tt.to, got, tt.ok)
		}
	}
}

// forbidden says why one package may not import another, or nothing.
func forbidden(from, to string) string {
	order := []string{"proto", "libs", "services", "tools"}
	rank := func(path string) int {
		for i, name := range order {
			if path == name || strings.HasPrefix(path, name+"/") {
				return i
			}
		}
		return -1
	}
	a, b := strings.Split(from, "/"), strings.Split(to, "/")
	switch {
	case rank(from) < 0 || rank(to) < 0:
		return "it is not on the map"
	case rank(to) > rank(from):
		return "arrows point the other way: " + strings.Join(order, " <- ")
	case a[0] == "libs" && b[0] == "libs" && a[1] != b[1] && layer(b[1]) >= layer(a[1]):
		return "it is not on a lower layer"
	case a[0] != "services":
		return ""
	case isAgency(a[1]) && b[0] == "services" && a[1] != b[1] && b[1] != "duty":
		return "an agency imports its own rules only"
	case isRule(a) && b[0] == "libs" && !slices.Contains(pure, b[1]):
		return "a rule imports proto and the libs that are pure only: " + strings.Join(pure, ", ")
	}
	return ""
}

func layer(name string) int {
	for i, l := range layers {
		for _, n := range strings.Fields(l) {
			if n == name {
				return i
			}
		}
	}
	return -1
}

func isAgency(name string) bool {
	return slices.Contains(agencies, name) || slices.Contains(common, name)
}

// isRule tells services/<agency>/<noun> from the agency itself.
func isRule(path []string) bool { return len(path) > 2 && isAgency(path[1]) }
