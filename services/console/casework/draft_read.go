package casework

import (
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/plain"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// read puts what stands in the fields of a form into a message; a *lack says what is missing, or cannot be read. Rows that say nothing are
// left out.
func (f form) read(m protoreflect.Message, at, about string) error {
	for _, d := range fieldsOf(m.Descriptor(), about) {
		name := at + string(d.Name())
		if err := f.readField(m, d, name); err != nil {
			return err
		}
		if !m.Has(d) && rulesOf(d).needed {
			first := name
			if d.IsList() && d.Message() != nil {
				first = name + ".0." + string(fieldsOf(d.Message(), "")[0].Name())
			}
			return &lack{Field: first, Key: "lack.needed", Name: "field." + string(d.Name())}
		}
	}
	return nil
}

func (f form) readField(m protoreflect.Message, d protoreflect.FieldDescriptor, name string) error {
	text := strings.TrimSpace(strings.ReplaceAll(f.Get(name), "\r\n", "\n"))
	country := rulesOf(d).country
	if country {
		text = strings.ToUpper(text)
	}
	switch {
	case d.Message() != nil && d.IsList():
		return f.readRows(m, d, name)
	case d.Message() != nil && amountOf(d) == "" && !isTime(d):
		return f.read(m.Mutable(d).Message(), name+".", "")
	case text == "":
		m.Clear(d)
	case d.IsList():
		list := m.NewField(d).List()
		for _, one := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || country && strings.ContainsRune(" ,;", r) }) {
			if one = strings.TrimSpace(one); one != "" {
				list.Append(protoreflect.ValueOfString(one))
			}
		}
		m.Set(d, protoreflect.ValueOfList(list))
	case d.Kind() == protoreflect.EnumKind:
		m.Set(d, protoreflect.ValueOfEnum(enumNumber(d, text)))
	case d.Kind() == protoreflect.BoolKind:
		m.Set(d, protoreflect.ValueOfBool(true))
	case d.Message() != nil:
		value, wrong := f.readMessage(d, name, text)
		if wrong != nil {
			return wrong
		}
		m.Set(d, protoreflect.ValueOfMessage(value.ProtoReflect()))
	default:
		m.Set(d, protoreflect.ValueOfString(text))
	}
	return nil
}

// readRows reads the rows of a list over those that it has.
func (f form) readRows(m protoreflect.Message, d protoreflect.FieldDescriptor, name string) error {
	was, list := m.Get(d).List(), m.NewField(d).List()
	for i := range f.rows(name) {
		at := name + "." + strconv.Itoa(i) + "."
		if f.blank(d.Message(), at) {
			continue
		}
		row := list.NewElement()
		if i < was.Len() {
			row = protoreflect.ValueOfMessage(proto.Clone(was.Get(i).Message().Interface()).ProtoReflect())
		}
		if err := f.read(row.Message(), at, ""); err != nil {
			return err
		}
		list.Append(row)
	}
	m.Set(d, protoreflect.ValueOfList(list))
	return nil
}

// blank reports whether nothing was said in a row; what was only chosen says nothing.
func (f form) blank(of protoreflect.MessageDescriptor, at string) bool {
	return !slices.ContainsFunc(fieldsOf(of, ""), func(d protoreflect.FieldDescriptor) bool {
		return d.Kind() != protoreflect.EnumKind && strings.TrimSpace(f.Get(at+string(d.Name()))) != ""
	})
}

func (f form) readMessage(d protoreflect.FieldDescriptor, name, text string) (proto.Message, *lack) {
	amount := strings.TrimSpace(text + " " + f.Get(name+"."+unitOf(d)))
	switch amountOf(d) {
	case "quantity":
		q, ok := plain.ParseQuantity(amount, "")
		if !ok {
			return nil, &lack{Field: name, Key: "lack.quantity", Of: amount}
		}
		return q, nil
	case "value":
		m, ok := plain.ParseMoney(amount, "")
		if !ok {
			return nil, &lack{Field: name, Key: "lack.value", Of: amount}
		}
		return m, nil
	}
	at, err := web.ParseTime(text)
	if err != nil {
		return nil, &lack{Field: name, Key: "lack.date", Of: text}
	}
	return at, nil
}
