package web

import (
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func sortedKeys(m protoreflect.Map) []protoreflect.MapKey {
	var keys []protoreflect.MapKey
	m.Range(func(k protoreflect.MapKey, _ protoreflect.Value) bool { keys = append(keys, k); return true })
	slices.SortFunc(keys, func(a, b protoreflect.MapKey) int { return strings.Compare(a.String(), b.String()) })
	return keys
}

// Column is a column of a table: a path of fields from its rows, such as "deal.destination", or "deal.end_user", who of a deal's parties
// is to have the goods in the end.
type Column string

// Key is the message that names the column.
func (c Column) Key() string { return "field." + string(c)[strings.LastIndexByte(string(c), '.')+1:] }

// Columns are those that a table's rows have, in the order of the contract; lists of messages are none.
func Columns(table queryv1.Table) []Column {
	of := rowType(table)
	if of == nil {
		return nil
	}
	return columnsOf(of, "", 2)
}

func columnsOf(of protoreflect.MessageDescriptor, prefix string, deep int) (all []Column) {
	for i := range of.Fields().Len() {
		f := of.Fields().Get(i)
		at := prefix + string(f.Name())
		switch {
		case f.Message() == nil || !f.IsList() && !f.IsMap() && whole(f.Message()):
			all = append(all, Column(at))
		case f.Name() == "parties" && f.IsList():
			all = append(all, Column(prefix+"end_user"))
		case f.IsList() || f.IsMap():
		case deep > 0:
			all = append(all, columnsOf(f.Message(), at+".", deep-1)...)
		}
	}
	return all
}

// whole reports whether a message is shown as one value.
func whole(of protoreflect.MessageDescriptor) bool {
	switch of.FullName() {
	case "counterfoil.transfer.v1.Money", "counterfoil.transfer.v1.Quantity", "counterfoil.licensing.v1.Place":
		return true
	}
	return of.ParentFile().Package() == "google.protobuf" && of.Name() != "Any"
}

// rowType is what a table's rows are.
func rowType(table queryv1.Table) protoreflect.MessageDescriptor {
	number := protoreflect.FieldNumber(table)
	f := (&queryv1.Row{}).ProtoReflect().Descriptor().Fields().ByNumber(number)
	if f == nil {
		return nil
	}
	return f.Message()
}

// Inner is the row in its wrapping, and its table.
func Inner(row *queryv1.Row) (queryv1.Table, proto.Message) { return ledger.Unwrap(row) }

// Cell shows a row's value in a column; nothing where the row has none. An id leads to its record.
func (v *Visit) Cell(row proto.Message, c Column) (template.HTML, error) {
	if e, is := row.(*queryv1.RecordedEvent); is && c == "kind" {
		name, err := v.Kind(e.Kind)
		return text(name), err
	}
	if c == "id" {
		switch of := row.(type) {
		case *queryv1.RecordedEvent:
			return v.Event(of.Journal, of.Number), nil
		case interface{ GetId() string }:
			return v.Record(of.GetId()), nil
		}
	}
	m := row.ProtoReflect()
	path := strings.Split(string(c), ".")
	for _, name := range path[:len(path)-1] {
		f := m.Descriptor().Fields().ByName(protoreflect.Name(name))
		if f == nil || f.Message() == nil || f.IsList() {
			return "", fmt.Errorf("there is no column %s", c)
		}
		if !m.Has(f) {
			return "", nil
		}
		m = m.Get(f).Message()
	}
	last := protoreflect.Name(path[len(path)-1])
	if last == "end_user" {
		return endUser(m.Interface()), nil
	}
	f := m.Descriptor().Fields().ByName(last)
	switch {
	case f == nil:
		return "", fmt.Errorf("there is no column %s", c)
	case !m.Has(f):
		return "", nil
	case f.Kind() == protoreflect.StringKind && !f.IsList() && refers(last):
		return v.Record(m.Get(f).String()), nil
	case f.Kind() == protoreflect.StringKind && f.IsList() && strings.HasSuffix(string(last), "_ids"):
		var all []any
		for i := range m.Get(f).List().Len() {
			all = append(all, v.Record(m.Get(f).List().Get(i).String()))
		}
		return v.list(all)
	}
	return v.Field(m, f)
}

// refers reports whether a field holds the id of another row.
func refers(name protoreflect.Name) bool {
	return strings.HasSuffix(string(name), "_id") && name != "key_id" && name != "condition_id" && name != "shipment_id"
}

func endUser(of any) template.HTML {
	deal, ok := of.(interface{ GetParties() []*transferv1.Party })
	if !ok {
		return ""
	}
	for _, role := range []transferv1.Role{transferv1.Role_ROLE_END_USER, transferv1.Role_ROLE_CONSIGNEE, transferv1.Role_ROLE_IMPORTER} {
		for _, p := range deal.GetParties() {
			if p.Role == role {
				return text(p.Name)
			}
		}
	}
	return ""
}

// RecordPath is where a row stands by its id, below Root.
func RecordPath(id string) string {
	return "/records/" + strings.NewReplacer("%", "%25", "#", "%23", "?", "%3F", " ", "%20", "\\", "%5C").Replace(id)
}

// Record leads to a row.
func (v *Visit) Record(id string) template.HTML {
	if id == "" {
		return ""
	}
	return template.HTML(`<a class="govuk-link" href="` + template.HTMLEscapeString(Root+RecordPath(id)) + `">` + string(left(id)) + `</a>`)
}

// EventPath is where an event stands, below Root: its journal is "agency/group".
func EventPath(journal string, number uint64) string {
	return "/events/" + journal + "/" + strconv.FormatUint(number, 10)
}

// Event leads to an event.
func (v *Visit) Event(journal string, number uint64) template.HTML {
	return template.HTML(`<a class="govuk-link" href="` + template.HTMLEscapeString(Root+EventPath(journal, number)) + `">` + string(left(journal+"/"+strconv.FormatUint(number, 10))) + `</a>`)
}
