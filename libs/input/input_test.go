package input

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	contract "github.com/counterfoil/counterfoil/proto"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	_ "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	_ "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	_ "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	_ "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// patterns are those of all fields of the contract, and where each stands.
func patterns(t *testing.T) map[string]protoreflect.FullName {
	all := map[string]protoreflect.FullName{}
	var walk func(protoreflect.MessageDescriptors)
	walk = func(messages protoreflect.MessageDescriptors) {
		for i := range messages.Len() {
			m := messages.Get(i)
			walk(m.Messages())
			for j := range m.Fields().Len() {
				f := m.Fields().Get(j)
				rules, err := protovalidate.ResolveFieldRules(f)
				if err != nil {
					t.Fatal(err)
				}
				within(rules.ProtoReflect(), func(pattern string) { all[pattern] = f.FullName() })
			}
		}
	}
	files := map[string]bool{}
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		if strings.HasPrefix(string(f.Package()), "counterfoil.") {
			files[f.Path()] = true
			walk(f.Messages())
		}
		return true
	})
	for _, dir := range []string{"customs", "directory", "enforcement", "event", "ledger", "licensing", "policy", "query", "reporting", "screening", "transfer"} {
		entries, err := contract.Files.ReadDir("counterfoil/" + dir + "/v1")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if path := "counterfoil/" + dir + "/v1/" + e.Name(); !files[path] {
				t.Errorf("%s was not looked at", path)
			}
		}
	}
	return all
}

// within calls fn with every pattern in rules, those of items, keys and values too.
func within(rules protoreflect.Message, fn func(string)) {
	rules.Range(func(f protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case f.Name() == "pattern":
			fn(value.String())
		case f.Message() != nil && !f.IsList() && !f.IsMap():
			within(value.Message(), fn)
		}
		return true
	})
}

// Every pattern of the contract has words, and an example that it takes, unless it is of a key.
func TestEveryPatternHasWords(t *testing.T) {
	specimens := map[string]string{ // of keys
		`^U[A-Z2-7]{55}$`: "U" + strings.Repeat("A", 55), `^age1[a-z0-9]{20,200}$`: "age1" + strings.Repeat("q", 58),
		`^whsec_[A-Za-z0-9+/]{32,88}={0,2}$`: "whsec_" + strings.Repeat("A", 32),
	}
	all, used := patterns(t), map[string]bool{}
	if len(all) < 60 {
		t.Errorf("only %d patterns were found", len(all))
	}
	for pattern, at := range all {
		says := Says(broken(pattern, "no"))
		if strings.Contains(says, pattern) {
			t.Errorf("%s: there are no words for %s", at, pattern)
		}
		f, ok := forms[pattern]
		if used[pattern] = ok; !ok {
			inner := strings.TrimSuffix(strings.TrimPrefix(pattern, "^("), ")?$")
			f, used["^"+inner+"$"] = forms["^"+inner+"$"], true
			if !strings.HasPrefix(says, "leave it out, or write ") {
				t.Errorf("%s: %q", pattern, says)
			}
		}
		example := f.example
		if example == "" {
			for key, specimen := range specimens {
				if strings.Trim(key, "^$") == strings.Trim(strings.TrimSuffix(strings.TrimPrefix(pattern, "^("), ")?$"), "^$") {
					example = specimen
				}
			}
		} else if !strings.HasSuffix(says, ", such as "+example) {
			t.Errorf("%s: %q", pattern, says)
		}
		if takes := regexp.MustCompile(pattern); !takes.MatchString(example) || example == "" || takes.MatchString("!"+example) {
			t.Errorf("%s takes %q: %t, and with ! before it: %t", pattern, example, takes.MatchString(example), takes.MatchString("!"+example))
		}
	}
	for pattern := range forms {
		if !used[pattern] {
			t.Errorf("no field has the pattern %s", pattern)
		}
	}
}

// broken is a violation of a pattern.
func broken(pattern, given string) *protovalidate.Violation {
	var err *protovalidate.ValidationError
	if !errors.As(protovalidate.Validate(&licensingv1.SuspendLicenceRequest{LicenceId: given, Reason: "r"}), &err) {
		panic(given + " breaks no rule")
	}
	v := *err.Violations[0]
	v.RuleValue = protoreflect.ValueOfString(pattern)
	return &v
}

// What is said of mistakes that people make.
func TestSentences(t *testing.T) {
	const id = "write an id that begins with the agency that recorded it, such as licensing/L-2026-000001"
	for name, tt := range map[string]struct {
		given proto.Message
		want  string
	}{
		"id without agency": {&licensingv1.SuspendLicenceRequest{LicenceId: "L-1", Reason: "r"}, "licence_id: " + id},
		"nothing":           {&licensingv1.SuspendLicenceRequest{}, "licence_id: is missing: " + id + "\nreason: is missing"},
		"too long":          {&licensingv1.SuspendLicenceRequest{LicenceId: "licensing/L-1", Reason: strings.Repeat("x", 5000)}, "reason: must be at most 240 characters"},
		"nested": {&licensingv1.SuspendLicenceRequest{LicenceId: "licensing/L-1", Reason: "r", Particulars: &eventv1.Particulars{Marking: "Secret"}},
			"particulars.marking: write a marking in small letters and -, such as restricted"},
		"enum":    {&queryv1.GetRequest{Id: "x/1", Table: 4711}, "table: give one of TABLE_"},
		"list":    {&enforcementv1.ClassifyAlertRequest{AlertId: "x/1", Indicators: []string{"RF01", "1"}}, "indicators[1]: write the number of an indicator, such as RF01"},
		"country": {&queryv1.WhatIfEmbargo{Country: "Xa", From: "1 May"}, "country: leave it out, or write a country by its two capital letters, such as XA\nfrom: write a date, as year-month-day, such as 2026-03-01"},
		"choice":  {&policyv1.Example{Answers: map[string]string{"customs": "yes"}}, "give one of concur, concur_with_conditions"},
		"year":    {&reportingv1.HideRowRequest{Year: 26}, "year: must be greater than or equal to 1990 and less than or equal to 2200"},
		"number":  {&customsv1.AcceptDeclarationRequest{Number: "no 1"}, "number: write letters, digits and . _ - without blanks, at most 64, such as 26XA0000000001\n"},
		"whole":   {&queryv1.WhatIfEmbargo{From: "2026-03-01"}, "name an embargo on record, or a State, and not both"},
	} {
		var invalid *protovalidate.ValidationError
		if !errors.As(protovalidate.Validate(tt.given), &invalid) {
			t.Errorf("%s is taken", name)
			continue
		}
		before := invalid.Error()
		says := Broken{invalid}.Error()
		if !strings.Contains(says, tt.want) {
			t.Errorf("%s says %q, not %q", name, says, tt.want)
		}
		for _, word := range []string{"validation error", "regex", "^"} {
			if strings.Contains(says, word) {
				t.Errorf("%s says %q", name, says)
			}
		}
		if invalid.Error() != before {
			t.Errorf("%s: what programs read is another: %s", name, invalid)
		}
	}
}
