package chief

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Code says in replies what is wrong. CHIEF's own list is not published; this is ours. Codes that begin with T are of a
// transaction as it is written, and codes that begin with L of what customs has on file; either way it is rejected. Codes that
// begin with F are of the file.
type Code string

// Codes of transactions.
const (
	SequenceBroken      Code = "T01" // a record has no number, or one that is not above that of the record before it
	RecordUnknown       Code = "T02" // no record type of this kind of file
	RecordMisplaced     Code = "T03" // a record that cannot stand here
	FieldMissing        Code = "T04" // a record is cut short of, or has not, what it must have
	RecordTooLarge      Code = "T05" // more bytes, or more fields, than a record has
	TextTooLong         Code = "T06"
	DateInvalid         Code = "T07"
	NumberInvalid       Code = "T08" // no number, or one that cannot be counted with exactly
	CodeUnknown         Code = "T09" // a letter, unit, country or currency that is in no list
	CountWrong          Code = "T10" // the end record counts other records than there are
	EndMissing          Code = "T11" // another transaction, or the end of the file, comes before the end record
	FieldsContradict    Code = "T12"
	ReferenceRepeated   Code = "T13" // an earlier transaction of the file has the same reference
	CharacterNotAllowed Code = "T14"
)

// Codes of transactions that are well written.
const (
	AlreadyOnFile   Code = "L01" // a licence with this reference was put on file before
	NotOnFile       Code = "L02" // no licence with this reference is on file
	AlreadyEnded    Code = "L03" // the licence was cancelled
	ReferenceTaken  Code = "L04" // its reference reads like that of something else on record
	CannotBeCounted Code = "L05" // what was used before cannot be counted in the units that the licence is replaced with
)

// Codes of files.
const (
	HeaderInvalid   Code = "F01"
	RecordOutside   Code = "F02" // a record that is in no transaction and not of the file's own
	TrailerMissing  Code = "F03"
	TrailerWrong    Code = "F04" // it counts other transactions than there are, or cannot be read
	AfterTrailer    Code = "F05"
	LinesMixed      Code = "F06" // lines end now in LF and now in CR LF, or there is a byte order mark
	RunOutOfOrder   Code = "F07"
	NoReference     Code = "F08" // a broken transaction whose reference cannot be read, or is that of one before it
	FileErrorBefore Code = "F09" // a file error stands before a transaction
)

// Defect is one thing that is wrong.
type Defect struct {
	Code Code
	// Line of the file, from 1; 0 where it is of no line.
	Line int
	// Text is a sentence without a full stop.
	Text string
}

// wire returns the text for a reply: with the position, of characters that can be written, and not too long.
func (d Defect) wire() string {
	text := d.Text
	if d.Line > 0 {
		text = fmt.Sprintf("record %d: %s", d.Line, text)
	}
	return clip(printable(text), maxErrorText)
}

// Broken is a transaction that has defects.
type Broken struct {
	// Ref is empty where it cannot be read.
	Ref string
	// First and Last are its lines.
	First, Last int
	// After is how many whole transactions stand before it in the file.
	After int
	// Defects in the order of the file, at least 1; at most 10.
	Defects []Defect
}

// show returns a text of the file for a sentence.
func show(text string) string { return `"` + clip(printable(text), 40) + `"` }

// printable puts ? in place of what cannot be written in a file.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\\' || r == utf8.RuneError {
			return '?'
		}
		return r
	}, text)
}

func clip(text string, limit int) string {
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-3]) + "..."
	}
	return text
}
