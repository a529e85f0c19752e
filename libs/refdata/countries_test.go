package refdata_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/counterfoil/counterfoil/libs/published/publishedtest"
	"github.com/counterfoil/counterfoil/libs/refdata"
)

func TestCountry(t *testing.T) {
	tests := []struct{ name, want string }{
		{"United Kingdom", "GB"},
		{"  united   KINGDOM ", "GB"},
		{"Korea, South", "KR"},
		{"South Korea", "KR"},
		{"Korea, Democratic People's Republic of", "KP"},
		{"Burma", "MM"},
		{"Congo, Democratic Republic of", "CD"},
		{"Republic of Congo", "CG"},
		{"Guinea, Republic of", "GN"},
		{"Burkina", "BF"},
		{"Ivory Coast", "CI"},
		{"COTE D’IVOIRE", "CI"},
		{"Côte d'Ivoire", "CI"},
		{"Cote d Ivoire", "CI"},
		{"St Vincent (including the Grenadines)", "VC"},
		{"St. Lucia", "LC"},
		{"Sarawak", "MY"},
		{"Svelbard Archipelago", "SJ"},
		{"Türkiye", "TR"},
		{"Turkey", "TR"},
		{"Trinidad & Tobago", "TT"},
		{"Sao Tomé and Príncipe", "ST"},
		{"Niger", "NE"},
		{"Nigeria", "NG"},
		{"Dominica", "DM"},
		{"Dominican Republic", "DO"},
		{"Kosovo", "XK"},
		{"Netherlands Antilles", "AN"},
		{"Yugoslavia", "YU"},
		{"Zaire", "CD"},
		{"East Timor", "TL"},
	}
	for _, tt := range tests {
		if code, ok := refdata.Country(tt.name); code != tt.want || !ok {
			t.Errorf("Country(%q) = %q, %v; want %q", tt.name, code, ok, tt.want)
		}
	}
	for _, name := range []string{"", "-", "the of and", "Korea", "Virgin Islands", "Atlantis", "Channel Islands",
		"Continental Shelf: United Kingdom sector", "Czechoslovakia", "GB", "\xff"} {
		if code, ok := refdata.Country(name); ok {
			t.Errorf("Country(%q) = %q; want none", name, code)
		}
	}
}

func TestNoState(t *testing.T) {
	for _, name := range []string{"Channel Islands", "CONTINENTAL SHELF: United Kingdom sector", "Non Specific Country"} {
		if why, ok := refdata.NoState(name); !ok || why == "" {
			t.Errorf("NoState(%q) = %q, %v; want a reason", name, why, ok)
		}
	}
	for _, name := range []string{"Atlantis", "France", ""} {
		if why, ok := refdata.NoState(name); ok {
			t.Errorf("NoState(%q) = %q; want none", name, why)
		}
	}
}

func TestValidCountry(t *testing.T) {
	for _, code := range []string{"GB", "RO", "XK", "XA", "XB", "XC", "XZ", "AA", "QM", "QZ", "ZZ", "GE"} {
		if !refdata.ValidCountry(code) {
			t.Errorf("ValidCountry(%q) = false", code)
		}
	}
	for _, code := range []string{"", "G", "gb", "UK", "AN", "YU", "CS", "QL", "QA ", "AB", "ZY", "X1", "XAA", "Xa"} {
		if refdata.ValidCountry(code) {
			t.Errorf("ValidCountry(%q) = true", code)
		}
	}
}

func TestFormerCountry(t *testing.T) {
	got, ok := refdata.FormerCountry("AN")
	if diff := cmp.Diff(refdata.Former{Name: "Netherlands Antilles", Withdrawn: 2010}, got); diff != "" || !ok {
		t.Errorf("FormerCountry(AN): %v\n%s", ok, diff)
	}
	if name, ok := refdata.CountryName("AN"); name != "Netherlands Antilles" || !ok {
		t.Errorf("CountryName(AN) = %q, %v", name, ok)
	}
	for _, code := range []string{"GE", "SK", "GB", "XA", ""} {
		if f, ok := refdata.FormerCountry(code); ok {
			t.Errorf("FormerCountry(%q) = %v; want none", code, f)
		}
	}
	if name, ok := refdata.CountryName("XA"); ok {
		t.Errorf("CountryName(XA) = %q; user-assigned codes have no name here", name)
	}
}

