package columns

import (
	"slices"
	"strings"
)

// Entry says what one column is. Its keys are stable.
type Entry struct {
	Table string `json:"table"`
	// Column is the name as in CSV; "[]" is each value of a list, whose parts are columns of their own in Parquet and JSON lines: "deal.lines[].rating".
	// What an event of a kind states is "fact(LicenceGranted).deal.kind".
	Column string `json:"column"`
	// Type is a Kind, with its bits; "list of" and "map of" before it.
	Type string `json:"type"`
	// Absent is whether the value may be absent.
	Absent bool   `json:"absent"`
	Unit   string `json:"unit"`
	// Meaning is what the contract says of it.
	Meaning string `json:"meaning"`
	// Words are those of an enum, in the order of the contract.
	Words []WordEntry `json:"words"`
}

// WordEntry is a word of an enum and what the contract says of it.
type WordEntry struct {
	Word    string `json:"word"`
	Meaning string `json:"meaning"`
}

// Entries are the dictionary of a table that is called so, in the order of its columns.
func (r *Record) Entries(table string) []Entry { return r.entries(nil, table, "") }

// FactEntries are the dictionary of what events of a kind state, as columns of a table that is called so.
func (r *Record) FactEntries(table string) []Entry {
	return r.entries(nil, table, "fact("+string(r.Name.Name())+").")
}

// entries leaves out what a record has that stands in itself.
func (r *Record) entries(above []*Record, table, prefix string) (list []Entry) {
	above = append(above[:len(above):len(above)], r)
	for _, f := range r.Fields {
		e := Entry{Table: table, Column: prefix + f.Name, Type: f.typeName(), Absent: f.Optional && f.single(), Unit: f.unit(), Meaning: f.meaning(r), Words: []WordEntry{}}
		if f.Kind == Word {
			values := f.in.Enum().Values()
			for i := range values.Len() {
				e.Words = append(e.Words, WordEntry{f.word(values.Get(i).Number()), meanings()[values.Get(i).FullName()]})
			}
		}
		list = append(list, e)
		if f.Kind != Nested || slices.Contains(above, f.Of) {
			continue
		}
		within := e.Column + "."
		if !f.single() {
			within = e.Column + "[]."
		}
		list = append(list, f.Of.entries(above, table, within)...)
	}
	return list
}

func (f *Field) typeName() string {
	name := string(f.Kind)
	switch {
	case f.Bits == 32:
		name += " of 32 bits"
	case f.Bits == 64:
		name += " of 64 bits"
	}
	switch {
	case f.List:
		return "list of " + name
	case f.Map:
		return "map of " + name
	}
	return name
}

// unit is what a number is in, which the contract's names say: it has no fractions.
func (f *Field) unit() string {
	last := f.Name[strings.LastIndexByte(f.Name, '_')+1:]
	switch {
	case f.Kind == Time:
		return "UTC"
	case f.Kind != Integer && f.Kind != Unsigned:
		return ""
	case last == "minor":
		return "minor units of the currency (ISO 4217)"
	case last == "thousandths":
		return "thousandths of the unit"
	case last == "permille":
		return "thousandths of the whole"
	case last == "seconds" || last == "days" || last == "bytes" || last == "months":
		return last
	}
	return ""
}
