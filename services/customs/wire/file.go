package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"time"
	_ "time/tzdata" // files are dated in British local time, also on machines that have no files of zones

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published/chief"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
)

// london is the zone of the format's dates and times, which state none.
var london = func() *time.Location {
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err) // the zones are in the program
	}
	return zone
}()

// File is a file that came in, read and taken apart once. It is not changed.
type File struct {
	*chief.File
	name  string
	size  int
	sum   [sha256.Size]byte
	parts []chief.Part
}

var system = regexp.MustCompile(`^[A-Z0-9]{1,8}$`)

// Read reads a file. It refuses only what cannot be answered: no file of licence messages, one without a header that says who sent
// which run to whom, and one of systems whose names are not of one to eight capital letters and digits.
func Read(name string, data []byte) (*File, error) {
	f, err := chief.Parse(data)
	if err != nil {
		return nil, err
	}
	if err := f.Header.Valid(); err != nil {
		return nil, err
	}
	if !system.MatchString(f.Header.Source) || !system.MatchString(f.Header.Destination) {
		return nil, fault.Errorf(fault.Invalid, "the file cannot be answered: it is from %q to %q; the names of systems are of one to eight capital letters and digits", f.Header.Source, f.Header.Destination)
	}
	return &File{File: f, name: name, size: len(data), sum: sha256.Sum256(data), parts: chief.Parts(data, f)}, nil
}

// Source is the system that wrote the file, and Run its number there.
func (f *File) Source() string { return f.Header.Source }
func (f *File) Run() int       { return f.Header.Run.Int() }

// stream is what the file's run is numbered in.
func (f *File) stream(agency string) string { return streamID(agency, "", f.Header) }

func streamID(agency, direction string, h chief.Header) string {
	return agency + "/chief-" + direction + string(h.DataID) + "-" + h.Source + "-" + h.Destination
}

func wireID(stream string, run int) string { return stream + "-" + strconv.Itoa(run) }

func (f *File) refusedID(agency string) string {
	return wireID(f.stream(agency), f.Run()) + "-refused-" + f.short()
}

// short is enough of the file's digest to tell it from others of the same run.
func (f *File) short() string { return hex.EncodeToString(f.sum[:6]) }

// Short is enough of the digest of a file to tell it from others of its name.
func Short(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:6])
}

func (f *File) ending() string { return ending(f.CRLF) }

func ending(crlf bool) string {
	if crlf {
		return "\r\n"
	}
	return "\n"
}

// isPart reports whether a part is recorded by itself: the header and the trailer are on record with the file.
func isPart(p chief.Part) bool {
	switch p.Whole.(type) {
	case *chief.Header, *chief.Trailer:
		return false
	}
	return true
}

// received is how the file is put on record.
func (f *File) received() *customsv1.WireReceived {
	r := &customsv1.WireReceived{
		Name: f.name, Sha256: f.sum[:], Size: uint64(f.size), Crlf: f.CRLF, Unended: f.Unended, Defects: defects(f.Defects...),
		Transactions: uint32(len(f.Licences) + len(f.Usages) + len(f.Replies) + len(f.Broken)),
	}
	for _, m := range f.Remarks {
		r.Remarks += uint32(m.Rows)
	}
	for _, p := range f.parts {
		switch w := p.Whole.(type) {
		case *chief.Header:
			h := w.Message()
			again := chief.HeaderOf(h)
			h.Raw = unlessSame(p.Raw, chief.Text(&again, f.ending()))
			r.Header, r.HeaderLine = h, uint32(p.First)
		case *chief.Trailer:
			t := w.Message()
			again := chief.TrailerOf(t)
			text := chief.Text(&again, f.ending())
			if f.Unended && p.First == f.lines() {
				text = bytes.TrimSuffix(text, []byte(f.ending()))
			}
			t.Raw = unlessSame(p.Raw, text)
			r.Trailer, r.TrailerLine = t, uint32(p.First)
		default:
			r.LastLine = uint32(p.First)
		}
	}
	return r
}

func (f *File) lines() int {
	last := f.parts[len(f.parts)-1]
	return last.First + last.Lines - 1
}

// unlessSame are lines as they were written, where they are not the same as those that the records make.
func unlessSame(raw, made []byte) []byte {
	if bytes.Equal(raw, made) {
		return nil
	}
	return raw
}

// place says where a part stands; made is what its records make.
func (f *File) place(p chief.Part, made []byte) *customsv1.WirePlace {
	return &customsv1.WirePlace{Line: uint32(p.First), Lines: uint32(p.Lines), Raw: unlessSame(p.Raw, made)}
}

func defects(from ...chief.Defect) (list []*customsv1.WireDefect) {
	for _, d := range from {
		list = append(list, &customsv1.WireDefect{Code: string(d.Code), Line: uint32(d.Line), Text: string(bytes.ToValidUTF8([]byte(d.Text), []byte("?")))})
	}
	return list
}

func defectsOf(from []*customsv1.WireDefect) (list []chief.Defect) {
	for _, d := range from {
		list = append(list, chief.Defect{Code: chief.Code(d.GetCode()), Line: int(d.GetLine()), Text: d.GetText()})
	}
	return list
}
