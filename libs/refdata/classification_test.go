package refdata_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/refdata"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// of reads "a=b c=d".
func of(known string) map[string]string {
	parameters := map[string]string{}
	for _, field := range strings.Fields(known) {
		name, value, _ := strings.Cut(field, "=")
		parameters[name] = value
	}
	return parameters
}

// whole is what says that goods are no parts; nothing is what says that a rating's other rules have nothing to do with them.
const (
	whole      = "part=no "
	noVehicle  = whole + "armoured=no fire=none gun_calibre_mm=0 "
	noAircraft = whole + "armed=no type=none "
	noMunition = whole + "ammunition=no range_km=0 "
)

func TestClassify(t *testing.T) {
	tank := whole + "armoured=yes propulsion=tracked fire=direct seats=0 missile_launcher=no "
	carrier := whole + "armoured=yes propulsion=wheeled fire=none unladen_tonnes=12 "
	gun := whole + "type=none "
	jet := whole + "type=none wing=fixed armed=yes "
	helicopter := whole + "type=none wing=rotary armed=yes fire_control=yes "
	missile := whole + "ammunition=no "
	tests := []struct {
		rating, known string
		fired         string // rule numbers
		row           string // of the first
	}{
		{"ML6.a", tank + "unladen_tonnes=16.5 gun_calibre_mm=75", "1 2", "I"},
		{"ML6.a", tank + "unladen_tonnes=16.499999999999 gun_calibre_mm=75", "2", "II"},
		{"ML6.a", tank + "unladen_tonnes=16.5 gun_calibre_mm=74.999", "2", "II"},
		{"ML6.a", tank + "unladen_tonnes=62.5 gun_calibre_mm=0120.0", "1 2", "I"},
		{"ML6.a", whole + "armoured=no propulsion=tracked fire=direct unladen_tonnes=20 gun_calibre_mm=100", "25", ""},
		{"ML6.a", whole + "armoured=yes propulsion=half_tracked fire=direct unladen_tonnes=20 gun_calibre_mm=100", "2", "II"},

		{"ML6.a", carrier + "gun_calibre_mm=0 missile_launcher=no seats=4", "2", "II"},
		{"ML6.a", carrier + "gun_calibre_mm=0 missile_launcher=no seats=3", "25", ""},
		{"ML6.a", carrier + "gun_calibre_mm=12.5 missile_launcher=no seats=0", "2", "II"},
		{"ML6.a", carrier + "gun_calibre_mm=12.4999 missile_launcher=no seats=0", "25", ""},
		{"ML6.a", carrier + "gun_calibre_mm=0 missile_launcher=yes seats=0", "2", "II"},
		{"ML6.b", noVehicle, "25", ""},

		{"ML2.a", gun + "fire=indirect gun_calibre_mm=75", "3", "III"},
		{"ML2.a", gun + "fire=indirect gun_calibre_mm=74.99", "25", ""},
		{"ML2.a", gun + "fire=direct gun_calibre_mm=105", "25", ""},
		{"ML12.a", whole + "fire=indirect gun_calibre_mm=120", "3", "III"},
		{"ML6.a", whole + "armoured=no fire=indirect gun_calibre_mm=122", "3", "III"},
		{"ML6.a", whole + "armoured=yes propulsion=tracked fire=indirect gun_calibre_mm=155", "2 3", "II"},

		{"ML10.a", jet + "crewed=yes", "4", "IV a"},
		{"ML10.a", jet + "crewed=no", "5", "IV b"},
		{"ML10.a", whole + "type=none wing=variable armed=yes crewed=yes", "4", "IV a"},
		{"ML10.a", helicopter + "crewed=yes", "6", "V a"},
		{"ML10.a", helicopter + "crewed=no", "7", "V b"},
		{"ML10.a", whole + "type=none wing=rotary armed=yes fire_control=no", "25", ""},
		{"ML10.f", noAircraft, "25", ""},
		{"ML10.c", jet + "crewed=no type=missile range_km=300 ground_to_air=no", "5 10", "IV b"},

		{"ML9.a", whole + "displacement_tonnes=500 armed=yes", "8", "VI"},
		{"ML9.a", whole + "displacement_tonnes=500 armed=no", "25", ""},
		{"ML9.a", whole + "displacement_tonnes=499.999 armed=yes range_km=25", "9", "VI"},
		{"ML9.a", whole + "displacement_tonnes=499.999 armed=yes range_km=24.999", "25", ""},

		{"ML4.a", missile + "type=missile range_km=25 ground_to_air=no", "10", "VII a"},
		{"ML4.a", missile + "type=rocket range_km=24.9 ground_to_air=no", "25", ""},
		{"ML4.a", missile + "type=missile range_km=70 ground_to_air=yes", "25", ""},
		{"ML4.b", missile + "type=launcher range_km=70 ground_to_air=no", "10", "VII a"},
		{"ML4.a", missile + "type=man_portable_air_defence", "11", "VII b"},

		{"ML1.a", whole + "type=pistol", "12", "VIII small arms 1"},
		{"ML1.a", whole + "type=revolver", "12", "VIII small arms 1"},
		{"ML1.a", whole + "type=rifle", "13", "VIII small arms 2"},
		{"ML1.a", whole + "type=carbine", "13", "VIII small arms 2"},
		{"ML1.a", whole + "type=sub_machine_gun", "14", "VIII small arms 3"},
		{"ML1.a", whole + "type=assault_rifle", "15", "VIII small arms 4"},
		{"ML1.a", whole + "type=light_machine_gun", "16", "VIII small arms 5"},
		{"ML1.a", whole + "type=heavy_machine_gun", "17", "VIII light weapons 1"},
		{"ML1.d", whole + "type=none", "25", ""},

		{"ML2.a", whole + "fire=direct type=heavy_machine_gun", "17", "VIII light weapons 1"},
		{"ML2.a", whole + "fire=direct type=grenade_launcher", "18", "VIII light weapons 2"},
		{"ML2.a", whole + "fire=direct type=portable_anti_tank_gun", "19", "VIII light weapons 3"},
		{"ML2.a", whole + "fire=direct type=recoilless_rifle", "20", "VIII light weapons 4"},
		{"ML4.b", missile + "type=portable_anti_tank_missile_launcher", "21", "VIII light weapons 5"},
		{"ML4.b", missile + "type=portable_rocket_system", "21", "VIII light weapons 5"},
		{"ML2.a", whole + "type=mortar fire=indirect gun_calibre_mm=74.999999", "22", "VIII light weapons 6"},
		{"ML2.a", whole + "type=mortar fire=indirect gun_calibre_mm=75", "3", "III"},

		{"ML3.a", whole + "ammunition=yes", "23", ""},
		{"ML3.b", whole + "ammunition=no", "25", ""},
		{"ML4.a", whole + "type=none ammunition=yes", "23", ""},
		{"ML4.a", whole + "type=missile range_km=70 ground_to_air=no ammunition=yes", "10 23", "VII a"},

		{"ML16", "part=yes assemblable=yes", "24", ""},
		{"ML16", "part=yes assemblable=no", "25", ""},
		{"ML1.d", "part=yes assemblable=yes type=rifle", "13 24", "VIII small arms 2"},
		{"ML22", whole, "25", ""},
		{"ml6b", noVehicle, "25", ""},
		{"WA-2023:ML1.a", whole + "type=pistol", "12", "VIII small arms 1"},
	}
	seen := map[int]bool{}
	for _, tt := range tests {
		c := refdata.Classify(tt.rating, of(tt.known))
		if got := numbers(c); got != tt.fired || len(c.Missing) > 0 || c.Certain != !strings.Contains(tt.fired, " ") {
			t.Errorf("Classify(%s, %s) fired %s, missing %v, certain %v; want %s", tt.rating, tt.known, got, c.Missing, c.Certain, tt.fired)
			continue
		}
		if c.Fired[0].Row != tt.row || c.Fired[0].Reason == "" || c.Version != "att-2014-12-24.1" {
			t.Errorf("Classify(%s, %s) = %+v; want row %q", tt.rating, tt.known, c, tt.row)
		}
		for _, f := range c.Fired {
			seen[f.Rule] = true
		}
	}
	for rule := 1; rule <= 25; rule++ {
		if !seen[rule] {
			t.Errorf("no case fires rule %d", rule)
		}
	}
}

