package columns

import (
	"fmt"
	"io"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/plain"
)

// csvWriter writes RFC 4180, in UTF-8, lines ending in CR LF, a header first. A record in the row is columns named with a dot,
// "deal.destination.country"; a list or a map is one column, JSON; what is absent or empty is an empty cell. A text that a spreadsheet
// would take for a formula, or that begins with an apostrophe, has an apostrophe before it: without the first apostrophe every text is
// as it was. Line ends inside of a text stay as they are, which encoding/csv would not leave alone.
type csvWriter struct {
	w     io.Writer
	of    *Record
	buf   []byte
	cell  []byte
	begun bool // a cell was written to the line
}

func newCSV(w io.Writer, of *Record) *csvWriter {
	c := &csvWriter{w: w, of: of}
	c.heads(of, "")
	c.end()
	return c
}

func (c *csvWriter) heads(of *Record, prefix string) {
	for _, f := range of.Fields {
		if f.Kind == Nested && f.single() {
			c.heads(f.Of, prefix+f.Name+".")
			continue
		}
		c.put([]byte(prefix + f.Name))
	}
}

func (c *csvWriter) Write(rows ...proto.Message) error {
	for _, row := range rows {
		m, err := c.of.reflected(row)
		if err != nil {
			return err
		}
		c.record(c.of, m)
		c.end()
		if len(c.buf) >= enough {
			if err := c.Close(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *csvWriter) Close() error {
	_, err := c.w.Write(c.buf)
	c.buf = c.buf[:0]
	if err != nil {
		return fmt.Errorf("write %s: %w", c.of.Name.Name(), err)
	}
	return nil
}

// record puts the cells of a record; m is nil where it is absent.
func (c *csvWriter) record(of *Record, m protoreflect.Message) {
	for _, f := range of.Fields {
		there := m != nil && (!f.single() || f.has(m))
		switch {
		case f.Kind == Nested && f.single():
			if there {
				c.record(f.Of, m.Get(f.in).Message())
			} else {
				c.record(f.Of, nil)
			}
		case there:
			c.cell = f.appendCell(c.cell[:0], m)
			c.put(c.cell)
		default:
			c.put(nil)
		}
	}
}

func (f *Field) appendCell(b []byte, m protoreflect.Message) []byte {
	v := m.Get(f.in)
	switch {
	case f.List && v.List().Len() == 0 || f.Map && v.Map().Len() == 0:
		return b
	case !f.single():
		return f.appendJSON(b, m)
	case f.Kind == Text:
		return append(b, plain.Harmless(v.String())...)
	case f.Kind == Fact:
		return append(b, factText(v)...)
	}
	return f.appendPlain(b, v)
}

// put puts a cell on the line.
func (c *csvWriter) put(cell []byte) {
	if c.begun {
		c.buf = append(c.buf, ',')
	}
	c.begun = true
	if !quotes(cell) {
		c.buf = append(c.buf, cell...)
		return
	}
	c.buf = append(c.buf, '"')
	for _, b := range cell {
		if b == '"' {
			c.buf = append(c.buf, '"')
		}
		c.buf = append(c.buf, b)
	}
	c.buf = append(c.buf, '"')
}

// quotes is whether a cell needs quotes: also for a space at its beginning or end, which some readers drop.
func quotes(cell []byte) bool {
	for _, b := range cell {
		if b == '"' || b == ',' || b == '\r' || b == '\n' {
			return true
		}
	}
	return len(cell) > 0 && (cell[0] <= ' ' || cell[len(cell)-1] <= ' ')
}

func (c *csvWriter) end() {
	c.buf = append(c.buf, '\r', '\n')
	c.begun = false
}
