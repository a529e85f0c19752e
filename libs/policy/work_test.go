package policy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func loaded(t *testing.T, name, text string) *Policy {
	t.Helper()
	p, err := Load(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const minimal = "name: p1\nversion: 1\ntitle: P\nlegal_basis: fictional\nvalid_from: 2026-01-01\ndecider: licensing\n"

// What a policy may have at most: fifty States, and as many expressions as fit that are never true.
func largest(t *testing.T) *Policy {
	var text strings.Builder
	fmt.Fprintf(&text, "%sscope: 'true'\n", minimal)
	for _, list := range []string{"requires: [{kind: permit", "obligations: [{kind: report, owner: holder, days: 1, after: exit, text: Report."} {
		start, item, ok := strings.Cut(list, "[")
		if !ok {
			t.Fatalf("%q begins no list", list)
		}
		text.WriteString(start + "[\n")
		for i := range 50 {
			fmt.Fprintf(&text, "%s, when: 'destination == \"%c%c\" && kind == \"none\"'},\n", item, 'A'+i/26, 'A'+i%26)
		}
		text.WriteString("]\n")
	}
	return loaded(t, "largest", text.String())
}

// The policies that are there need less than a twentieth of the work that a check may do, and a policy that is written to need more ends with a
// finding that says so.
func TestWorkOfACheckEnds(t *testing.T) {
	files, err := filepath.Glob("../../deploy/example/policies/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d templates: %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c := &checker{Policy: loaded(t, file, string(data))}
		if err := c.neverTrue(t.Context()); err != nil || c.work == 0 || c.work > maxWork/20 {
			t.Errorf("%s: work %d of %d, %v", file, c.work, maxWork, err)
		}
	}
	c := &checker{Policy: largest(t)}
	if err := c.neverTrue(t.Context()); !errors.Is(err, errSpent) || c.work > maxWork+costLimit+1+eachTry {
		t.Errorf("work %d of %d, %v", c.work, maxWork, err)
	}
	found := Check(c.Policy, Registry{})
	if last := found[len(found)-1]; last.Severity != Warning || last.Field != "scope" || !strings.Contains(last.Sentence, "not tried on every transfer") {
		t.Errorf("the last of %d findings: %s", len(found), last)
	}
}

// leaving is somebody who leaves when asked so many times.
type leaving struct {
	context.Context
	left int
}

func (l *leaving) Err() error {
	if l.left--; l.left < 0 {
		return context.Canceled
	}
	return nil
}

// A check, and worked examples, end with whoever asked for them, wherever they are.
func TestChecksEndWithWhoAsks(t *testing.T) {
	p := loaded(t, "p", minimal+"scope: kind == 'export'\nrequires: [{kind: permit, when: kind == 'none'}]\ntests: [{name: a, kind: export, expect: may_grant}, {name: b, kind: export, expect: may_grant}]\n")
	all := &leaving{t.Context(), 1 << 20}
	if found, err := CheckUntil(all, p, Registry{}); err != nil || len(found) != 1 {
		t.Fatalf("somebody who stays: %v, %v", found, err)
	}
	asked := 1<<20 - all.left
	for _, after := range []int{0, 1, asked / 2, asked - 1} {
		if found, err := CheckUntil(&leaving{t.Context(), after}, p, Registry{}); !errors.Is(err, context.Canceled) || found != nil {
			t.Errorf("somebody who leaves after %d of %d: %v, %v", after, asked, found, err)
		}
	}
	for after := range 3 {
		if got, err := RunTests(&leaving{t.Context(), after}, p); errors.Is(err, context.Canceled) != (after < 2) || (err == nil) != (len(got) == 2) {
			t.Errorf("worked examples for somebody who leaves after %d: %v, %v", after, got, err)
		}
	}
}
