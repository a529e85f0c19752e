package refdata

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

var (
	// Code and English short name of ISO 3166-1, and XK.
	//go:embed countries.txt
	countriesText string
	// Code, and names that registers use for it.
	//go:embed aliases.txt
	aliasesText string
	// Code, year of withdrawal and names of ISO 3166-3, without codes that were given to another country since.
	//go:embed former.txt
	formerText string
	// Names that stand where a country should and are of none, and why.
	//go:embed nostate.txt
	noStateText string
)

// Former is a country whose code was withdrawn.
type Former struct {
	Name string
	// Year in which ISO 3166 withdrew the code.
	Withdrawn int
}

type countryTables struct {
	names   map[string]string // code to name
	former  map[string]Former // withdrawn code
	codes   map[string]string // key of a name to code
	noState map[string]string // key of a name to why
}

var countries = sync.OnceValue(func() countryTables {
	t, err := loadCountries()
	if err != nil {
		panic("refdata: " + err.Error()) // the tables are part of the program, and a test reads them
	}
	return t
})

func loadCountries() (countryTables, error) {
	t := countryTables{
		names: map[string]string{}, former: map[string]Former{}, codes: map[string]string{}, noState: map[string]string{},
	}
	add := func(code, name string) error {
		k := nameKey(name)
		if other, ok := t.codes[k]; ok && other != code {
			return fmt.Errorf("country name %q stands for both %s and %s", name, other, code)
		}
		t.codes[k] = code
		return nil
	}
	for line := range strings.Lines(countriesText) {
		code, name, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || t.names[code] != "" {
			return t, fmt.Errorf("country line %q", line)
		}
		t.names[code] = name
		if err := add(code, name); err != nil {
			return t, err
		}
	}
	for line := range strings.Lines(aliasesText) {
		code, names, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || t.names[code] == "" {
			return t, fmt.Errorf("alias line %q", line)
		}
		for _, name := range strings.Split(names, "; ") {
			if err := add(code, name); err != nil {
				return t, err
			}
		}
	}
	if err := t.loadFormer(); err != nil {
		return t, err
	}
	for line := range strings.Lines(noStateText) {
		line = strings.TrimSpace(line)
		at := strings.LastIndex(line, ": ")
		if at < 0 {
			return t, fmt.Errorf("line %q of names of no State", line)
		}
		k := nameKey(line[:at])
		if t.codes[k] != "" {
			return t, fmt.Errorf("%q has a code and has none", line[:at])
		}
		t.noState[k] = line[at+2:]
	}
	return t, nil
}

// loadFormer adds the withdrawn codes. A country that only changed its name (Burma) is known by its code of today, so
// its former name is an alias by now; one that came to an end (Yugoslavia) is known by its withdrawn code.
func (t countryTables) loadFormer() error {
	for line := range strings.Lines(formerText) {
		f := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(f) != 3 || t.names[f[0]] != "" {
			return fmt.Errorf("line %q of former countries", line)
		}
		year, err := strconv.Atoi(f[1])
		if err != nil {
			return fmt.Errorf("line %q of former countries: %w", line, err)
		}
		names := strings.Split(f[2], "; ")
		t.former[f[0]] = Former{Name: names[0], Withdrawn: year}
		for _, name := range names {
			if k := nameKey(name); t.codes[k] == "" {
				t.codes[k] = f[0]
			}
		}
	}
	return nil
}

// Country returns the ISO 3166-1 alpha-2 code of a country by a name that a register uses for it: its short name, a
// former name, "Korea, South" as well as "South Korea". Case, accents, punctuation and the order of words do not
// matter. A country that came to an end has its withdrawn code (Netherlands Antilles: AN). Kosovo, which ISO 3166 does
// not list, has the user-assigned XK, as in the European Union's data. ok is false when the name is unknown, could be
// several countries ("Korea") or is of none; NoState tells the last two apart from the first where it can.
func Country(name string) (code string, ok bool) {
	code, ok = countries().codes[nameKey(name)]
	return code, ok
}

// NoState says why a name that registers write in place of a country has no code: a sea area, several territories,
// nobody in particular. ok is false for every other name.
func NoState(name string) (why string, ok bool) {
	why, ok = countries().noState[nameKey(name)]
	return why, ok
}

// CountryName returns the English short name for a code, current or withdrawn. The user-assigned codes have none,
// but for XK.
func CountryName(code string) (string, bool) {
	t := countries()
	if name, ok := t.names[code]; ok {
		return name, true
	}
	f, ok := t.former[code]
	return f.Name, ok
}

// ValidCountry reports whether a record of today may carry the code: it is in ISO 3166-1, or in the range that the
// standard leaves to its users (AA, QM to QZ, XA to XZ, ZZ), where fictional States live. Withdrawn codes are not
// valid; see FormerCountry.
func ValidCountry(code string) bool {
	if _, ok := countries().names[code]; ok {
		return true
	}
	return UserAssigned(code)
}

// UserAssigned reports whether ISO 3166-1 leaves the code to its users.
func UserAssigned(code string) bool {
	if len(code) != 2 {
		return false
	}
	switch a, b := code[0], code[1]; {
	case code == "AA", code == "ZZ":
		return true
	case a == 'Q':
		return b >= 'M' && b <= 'Z'
	default:
		return a == 'X' && b >= 'A' && b <= 'Z'
	}
}

// FormerCountry returns what a withdrawn code stood for (ISO 3166-3). Codes that were given to another country since
// (AI, BQ, BY, GE, SK) are not former; CS is Serbia and Montenegro, its last holder.
func FormerCountry(code string) (Former, bool) {
	f, ok := countries().former[code]
	return f, ok
}
