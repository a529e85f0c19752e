package columns

import (
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/columns/columnstest"
	"github.com/counterfoil/counterfoil/libs/fault"
)

// What the comments say was read since a field, or a word, was added.
func TestMeaningsAreFresh(t *testing.T) {
	seen := map[protoreflect.FullName]bool{}
	for _, table := range columnstest.Tables() {
		fresh(t, seen, columnstest.TypeOf(table).Descriptor())
	}
	for _, kind := range []string{"counterfoil.licensing.v1.LicenceGranted", "DiversionAlertRaised", "DeclarationAccepted"} {
		r, err := OfKind(kind)
		if err != nil {
			t.Fatal(err)
		}
		if e := r.FactEntries("events")[0]; !strings.HasPrefix(e.Column, "fact("+string(r.Name.Name())+").") {
			t.Errorf("the first entry of %s is %s", kind, e.Column)
		}
	}
	if _, err := OfKind("LicenceLost"); !errors.Is(err, fault.NotFound) {
		t.Errorf("a kind that there is not: %v", err)
	}
}

func fresh(t *testing.T, seen map[protoreflect.FullName]bool, d protoreflect.Descriptor) {
	if name := d.FullName(); seen[name] || !strings.HasPrefix(string(name), ours) {
		return
	}
	seen[d.FullName()] = true
	if m, isMessage := d.(protoreflect.MessageDescriptor); !isMessage || !m.IsMapEntry() {
		if _, there := meanings()[d.FullName()]; !there {
			t.Errorf("meanings.tsv does not have %s: run make generate", d.FullName())
		}
	}
	switch d := d.(type) {
	case protoreflect.EnumDescriptor:
		for i := range d.Values().Len() {
			fresh(t, seen, d.Values().Get(i))
		}
	case protoreflect.MessageDescriptor:
		for i := range d.Fields().Len() {
			f := d.Fields().Get(i)
			if !d.IsMapEntry() {
				fresh(t, seen, f)
			}
			if f.Message() != nil {
				fresh(t, seen, f.Message())
			}
			if f.Enum() != nil {
				fresh(t, seen, f.Enum())
			}
		}
	}
}

// Every column has its entry, once, and an entry says what the column is.
func TestDictionarySaysWhatEveryColumnIs(t *testing.T) {
	for _, table := range columnstest.Tables() {
		seen := map[string]bool{}
		for _, e := range Of(table).Entries(table.String()) {
			if seen[e.Column] || e.Meaning == "" || e.Type == "" {
				t.Errorf("%s: there already: %v; it says %+v", table, seen[e.Column], e)
			}
			seen[e.Column] = true
		}
		if !seen["id"] || !seen["journal"] {
			t.Errorf("%s has no id and journal", table)
		}
	}
	for column, want := range map[string]Entry{
		"line.value.minor":        {Type: "integer of 64 bits", Unit: "minor units of the currency (ISO 4217)"},
		"decided_at":              {Type: "time", Unit: "UTC", Absent: true},
		"destination":             {Type: "record", Absent: true},
		"line.parameters":         {Type: "map of text"},
		"events":                  {Type: "list of unsigned of 64 bits"},
		"line.tolerance_permille": {Type: "unsigned of 32 bits", Unit: "thousandths of the whole"},
	} {
		for _, e := range Of(2).Entries("lines") {
			if e.Column == column && (e.Type != want.Type || e.Unit != want.Unit || e.Absent != want.Absent) {
				t.Errorf("%s is %+v", column, e)
			}
		}
	}
}
