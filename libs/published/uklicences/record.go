package uklicences

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	maxLine = 64 << 10
	// A quoted field may hold line ends, but a quote that is never closed must not swallow the rest of the file.
	maxRecordLines = 32
)

// A badRow is why one record cannot be read; the ones after it can.
type badRow struct{ reason string }

func (b *badRow) Error() string { return b.reason }

// records reads comma-separated records (RFC 4180) one by one. encoding/csv would read from an open quote to the end of
// the file; this stops, reports the line where the quote is, and goes on with the line after it.
type records struct {
	in *bufio.Reader
	// columns is how many fields a record has; 0 as long as that is not known.
	columns int
	line    int // of the last line that came from in or again
	again   []line
	split   splitter
}

// line is a line of the file without its end; of one that is too long only that is known.
type line struct {
	text string
	long bool
}

func newRecords(r io.Reader) *records {
	return &records{in: bufio.NewReaderSize(r, maxLine)}
}

// next returns the next record that is not an empty line, and the number of its first line. The fields are good until
// the next call. After a *badRow it can be called again; after io.EOF or any other error it cannot.
func (r *records) next() (fields []string, at int, err error) {
	var first line
	for first == (line{}) {
		if first, err = r.readLine(); err != nil {
			return nil, r.line, err
		}
	}
	at = r.line
	if first.long {
		return nil, at, &badRow{fmt.Sprintf("longer than %d bytes", maxLine)}
	}
	more, err := r.record(first)
	if err == nil && r.columns > 0 && len(r.split.fields) != r.columns {
		err = &badRow{fmt.Sprintf("%d columns where the header has %d", len(r.split.fields), r.columns)}
	}
	if bad := (*badRow)(nil); errors.As(err, &bad) && len(more) > 0 {
		r.again, r.line = append(more, r.again...), at
	}
	return r.split.fields, at, err
}

// record splits a record that begins with first and returns the further lines that it read for it.
func (r *records) record(first line) (more []line, err error) {
	r.split.start()
	err = r.split.feed(first.text)
	for err == nil && r.split.quoted {
		if len(more)+1 == maxRecordLines {
			return more, &badRow{fmt.Sprintf("a quote is not closed within %d lines", maxRecordLines)}
		}
		l, err := r.readLine()
		if errors.Is(err, io.EOF) {
			return more, &badRow{"a quote is not closed"}
		}
		if err != nil {
			return more, err
		}
		if more = append(more, l); l.long {
			return more, &badRow{"a quote is not closed before a line that is too long"}
		}
		if err := r.split.feed(l.text); err != nil {
			return more, err
		}
	}
	return more, err
}

func (r *records) readLine() (line, error) {
	if len(r.again) > 0 {
		l := r.again[0]
		r.again = r.again[1:]
		r.line++
		return l, nil
	}
	b, err := r.in.ReadSlice('\n')
	if len(b) > 0 {
		r.line++
	}
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = r.in.ReadSlice('\n')
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return line{}, err
		}
		return line{long: true}, nil
	case errors.Is(err, io.EOF) && len(b) > 0:
		// The last line needs no end.
	case err != nil:
		return line{}, err
	}
	return line{text: strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")}, nil
}

// splitter takes a record apart, line by line.
type splitter struct {
	fields []string
	quoted bool // inside a quoted field at the end of the last line
	field  strings.Builder
}

func (s *splitter) start() {
	s.fields, s.quoted = s.fields[:0], false
	s.field.Reset()
}

func (s *splitter) feed(line string) error {
	if s.quoted {
		s.field.WriteByte('\n')
	}
	for {
		if s.quoted {
			rest, closed := s.inside(line)
			if !closed {
				return nil
			}
			s.quoted = false
			s.fields = append(s.fields, s.field.String())
			s.field.Reset()
			if rest == "" {
				return nil
			}
			if rest[0] != ',' {
				return &badRow{fmt.Sprintf("text after the closing quote of field %d", len(s.fields))}
			}
			line = rest[1:]
		}
		if strings.HasPrefix(line, `"`) {
			s.quoted, line = true, line[1:]
			continue
		}
		field, rest, more := strings.Cut(line, ",")
		if strings.Contains(field, `"`) {
			return &badRow{fmt.Sprintf("a quote inside field %d, which is not quoted", len(s.fields)+1)}
		}
		s.fields = append(s.fields, field)
		if !more {
			return nil
		}
		line = rest
	}
}

// inside adds to a quoted field up to its closing quote and returns what follows.
func (s *splitter) inside(line string) (rest string, closed bool) {
	for {
		text, after, found := strings.Cut(line, `"`)
		s.field.WriteString(text)
		if !found {
			return "", false
		}
		if !strings.HasPrefix(after, `"`) {
			return after, true
		}
		s.field.WriteByte('"')
		line = after[1:]
	}
}
