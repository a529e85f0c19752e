// Package chief reads and writes the licence messages that British licensing systems exchange with the customs computer
// CHIEF: licences to customs, their use back to the licensing authority, and a reply to each. The format is that of
// the interface documents DES235 and DES236 as far as the Department for Business and Trade's gateway lite-hmrc shows it.
//
// A file is text: one record a line, fields separated by one backslash, no quoting. The first field is the record's number in
// the file, the second its type. Texts are kept byte for byte, in whatever encoding they came.
package chief

import "github.com/counterfoil/counterfoil/libs/published"

// Limits of what Parse reads.
const (
	// MaxFile in bytes.
	MaxFile = 16 << 20
	// MaxRecords in a file.
	MaxRecords = 500_000
	// MaxRecord is the longest record in bytes, without its line ending.
	MaxRecord = 64 << 10
	// MaxFields in a record, its number and its type included.
	MaxFields = 64
)

const (
	maxDefects        = 10   // kept of one transaction
	maxFileDefects    = 1000 // kept of a file as a whole
	maxErrorText      = 130  // error text is X(..130)
	maxSystem         = 8    // sourceSystem and destinationSystem are A(..8)
	maxTransactionRef = 17   // transactionRef is X(..17)
)

// DataID says what the transactions of a file are.
type DataID string

// The four kinds of file. Each of the data files is answered by the reply of its name.
const (
	LicenceData  DataID = "licenceData"  // from the licensing authority: licences
	LicenceReply DataID = "licenceReply" // from customs
	UsageData    DataID = "usageData"    // from customs: what was used of each licence
	UsageReply   DataID = "usageReply"   // from the licensing authority
)

// Valid reports whether it is one of the four.
func (d DataID) Valid() bool { return d == LicenceData || d == UsageData || d.IsReply() }

// IsReply reports whether the file answers another.
func (d DataID) IsReply() bool { return d == LicenceReply || d == UsageReply }

// File is one file. Only the transactions of its kind are there, in the order of the file.
type File struct {
	Header   Header
	Licences []LicenceTransaction // of licenceData
	Usages   []UsageTransaction   // of usageData
	Replies  []ReplyTransaction   // of licenceReply and usageReply
	// FileErrors of a reply stand after its transactions.
	FileErrors []FileError
	// Trailer is nil in a file that was cut off.
	Trailer *Trailer

	// CRLF is whether lines end in CR LF, and not in LF alone.
	CRLF bool
	// Unended is whether the last line has no ending.
	Unended bool

	// Broken are transactions that are wrong, and in none of the lists above; each is to be rejected.
	Broken []Broken
	// Outside are the lines that belong to nothing: neither header nor trailer, in no transaction and no file error.
	Outside []int
	// Defects are what is wrong with the file as a whole; at most 1,000.
	Defects []Defect
	// Problems are the defects of the file and of its broken transactions once more, by reason, and Remarks what was read
	// as it stands, but not without doubt; at most 1,000 each. Their File is the data id.
	Problems, Remarks []published.Problem
}

// Header is the record fileHeader.
type Header struct {
	Record
	// Source wrote the file and Destination is to read it; at most 8 characters each, such as CHIEF, SPIRE, ILBDOTI.
	Source, Destination string
	DataID              DataID
	Created             Stamp
	// Run is 1 in the first file of a source and one more in each that follows; a reply has that of the file it answers.
	Run Number
	// Reset is Y where Run is to be taken as it is, out of sequence; N or empty otherwise.
	Reset string
}

func (h *Header) layout() (string, int, []field) {
	usual := 8
	if h.DataID.IsReply() {
		usual = 7
	}
	return "fileHeader", usual, []field{
		{"source system", &h.Source, upTo8, true}, {"destination system", &h.Destination, upTo8, true},
		{"data id", (*string)(&h.DataID), anyText, true}, {"creation date and time", (*string)(&h.Created), stampForm, true},
		{"run number", (*string)(&h.Run), upTo7Digits, true}, {"reset flag", &h.Reset, flagForm, false},
	}
}

func (h *Header) check(p *parser) {
	if h.Source == h.Destination {
		p.fault(HeaderInvalid, "source and destination are the same system %s", show(h.Source))
	}
}

// Trailer is the record fileTrailer.
type Trailer struct {
	Record
	// Counts has one number in data files, that of the transactions, and three in replies: accepted, rejected, file errors.
	Counts []Number
}

func (t *Trailer) layout() (string, int, []field) {
	names := []string{"number of transactions"}
	if len(t.Counts) == 3 {
		names = []string{"number accepted", "number rejected", "number of file errors"}
	}
	fields := make([]field, len(t.Counts))
	for i := range t.Counts {
		fields[i] = field{names[i], (*string)(&t.Counts[i]), upTo5Digits, true}
	}
	return "fileTrailer", 2 + len(fields), fields
}

// End is the record end: the last of a transaction, or of a usage line.
type End struct {
	Record
	// Of is the type of the record that opened it, and Count how many records there are from that one to this.
	Of    string
	Count Number
}

func (e *End) layout() (string, int, []field) {
	return "end", 4, []field{{"type that it ends", &e.Of, anyText, true}, {"record count", (*string)(&e.Count), upTo5Digits, true}}
}

// Bytes returns the file as text. What Parse read without problems comes out byte for byte as it went in.
func (f *File) Bytes() []byte {
	end := "\n"
	if f.CRLF {
		end = "\r\n"
	}
	var b []byte
	for _, r := range f.records() {
		b = append(appendRecord(b, r), end...)
	}
	if f.Unended {
		b = b[:len(b)-len(end)]
	}
	return b
}

// records returns every record in the order of the file.
func (f *File) records() []record {
	list := []record{&f.Header}
	for i := range f.Licences {
		list = f.Licences[i].records(list)
	}
	for i := range f.Usages {
		list = f.Usages[i].records(list)
	}
	for i := range f.Replies {
		list = f.Replies[i].records(list)
	}
	list = collect(list, f.FileErrors)
	if f.Trailer != nil {
		list = append(list, f.Trailer)
	}
	return list
}
