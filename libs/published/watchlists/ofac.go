package watchlists

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published/table"
)

const (
	sdnFile      = "sdn.csv"
	altFile      = "alt.csv"
	commentsFile = "sdn_comments.csv"
)

// Columns of sdn.csv, which has no header.
const (
	sdnNumber = iota
	sdnName
	sdnType
	sdnPrograms
	sdnTitle
	sdnCallSign
	sdnVesselType
	sdnTonnage
	sdnGross
	sdnFlag
	sdnOwner
	sdnRemarks
	sdnColumns
)

// alternates are OFAC's alternate names by the ent_num of their entries, in the order of the file.
type alternates struct {
	Names map[string][]Name
	lines map[string]int
}

// OFACSDN reads OFAC's list of specially designated nationals with its alternate names (alt.csv) and the overflow of
// its remarks (sdn_comments.csv), each of which may be nil. It refuses a file in which no row has twelve columns that
// begin with a number.
func OFACSDN(sdn, alt, comments io.Reader) (List, error) {
	b := &builder{file: sdnFile, list: List{Source: "ofac-sdn"}}
	names, err := b.alternates(alt)
	if err != nil {
		return List{}, err
	}
	overflow, err := b.overflow(comments)
	if err != nil {
		return List{}, err
	}
	err = b.rows(sdnFile, table.New(sdn, ','), func(line int, row []string) {
		if len(row) != sdnColumns || !number(row[sdnNumber]) {
			b.problem(line, fmt.Sprintf("%d columns where OFAC's list has %d, of which the first is a number", len(row), sdnColumns))
			return
		}
		b.designated(line, row, names, overflow)
	})
	if err != nil {
		return List{}, err
	}
	if len(b.list.Entries) == 0 {
		return List{}, fault.Errorf(fault.Invalid, "this is no list of OFAC: no row has %d columns of which the first is a number", sdnColumns)
	}
	b.orphans(names, overflow)
	return b.finish(), nil
}

// OFACAlt reads OFAC's alternate names (alt.csv) by themselves: an entry for each ent_num, which is that of its entry in the
// list of specially designated nationals. Who reads that list with its alternate names (OFACSDN) has these already.
func OFACAlt(r io.Reader) (List, error) {
	b := &builder{file: altFile, list: List{Source: "ofac-alt"}}
	a, err := b.alternates(r)
	if err != nil {
		return List{}, err
	}
	for _, key := range sortedKeys(a.Names) {
		b.add(a.lines[key], Entry{Key: key, Type: Entity, Names: a.Names[key], Remarks: "alternate names of entry " + key + " of ofac-sdn"})
	}
	return b.finish(), nil
}

// rows calls row for each row that can be read; a builder reads one file after another.
func (b *builder) rows(file string, r *table.Reader, row func(line int, fields []string)) error {
	defer func(before string) { b.file = before }(b.file)
	b.file = file
	for {
		fields, line, err := r.Next()
		var bad *table.BadRow
		switch {
		case errors.Is(err, io.EOF):
			if r.Cut {
				b.remark(line, "the last line has no line end")
			}
			return nil
		case errors.As(err, &bad):
			b.problem(line, bad.Reason)
			continue
		case err != nil:
			return fmt.Errorf("read %s: %w", file, err)
		}
		row(line, fields)
	}
}

