package web

import (
	"fmt"
	"html/template"
	"reflect"
	"strings"

	"golang.org/x/text/language/display"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/plain"
	"github.com/counterfoil/counterfoil/libs/render"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/console/words"
)

// Choice is a language that pages can be read in, by its own name.
type Choice struct{ Lang, Name string }

// Choices are the languages that there are.
func (v *Visit) Choices() []Choice {
	var all []Choice
	for _, tag := range words.Languages {
		all = append(all, Choice{tag.String(), display.Self.Name(tag)})
	}
	return all
}

// Show writes a value: text in its own direction, figures, dates and identifiers from left to right in every language, enums in
// the language's words, times in UTC. A message is shown by its parts. Nothing is shown of nil.
func (v *Visit) Show(value any) (template.HTML, error) {
	switch x := value.(type) {
	case nil:
		return "", nil
	case template.HTML:
		return x, nil
	case string:
		return text(x), nil
	case bool:
		return v.word(map[bool]string{true: "value.yes", false: "value.no"}[x])
	case protoreflect.Enum:
		return v.Enum(x)
	case proto.Message:
		if reflect.ValueOf(x).IsNil() {
			return "", nil
		}
		return v.message(x)
	case float64:
		return left(v.Number(x)), nil
	}
	switch r := reflect.ValueOf(value); r.Kind() {
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint32, reflect.Uint64:
		return left(v.Number(value)), nil
	case reflect.Slice:
		var parts []any
		for i := range r.Len() {
			parts = append(parts, r.Index(i).Interface())
		}
		return v.list(parts)
	}
	return "", fmt.Errorf("a %T cannot be shown", value)
}

func (v *Visit) word(key string) (template.HTML, error) {
	t, err := v.T(key)
	return template.HTML(template.HTMLEscapeString(t)), err
}

// text is somebody's words, apart from the direction of what is around them.
func text(s string) template.HTML {
	if s == "" {
		return ""
	}
	if strings.IndexFunc(s, func(r rune) bool { return r > 0x2ff }) < 0 {
		return left(s)
	}
	return template.HTML("<bdi>" + template.HTMLEscapeString(s) + "</bdi>")
}

// left is written from left to right.
func left(s string) template.HTML {
	return template.HTML(`<bdi dir="ltr">` + template.HTMLEscapeString(s) + "</bdi>")
}

// EnumKey is the message that names an enum's value.
func EnumKey(e protoreflect.Enum) string {
	return "enum." + string(e.Descriptor().Name()) + "." + plain.Enum(e)
}

// tones are the values that something is well, wants looking at, or is wrong.
var tones = map[string]string{
	"live": "good", "accepted": "good", "released": "good", "granted": "good", "active": "good", "confirmed": "good", "verified": "good", "met": "good", "arrived": "good", "go": "good",
	"suspended": "warn", "open": "warn", "held": "warn", "hold": "warn", "behind": "warn", "pending": "warn", "asked": "warn", "proposed": "warn", "lodged": "warn", "submitted": "warn",
	"refused": "bad", "revoked": "bad", "denied": "bad", "stop": "bad", "failed": "bad", "removed": "bad", "disputed": "bad", "overdue": "bad",
}

// special are the same of single enums, where a value means something else than in others.
var special = map[string]string{"AlertStatus.suspected": "warn", "AlertStatus.corroborated": "warn", "AlertStatus.confirmed": "bad"}

// Enum shows a value in the language's words; of a status, with its tone. One that is not set shows nothing.
func (v *Visit) Enum(e protoreflect.Enum) (template.HTML, error) {
	if e.Number() == 0 {
		return "", nil
	}
	word, err := v.word(EnumKey(e))
	if err != nil || !strings.Contains(string(e.Descriptor().Name()), "Stat") {
		return word, err
	}
	class := "cf-tag"
	tone, found := special[string(e.Descriptor().Name())+"."+plain.Enum(e)]
	if !found {
		tone = tones[plain.Enum(e)]
	}
	if tone != "" {
		class += " cf-tag--" + tone
	}
	return `<span class="` + template.HTML(class) + `">` + word + `</span>`, nil
}

