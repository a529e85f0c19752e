package chief

import "strings"

// Record is what every record has.
type Record struct {
	// Seq is the record's number in the file, from 1, as written.
	Seq Number
	// Width is how many fields it was written with, number and type included: empty fields at its end may be cut off. 0 stands
	// for the usual width in a file that is being made.
	Width int
}

func (r *Record) mark() *Record { return r }

// record is a kind of line. layout returns its type, the width that it is usually written with, and its fields after
// number and type.
type record interface {
	mark() *Record
	layout() (name string, usual int, fields []field)
}

// checked is a record with rules beyond those of its single fields.
type checked interface {
	check(*parser)
}

// field is one place of a record.
type field struct {
	name string
	text *string
	form form
	must bool
}

// collect appends pointers to the elements of one list to another.
func collect[T any, P interface {
	*T
	record
}](list []record, from []T) []record {
	for i := range from {
		list = append(list, P(&from[i]))
	}
	return list
}

func appendRecord(b []byte, r record) []byte {
	name, _, fields := r.layout()
	m := r.mark()
	b = append(append(append(b, m.Seq...), '\\'), name...)
	for i := range m.Width - 2 {
		b = append(b, '\\')
		if i < len(fields) {
			b = append(b, *fields[i].text...)
		}
	}
	return b
}

// needed returns the least width that a record's texts fit in.
func needed(fields []field) int {
	for i := len(fields); i > 0; i-- {
		if *fields[i-1].text != "" {
			return i + 2
		}
	}
	return 2
}

// line is one line of a file.
type line struct {
	number int
	text   string
	fields []string // at most MaxFields+1
	cut    bool     // it has no ending
}

func newLine(number int, text string, cut bool) line {
	return line{number, text, strings.SplitN(text, `\`, MaxFields+1), cut}
}

func (l line) at(i int) string {
	if i < len(l.fields) {
		return l.fields[i]
	}
	return ""
}
