package chief

import (
	"bytes"
	"strings"
)

// Part is something that stands in a file, with its lines as they were written.
type Part struct {
	// First is its first line, from 1, and Lines how many it has.
	First, Lines int
	Raw          []byte
	// Whole is the header, the trailer, a whole transaction or a file error. One that is broken is in Broken. Both are nil for
	// lines that belong to nothing.
	Whole  Written
	Broken *Broken
}

// maxKept is how many bytes of lines that belong to nothing are one part.
const maxKept = 64 << 10

// Parts takes a file apart: every line is in one part, in the order of the file. data is what the file was parsed from.
func Parts(data []byte, f *File) []Part {
	w := partWriter{lines: bytes.SplitAfter(data, []byte("\n")), f: f, licences: f.Licences, usages: f.Usages, replies: f.Replies, errors: f.FileErrors, broken: f.Broken}
	if n := len(w.lines); len(w.lines[n-1]) == 0 {
		w.lines = w.lines[:n-1]
	}
	outside := f.Outside
	for at := 1; at <= len(w.lines); at += w.parts[len(w.parts)-1].Lines {
		kept := Part{First: at}
		for len(outside) > 0 && outside[0] == at+kept.Lines && len(kept.Raw) < maxKept {
			kept.Raw = append(kept.Raw, w.lines[outside[0]-1]...)
			kept.Lines, outside = kept.Lines+1, outside[1:]
		}
		if kept.Lines > 0 {
			w.parts = append(w.parts, kept)
			continue
		}
		w.next(at)
	}
	return w.parts
}

type partWriter struct {
	lines    [][]byte
	f        *File
	licences []LicenceTransaction
	usages   []UsageTransaction
	replies  []ReplyTransaction
	errors   []FileError
	broken   []Broken
	parts    []Part
}

// next appends the part that begins at a line.
func (w *partWriter) next(at int) {
	if len(w.broken) > 0 && w.broken[0].First == at {
		b := &w.broken[0]
		w.broken = w.broken[1:]
		w.add(Part{First: at, Lines: b.Last - b.First + 1, Broken: b})
		return
	}
	fields := strings.SplitN(string(w.lines[at-1]), `\`, 3)
	name := strings.TrimRight(fields[min(1, len(fields)-1)], "\r\n")
	whole, lines := w.whole(name)
	w.add(Part{First: at, Lines: lines, Whole: whole})
}

func (w *partWriter) whole(name string) (whole Written, lines int) {
	switch name {
	case "fileHeader":
		return &w.f.Header, 1
	case "fileTrailer":
		return w.f.Trailer, 1
	case "fileError":
		whole, w.errors = &w.errors[0], w.errors[1:]
		return whole, 1
	case "licence":
		t := &w.licences[0]
		w.licences = w.licences[1:]
		return t, t.End.Count.Int()
	case "licenceUsage":
		t := &w.usages[0]
		w.usages = w.usages[1:]
		return t, t.End.Count.Int()
	default:
		t := &w.replies[0]
		w.replies = w.replies[1:]
		return t, max(1, t.End.Count.Int())
	}
}

func (w *partWriter) add(p Part) {
	p.Raw = bytes.Join(w.lines[p.First-1:p.First-1+p.Lines], nil)
	w.parts = append(w.parts, p)
}
