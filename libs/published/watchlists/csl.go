package watchlists

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/published/table"
)

const cslFile = "csl.csv"

var cslHeader = strings.Fields(`source entity_number type programs name title addresses federal_register_notice start_date
	end_date standard_order license_requirement license_policy call_sign vessel_type gross_tonnage gross_registered_tonnage
	vessel_flag vessel_owner remarks source_list_url alt_names citizenships dates_of_birth nationalities places_of_birth
	source_information_url ids`)

// CSL reads the consolidated screening list of the US departments of Commerce, State and the Treasury. It refuses a
// file whose header is another, and one without a row that has a name. A row with fewer fields than the header but with
// a name is an entry and a remark.
func CSL(r io.Reader) (List, error) {
	b := &builder{file: cslFile, list: List{Source: "us-csl"}}
	err := b.headed(cslFile, table.New(r, ','), cslHeader, "the consolidated screening list", b.screened)
	if err != nil {
		return List{}, err
	}
	return b.finish(), nil
}

// shortName is how a source calls its list: "Entity List (EL) - Bureau of Industry and Security".
var shortName = regexp.MustCompile(`\(([A-Z]{2,8})\)`)

func (b *builder) screened(line int, v map[string]string) {
	name := space(v["name"])
	if name == "" {
		b.problem(line, "a row without a name")
		return
	}
	e := Entry{
		Names:      []Name{{Text: name, Kind: Primary}},
		Type:       b.cslType(line, v["type"]),
		Programmes: parts(v["programs"]),
		Addresses:  parts(v["addresses"]),
		ListedOn:   b.day(line, "the start date", time.DateOnly, v["start_date"]),
		Until:      b.day(line, "the end date", time.DateOnly, v["end_date"]),
		Remarks:    v["remarks"],
	}
	source := "CSL"
	if m := shortName.FindStringSubmatch(v["source"]); m != nil {
		source = m[1]
	}
	e.Key = source + ":" + v["entity_number"]
	if v["entity_number"] == "" {
		e.Key = source + ":" + name + "/" + e.ListedOn
	}
	if len(e.Programmes) == 0 {
		e.Programmes = []string{source}
	}
	for _, n := range parts(v["alt_names"]) {
		e.Names = append(e.Names, Name{Text: n, Kind: Alias})
	}
	for _, c := range append(append(parts(v["citizenships"]), parts(v["nationalities"])...), v["vessel_flag"]) {
		b.country(line, &e, c)
	}
	for _, a := range e.Addresses {
		if at := strings.LastIndex(a, ", "); len(a)-at == 4 || len(a) == 2 {
			b.country(line, &e, a[len(a)-2:])
		}
	}
	for _, d := range parts(v["dates_of_birth"]) {
		e.BirthDates = append(e.BirthDates, b.cslBirth(line, d))
	}
	b.cslIDs(&e, parts(v["ids"]))
	for _, column := range []string{"title", "federal_register_notice", "license_requirement", "license_policy", "call_sign", "vessel_type", "vessel_owner", "places_of_birth"} {
		if v[column] != "" {
			e.Remarks = also(e.Remarks, strings.ReplaceAll(column, "_", " ")+": "+space(v[column]))
		}
	}
	b.add(line, e)
}

func (b *builder) cslType(line int, text string) Type {
	switch text {
	case "Individual":
		return Person
	case "Vessel":
		return Vessel
	case "Aircraft":
		return Aircraft
	case "Entity":
	case "":
		b.remark(line, "no type is given; taken as an entity")
	default:
		b.remark(line, fmt.Sprintf("%q is no type that is known; taken as an entity", text))
	}
	return Entity
}

func (b *builder) cslBirth(line int, text string) string {
	if year.MatchString(text) {
		return text
	}
	if _, err := time.Parse(time.DateOnly, text); err == nil {
		return text
	}
	if date, ok := birthDate(text); ok {
		return date
	}
	b.remark(line, "a date of birth in no form that is known; kept as it is")
	return text
}

// cslIDs reads "IR, A123, Passport" and "1037714019815, Registration ID".
func (b *builder) cslIDs(e *Entry, ids []string) {
	for _, id := range ids {
		fields := strings.Split(id, ", ")
		if len(fields) > 1 {
			if found, ok := identifier(fields[len(fields)-1] + " " + fields[len(fields)-2]); ok {
				e.Identifiers = append(e.Identifiers, found)
				continue
			}
		}
		e.Remarks = also(e.Remarks, id)
	}
}

// parts takes apart what is joined with semicolons.
func parts(text string) (all []string) {
	for _, p := range strings.Split(text, ";") {
		if p = space(p); p != "" {
			all = append(all, p)
		}
	}
	return all
}
