package columns

import (
	"fmt"
	"io"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
)

// Writer writes the rows of one table. The same rows in the same order make the same file, however many are given at a time. It serves one goroutine, and holds a
// bounded part of what it was given.
type Writer interface {
	// Write adds rows, each a message of the record's type. They are the caller's again when it returns.
	Write(rows ...proto.Message) error
	// Close writes what is left. Only then the file is whole. What it is written to stays open.
	Close() error
}

// Formats are the names of the forms that New writes, which are the endings of their files too.
func Formats() []string { return []string{"parquet", "csv", "jsonl"} }

// New starts a file of a format. An unknown one is refused (fault.Invalid).
func New(format string, w io.Writer, of *Record) (Writer, error) {
	switch format {
	case "parquet":
		return newParquet(w, of)
	case "csv":
		return newCSV(w, of), nil
	case "jsonl":
		return &lines{w: w, of: of}, nil
	}
	return nil, fault.Errorf(fault.Invalid, "tables are written as %s, not as %q", strings.Join(Formats(), ", "), format)
}

// enough is how many bytes of lines are kept before they are written.
const enough = 256 << 10

// lines writes JSON lines: an object of every row.
type lines struct {
	w   io.Writer
	of  *Record
	buf []byte
}

func (l *lines) Write(rows ...proto.Message) error {
	for _, row := range rows {
		m, err := l.of.reflected(row)
		if err != nil {
			return err
		}
		l.buf = append(l.of.appendJSON(l.buf, m), '\n')
		if len(l.buf) >= enough {
			if err := l.Close(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *lines) Close() error {
	_, err := l.w.Write(l.buf)
	l.buf = l.buf[:0]
	if err != nil {
		return fmt.Errorf("write %s: %w", l.of.Name.Name(), err)
	}
	return nil
}
