// Package table reads delimited text row by row, so that one bad row hides none of those after it. Published lists
// are read with it whose rows are lines; a quoted field may reach over a few.
package table

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/counterfoil/counterfoil/libs/fault"
)

const (
	maxFile     = 256 << 20
	maxLine     = 1 << 20
	maxField    = 64 << 10
	maxRowLines = 8
)

// BadRow is why one row cannot be read; those after it can.
type BadRow struct{ Reason string }

func (b *BadRow) Error() string { return b.Reason }

// Reader reads rows. It is for one goroutine.
type Reader struct {
	in    *bufio.Reader
	left  *io.LimitedReader
	comma rune
	line  int
	again []string // lines that were read for a row that they are not part of
	text  string
	// Cut is whether the last line had no end.
	Cut bool
}

// New reads from r, with comma between fields.
func New(r io.Reader, comma rune) *Reader {
	left := &io.LimitedReader{R: r, N: maxFile}
	return &Reader{in: bufio.NewReaderSize(left, maxLine), left: left, comma: comma}
}

// Next returns the fields of the next row that is not an empty line, and the number of its first line from 1. It fails
// with a *BadRow, after which it can be called again, with io.EOF at the end, and with a refusal when the file is
// beyond its limits: 256 MiB, and 1 MiB in a line. Bytes that are no UTF-8 come as U+FFFD.
func (r *Reader) Next() (fields []string, line int, err error) {
	text := ""
	for strings.TrimSpace(text) == "" {
		if text, err = r.readLine(); err != nil {
			return nil, r.line, err
		}
	}
	line, r.text = r.line, text
	more := []string{}
	for open(text) {
		next, err := r.readLine()
		if len(more) == maxRowLines || errors.Is(err, io.EOF) {
			if err == nil {
				more = append(more, next)
			}
			r.again, r.line = append(more, r.again...), line
			return nil, line, &BadRow{"a quote is not closed"}
		}
		if err != nil {
			return nil, line, err
		}
		more = append(more, next)
		text += "\n" + next
	}
	fields, whole, err := r.split(text)
	if whole {
		r.text = text
	}
	if !whole && err == nil { // the quotes were not around fields, so that the row ended before the last line
		r.again, r.line = append(more, r.again...), line
		err = &BadRow{"a quote stands within a field"}
	}
	return fields, line, err
}

// Text is the row that Next returned last, as it stands in the file; of a row whose quotes are not closed it is the first line.
func (r *Reader) Text() string { return r.text }

// open reports whether a quote is open at the end of the text.
func open(text string) bool { return strings.Count(text, `"`)%2 == 1 }

// split takes one row apart and reports whether it is the whole text.
func (r *Reader) split(text string) (fields []string, whole bool, err error) {
	c := csv.NewReader(strings.NewReader(text))
	c.Comma, c.LazyQuotes, c.FieldsPerRecord = r.comma, true, -1
	if fields, err = c.Read(); err != nil {
		return nil, true, &BadRow{fmt.Sprintf("cannot be taken apart: %v", err)}
	}
	for i, f := range fields {
		if len(f) > maxField {
			return nil, true, &BadRow{fmt.Sprintf("column %d is longer than %d bytes", i+1, maxField)}
		}
		if !utf8.ValidString(f) {
			fields[i] = strings.ToValidUTF8(f, "\uFFFD")
		}
	}
	return fields, c.InputOffset() >= int64(len(text)), nil
}

func (r *Reader) readLine() (string, error) {
	if len(r.again) > 0 {
		text := r.again[0]
		r.again = r.again[1:]
		r.line++
		return text, nil
	}
	b, err := r.in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", fault.Errorf(fault.Invalid, "line %d is longer than %d bytes; this is no list of rows", r.line+1, maxLine)
	case r.left.N == 0:
		return "", fault.Errorf(fault.Invalid, "the file is larger than %d MiB; this is no list that can be read", maxFile>>20)
	case err != nil && (!errors.Is(err, io.EOF) || len(b) == 0):
		return "", err
	}
	r.Cut = err != nil
	r.line++
	text := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if r.line == 1 {
		text = strings.TrimPrefix(text, "\uFEFF")
	}
	return text, nil
}
