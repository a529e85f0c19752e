package records

import (
	"errors"
	"html/template"
	"io"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/plain"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// diffPage is what changed in a record, and in what touches it, between two of its moments.
type diffPage struct {
	ID       string
	Stops    []stop
	From, To string
	Changed  []changed
}

// choice is one end of what is compared.
type choice struct {
	Name, Chosen string
	Stops        []stop
	// Other is a moment that is chosen and is no stop.
	Other string
}

// FromChoice is where the comparison begins.
func (p diffPage) FromChoice() choice { return p.choice("from", p.From) }

// ToChoice is where it ends.
func (p diffPage) ToChoice() choice { return p.choice("to", p.To) }

func (p diffPage) choice(name, chosen string) choice {
	c := choice{Name: name, Chosen: chosen, Stops: p.Stops}
	if chosen != now && !slices.ContainsFunc(p.Stops, func(s stop) bool { return s.At == chosen }) {
		c.Other = chosen
	}
	return c
}

// changed is a row that came, went or was changed.
type changed struct {
	Table, ID string
	// Kind is came, went or changed.
	Kind   string
	Fields []changedField
	Events []*queryv1.EventNote
}

// changedField is one value before and after; nil where there was or is none.
type changedField struct {
	Name          template.HTML
	Before, After template.HTML
}

// now is the address of the present in place of a moment.
const now = "now"

func (p pages) diff(v *web.Visit, id string) error {
	q := v.R.URL.Query()
	of, err := v.API.Query.Explain(v.R.Context(), &queryv1.ExplainRequest{Id: id})
	if err != nil {
		return err
	}
	story, err := storyOf(v, of, nil)
	if err != nil {
		return err
	}
	page := diffPage{ID: id, Stops: stopsOf(story, of.Events).Stops, From: q.Get("from"), To: q.Get("to")}
	if page.From == "" && len(page.Stops) > 0 {
		page.From = page.Stops[0].At
	}
	if page.To == "" {
		page.To = now
	}
	req := &queryv1.DifferencesRequest{Id: id}
	if req.Before, err = point(page.From); err != nil {
		return err
	}
	if req.After, err = point(page.To); err != nil {
		return err
	}
	if page.Changed, err = differences(v, req); err != nil {
		return err
	}
	return v.Page(p.Pages, "diff", page)
}

func point(moment string) (*queryv1.Horizon, error) {
	if moment == now {
		return nil, nil
	}
	at, err := web.ParseTime(moment)
	return &queryv1.Horizon{AsOf: at}, err
}

// differences reads all that are sent. A stream that ends before the node says that it is done is an error.
func differences(v *web.Visit, req *queryv1.DifferencesRequest) (all []changed, err error) {
	stream, err := v.API.Compare.Differences(v.R.Context(), req)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	for {
		res, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return nil, errNoStream
		}
		if err != nil {
			return nil, err
		}
		for _, d := range res.Differences {
			one, err := inFields(v, d)
			if err != nil {
				return nil, err
			}
			all = append(all, one)
		}
		if res.Done != nil {
			return all, nil
		}
	}
}

func inFields(v *web.Visit, d *queryv1.Difference) (changed, error) {
	one := changed{Table: web.TableName(d.Table), ID: d.Id, Kind: plain.Enum(d.Kind), Events: d.Events}
	_, row := web.Inner(d.Row)
	for _, c := range d.Changes {
		name, last, err := called(v, row.ProtoReflect().Descriptor(), c.Path)
		if err != nil {
			return one, err
		}
		f := changedField{Name: name}
		if f.Before, err = valueIn(v, last, c.Before); err != nil {
			return one, err
		}
		if f.After, err = valueIn(v, last, c.After); err != nil {
			return one, err
		}
		one.Fields = append(one.Fields, f)
	}
	return one, nil
}

// called is a path of fields in words, such as "Lines 2 – Rating", and its last field; nil where the contract does not have it.
func called(v *web.Visit, of protoreflect.MessageDescriptor, path string) (template.HTML, protoreflect.FieldDescriptor, error) {
	var names []string
	var last protoreflect.FieldDescriptor
	for _, part := range splitPath(path) {
		name, index, _ := strings.Cut(part, "[")
		last = nil
		if of != nil {
			last = of.Fields().ByName(protoreflect.Name(name))
		}
		if last == nil {
			shown, err := v.Show(path)
			return shown, nil, err
		}
		word, err := v.T("field." + name)
		if err != nil {
			return "", nil, err
		}
		named := template.HTMLEscapeString(word)
		if index = strings.TrimSuffix(index, "]"); index != "" {
			if _, key, keyed := strings.Cut(index, "="); keyed {
				index = key
			}
			shown, err := v.Show(index)
			if err != nil {
				return "", nil, err
			}
			named += " " + string(shown)
		}
		names = append(names, named)
		of = last.Message()
	}
	return template.HTML(strings.Join(names, " – ")), last, nil
}

// splitPath splits at the dots that are not within brackets.
func splitPath(path string) (parts []string) {
	from, deep := 0, 0
	for i, r := range path {
		switch {
		case r == '[':
			deep++
		case r == ']':
			deep--
		case r == '.' && deep == 0:
			parts = append(parts, path[from:i])
			from = i + 1
		}
	}
	return append(parts, path[from:])
}

// valueIn shows a value that is written as in JSON.
func valueIn(v *web.Visit, f protoreflect.FieldDescriptor, value *string) (template.HTML, error) {
	if value == nil {
		return "", nil
	}
	switch {
	case f == nil || f.IsList() || f.IsMap():
	case f.Enum() != nil:
		if known := f.Enum().Values().ByName(protoreflect.Name(*value)); known != nil {
			return v.Enum(enumValue{f.Enum(), known.Number()})
		}
	case f.Message() != nil && f.Message().FullName() == (&timestamppb.Timestamp{}).ProtoReflect().Descriptor().FullName():
		if at, err := web.ParseTime(*value); err == nil {
			return v.Show(at)
		}
	}
	return v.Show(*value)
}
