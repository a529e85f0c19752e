package casework

import (
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/plain"
	"github.com/counterfoil/counterfoil/libs/refdata"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// asked are the fields that a form asks for of a message, in this order. Of a message that is not here all are asked for in the contract's
// order. What is not asked for stays as it was.
var asked = map[protoreflect.FullName][]protoreflect.Name{
	"counterfoil.licensing.v1.DealInput":           {"kind", "destination", "end_use", "parties", "lines", "onward", "sources", "route", "shipment_id"},
	"counterfoil.transfer.v1.Party":                {"role", "name", "country", "identifiers"},
	"counterfoil.transfer.v1.Line":                 {"rating", "category", "description", "model", "hs_code", "quantity", "value"},
	"counterfoil.licensing.v1.AmendLicenceRequest": {"reason", "valid_until", "conditions", "parties", "lines"},
}

// fieldsOf are the fields that a form asks for, but for what every command says and the record that it is about.
func fieldsOf(of protoreflect.MessageDescriptor, about string) (all []protoreflect.FieldDescriptor) {
	if names := asked[of.FullName()]; names != nil {
		for _, n := range names {
			all = append(all, of.Fields().ByName(n))
		}
		return all
	}
	for i := range of.Fields().Len() {
		if f := of.Fields().Get(i); f.Name() != "particulars" && string(f.Name()) != about {
			all = append(all, f)
		}
	}
	return all
}

// ask is one thing that a form asks for. As is "text", "area", "radios", "select" or "tick"; "quantity" and "value" are an amount with Unit
// beside it, "several" are Rows of asks, and "part" a message whose fields are asked for in its place.
type ask struct {
	field
	As   string
	Unit field
	Rows [][]ask
	Part []ask
}

// asks are what a command asks for, with what stands in the form.
func (f form) asks(of protoreflect.MessageDescriptor, at, about string) (all []ask) {
	for _, d := range fieldsOf(of, about) {
		all = append(all, f.ask(d, at))
	}
	return all
}

func (f form) ask(d protoreflect.FieldDescriptor, at string) ask {
	name, rules := at+string(d.Name()), rulesOf(d)
	inRow := strings.Count(at, ".") > 1
	a := ask{As: "text", field: field{Name: name, Key: called(d), Optional: !rules.needed && !inRow, Class: "govuk-input--width-20"}}
	switch {
	case d.Message() != nil && d.IsList():
		a.As = "several"
		a.Value = f.Get(name)
		for i := range f.rows(name) {
			a.Rows = append(a.Rows, f.asks(d.Message(), name+"."+strconv.Itoa(i)+".", ""))
		}
		return a
	case amountOf(d) != "":
		a.As, a.Class = amountOf(d), "govuk-input--width-10"
		unit := unitOf(d)
		a.Unit = f.field(field{Name: name + "." + unit, Key: "field." + unit, Class: "govuk-input--width-4"})
	case isTime(d):
		a.Hint, a.Class = "casework.date-hint", "govuk-input--width-10"
	case d.Message() != nil:
		a.As, a.Part = "part", f.asks(d.Message(), name+".", "")
		return a
	case d.Kind() == protoreflect.EnumKind:
		options := enums(enumType(d).New(0))
		a.As = "radios"
		if len(options) > 5 || inRow {
			a.As, options = "select", append([]option{{Key: "ask.choose"}}, options...)
		}
		optional := a.Optional
		a.field = f.Choice(name, a.Key, "", options)
		a.Optional = optional
		return a
	case d.Kind() == protoreflect.BoolKind:
		a.As = "tick"
	case rules.country && d.IsList():
		a.Hint = "act.countries-hint"
	case rules.country:
		a.Class = "govuk-input--width-4"
		if !inRow {
			a.Hint = "screening.country-hint"
		}
	case d.IsList():
		a.As, a.Hint = "area", "casework.line-each"
		a.field.Rows = 2
	case rules.long && !inRow:
		a.As = "area"
		a.field.Rows = 3
	}
	a.field = f.field(a.field)
	return a
}

// called is the message that names what a field asks for: the contract's own, but where a command means something else by it.
func called(d protoreflect.FieldDescriptor) string {
	if d.FullName() == "counterfoil.licensing.v1.AmendLicenceRequest.conditions" {
		return "act.take-over"
	}
	return "field." + string(d.Name())
}

// most is how many rows a form takes.
const most = 100

// rows is how many rows of a list a form has.
func (f form) rows(name string) int {
	n, _ := strconv.Atoi(f.Get(name)) // 0 where nobody said
	return min(max(n, 0), most)
}

// state puts what stands in a message into the fields of a form.
func (f form) state(m protoreflect.Message, at, about string) {
	for _, d := range fieldsOf(m.Descriptor(), about) {
		if !m.Has(d) {
			continue
		}
		name, value := at+string(d.Name()), m.Get(d)
		switch {
		case d.Message() != nil && d.IsList():
			f.Set(name, strconv.Itoa(value.List().Len()))
			for i := range value.List().Len() {
				f.state(value.List().Get(i).Message(), name+"."+strconv.Itoa(i)+".", "")
			}
		case d.IsList():
			var all []string
			for i := range value.List().Len() {
				all = append(all, value.List().Get(i).String())
			}
			f.Set(name, strings.Join(all, "\n"))
			if rulesOf(d).country {
				f.Set(name, strings.Join(all, ", "))
			}
		case d.Kind() == protoreflect.EnumKind:
			f.Set(name, plain.Enum(enumType(d).New(value.Enum())))
		case d.Kind() == protoreflect.BoolKind:
			f.Set(name, "yes")
		case d.Message() != nil:
			f.stateMessage(value.Message(), name)
		default:
			f.Set(name, value.String())
		}
	}
}

func (f form) stateMessage(m protoreflect.Message, name string) {
	switch of := m.Interface().(type) {
	case *transferv1.Quantity:
		amount, unit, _ := strings.Cut(plain.Quantity(of), " ")
		f.Set(name, amount)
		f.Set(name+".unit", unit)
	case *transferv1.Money:
		scale, _ := refdata.CurrencyExponent(of.GetCurrency())
		f.Set(name, plain.Decimal(of.GetMinor(), scale))
		f.Set(name+".currency", of.GetCurrency())
	case *timestamppb.Timestamp:
		at := of.AsTime().UTC()
		f.Set(name, at.Format(time.RFC3339))
		if at.Equal(at.Truncate(24 * time.Hour)) {
			f.Set(name, at.Format(time.DateOnly))
		}
	default:
		f.state(m, name+".", "")
	}
}

// Nth is the number of a row, from 1.
func (a ask) Nth(i int) int { return i + 1 }
