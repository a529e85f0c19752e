package differences_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/differences"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// differ is differences.Of, or a mutant of it.
type differ func(before, after ledger.View, p ledger.RowPair) (*queryv1.Difference, error)

// Whatever happens between two points, the rows that differ are those that a plain comparison of all rows finds, their changes make the
// one row of the other, and their events are those that the later ledger has of the row and the earlier one has not.
func TestDifferencesMakeTheOneOfTheOther(t *testing.T) {
	property(t, differences.Of, func(t *rapid.T, err error) {
		if err != nil {
			t.Fatal(err)
		}
	}, func() bool { return false })
}

func TestPropertyNoticesWhatIsWrong(t *testing.T) {
	mutants := map[string]func(*queryv1.Difference){
		"a change is left out": func(d *queryv1.Difference) {
			if len(d.Changes) > 1 {
				d.Changes = d.Changes[1:]
			}
		},
		"an entry that went stays": func(d *queryv1.Difference) {
			d.Changes = slices.DeleteFunc(d.Changes, func(c *queryv1.FieldChange) bool { return c.After == nil && strings.HasSuffix(c.Path, "]") })
		},
		"an event too few": func(d *queryv1.Difference) {
			if len(d.Events) > 1 {
				d.Events = d.Events[1:]
			}
		},
		"the first event always counts": func(d *queryv1.Difference) {
			if made, ok := inner(d.Row).(ledger.Made); ok && d.Kind == queryv1.DifferenceKind_DIFFERENCE_KIND_CHANGED && d.Events[0].Number != made.GetEvents()[0] {
				d.Events = slices.Insert(d.Events, 0, &queryv1.EventNote{Journal: made.GetJournal(), Number: made.GetEvents()[0]})
			}
		},
		"what went came": func(d *queryv1.Difference) {
			if d.Kind == queryv1.DifferenceKind_DIFFERENCE_KIND_WENT {
				d.Kind = queryv1.DifferenceKind_DIFFERENCE_KIND_CAME
			}
		},
	}
	for name, spoil := range mutants {
		t.Run(name, func(t *testing.T) {
			caught := false
			mutant := func(before, after ledger.View, p ledger.RowPair) (*queryv1.Difference, error) {
				d, err := differences.Of(before, after, p)
				if err == nil {
					spoil(d)
				}
				return d, err
			}
			property(t, mutant, func(_ *rapid.T, err error) { caught = caught || err != nil }, func() bool { return caught })
			if !caught {
				t.Error("it is not noticed")
			}
		})
	}
}

// property gives a verdict on each of many histories until it is enough.
func property(t *testing.T, of differ, verdict func(*rapid.T, error), enough func() bool) {
	one, other := ledgertest.Open(t, "licensing"), ledgertest.Open(t, "licensing")
	rapid.Check(t, func(t *rapid.T) {
		if enough() {
			return
		}
		h := ledgertest.History(t)
		var earlier, later []*journal.Block
		for _, id := range slices.SortedFunc(maps.Keys(h), func(x, y journal.ID) int { return strings.Compare(x.String(), y.String()) }) {
			from := rapid.IntRange(0, len(h[id])).Draw(t, "before "+id.String())
			to := rapid.IntRange(from, len(h[id])).Draw(t, "after "+id.String())
			earlier, later = append(earlier, h[id][:from]...), append(later, h[id][:to]...)
		}
		before, after := folded(t, one, earlier), folded(t, other, later)
		if rapid.Bool().Draw(t, "backwards") {
			before, after = after, before
		}
		verdict(t, check(t, before, after, &queryv1.Filter{Withdrawn: rapid.Bool().Draw(t, "withdrawn too")}, of))
	})
}

// folded is an empty ledger with these blocks, until the run ends.
func folded(t *rapid.T, l *ledger.Ledger, blocks []*journal.Block) ledger.View {
	tx, err := l.Begin()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tx.Rollback)
	for _, b := range blocks {
		if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
			t.Fatal(err)
		}
	}
	return tx.View
}