func (v *Visit) message(m proto.Message) (template.HTML, error) {
	switch x := m.(type) {
	case *timestamppb.Timestamp:
		at := x.AsTime().UTC()
		return template.HTML(`<time dir="ltr" datetime="` + at.Format("2006-01-02T15:04:05Z") + `">` + strings.Replace(plain.Date(x), "T", " ", 1) + `</time>`), nil
	case *durationpb.Duration:
		return left(plain.Age(x.AsDuration().Seconds())), nil
	case *transferv1.Money:
		return left(plain.Money(x)), nil
	case *transferv1.Quantity:
		return left(plain.Quantity(x)), nil
	case *licensingv1.Place:
		return v.Country(x.Country, x.Name), nil
	case *transferv1.Party:
		role, err := v.Enum(x.Role)
		return role + ": " + text(x.Name) + " " + v.Country(x.Country, ""), err
	case *anypb.Any:
		inner, err := x.UnmarshalNew()
		if err != nil {
			return text(x.TypeUrl), nil
		}
		return v.message(inner)
	}
	return v.parts(m.ProtoReflect())
}

// Country shows a country by its name in the language, and its code; name takes the place of one that the code does not give.
func (v *Visit) Country(code, name string) template.HTML {
	if code == "" {
		return text(name)
	}
	known := render.Country(code, render.Options{Language: v.Lang()})
	if known == code && name == "" {
		return left(code)
	}
	if known == code {
		known = name
	}
	return text(known) + " " + left("("+code+")")
}

// parts shows a message by its fields, each with its name.
func (v *Visit) parts(m protoreflect.Message) (template.HTML, error) {
	var b strings.Builder
	b.WriteString(`<dl class="cf-parts">`)
	for i := range m.Descriptor().Fields().Len() {
		f := m.Descriptor().Fields().Get(i)
		if !m.Has(f) {
			continue
		}
		name, err := v.T("field." + string(f.Name()))
		if err != nil {
			return "", err
		}
		shown, err := v.Field(m, f)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "<dt>%s</dt><dd>%s</dd>", template.HTMLEscapeString(name), shown)
	}
	b.WriteString("</dl>")
	return template.HTML(b.String()), nil
}

// Field shows one field of a message.
func (v *Visit) Field(m protoreflect.Message, f protoreflect.FieldDescriptor) (template.HTML, error) {
	switch value := m.Get(f); {
	case f.IsMap():
		var parts []any
		for _, k := range sortedKeys(value.Map()) {
			shown, err := v.single(f.MapValue(), value.Map().Get(k))
			if err != nil {
				return "", err
			}
			parts = append(parts, left(k.String())+" "+shown)
		}
		return v.list(parts)
	case f.IsList():
		var parts []any
		for i := range value.List().Len() {
			shown, err := v.single(f, value.List().Get(i))
			if err != nil {
				return "", err
			}
			parts = append(parts, shown)
		}
		return v.list(parts)
	default:
		return v.single(f, value)
	}
}

func (v *Visit) single(f protoreflect.FieldDescriptor, value protoreflect.Value) (template.HTML, error) {
	switch f.Kind() {
	case protoreflect.EnumKind:
		if known := f.Enum().Values().ByNumber(value.Enum()); known == nil || value.Enum() == 0 {
			return "", nil
		}
		return v.Enum(enumOf{f.Enum(), value.Enum()})
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return v.message(value.Message().Interface())
	case protoreflect.BytesKind:
		return left(fmt.Sprintf("%x", value.Bytes())), nil
	}
	return v.Show(value.Interface())
}

// list shows what is short in a line, what is not one under the other.
func (v *Visit) list(parts []any) (template.HTML, error) {
	var all []string
	long := 0
	for _, p := range parts {
		shown, err := v.Show(p)
		if err != nil {
			return "", err
		}
		all, long = append(all, string(shown)), max(long, len(shown))
	}
	if len(all) < 2 || long < 80 {
		return template.HTML(strings.Join(all, ", ")), nil
	}
	return template.HTML(`<ul class="govuk-list">` + "<li>" + strings.Join(all, "</li><li>") + "</li></ul>"), nil
}

// enumOf is an enum's value by its descriptor.
type enumOf struct {
	of     protoreflect.EnumDescriptor
	number protoreflect.EnumNumber
}

func (e enumOf) Descriptor() protoreflect.EnumDescriptor { return e.of }
func (e enumOf) Type() protoreflect.EnumType             { return nil }
func (e enumOf) Number() protoreflect.EnumNumber         { return e.number }