func number(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// value is what a field holds: nothing where OFAC writes "-0- ".
func (b *builder) value(line int, field string) string {
	v := strings.TrimSpace(field)
	if v == "-0-" {
		b.remark(line, fmt.Sprintf("nothing is written as %q; read as nothing", field))
		return ""
	}
	return v
}

func (b *builder) alternates(r io.Reader) (alternates, error) {
	a := alternates{Names: map[string][]Name{}, lines: map[string]int{}}
	if r == nil {
		return a, nil
	}
	kinds := map[string]Kind{"aka": Alias, "fka": Former, "nka": Alias}
	err := b.rows(altFile, table.New(r, ','), func(line int, row []string) {
		if len(row) != 5 || !number(row[0]) || !number(row[1]) {
			b.problem(line, fmt.Sprintf("%d columns where OFAC's alternate names have 5, of which two are numbers", len(row)))
			return
		}
		kind, known := kinds[row[2]]
		if !known {
			kind = Alias
			b.remark(line, fmt.Sprintf("%q is no kind of name that is known; taken as an alias", row[2]))
		}
		name := space(b.value(line, row[3]))
		if name == "" {
			b.problem(line, "an alternate name that is empty")
			return
		}
		if note := b.value(line, row[4]); note != "" {
			b.remark(line, "a remark about an alternate name; left out")
		}
		a.Names[row[0]] = append(a.Names[row[0]], Name{Text: name, Kind: kind})
		if a.lines[row[0]] == 0 {
			a.lines[row[0]] = line
		}
	})
	if err == nil && len(a.Names) == 0 {
		err = fault.Errorf(fault.Invalid, "these are no alternate names of OFAC: no row has 5 columns of which the first two are numbers")
	}
	return a, err
}

// comment is what overflowed from the remarks of one entry.
type comment struct {
	text string
	line int
}

func (b *builder) overflow(r io.Reader) (map[string]comment, error) {
	all := map[string]comment{}
	if r == nil {
		return all, nil
	}
	err := b.rows(commentsFile, table.New(r, ','), func(line int, row []string) {
		switch {
		case len(row) == 1 && strings.Trim(row[0], "\x1a") == "":
			b.remark(line, "ends with Ctrl-Z (0x1A), which says nothing")
		case len(row) != 2 || !number(row[0]):
			b.problem(line, fmt.Sprintf("%d columns where OFAC's remarks have 2, of which the first is a number", len(row)))
		default:
			c := all[row[0]]
			all[row[0]] = comment{c.text + row[1], line}
		}
	})
	return all, err
}

// orphans notes alternate names and remarks of entries that the list does not have.
func (b *builder) orphans(names alternates, overflow map[string]comment) {
	known := map[string]bool{}
	for _, e := range b.list.Entries {
		known[e.Key] = true
	}
	for _, key := range sortedKeys(names.Names) {
		if !known[key] {
			b.problems.Add(altFile, names.lines[key], "alternate names of an entry that sdn.csv does not have")
		}
	}
	for _, key := range sortedKeys(overflow) {
		if !known[key] {
			b.problems.Add(commentsFile, overflow[key].line, "remarks on an entry that sdn.csv does not have")
		}
	}
}

// designated reads one row of sdn.csv.
func (b *builder) designated(line int, row []string, names alternates, overflow map[string]comment) {
	v := make([]string, sdnColumns)
	for i, field := range row {
		v[i] = b.value(line, field)
	}
	e := Entry{Key: v[sdnNumber], Type: Entity}
	switch v[sdnType] {
	case "":
	case "individual":
		e.Type = Person
	case "vessel":
		e.Type = Vessel
	case "aircraft":
		e.Type = Aircraft
	default:
		b.remark(line, fmt.Sprintf("%q is no type that is known; taken as an entity", v[sdnType]))
	}
	if v[sdnName] == "" {
		b.problem(line, "an entry without a name")
		return
	}
	e.Names = append([]Name{{Text: space(v[sdnName]), Kind: Primary}}, names.Names[e.Key]...)
	for _, p := range strings.Split(v[sdnPrograms], "] [") {
		if p = strings.Trim(p, " []"); p != "" {
			e.Programmes = append(e.Programmes, p)
		}
	}
	if strings.Contains(v[sdnPrograms], "] [") {
		b.remark(line, `several programmes are joined with "] ["; taken apart`)
	}
	remarks := v[sdnRemarks]
	if c, ok := overflow[e.Key]; ok {
		remarks = row[sdnRemarks] + c.text
	}
	b.details(line, &e, remarks)
	for _, c := range []struct {
		what string
		at   int
	}{{"title: ", sdnTitle}, {"call sign: ", sdnCallSign}, {"vessel type: ", sdnVesselType}, {"tonnage: ", sdnTonnage}, {"gross tonnage: ", sdnGross}, {"owner: ", sdnOwner}} {
		if v[c.at] != "" {
			e.Remarks = also(e.Remarks, c.what+v[c.at])
		}
	}
	b.country(line, &e, v[sdnFlag])
	b.add(line, e)
}
