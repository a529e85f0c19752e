package refdata

import (
	"strings"
	"testing"
)

// A table that says what cannot be right is not loaded.
func TestClassificationTableIsChecked(t *testing.T) {
	good := string(classificationText)
	if _, err := loadClassification(classificationText); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{"version: att-2014-12-24.1", "version: ''"},
		{"number: 2\n", "number: 3\n"},
		{"ratings: [ML9]", "ratings: [ML23]"},
		{"ratings: [ML9]", "ratings: [ML9.a]"},
		{"armoured = yes", "armored = yes"},
		{"armoured = yes", "armoured = maybe"},
		{"armoured = yes", "armoured >= 4"},
		{"gun_calibre_mm >= 75", "gun_calibre_mm = 75"},
		{"gun_calibre_mm >= 75", "gun_calibre_mm >= many"},
		{"gun_calibre_mm >= 75", "gun_calibre_mm > 75"},
		{"gun_calibre_mm >= 75", "gun_calibre_mm"},
		{"category: CATEGORY_VI_WARSHIPS", "category: CATEGORY_VI"},
		{"row: VI\n", "rows: VI\n"},
		{"{unit: persons,", "{"},
		{"reason: a sub-machine gun", "reason: ''"},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if bad == good {
			t.Fatalf("the table has no %q", change[0])
		}
		if _, err := loadClassification([]byte(bad)); err == nil {
			t.Errorf("a table with %q for %q is loaded", change[1], change[0])
		}
	}
}

// Every parameter decides something.
func TestClassificationParametersAreUsed(t *testing.T) {
	table := classification()
	used := map[string]bool{}
	for _, r := range table.Rules {
		for _, c := range r.clauses {
			for _, t := range c {
				used[t.name] = true
			}
		}
	}
	for name := range table.Parameters {
		if !used[name] {
			t.Errorf("no rule asks for %s", name)
		}
	}
}
