package records

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/plain"
	"github.com/counterfoil/counterfoil/libs/render"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// first are the attributes by which people look for rows of a table most, of those with few values: each is offered with how many rows
// have it. Of tables that are not here, those of few that they have.
var first = map[queryv1.Table][]string{
	queryv1.Table_TABLE_LICENCES:     {"status", "kind", "destination"},
	queryv1.Table_TABLE_APPLICATIONS: {"status", "kind", "destination"},
	queryv1.Table_TABLE_LINES:        {"status", "kind", "category"},
	queryv1.Table_TABLE_DENIALS:      {"status", "kind", "destination"},
	queryv1.Table_TABLE_DECLARATIONS: {"status", "kind", "destination"},
	queryv1.Table_TABLE_ALERTS:       {"status", "priority", "stage"},
	queryv1.Table_TABLE_EVENTS:       {"kind", "journal"},
}

var few = []string{"status", "priority", "effect", "stage", "open", "agency", "state"}

// maxFacets is how many attributes are counted for a page, and maxOptions how many values one is chosen from at most.
const (
	maxFacets  = 3
	maxOptions = 300
)

// filterField is a filter of a list: chosen where its values are known, else typed.
type filterField struct {
	Name, Key, Value string
	Options          []option
}

// option is a value with how many rows have it, as the other filters leave them.
type option struct {
	Value, Label, Count string
	On                  bool
}

// offer says what can be chosen: tables, filters with their values, and columns; and how many rows there are in all.
func (p *listPage) offer(v *web.Visit, q url.Values) error {
	if slices.Contains(transferTables, p.Table) {
		for _, t := range transferTables {
			p.Tables = append(p.Tables, tab{web.TableName(t), "table." + web.TableName(t), t == p.Table})
		}
	}
	for _, c := range web.Columns(p.Table) {
		p.Columns = append(p.Columns, columnChoice{c, slices.Contains(p.Chosen, c)})
	}
	names, dated := ledger.Attributes(p.Table)
	p.Dated, p.Statuses = dated, slices.Contains(names, "status")
	counted := false
	before := firstOf(p.Table, names)
	for _, n := range before {
		f, total, err := p.facet(v, n, q["f."+n])
		if err != nil {
			return err
		}
		if total != nil {
			p.Total, counted = *total, true
		}
		p.Filters = append(p.Filters, f)
	}
	for _, n := range names {
		if !slices.Contains(before, n) {
			p.More = append(p.More, typed(n, q["f."+n]))
		}
	}
	p.MoreOpen = slices.ContainsFunc(p.More, func(f filterField) bool { return f.Value != "" })
	for _, n := range []string{"as_of", "true_at", "known_to", "at", "withdrawn"} {
		p.MoreOpen = p.MoreOpen || q.Get(n) != ""
	}
	if counted {
		return nil
	}
	count, err := v.API.Query.Count(v.R.Context(), &queryv1.CountRequest{Table: p.Table, Filter: p.filter, Horizon: p.horizon})
	p.Total = count.GetTotal()
	return err
}

func firstOf(table queryv1.Table, names []string) []string {
	if chosen := first[table]; chosen != nil {
		return chosen
	}
	chosen := slices.DeleteFunc(slices.Clone(few), func(n string) bool { return !slices.Contains(names, n) })
	return chosen[:min(len(chosen), maxFacets)]
}

func typed(attribute string, values []string) filterField {
	return filterField{Name: "f." + attribute, Key: "attribute." + attribute, Value: strings.Join(values, ",")}
}

// facet is the filter by an attribute, with its values and their counts under the other filters; and how many rows the list has in all,
// where the same count says it.
func (p *listPage) facet(v *web.Visit, attribute string, set []string) (f filterField, total *uint64, err error) {
	f = typed(attribute, set)
	others := proto.CloneOf(p.filter)
	others.Conditions = slices.DeleteFunc(others.Conditions, func(c *queryv1.Condition) bool { return c.Attribute == attribute })
	res, err := v.API.Query.Count(v.R.Context(), &queryv1.CountRequest{Table: p.Table, Filter: others, By: attribute, Horizon: p.horizon})
	if err != nil {
		return f, nil, err
	}
	if len(others.Conditions) == len(p.filter.Conditions) {
		total = &res.Total
	}
	if len(res.Groups) > maxOptions || strings.Contains(f.Value, ",") {
		return f, total, nil
	}
	found := f.Value == ""
	for _, g := range res.Groups {
		if g.Key == "" {
			continue
		}
		label, err := p.label(v, attribute, g.Key)
		if err != nil {
			return f, nil, err
		}
		value := g.Key
		if p.Table == queryv1.Table_TABLE_EVENTS && attribute == "kind" {
			value = plain.Kind(g.Key)
		}
		on := value == f.Value || g.Key == f.Value
		found = found || on
		f.Options = append(f.Options, option{value, label, v.Number(g.Count), on})
	}
	slices.SortStableFunc(f.Options, func(a, b option) int { return strings.Compare(a.Label, b.Label) })
	if !found {
		label, err := p.label(v, attribute, f.Value)
		f.Options = append(f.Options, option{f.Value, label, "0", true})
		return f, total, err
	}
	return f, total, nil
}

// enum is what an attribute's values are of; nil where they are no enum's.
func (p *listPage) enum(attribute string) protoreflect.EnumDescriptor {
	rows := (&queryv1.Row{}).ProtoReflect().Descriptor().Fields().ByNumber(protoreflect.FieldNumber(p.Table))
	return enumCalled(rows.Message(), protoreflect.Name(attribute), 3)
}

// label is a value of an attribute in words.
func (p *listPage) label(v *web.Visit, attribute, value string) (string, error) {
	switch {
	case attribute == "destination":
		if name := render.Country(value, render.Options{Language: v.Lang()}); name != value {
			return name, nil
		}
		return value, nil
	case attribute == "kind" && p.Table == queryv1.Table_TABLE_EVENTS:
		return v.Kind(value)
	}
	if e := p.enum(attribute); e != nil {
		for i := range e.Values().Len() {
			if word := plain.Enum(enumValue{e, e.Values().Get(i).Number()}); word == value && i > 0 {
				return v.T(fmt.Sprintf("enum.%s.%s", e.Name(), word))
			}
		}
	}
	return value, nil
}

// enumCalled is the enum of the field of that name in a message or the messages in it.
func enumCalled(of protoreflect.MessageDescriptor, name protoreflect.Name, deep int) protoreflect.EnumDescriptor {
	if f := of.Fields().ByName(name); f != nil && f.Enum() != nil {
		return f.Enum()
	}
	for i := range of.Fields().Len() {
		if m := of.Fields().Get(i).Message(); m != nil && deep > 0 && m.ParentFile().Package() != "google.protobuf" {
			if e := enumCalled(m, name, deep-1); e != nil {
				return e
			}
		}
	}
	return nil
}

// enumValue is an enum's value by its descriptor.
type enumValue struct {
	of     protoreflect.EnumDescriptor
	number protoreflect.EnumNumber
}

func (e enumValue) Descriptor() protoreflect.EnumDescriptor { return e.of }
func (e enumValue) Type() protoreflect.EnumType             { return nil }
func (e enumValue) Number() protoreflect.EnumNumber         { return e.number }
