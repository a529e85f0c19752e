package columns

import (
	"encoding/hex"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// A row group ends at so many rows, or when so many bytes of it are kept, whichever comes first.
const (
	groupRows  = 64 << 10
	groupBytes = 64 << 20
)

// dictionaryBytes is how large the dictionary of a column may grow before its texts are written as they are.
const dictionaryBytes = 1 << 20

// parquetWriter writes columns: each row is taken apart into the values of its leaves, with the levels that say what of it is absent
// or repeated (parquet-format, "Nested Encoding").
type parquetWriter struct {
	writer *parquet.GenericWriter[any]
	of     *Record
	root   []*branch
	leaves [][]parquet.Value // by column
	rows   int               // in the row group
	closed int64             // size of the row groups that are written
}

func newParquet(w io.Writer, of *Record) (*parquetWriter, error) {
	p := &parquetWriter{of: of}
	columns := 0
	p.root = branches(of, 0, 0, &columns)
	p.leaves = make([][]parquet.Value, columns)
	p.writer = parquet.NewGenericWriter[any](w,
		parquet.NewSchema(string(of.Name.Name()), groupOf(of)),
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}),
		parquet.DictionaryMaxBytes(dictionaryBytes),
		parquet.CreatedBy("counterfoil", "", ""),
	)
	return p, nil
}

func (p *parquetWriter) Write(rows ...proto.Message) error {
	for len(rows) > 0 {
		n := min(len(rows), groupRows-p.rows)
		if err := p.write(rows[:n]); err != nil {
			return fmt.Errorf("write %s: %w", p.of.Name.Name(), err)
		}
		rows = rows[n:]
	}
	return nil
}

func (p *parquetWriter) write(rows []proto.Message) error {
	for i := range p.leaves {
		clear(p.leaves[i])
		p.leaves[i] = p.leaves[i][:0]
	}
	for _, row := range rows {
		m, err := p.of.reflected(row)
		if err != nil {
			return err
		}
		for _, b := range p.root {
			b.put(p.leaves, m, 0)
		}
	}
	for i, c := range p.writer.ColumnWriters() {
		if _, err := c.WriteRowValues(p.leaves[i]); err != nil {
			return err
		}
	}
	p.rows += len(rows)
	if p.rows == groupRows || p.writer.Size()-p.closed >= groupBytes {
		return p.endGroup()
	}
	return nil
}

func (p *parquetWriter) endGroup() error {
	p.rows = 0
	if err := p.writer.Flush(); err != nil {
		return err
	}
	p.closed = p.writer.Size()
	return nil
}

func (p *parquetWriter) Close() error {
	if err := p.writer.Close(); err != nil {
		return fmt.Errorf("write %s: %w", p.of.Name.Name(), err)
	}
	return nil
}

// group is a parquet.Group whose fields stand in the order of the contract.
type group struct {
	parquet.Group
	order []string
}

func (g group) Fields() []parquet.Field {
	byName := map[string]parquet.Field{}
	for _, f := range g.Group.Fields() {
		byName[f.Name()] = f
	}
	fields := make([]parquet.Field, len(g.order))
	for i, name := range g.order {
		fields[i] = byName[name]
	}
	return fields
}

func groupOf(of *Record) parquet.Node {
	g := group{Group: parquet.Group{}}
	for _, f := range of.Fields {
		g.Group[f.Name] = f.node()
		g.order = append(g.order, f.Name)
	}
	return g
}

// node is a field's type: a LIST or MAP that is never absent, or one value, optional where it can be.
func (f *Field) node() parquet.Node {
	var value parquet.Node
	switch f.Kind {
	case Nested:
		value = groupOf(f.Of)
	case Boolean:
		value = parquet.Leaf(parquet.BooleanType)
	case Integer:
		value = parquet.Int(f.Bits)
	case Unsigned:
		value = parquet.Uint(f.Bits)
	case Time:
		value = parquet.Timestamp(parquet.Microsecond)
	default:
		value = parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	}
	switch {
	case f.List:
		return parquet.List(value)
	case f.Map:
		return parquet.Map(parquet.String(), value)
	case f.Optional:
		return parquet.Optional(value)
	}
	return value
}