// The standard's own list has the codes that we have, each by a name that we know, and no other.
func TestCountriesAgainstISO3166(t *testing.T) {
	var oracle struct {
		Countries []struct {
			Code     string `json:"alpha_2"`
			Name     string `json:"name"`
			Common   string `json:"common_name"`
			Official string `json:"official_name"`
		} `json:"3166-1"`
	}
	readJSON(t, &oracle, "iso-codes", "iso_3166-1.json")
	if len(oracle.Countries) < 240 {
		t.Fatalf("only %d countries in the oracle", len(oracle.Countries))
	}
	listed := map[string]bool{}
	for _, c := range oracle.Countries {
		listed[c.Code] = true
		for _, name := range []string{c.Name, c.Common} {
			if code, ok := refdata.Country(name); name != "" && (code != c.Code || !ok) {
				t.Errorf("Country(%q) = %q, %v; want %q", name, code, ok, c.Code)
			}
		}
		// Official names need not be known, but none may lead elsewhere.
		if code, ok := refdata.Country(c.Official); ok && code != c.Code {
			t.Errorf("Country(%q) = %q; want %q or none", c.Official, code, c.Code)
		}
		name, ok := refdata.CountryName(c.Code)
		if !ok || !refdata.ValidCountry(c.Code) {
			t.Errorf("%s (%s) is missing", c.Code, c.Name)
		}
		if code, _ := refdata.Country(name); code != c.Code {
			t.Errorf("Country(CountryName(%s)) = %q", c.Code, code)
		}
	}
	for _, code := range twoLetters() {
		_, named := refdata.CountryName(code)
		_, former := refdata.FormerCountry(code)
		if named && !former && !listed[code] && code != "XK" {
			t.Errorf("%s is not in ISO 3166-1", code)
		}
	}
}

func TestFormerCountriesAgainstISO3166(t *testing.T) {
	var oracle struct {
		Former []struct {
			Code      string `json:"alpha_2"`
			Name      string `json:"name"`
			Withdrawn string `json:"withdrawal_date"`
		} `json:"3166-3"`
	}
	readJSON(t, &oracle, "iso-codes", "iso_3166-3.json")
	years := map[string]int{}
	for _, c := range oracle.Former {
		year, err := strconv.Atoi(c.Withdrawn[:4])
		if err != nil {
			t.Fatal(err)
		}
		years[c.Code] = max(years[c.Code], year)
	}
	if len(years) < 28 {
		t.Fatalf("only %d former codes in the oracle", len(years))
	}
	for code, year := range years {
		f, ok := refdata.FormerCountry(code)
		if refdata.ValidCountry(code) {
			if ok {
				t.Errorf("%s was given to another country, and is former", code)
			}
			continue
		}
		if !ok || f.Withdrawn != year {
			t.Errorf("FormerCountry(%s) = %+v, %v; want the year %d", code, f, ok, year)
		}
	}
	for _, code := range twoLetters() {
		if _, ok := refdata.FormerCountry(code); ok && years[code] == 0 {
			t.Errorf("%s is not in ISO 3166-3", code)
		}
	}
}

// Every name in three editions of a published register has a code, but for the names listed here with the reason.
func TestCountriesOfUKLicences(t *testing.T) {
	want := map[string]string{
		"Channel Islands":                          "two codes, Guernsey (GG) and Jersey (JE)",
		"Continental Shelf":                        "a sea area",
		"Continental Shelf: United Kingdom sector": "a sea area",
		"Continental Shelf Danish Sector":          "a sea area",
		"Continental Shelf Netherlands Sector":     "a sea area",
		"Continental Shelf Norwegian Sector":       "a sea area",
		"French Overseas Territory":                "several territories, each with a code of its own",
		"Non Specific Country":                     "no country is meant",
	}
	got, names := map[string]string{}, map[string]bool{}
	for _, folder := range []string{
		publishedtest.Data(t, "caat-uk-licences-2012-06"),
		publishedtest.Data(t, "caat-uk-licences-editions-2012", "2012-07-12"),
		publishedtest.Data(t, "caat-uk-licences-editions-2012", "2012-10-11"),
	} {
		for file, column := range map[string]string{"values.csv": "country", "destinations.csv": "destination", "sources.csv": "source"} {
			for _, name := range readColumn(t, filepath.Join(folder, file), column) {
				names[name] = true
				if _, ok := refdata.Country(name); !ok {
					got[name], _ = refdata.NoState(name)
				}
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names without a code (-want +got):\n%s", diff)
	}
	if len(names) != 215 {
		t.Errorf("%d names in the editions; want 215", len(names))
	}
}

func FuzzCountry(f *testing.F) {
	f.Add("Korea, South")
	f.Add("\xff\xfe")
	f.Add("d'’..")
	f.Fuzz(func(t *testing.T, name string) {
		code, ok := refdata.Country(name)
		if ok != (code != "") {
			t.Errorf("Country(%q) = %q, %v", name, code, ok)
		}
		if again, _ := refdata.Country(strings.ToUpper(name)); ok && isASCII(name) && again != code {
			t.Errorf("Country(%q) = %q, in capitals %q", name, code, again)
		}
		if _, no := refdata.NoState(name); no && ok {
			t.Errorf("%q is of a State and of none", name)
		}
	})
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 127 })
}

func twoLetters() []string {
	var all []string
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			all = append(all, string([]rune{a, b}))
		}
	}
	return all
}

func readJSON(t *testing.T, into any, path ...string) {
	t.Helper()
	raw, err := os.ReadFile(publishedtest.Data(t, path...))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

func readColumn(t *testing.T, path, column string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	header, err := r.Read()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.Index(header, column)
	if at < 0 {
		t.Fatalf("%s has no column %s", path, column)
	}
	var values []string
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return values
		}
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, record[at])
	}
}
