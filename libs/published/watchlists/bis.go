package watchlists

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published/table"
)

const dplFile = "dpl.txt"

var dplHeader = []string{"Name", "Street_Address", "City", "State", "Country", "Postal_Code", "Effective_Date",
	"Expiration_Date", "Standard_Order", "Last_Update", "Action", "FR_Citation"}

const americanDate = "01/02/2006"

// BISDPL reads the denied persons list. It does not say who is a person: every entry is an Entity. It refuses a file
// whose header is another, and one without rows.
func BISDPL(r io.Reader) (List, error) {
	b := &builder{file: dplFile, list: List{Source: "bis-dpl"}}
	err := b.headed(dplFile, table.New(r, '\t'), dplHeader, "the denied persons list", b.denied)
	if err != nil {
		return List{}, err
	}
	return b.finish(), nil
}

// headed reads a table whose columns must be those of header, in their order, and passes each row with as many fields
// as the header has, cleared of the blanks around them.
func (b *builder) headed(file string, r *table.Reader, header []string, what string, row func(line int, v map[string]string)) error {
	seen, wrong := false, ""
	err := b.rows(file, r, func(line int, fields []string) {
		switch {
		case !seen:
			seen = true
			if strings.Join(fields, "\t") != strings.Join(header, "\t") {
				wrong = fmt.Sprintf("its first line has %d columns, beginning with %.40q, where %d should be, beginning with %q", len(fields), fields[0], len(header), header[0])
			}
			return
		case wrong != "":
			return
		case len(fields) != len(header):
			b.remark(line, fmt.Sprintf("%d fields where the header has %d; the others are taken as empty", len(fields), len(header)))
		}
		v := make(map[string]string, len(header))
		for i, f := range fields[:min(len(fields), len(header))] {
			v[header[i]] = strings.TrimSpace(f)
			if f != v[header[i]] && strings.EqualFold(header[i], "name") {
				b.remark(line, "its name has blanks around it")
			}
		}
		row(line, v)
	})
	switch {
	case err != nil:
		return err
	case wrong != "":
		return fault.Errorf(fault.Invalid, "this is not %s: %s", what, wrong)
	case len(b.list.Entries) == 0:
		return fault.Errorf(fault.Invalid, "%s has no entries here; recording it would take everybody off the list", what)
	}
	return nil
}

func (b *builder) denied(line int, v map[string]string) {
	name := space(v["Name"])
	if name == "" {
		b.problem(line, "a row without a name")
		return
	}
	e := Entry{
		Type:     Entity,
		Names:    []Name{{Text: name, Kind: Primary}},
		ListedOn: b.day(line, "the effective date", americanDate, v["Effective_Date"]),
		Until:    b.day(line, "the expiry date", americanDate, v["Expiration_Date"]),
		Remarks:  joined(v["Action"], v["FR_Citation"]),
	}
	e.Key = name + "/" + e.ListedOn
	if v["Standard_Order"] == "N" {
		e.Remarks = also(e.Remarks, "not a standard order")
	}
	if v["Expiration_Date"] == "" {
		b.remark(line, "no expiry date; it holds until it is taken off")
	}
	if v["Country"] == "" {
		b.remark(line, "no country is given")
	}
	b.country(line, &e, v["Country"])
	if a := joined(v["Street_Address"], v["City"], v["State"], v["Postal_Code"], v["Country"]); a != "" {
		e.Addresses = []string{a}
	}
	if updated := b.day(line, "the last update", time.DateOnly, v["Last_Update"]); updated > b.list.Date {
		b.list.Date = updated
	}
	b.add(line, e)
}
