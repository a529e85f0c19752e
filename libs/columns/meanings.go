package columns

import (
	_ "embed"
	"strings"
	"sync"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// meanings.tsv is what the contract's comments say, by full name; tools/meanings makes it.
//
//go:embed meanings.tsv
var meaningsFile string

var meanings = sync.OnceValue(func() map[protoreflect.FullName]string {
	all := map[protoreflect.FullName]string{}
	for line := range strings.Lines(meaningsFile) {
		name, meaning, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		all[protoreflect.FullName(name)] = meaning
	}
	return all
})

// Meaning is what the contract says of a message, a field or a word of an enum; empty where it says nothing.
func Meaning(name protoreflect.FullName) string { return meanings()[name] }

// shared are the fields that every row begins with, as the contract says of all rows at once.
var shared = map[string]string{
	"id":      "Id of the row: it begins with the agency that the row belongs to.",
	"journal": "The one journal that writes the row: agency/group.",
	"events":  "Numbers, in that journal, of the events that made the row what it is.",
}

// meaning is what the contract says of the field; where it says nothing, its name in words and what the contract says of its type, or of
// the record that it is in.
func (f *Field) meaning(in *Record) string {
	of := meanings()
	said := of[f.in.FullName()]
	switch text, isShared := shared[f.Name]; {
	case said != "":
		return said
	case isShared && strings.HasPrefix(string(in.Name), "counterfoil.ledger."):
		return text
	}
	about := of[in.Name]
	switch {
	case f.Kind == Word:
		about = of[f.in.Enum().FullName()]
	case f.Kind == Nested && !f.Map:
		about = of[f.Of.Name]
	}
	name := strings.ReplaceAll(f.Name, "_", " ")
	return strings.TrimSpace(strings.ToUpper(name[:1]) + name[1:] + ". " + about)
}