func numbers(c refdata.Classification) string {
	var all []string
	for _, f := range c.Fired {
		all = append(all, itoa(f.Rule))
	}
	return strings.Join(all, " ")
}

func TestClassifyCategories(t *testing.T) {
	for _, tt := range []struct {
		rating, known string
		want          transferv1.Category
	}{
		{"ML6", "armoured=yes missile_launcher=yes fire=none gun_calibre_mm=0 part=no", transferv1.Category_CATEGORY_II_ARMOURED_COMBAT_VEHICLES},
		{"ML1", "type=pistol part=no", transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS},
		{"ML3", "ammunition=yes part=no", transferv1.Category_CATEGORY_ARTICLE_3_AMMUNITION},
		{"ML16", "part=yes assemblable=yes", transferv1.Category_CATEGORY_ARTICLE_4_PARTS},
		{"ML21", "part=no", transferv1.Category_CATEGORY_UNSPECIFIED},
	} {
		if c := refdata.Classify(tt.rating, of(tt.known)); !c.Certain || c.Fired[0].Category != tt.want {
			t.Errorf("Classify(%s, %s) = %+v; want %v", tt.rating, tt.known, c, tt.want)
		}
	}
}

func TestClassifyMissing(t *testing.T) {
	for _, tt := range []struct {
		rating, known  string
		fired, missing string
	}{
		{"ML1.a", "", "", "assemblable part type"},
		{"ML1.a", "type=pistol", "12", "assemblable part"},
		{"ML1.a", "part=yes type=none", "", "assemblable"},
		{"ML1.a", "part=no", "", "type"},
		{"ML1.a", "part=no type=shotgun", "", "type"}, // not a value of the table
		{"ML1.a", "part=perhaps type=pistol", "12", "assemblable part"},
		{"ML6.a", "part=no", "", "armoured fire gun_calibre_mm missile_launcher propulsion seats unladen_tonnes"},
		{"ML6.a", "part=no armoured=yes seats=8", "2", "fire gun_calibre_mm propulsion unladen_tonnes"},
		{"ML6.a", "part=no armoured=yes seats=8 fire=none", "2", ""},
		{"ML6.a", "part=no armoured=yes fire=none seats=0 gun_calibre_mm=7.62", "", "missile_launcher"},
		{"ML6.a", "part=no armoured=no fire=indirect gun_calibre_mm=7,62", "", "gun_calibre_mm"},
		{"ML6.a", "part=no armoured=no fire=indirect gun_calibre_mm=1e99", "", "gun_calibre_mm"},
		{"ML6.a", "part=no armoured=no fire=indirect gun_calibre_mm=-80", "", "gun_calibre_mm"},
		{"ML6.a", "part=no armoured=no fire=indirect gun_calibre_mm=150/2", "", "gun_calibre_mm"},
		{"ML9.a", "part=no", "", "armed displacement_tonnes range_km"},
		{"ML9.a", "part=no displacement_tonnes=400", "", "range_km"},
		{"ML9.a", "part=no displacement_tonnes=4000", "", "armed"},
		{"PL5017", "part=no", "", "rating"},
		{"5A002", "part=yes assemblable=yes", "24", "rating"},
		{"US-USML:I(a)", "part=no type=pistol", "", "rating"},
		{"", "part=no", "", "rating"},
	} {
		c := refdata.Classify(tt.rating, of(tt.known))
		if got := numbers(c); got != tt.fired || strings.Join(c.Missing, " ") != tt.missing || c.Certain != (tt.missing == "") {
			t.Errorf("Classify(%s, %s) fired %q, missing %v, certain %v; want %q, %q", tt.rating, tt.known, got, c.Missing, c.Certain, tt.fired, tt.missing)
		}
	}
}

