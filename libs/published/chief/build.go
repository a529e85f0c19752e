package chief

import (
	"fmt"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
)

// NewLicenceData begins a file of licences. Append to its Licences, without numbers, widths, ends and counts, and Encode it.
func NewLicenceData(source, destination string, created Stamp, run int) *File {
	return newFile(source, destination, LicenceData, created, NumberOf(run), "N")
}

// NewUsageData makes a file of usages. A usage without a reference is given LU<run>/<its number in the file>, and one
// without an action insert.
func NewUsageData(source, destination string, created Stamp, run int, usages []UsageTransaction) *File {
	f := newFile(source, destination, UsageData, created, NumberOf(run), "")
	f.Usages = slices.Clone(usages)
	for i := range f.Usages {
		l := &f.Usages[i].Licence
		if l.Ref == "" {
			l.Ref = fmt.Sprintf("LU%05d/%05d", run, i+1)
		}
		if l.Action == "" {
			l.Action = Insert
		}
	}
	return f
}

func newFile(source, destination string, id DataID, created Stamp, run Number, reset string) *File {
	return &File{Header: Header{Source: source, Destination: destination, DataID: id, Created: created, Run: run, Reset: reset}}
}

// Verdicts are what a receiver says of a file.
type Verdicts struct {
	// Of has, by its reference, why each whole transaction is rejected: nothing where it is accepted.
	Of map[string][]Defect
	// File is why the file as a whole is not processed, such as a run out of order; then Of may leave out transactions, and
	// those are not answered.
	File []Defect
}

// Reply answers a file of licences or usages, as its destination: each whole transaction as the verdicts say, and each broken
// one with its defects. What is wrong with the file is a file error; so is a broken transaction without a reference,
// or with that of one that is answered. Texts are cut off after 130 characters, and a backslash or a control character in
// them becomes ?. It refuses to answer a reply, or a file whose header does not say who sent it and which run it is,
// and to leave a transaction without an answer.
func Reply(to *File, v Verdicts, created Stamp) (*File, error) {
	id := map[DataID]DataID{LicenceData: LicenceReply, UsageData: UsageReply}[to.Header.DataID]
	if id == "" {
		return nil, fault.Errorf(fault.Invalid, "a file of %s is not answered; answer %s or %s", to.Header.DataID, LicenceData, UsageData)
	}
	f := newFile(to.Header.Destination, to.Header.Source, id, created, to.Header.Run, "")
	if err := f.Header.Valid(); err != nil {
		return nil, err
	}
	defects := slices.Concat(v.File, to.Defects)
	answered, broken := map[string]bool{}, to.Broken
	answerBroken := func(before int) {
		for ; len(broken) > 0 && broken[0].After <= before; broken = broken[1:] {
			if b := broken[0]; b.Ref != "" && !answered[b.Ref] {
				answered[b.Ref] = true
				f.Replies = append(f.Replies, answer(b.Ref, b.Defects))
			} else {
				defects = append(defects, Defect{NoReference, b.First, "a transaction without a reference of its own: " + b.Defects[0].Text})
			}
		}
	}
	for i, ref := range refs(to) {
		answerBroken(i)
		why, said := v.Of[ref]
		if said {
			answered[ref] = true
			f.Replies = append(f.Replies, answer(ref, why))
		} else if len(v.File) == 0 {
			return nil, fault.Errorf(fault.Invalid, "transaction %s has no verdict: accept it or say why it is rejected", show(ref))
		}
	}
	answerBroken(len(to.Licences) + len(to.Usages))
	for _, d := range defects {
		e := FileError{Code: string(d.Code), Text: Defect{Text: d.Text}.wire()}
		if d.Line > 0 {
			e.Position = string(NumberOf(d.Line))
		}
		f.FileErrors = append(f.FileErrors, e)
	}
	return f, nil
}

// Valid refuses a header that does not say who sent which run to whom: a file that has it cannot be answered.
func (h *Header) Valid() error {
	if h.Source == h.Destination {
		return fault.Errorf(fault.Invalid, "the file cannot be answered: it is from the system %s to itself", show(h.Source))
	}
	_, _, fields := h.layout()
	for _, f := range fields {
		if code, wrong := f.form(*f.text); code != "" && *f.text != "" {
			return fault.Errorf(fault.Invalid, "the file cannot be answered: its %s %s %s", f.name, show(*f.text), wrong)
		} else if f.must && *f.text == "" {
			return fault.Errorf(fault.Invalid, "the file cannot be answered: it has no %s", f.name)
		}
	}
	return nil
}

func refs(f *File) (list []string) {
	for _, t := range f.Licences {
		list = append(list, t.Licence.Ref)
	}
	for _, t := range f.Usages {
		list = append(list, t.Licence.Ref)
	}
	return list
}

func answer(ref string, why []Defect) ReplyTransaction {
	r := ReplyTransaction{Ref: ref, Accepted: len(why) == 0}
	for _, d := range why {
		r.Errors = append(r.Errors, ReplyError{Code: string(d.Code), Text: d.wire()})
	}
	return r
}

// Number gives every record its number in the file, every end its type and count, and the file its trailer. A
// width that is 0, or too small for what the record holds, becomes the usual one or what is needed.
func (f *File) Number() {
	if f.Trailer == nil {
		f.Trailer = &Trailer{}
	}
	if f.Header.DataID.IsReply() {
		accepted := 0
		for _, r := range f.Replies {
			if r.Accepted {
				accepted++
			}
		}
		f.Trailer.Counts = []Number{NumberOf(accepted), NumberOf(len(f.Replies) - accepted), NumberOf(len(f.FileErrors))}
	} else {
		f.Trailer.Counts = []Number{NumberOf(len(f.Licences) + len(f.Usages))}
	}
	type open struct {
		name string
		at   int
	}
	var opened []open
	for i, r := range f.records() {
		name, usual, fields := r.layout()
		switch name {
		case "licence", "licenceUsage", "rejected":
			opened = []open{{name, i}}
		case "line":
			if _, ok := r.(*UsageLine); ok {
				opened = append(opened, open{name, i})
			}
		case "end":
			o := opened[len(opened)-1]
			opened = opened[:len(opened)-1]
			e := r.(*End)
			e.Of, e.Count = o.name, NumberOf(i-o.at+1)
		}
		m := r.mark()
		m.Seq = NumberOf(i + 1)
		if m.Width < 2 {
			m.Width = usual
		}
		m.Width = max(m.Width, needed(fields))
	}
}

// Encode numbers the file and returns it as text. It fails, naming the field, where a text holds a backslash or a line break,
// for which the format has no way; and, with the first problem, where whoever reads the file would find one. Nothing
// is changed to make it fit.
func (f *File) Encode() ([]byte, error) {
	f.Number()
	for i, r := range f.records() {
		name, _, fields := r.layout()
		for _, field := range fields {
			if strings.ContainsAny(*field.text, "\\\r\n") {
				return nil, fault.Errorf(fault.Invalid, "the %s of record %d, %s, has a backslash or a line break, which cannot be written: put something else there", field.name, i+1, name)
			}
		}
	}
	b := f.Bytes()
	again, err := Parse(b)
	if err != nil {
		return nil, fmt.Errorf("read what was written: %w", err)
	}
	if len(again.Problems) > 0 {
		p := again.Problems[0]
		return nil, fault.Errorf(fault.Invalid, "the file would not be accepted: record %d: %s", p.Line, p.Reason)
	}
	return b, nil
}
