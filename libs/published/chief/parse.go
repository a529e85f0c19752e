package chief

import (
	"fmt"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published"
)

// transaction is what a file has several of.
type transaction interface {
	// opening returns its first record, and where its reference is kept.
	opening() (record, *string)
	// member returns a new record of the type at the transaction's end so far, or nil when none can stand there.
	member(name string) record
	ending() *End
	// finish checks it as a whole.
	finish(*parser)
}

type parser struct {
	f                 *File
	at                line
	number            int             // that the next record is expected to have
	refs              map[string]bool // of the transactions so far
	counts            [3]int          // of transactions or, in a reply, of accepted, rejected and file errors
	open              transaction     // nil between transactions
	broken            Broken          // what is known of the open one, should it be broken
	lineFirst         int             // line of the file where the open usage line begins
	lines             map[int]bool    // numbers of the licence's lines in the open transaction
	fileCode          Code            // of defects outside transactions
	mixed             bool            // line endings differ
	problems, remarks published.Findings
}

// Parse reads a file. It fails with a refusal only where no line is a readable fileHeader, and for a file beyond MaxFile or
// MaxRecords. Whatever else is wrong is in the file's lists, and never costs more than the transaction that it is in.
//
// Broken is a transaction with a record of unknown type or out of its place, without a number or with one not above that
// before, cut short of what it must have, with a text over its limit or a bad date, number or code, with an end record that
// is missing or counts otherwise. Numbers that leave some out are no more than remarked on, because the counts say whether
// anything is missing; so are empty fields that are cut off at a record's end. A last line without an ending that
// is no trailer is taken as cut short, whatever it says.
func Parse(data []byte) (*File, error) {
	if len(data) > MaxFile {
		return nil, fault.Errorf(fault.Invalid, "the file has more than %d MiB; send it in parts", MaxFile>>20)
	}
	text, marked := strings.CutPrefix(string(data), "\uFEFF")
	if strings.Count(text, "\n") >= MaxRecords {
		return nil, fault.Errorf(fault.Invalid, "the file has more than %d records; send it in parts", MaxRecords)
	}
	p := &parser{f: &File{}, refs: map[string]bool{}, fileCode: RecordOutside, number: 1}
	first := strings.IndexByte(text, '\n')
	p.f.CRLF = first > 0 && text[first-1] == '\r'
	p.f.Unended = !strings.HasSuffix(text, "\n")
	if marked {
		p.at.number = 1
		p.file(LinesMixed, "the file begins with a byte order mark")
	}
	for number := 1; text != ""; number++ {
		one, rest, ended := strings.Cut(text, "\n")
		one, cr := strings.CutSuffix(one, "\r")
		text = rest
		p.at = newLine(number, one, !ended)
		if (ended && cr != p.f.CRLF || !ended && cr) && !p.mixed {
			p.mixed = true
			p.file(LinesMixed, "this line ends otherwise than the first")
		}
		p.line()
	}
	if p.f.Header.DataID == "" {
		return nil, fault.Errorf(fault.Invalid, "this is no file of licence messages: it has no fileHeader of %s, %s, %s or %s", LicenceData, LicenceReply, UsageData, UsageReply)
	}
	return p.end(), nil
}

func (p *parser) end() *File {
	p.abandon()
	if p.f.Trailer == nil {
		p.file(TrailerMissing, "the file has no trailer: it was cut off")
	}
	for _, list := range [][]published.Problem{p.problems.List, p.remarks.List} {
		for i := range list {
			list[i].File = string(p.f.Header.DataID)
		}
	}
	p.f.Problems, p.f.Remarks = p.problems.List, p.remarks.List
	return p.f
}

// line reads the line that the parser is at.
func (p *parser) line() {
	name := p.at.at(1)
	begun := p.begin(name)
	switch {
	case p.f.Header.DataID == "":
		p.header(name)
	case p.f.Trailer != nil:
		p.outside()
		p.file(AfterTrailer, "something stands after the trailer")
	case begun != nil:
		p.start(begun)
	case name == "fileTrailer":
		p.trailer()
	case name == "fileError" && p.f.Header.DataID.IsReply():
		p.abandon()
		p.counts[2]++
		before := p.problems.Rows
		var e FileError
		if p.read(&e); p.problems.Rows == before {
			p.f.FileErrors = append(p.f.FileErrors, e)
		} else {
			p.outside()
		}
	case p.open == nil:
		p.outside()
		p.number++
		if n := Number(p.at.at(0)).Int(); n > 0 {
			p.number = n + 1
		}
		p.file(RecordOutside, "record type %s is not recognised here, outside a transaction", show(name))
	case name == "end":
		p.ends()
	default:
		p.member(name)
	}
}

func (p *parser) outside() { p.f.Outside = append(p.f.Outside, p.at.number) }

func (p *parser) header(name string) {
	id := DataID(p.at.at(4))
	if name != "fileHeader" || !id.Valid() {
		p.outside()
		p.file(RecordOutside, "something stands before the file header")
		return
	}
	p.fileCode = HeaderInvalid
	p.read(&p.f.Header)
	p.fileCode = RecordOutside
}

// begin returns the transaction that a record of the type opens, or nil.
func (p *parser) begin(name string) transaction {
	switch id := p.f.Header.DataID; {
	case id == LicenceData && name == "licence":
		return &LicenceTransaction{}
	case id == UsageData && name == "licenceUsage":
		return &UsageTransaction{}
	case id.IsReply() && (name == "accepted" || name == "rejected"):
		return &ReplyTransaction{Accepted: name == "accepted"}
	}
	return nil
}