// values are some that each parameter can have, thresholds and their neighbours among them, and one that is not known.
var values = map[string][]string{
	"part": {"yes", "no", "?"}, "assemblable": {"yes", "no", "?"}, "ammunition": {"yes", "no", "?"},
	"armoured": {"yes", "no", "?"}, "missile_launcher": {"yes", "no", "?"}, "armed": {"yes", "no", "?"},
	"fire_control": {"yes", "no", "?"}, "crewed": {"yes", "no", "?"}, "ground_to_air": {"yes", "no", "?"},
	"propulsion": {"tracked", "half_tracked", "wheeled", "none"}, "fire": {"direct", "indirect", "none"},
	"wing": {"fixed", "variable", "rotary", "none"}, "type": {"pistol", "rifle", "mortar", "missile", "none", "?"},
	"unladen_tonnes": {"16.4", "16.5", "?"}, "gun_calibre_mm": {"0", "12.4", "12.5", "74.9", "75", "?"},
	"seats": {"3", "4", "?"}, "displacement_tonnes": {"499.9", "500", "?"}, "range_km": {"24.9", "25", "?"},
}

// What fired with little known fires still when more is known; whatever fires later was missing something before.
func TestClassifyKnowingMore(t *testing.T) {
	names := slices.Sorted(maps.Keys(values))
	rapid.Check(t, func(t *rapid.T) {
		rating := "ML" + itoa(rapid.IntRange(1, 22).Draw(t, "entry"))
		more := map[string]string{}
		less := map[string]string{}
		for _, name := range names {
			more[name] = rapid.SampledFrom(values[name]).Draw(t, name)
			if rapid.Bool().Draw(t, name+" is known") {
				less[name] = more[name]
			}
		}
		before, after := refdata.Classify(rating, less), refdata.Classify(rating, more)
		for _, f := range before.Fired {
			if !slices.Contains(after.Fired, f) {
				t.Fatalf("rule %d fired with %v and not with %v", f.Rule, less, more)
			}
		}
		if before.Certain {
			if diff := cmp.Diff(before, after); diff != "" {
				t.Fatalf("it was certain with %v, and with %v is otherwise:\n%s", less, more, diff)
			}
		}
		for _, name := range after.Missing {
			if more[name] != "?" {
				t.Fatalf("%s is %s and missing", name, more[name])
			}
		}
	})
}

func FuzzClassify(f *testing.F) {
	f.Add("ML6.a", "armoured=yes fire=direct gun_calibre_mm=75 unladen_tonnes=16.5")
	f.Add("ML1.a", "type=pistol part=no")
	f.Add("5A002", "part=yes")
	f.Fuzz(func(t *testing.T, rating, known string) {
		c := refdata.Classify(rating, of(known))
		if c.Certain != (len(c.Fired) == 1 && len(c.Missing) == 0) || len(c.Fired)+len(c.Missing) == 0 {
			t.Errorf("Classify(%q, %q) = %+v", rating, known, c)
		}
		if !slices.IsSortedFunc(c.Fired, func(a, b refdata.Fired) int { return a.Rule - b.Rule }) || !slices.IsSorted(c.Missing) {
			t.Errorf("Classify(%q, %q) is not in order: %+v", rating, known, c)
		}
	})
}
