// Package input says in sentences what the contract's rules for input want instead of what was given.
package input

import (
	"fmt"
	"strings"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Broken is an error of protovalidate that reads as a line for each rule that is broken: the field, such as items[0].quantity.unit, and
// Says. Errors of a whole message have no field.
type Broken struct{ *protovalidate.ValidationError }

func (b Broken) Unwrap() error { return b.ValidationError }

func (b Broken) Error() string {
	lines := make([]string, len(b.Violations))
	for i, v := range b.Violations {
		lines[i] = Says(v)
		if field := protovalidate.FieldPathString(v.Proto.GetField()); field != "" {
			lines[i] = field + ": " + lines[i]
		}
	}
	return strings.Join(lines, "\n")
}

// Says is what to give where a rule is broken, in a sentence without the field. It never repeats what was given.
func Says(v *protovalidate.Violation) string {
	id := v.Proto.GetRuleId()
	_, rule, _ := strings.Cut(id, ".")
	switch {
	case id == "required", rule == "min_len" && v.RuleValue.Uint() == 1, rule == "min_items" && v.RuleValue.Uint() == 1:
		return "is missing"
	case id == "string.pattern":
		return pattern(v.RuleValue.String(), v.FieldValue.IsValid() && v.FieldValue.String() == "")
	case id == "string.in":
		return choose(texts(v.RuleValue.List()))
	case id == "enum.defined_only", id == "enum.not_in":
		if v.FieldDescriptor != nil && v.FieldDescriptor.Enum() != nil {
			return choose(names(v))
		}
	case id == "repeated.unique":
		return "give each only once"
	case id == "repeated.max_items":
		return fmt.Sprintf("give at most %d", v.RuleValue.Uint())
	}
	return v.Proto.GetMessage()
}

// pattern says what a pattern takes. One that is not known here is said as it is.
func pattern(of string, missing bool) string {
	inner, mayBeOut := strings.CutPrefix(of, "^(")
	inner, end := strings.CutSuffix(inner, ")?$")
	f, known := forms[of]
	says := "write "
	if !known && mayBeOut && end {
		f, known = forms["^"+inner+"$"]
		says = "leave it out, or write "
	}
	switch {
	case !known:
		return "write what matches " + of
	case missing:
		says = "is missing: write "
	}
	if says += f.words; f.example != "" {
		says += ", such as " + f.example
	}
	return says
}

// choose says which values there are; the empty one is to leave the field out.
func choose(values []string) string {
	says, some := "give one of ", values[:0:0]
	for _, value := range values {
		if value == "" {
			says = "leave it out, or give one of "
			continue
		}
		some = append(some, value)
	}
	return says + strings.Join(some, ", ")
}

func texts(list protoreflect.List) (all []string) {
	for i := range list.Len() {
		all = append(all, list.Get(i).String())
	}
	return all
}

// names are the values of an enum that a field takes.
func names(v *protovalidate.Violation) (all []string) {
	not := map[protoreflect.EnumNumber]bool{0: true} // what is left out
	if v.Proto.GetRuleId() == "enum.not_in" {
		for i, list := 0, v.RuleValue.List(); i < list.Len(); i++ {
			not[protoreflect.EnumNumber(list.Get(i).Int())] = true
		}
	}
	values := v.FieldDescriptor.Enum().Values()
	for i := range values.Len() {
		if of := values.Get(i); !not[of.Number()] {
			all = append(all, string(of.Name()))
		}
	}
	return all
}
