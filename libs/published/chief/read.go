package chief

import "unicode/utf8"

// read fills a record from the line that the parser is at, and notes what is wrong with it.
func (p *parser) read(r record) {
	name, usual, fields := r.layout()
	l := p.at
	*r.mark() = Record{Number(l.at(0)), len(l.fields)}
	for i := range fields {
		*fields[i].text = l.at(i + 2)
	}
	if h, ok := r.(*Header); ok {
		_, usual, _ = h.layout()
	}
	p.sequence()
	p.size(name, usual, len(fields)+2)
	for i, f := range fields {
		switch text := *f.text; {
		case text != "":
			if code, wrong := f.form(text); code != "" {
				p.fault(code, "the %s of record %s, %s, %s", f.name, name, show(text), wrong)
			}
		case f.must && i+2 >= len(l.fields):
			p.fault(FieldMissing, "record %s is cut short: it has %d fields and no %s", name, len(l.fields), f.name)
		case f.must:
			p.fault(FieldMissing, "record %s has no %s", name, f.name)
		}
	}
	if !utf8.ValidString(l.text) {
		p.remark("record %s with bytes that are no UTF-8; kept as they are", name)
	}
	if c, ok := r.(checked); ok {
		c.check(p)
	}
}

// size looks at how long the line is and how many fields it has; usually so many, of which so many are known.
func (p *parser) size(name string, usual, known int) {
	l := p.at
	n := len(l.fields)
	switch {
	case len(l.text) > MaxRecord:
		p.fault(RecordTooLarge, "record %s has %d bytes, more than %d", name, len(l.text), MaxRecord)
	case n > MaxFields:
		p.fault(RecordTooLarge, "record %s has more than %d fields", name, MaxFields)
	case n > known && !empty(l.fields[known:]):
		p.fault(RecordTooLarge, "record %s has %d fields, more than its %d", name, n, known)
	case n > known:
		p.remark("record %s with %d fields of which %d are known; the others are empty", name, n, known)
	case n < usual:
		p.remark("record %s with %d of %d fields: those at its end are cut off", name, n, usual)
	}
	if l.cut && name != "fileTrailer" {
		p.fault(FieldMissing, "the file ends within record %s", name)
	}
}

func empty(fields []string) bool {
	for _, f := range fields {
		if f != "" {
			return false
		}
	}
	return true
}

// sequence looks at the record's number. After one that is out of order, the next is expected to be one more.
func (p *parser) sequence() {
	written := p.at.at(0)
	n := Number(written).Int()
	switch {
	case !digits(written, 7):
		p.fault(SequenceBroken, "a record without a number")
		n = p.number
	case n < p.number:
		p.fault(SequenceBroken, "the record's number is %d where %d is next", n, p.number)
	case n > p.number:
		p.remark("record numbers jump from %d to %d", p.number-1, n)
	}
	p.number = n + 1
}