// branch is a field among the leaves of a row.
type branch struct {
	*Field
	first, end int       // its leaves
	rep, def   int       // levels of what it stands in; def is also that of its being absent or empty
	of         []*branch // of a Nested
}

// branches are those of a record that stands at these levels. next is the number of its first leaf, and then that of the leaf after it.
func branches(of *Record, rep, def int, next *int) []*branch {
	list := make([]*branch, len(of.Fields))
	for i, f := range of.Fields {
		b := &branch{Field: f, first: *next, rep: rep, def: def}
		if f.Map {
			*next++ // of the keys
		}
		if f.Kind == Nested {
			b.of = branches(f.Of, b.repWithin(), b.defWithin(), next)
		} else {
			*next++
		}
		b.end = *next
		list[i] = b
	}
	return list
}

// repWithin is the repetition level of a second value, defWithin the definition level of a value that is there.
func (b *branch) repWithin() int {
	if b.single() {
		return b.rep
	}
	return b.rep + 1
}

func (b *branch) defWithin() int {
	if b.single() && !b.Optional {
		return b.def
	}
	return b.def + 1
}

// put appends what a record has of the field to its leaves. rep says which list above goes on with it.
func (b *branch) put(leaves [][]parquet.Value, m protoreflect.Message, rep int) {
	switch {
	case b.List:
		b.putList(leaves, m.Get(b.in).List(), rep)
	case b.Map:
		b.putMap(leaves, m.Get(b.in).Map(), rep)
	case b.has(m):
		b.putValue(leaves, m.Get(b.in), rep)
	default:
		b.putAbsent(leaves, rep)
	}
}

func (b *branch) putList(leaves [][]parquet.Value, list protoreflect.List, rep int) {
	if list.Len() == 0 {
		b.putAbsent(leaves, rep)
		return
	}
	for i := range list.Len() {
		b.putValue(leaves, list.Get(i), rep)
		rep = b.repWithin()
	}
}

func (b *branch) putMap(leaves [][]parquet.Value, entries protoreflect.Map, rep int) {
	if entries.Len() == 0 {
		b.putAbsent(leaves, rep)
		return
	}
	for _, key := range sortedKeys(entries) {
		add(leaves, b.first, parquet.ValueOf(key.String()), rep, b.defWithin())
		b.putValue(leaves, entries.Get(key), rep)
		rep = b.repWithin()
	}
}

func (b *branch) putAbsent(leaves [][]parquet.Value, rep int) {
	for leaf := b.first; leaf < b.end; leaf++ {
		add(leaves, leaf, parquet.NullValue(), rep, b.def)
	}
}

func (b *branch) putValue(leaves [][]parquet.Value, v protoreflect.Value, rep int) {
	if b.Kind == Nested {
		for _, child := range b.of {
			child.put(leaves, v.Message(), rep)
		}
		return
	}
	value := b.leafValue(v)
	if value.IsNull() {
		b.putAbsent(leaves, rep)
		return
	}
	add(leaves, b.end-1, value, rep, b.defWithin())
}

func add(leaves [][]parquet.Value, leaf int, v parquet.Value, rep, def int) {
	leaves[leaf] = append(leaves[leaf], v.Level(rep, def, leaf))
}

// leafValue is a value as it is stored; null for a fact of a kind that is not known. Times are cut off to microseconds.
func (f *Field) leafValue(v protoreflect.Value) parquet.Value {
	switch f.Kind {
	case Text:
		return parquet.ValueOf(v.String())
	case Word:
		return parquet.ValueOf(f.word(v.Enum()))
	case Boolean:
		return parquet.BooleanValue(v.Bool())
	case Integer:
		return intValue(f.Bits, v.Int())
	case Unsigned:
		return intValue(f.Bits, int64(v.Uint()))
	case Time:
		return parquet.Int64Value(instant(v).UnixMicro())
	case Hex:
		return parquet.ValueOf(hex.EncodeToString(v.Bytes()))
	case Fact:
		if text := factText(v); text != nil {
			return parquet.ByteArrayValue(text)
		}
	}
	return parquet.NullValue()
}

func intValue(bits int, n int64) parquet.Value {
	if bits == 32 {
		return parquet.Int32Value(int32(n))
	}
	return parquet.Int64Value(n)
}
