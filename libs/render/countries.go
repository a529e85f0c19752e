package render

import (
	"embed"
	"fmt"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/refdata"
)

//go:embed countries/*.txt
var countryFiles embed.FS

var countryNames = sync.OnceValues(func() (map[string]map[string]string, error) {
	all := map[string]map[string]string{}
	for _, language := range languages {
		data, err := countryFiles.ReadFile("countries/" + language + ".txt")
		if err != nil {
			return nil, fmt.Errorf("names of countries: %w", err)
		}
		all[language] = map[string]string{}
		for line := range strings.Lines(string(data)) {
			if code, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok && code != "#" {
				all[language][code] = name
			}
		}
	}
	return all, nil
})

// Country returns the name of a country in a language by its ISO 3166-1 alpha-2 code: the one that the options say, else that of CLDR,
// else the code itself, such as of the codes that the standard leaves to its users.
func Country(code string, o Options) string {
	language := o.language()
	if name := o.Countries[language][code]; name != "" {
		return clean(name)
	}
	names, err := countryNames()
	if err != nil {
		return code // the files are in the program: a test would have said so
	}
	if name := names[language][code]; name != "" {
		return name
	}
	return code
}

// LoadCountries reads names of countries that take the place of CLDR's, by language and code:
//
//	fr: {XA: Ruritanie}
//
// file is what errors call it. Unknown languages and codes are refused (fault.Invalid).
func LoadCountries(file string, data []byte) (map[string]map[string]string, error) {
	var names map[string]map[string]string
	if err := yaml.Unmarshal(data, &names); err != nil {
		return nil, fault.Errorf(fault.Invalid, "%s is no file of names by language and country: %v", file, err)
	}
	for language, of := range names {
		if _, err := wordsIn(language); err != nil || language == "" {
			return nil, fault.Errorf(fault.Invalid, "%s: %q is no language of reports; they are %s", file, language, strings.Join(languages, ", "))
		}
		for code, name := range of {
			if _, former := refdata.FormerCountry(code); !former && !refdata.ValidCountry(code) {
				return nil, fault.Errorf(fault.Invalid, "%s: %s: %q is no ISO 3166-1 alpha-2 code", file, language, code)
			}
			if strings.TrimSpace(clean(name)) == "" {
				return nil, fault.Errorf(fault.Invalid, "%s: %s: %s has no name", file, language, code)
			}
		}
	}
	return names, nil
}