func (p *parser) start(t transaction) {
	p.abandon()
	f := p.f
	p.open, p.lines = t, map[int]bool{}
	p.broken = Broken{First: p.at.number, Last: p.at.number, After: len(f.Licences) + len(f.Usages) + len(f.Replies)}
	opening, at := t.opening()
	p.read(opening)
	ref := *at
	if wrong, _ := upTo17(ref); wrong == "" && !(p.at.cut && len(p.at.fields) <= 3) {
		p.broken.Ref = ref
	}
	if p.refs[ref] && ref != "" {
		p.fault(ReferenceRepeated, "an earlier transaction has the reference %s too", show(ref))
	}
	p.refs[ref] = true
	if len(f.FileErrors) > 0 {
		p.file(FileErrorBefore, "a transaction stands after a file error")
	}
	if r, ok := t.(*ReplyTransaction); ok && r.Accepted {
		p.counts[0]++
		p.close()
	} else if ok {
		p.counts[1]++
	} else {
		p.counts[0]++
	}
}

// abandon closes a transaction that has no end.
func (p *parser) abandon() {
	if p.open != nil {
		p.faultAt(p.broken.Last, EndMissing, "the transaction has no end record")
		p.close()
	}
}

func (p *parser) close() {
	t, f := p.open, p.f
	p.open = nil
	if len(p.broken.Defects) > 0 {
		f.Broken = append(f.Broken, p.broken)
		return
	}
	switch t := t.(type) {
	case *LicenceTransaction:
		f.Licences = append(f.Licences, *t)
	case *UsageTransaction:
		f.Usages = append(f.Usages, *t)
	case *ReplyTransaction:
		f.Replies = append(f.Replies, *t)
	}
}

var recordTypes = map[DataID][]string{
	LicenceData:  {"fileHeader", "trader", "country", "foreignTrader", "restrictions", "line"},
	UsageData:    {"fileHeader", "line", "usage"},
	LicenceReply: {"fileHeader", "error"},
	UsageReply:   {"fileHeader", "error"},
}

func (p *parser) member(name string) {
	p.broken.Last = p.at.number
	r := p.open.member(name)
	if r != nil {
		if _, ok := r.(*UsageLine); ok {
			p.lineFirst = p.at.number
		}
		p.read(r)
		return
	}
	if p.at.text == "" {
		p.number++
		p.fault(RecordUnknown, "an empty line")
		return
	}
	p.sequence()
	if slices.Contains(recordTypes[p.f.Header.DataID], name) {
		p.fault(RecordMisplaced, "record type %s cannot stand here", show(name))
	} else {
		p.fault(RecordUnknown, "record type %s is not recognised", show(name))
	}
}

// ends reads an end record.
func (p *parser) ends() {
	var e End
	p.broken.Last = p.at.number
	p.read(&e)
	first, _ := p.open.opening()
	kind, _, _ := first.layout()
	u, _ := p.open.(*UsageTransaction)
	switch {
	case e.Of == kind:
		p.counted(e, p.broken.First)
		*p.open.ending() = e
		p.open.finish(p)
		p.close()
	case e.Of == "line" && u != nil && u.openLine() != nil:
		p.counted(e, p.lineFirst)
		u.openLine().End = e
	default:
		p.fault(RecordMisplaced, "the end of %s cannot stand here", show(e.Of))
	}
}

func (p *parser) counted(e End, first int) {
	if n := p.at.number - first + 1; e.Count.Int() != n {
		p.fault(CountWrong, "the end of %s counts %s records where there are %d", e.Of, show(string(e.Count)), n)
	}
}

func (p *parser) trailer() {
	p.abandon()
	t := &Trailer{Counts: make([]Number, 1)}
	if p.f.Header.DataID.IsReply() {
		t.Counts = make([]Number, 3)
	}
	p.f.Trailer = t
	p.fileCode = TrailerWrong
	p.read(t)
	_, _, fields := t.layout()
	for i, c := range t.Counts {
		if c != "" && c.Int() != p.counts[i] {
			p.file(TrailerWrong, "the trailer says %s as %s where there are %d", show(string(c)), fields[i].name, p.counts[i])
		}
	}
}

// fault notes what breaks the open transaction, or is wrong with the file where none is open.
func (p *parser) fault(code Code, format string, args ...any) {
	p.faultAt(p.at.number, code, format, args...)
}

func (p *parser) faultAt(line int, code Code, format string, args ...any) {
	if p.open == nil {
		p.file(p.fileCode, format, args...)
		return
	}
	d := Defect{code, line, fmt.Sprintf(format, args...)}
	p.problems.Add("", d.Line, d.Text)
	if len(p.broken.Defects) < maxDefects {
		p.broken.Defects = append(p.broken.Defects, d)
	}
}

// file notes what is wrong with the file.
func (p *parser) file(code Code, format string, args ...any) {
	d := Defect{code, p.at.number, fmt.Sprintf(format, args...)}
	p.problems.Add("", d.Line, d.Text)
	if len(p.f.Defects) < maxFileDefects {
		p.f.Defects = append(p.f.Defects, d)
	}
}

func (p *parser) remark(format string, args ...any) {
	p.remarks.Add("", p.at.number, fmt.Sprintf(format, args...))
}
