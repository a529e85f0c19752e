package casework

import (
	"slices"
	"testing"
	"time"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// What an option of an enum sends is read as that value, and what is none as nothing.
func TestEnumsAreReadAsTheyAreOffered(t *testing.T) {
	offered := enums(licensingv1.Level_LEVEL_UNSPECIFIED)
	for i, o := range offered {
		if got := parseEnum[licensingv1.Level](o.Value); int(got) != i+1 {
			t.Errorf("%q is read as %v", o.Value, got)
		}
	}
	for _, none := range []string{"", "unspecified", "LOW", "1"} {
		if got := parseEnum[licensingv1.Level](none); got != 0 {
			t.Errorf("%q is read as %v", none, got)
		}
	}
	if len(offered) != 5 {
		t.Errorf("%d levels are offered", len(offered))
	}
}

func FuzzParseEnum(f *testing.F) {
	f.Add("overriding")
	f.Add("")
	f.Fuzz(func(t *testing.T, name string) {
		got := parseEnum[licensingv1.Level](name)
		offered := slices.ContainsFunc(enums(got), func(o option) bool { return o.Value == name })
		if (got != 0) != offered {
			t.Errorf("%q is read as %v", name, got)
		}
	})
}

// Of each policy the newest version stands first, and the one in force is marked; one that cannot be read says so.
func TestVersions(t *testing.T) {
	row := func(id, content string) *ledgerv1.Policy {
		return &ledgerv1.Policy{Id: id, Adopted: &directoryv1.PolicyAdopted{PolicyId: id, Content: []byte(content)}}
	}
	version := func(n, from string) string {
		return "name: bb\nversion: " + n + "\ntitle: t\nlegal_basis: l\ndecider: licensing\nvalid_from: " + from + "\n"
	}
	rows := []*ledgerv1.Policy{
		row("bb/2", version("2", "2026-01-01")), row("bb/10", version("10", "2027-01-01")), row("aa/1", "what"), row("bb/1", version("1", "2025-01-01")),
	}
	var got []string
	for _, a := range versions(rows, time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)) {
		said := a.GetId()
		if a.InForce {
			said += " in force"
		}
		if a.Problem != "" {
			said += " unreadable"
		}
		got = append(got, said)
	}
	if want := []string{"aa/1 unreadable", "bb/10", "bb/2 in force", "bb/1"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