// rowsIn are all rows that can be listed and that the filter keeps, by table and id.
func rowsIn(v ledger.View, f *queryv1.Filter) (map[ledger.RowKey]*queryv1.Row, error) {
	rows := map[ledger.RowKey]*queryv1.Row{}
	for number := range queryv1.Table_name {
		table := queryv1.Table(number)
		if table == queryv1.Table_TABLE_UNSPECIFIED || table == queryv1.Table_TABLE_EVENTS {
			continue
		}
		list, _, err := v.List(table, f, "", 1<<20)
		if err != nil {
			return nil, err
		}
		for _, r := range list {
			rows[ledger.RowKey{Table: table, ID: inner(r).(ledger.Made).GetId()}] = r
		}
	}
	return rows, nil
}

func inner(row *queryv1.Row) proto.Message {
	m := row.ProtoReflect()
	field := m.WhichOneof(m.Descriptor().Oneofs().ByName("row"))
	if field == nil {
		return nil
	}
	return m.Get(field).Message().Interface()
}

// check compares what is found with a plain comparison of all rows.
func check(t *rapid.T, before, after ledger.View, f *queryv1.Filter, of differ) error {
	was, err := rowsIn(before, f)
	if err != nil {
		return err
	}
	is, err := rowsIn(after, f)
	if err != nil {
		return err
	}
	wanted := map[ledger.RowKey]queryv1.DifferenceKind{}
	for key, r := range is {
		switch {
		case was[key] == nil:
			wanted[key] = queryv1.DifferenceKind_DIFFERENCE_KIND_CAME
		case !proto.Equal(was[key], r):
			wanted[key] = queryv1.DifferenceKind_DIFFERENCE_KIND_CHANGED
		}
	}
	for key := range was {
		if is[key] == nil {
			wanted[key] = queryv1.DifferenceKind_DIFFERENCE_KIND_WENT
		}
	}
	found := 0
	_, err = ledger.EachRowPair(t.Context(), before, after, ledger.RowPairs{Filter: f}, func(p ledger.RowPair) error {
		found++
		d, err := of(before, after, p)
		if err != nil {
			return err
		}
		key := ledger.RowKey{Table: d.Table, ID: d.Id}
		if wanted[key] != d.Kind {
			return fmt.Errorf("%v: %v, want %v", key, d.Kind, wanted[key])
		}
		if err := reproduces(p, d); err != nil {
			return fmt.Errorf("%v: %w", key, err)
		}
		return sameEvents(before, after, p, d)
	})
	if err == nil && found != len(wanted) {
		err = fmt.Errorf("%d rows differ, want %d: %v", found, len(wanted), wanted)
	}
	return err
}

// sameEvents checks that a difference's events are those of the row that one of two positions is behind.
func sameEvents(before, after ledger.View, p ledger.RowPair, d *queryv1.Difference) error {
	row := inner(p.After)
	if row == nil || p.Before != nil && len(inner(p.Before).(ledger.Made).GetEvents()) > len(row.(ledger.Made).GetEvents()) {
		row = inner(p.Before)
	}
	made := row.(ledger.Made)
	id, err := journal.ParseID(made.GetJournal())
	if err != nil {
		return err
	}
	x, err := before.Position(id)
	if err != nil {
		return err
	}
	y, err := after.Position(id)
	if err != nil {
		return err
	}
	from, to := min(x.GetEvents(), y.GetEvents()), max(x.GetEvents(), y.GetEvents())
	var want, got []uint64
	for _, n := range made.GetEvents() {
		if n > from && n <= to {
			want = append(want, n)
		}
	}
	for _, e := range d.Events {
		if e.Journal != made.GetJournal() || e.Kind == "" {
			return fmt.Errorf("%v is no event of %s", e, p.ID)
		}
		got = append(got, e.Number)
	}
	if want == nil && p.Table == queryv1.Table_TABLE_LINES { // it was left out of its deal
		if len(got) != 1 || got[0] <= from || got[0] > to {
			return fmt.Errorf("%s was left out by %v, want one event from %d to %d", p.ID, got, from+1, to)
		}
		return nil
	}
	if len(want) == 0 || !slices.Equal(got, want) {
		return fmt.Errorf("events of %s: %v, want %v", p.ID, got, want)
	}
	return nil
}

