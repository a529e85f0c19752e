package refdata_test

import (
	"slices"
	"testing"

	"github.com/counterfoil/counterfoil/libs/refdata"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

const (
	tanks      = transferv1.Category_CATEGORY_I_BATTLE_TANKS
	vehicles   = transferv1.Category_CATEGORY_II_ARMOURED_COMBAT_VEHICLES
	artillery  = transferv1.Category_CATEGORY_III_LARGE_CALIBRE_ARTILLERY
	aircraft   = transferv1.Category_CATEGORY_IV_COMBAT_AIRCRAFT
	helicopter = transferv1.Category_CATEGORY_V_ATTACK_HELICOPTERS
	warships   = transferv1.Category_CATEGORY_VI_WARSHIPS
	missiles   = transferv1.Category_CATEGORY_VII_MISSILES_AND_LAUNCHERS
	small      = transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS
	ammunition = transferv1.Category_CATEGORY_ARTICLE_3_AMMUNITION
	parts      = transferv1.Category_CATEGORY_ARTICLE_4_PARTS
)

func TestHeadings(t *testing.T) {
	if version, edition := refdata.HSTable(); version != "hs-2022/1" || edition != 2022 {
		t.Errorf("HSTable() = %s, %d", version, edition)
	}
	for _, tt := range []struct {
		code       string
		categories []transferv1.Category
		controlled bool
	}{
		{"871000", []transferv1.Category{tanks, vehicles, parts}, true},
		{"8710000010", []transferv1.Category{tanks, vehicles, parts}, true},
		{"930110", []transferv1.Category{artillery, small}, true},
		{"930120", []transferv1.Category{artillery, missiles, small}, true},
		{"930190", []transferv1.Category{small}, true},
		{"93019000", []transferv1.Category{small}, true},
		{"930200", []transferv1.Category{small}, true},
		{"930310", nil, false},
		{"930320", []transferv1.Category{small}, true},
		{"930330", []transferv1.Category{small}, true},
		{"930390", nil, false},
		{"930400", nil, false},
		{"930510", []transferv1.Category{parts}, true},
		{"930599", []transferv1.Category{parts}, true},
		{"930621", []transferv1.Category{ammunition}, true},
		{"930630", []transferv1.Category{ammunition}, true},
		{"930690", []transferv1.Category{missiles, ammunition, parts}, true},
		{"930700", nil, false},
		{"880212", []transferv1.Category{aircraft, helicopter}, false},
		{"880240", []transferv1.Category{aircraft, helicopter}, false},
		{"880624", []transferv1.Category{aircraft, helicopter}, false},
		{"880730", []transferv1.Category{parts}, false},
		{"890610", []transferv1.Category{warships}, true},
		{"852610", []transferv1.Category{parts}, false},
		{"901310", []transferv1.Category{parts}, false},
		{"360200", nil, false},
	} {
		for number := range transferv1.Category_name {
			category := transferv1.Category(number)
			plausible, known := refdata.HSPlausible(tt.code, category)
			if plausible != slices.Contains(tt.categories, category) || known != (number > 0) {
				t.Errorf("HSPlausible(%s, %v) = %v, %v", tt.code, category, plausible, known)
			}
		}
		if got := refdata.HSControlled(tt.code); got != tt.controlled {
			t.Errorf("HSControlled(%s) = %v", tt.code, got)
		}
	}
	for _, code := range []string{"880260", "890690", "010121", "9302", "930", "", "93020", "9302001", "93.02.00"} {
		if plausible, known := refdata.HSPlausible(code, small); plausible || known || refdata.HSControlled(code) {
			t.Errorf("%q is taken for a heading of arms", code)
		}
	}
}

// Each code of the Harmonized System that the table has something to say about is of the edition, and so is each row of the table.
func TestHeadingsAgainstHS2022(t *testing.T) {
	known := map[string]int{}
	for _, row := range readCSV(t, "hs-codes", "harmonized-system.csv")[1:] {
		if code := row[1]; len(code) == 6 {
			if _, ok := refdata.HSPlausible(code, small); ok {
				known[code[:4]]++
			}
			if refdata.HSControlled(code) && code[:2] != "93" && code != "871000" && code != "890610" {
				t.Errorf("%s (%s) needs a licence", code, row[2])
			}
		}
	}
	for heading, want := range map[string]int{"8710": 1, "9301": 3, "9302": 1, "9303": 4, "9304": 1, "9305": 4, "9306": 4, "9307": 1, "8802": 5, "8806": 11,
		"8807": 4, "8906": 1, "8526": 3, "9013": 1, "9014": 4, "9015": 1, "3601": 1, "3602": 1, "3603": 6, "3604": 2} {
		if known[heading] != want {
			t.Errorf("%d codes of heading %s are known; want %d", known[heading], heading, want)
		}
		delete(known, heading)
	}
	if len(known) > 0 {
		t.Errorf("headings beside those of the handbook: %v", known)
	}
}