// reproduces applies the changes to the row as it was.
func reproduces(p ledger.RowPair, d *queryv1.Difference) error {
	if p.Before == nil || p.After == nil {
		if len(d.Changes) > 0 {
			return fmt.Errorf("a row that is there at one point only has changes: %v", d.Changes)
		}
		return nil
	}
	got, want := proto.Clone(inner(p.Before)), proto.Clone(inner(p.After))
	for _, c := range d.Changes {
		if err := apply(got.ProtoReflect(), c.Path, c); err != nil {
			return fmt.Errorf("%s: %w", c.Path, err)
		}
	}
	for _, m := range []proto.Message{got, want} {
		m.ProtoReflect().Clear(m.ProtoReflect().Descriptor().Fields().ByName("events"))
	}
	if !proto.Equal(got, want) {
		return fmt.Errorf("%v\napplied %v\nis     %v\nwant   %v", inner(p.Before), d.Changes, got, want)
	}
	return nil
}

// apply makes one change; path is what is left of its own.
func apply(m protoreflect.Message, path string, c *queryv1.FieldChange) error {
	end := strings.IndexAny(path, ".[")
	name, rest := path, ""
	if end >= 0 {
		name, rest = path[:end], path[end:]
	}
	f := m.Descriptor().Fields().ByName(protoreflect.Name(name))
	switch {
	case f == nil:
		return fmt.Errorf("there is no field %q", name)
	case rest == "":
		return put(m, f, c.After)
	case rest[0] == '.':
		return apply(m.Mutable(f).Message(), rest[1:], c)
	}
	which, rest, _ := strings.Cut(rest[1:], "]")
	list := m.Mutable(f).List()
	i := indexOf(list, which)
	switch {
	case rest != "":
		return apply(list.Get(i).Message(), rest[1:], c)
	case c.After == nil:
		return remove(list, i, strings.Contains(which, "="))
	}
	entry := list.NewElement()
	if err := protojson.Unmarshal([]byte(*c.After), entry.Message().Interface()); err != nil {
		return err
	}
	if i < list.Len() {
		list.Set(i, entry)
	} else {
		list.Append(entry)
	}
	return nil
}

func indexOf(list protoreflect.List, which string) int {
	key, value, keyed := strings.Cut(which, "=")
	if !keyed {
		i, _ := strconv.Atoi(which)
		return i
	}
	for i := range list.Len() {
		m := list.Get(i).Message()
		if m.Get(m.Descriptor().Fields().ByName(protoreflect.Name(key))).String() == value {
			return i
		}
	}
	return list.Len()
}

// remove takes an entry out: one that is told apart by a key from among the others, one that is told by its place with all after it.
func remove(list protoreflect.List, i int, keyed bool) error {
	switch {
	case !keyed:
		list.Truncate(min(i, list.Len()))
		return nil
	case i == list.Len():
		return errors.New("there is no such entry")
	}
	for ; i < list.Len()-1; i++ {
		list.Set(i, list.Get(i+1))
	}
	list.Truncate(list.Len() - 1)
	return nil
}

// put sets a whole field from text, or clears it.
func put(m protoreflect.Message, f protoreflect.FieldDescriptor, text *string) error {
	if text == nil {
		m.Clear(f)
		return nil
	}
	value, err := json.Marshal(*text)
	if err != nil {
		return err
	}
	quoted := f.Kind() == protoreflect.StringKind || f.Kind() == protoreflect.EnumKind || f.Kind() == protoreflect.BytesKind ||
		f.Message() != nil && f.Message().FullName() == "google.protobuf.Timestamp"
	if f.IsList() || f.IsMap() || !quoted {
		value = []byte(*text)
	}
	alone := m.New()
	if err := protojson.Unmarshal(fmt.Appendf(nil, "{%q: %s}", f.Name(), value), alone.Interface()); err != nil {
		return err
	}
	m.Set(f, alone.Get(f))
	return nil
}
