package refdata

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"sync"

	"go.yaml.in/yaml/v3"

	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

//go:embed classification.yaml
var classificationText []byte

// Classification is what the rules make of goods.
type Classification struct {
	// Version of the rules.
	Version string
	// Fired are the rules that fired, in their order.
	Fired []Fired
	// Missing are the parameters, in alphabetical order, without which a rule cannot be said to fire or not. "rating" is among
	// them when the rating is none of the Munitions List, so that rules cannot be chosen by it.
	Missing []string
	// Certain says that one rule fired and no other could. Otherwise a classification officer decides.
	Certain bool
}

// Fired is a rule that fired.
type Fired struct {
	Rule int
	// Category is unspecified for goods that the Treaty does not name.
	Category transferv1.Category
	// Row of the annual report, such as "VIII small arms 4"; empty for ammunition, parts and what the Treaty does not name.
	Row string
	// Reason is what makes the rule fire, for people.
	Reason string
}

type rule struct {
	Number   int
	Ratings  []string
	When     []string
	Category string
	Row      string
	Reason   string

	entries  []int // of the Munitions List; none means every rating
	clauses  []clause
	category transferv1.Category
}

type classificationTable struct {
	Version    string
	Parameters map[string]parameter
	Rules      []*rule
	Otherwise  *rule
}

var classification = sync.OnceValue(func() *classificationTable {
	t, err := loadClassification(classificationText)
	if err != nil {
		panic("refdata: " + err.Error()) // the table is part of the program, and a test reads it
	}
	return t
})

func loadClassification(text []byte) (*classificationTable, error) {
	t := new(classificationTable)
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(t); err != nil {
		return nil, fmt.Errorf("read the classification rules: %w", err)
	}
	if t.Version == "" || t.Otherwise == nil {
		return nil, fmt.Errorf("read the classification rules: version or otherwise is missing")
	}
	for name, p := range t.Parameters {
		if p.Says == "" || (len(p.Values) == 0) == (p.Unit == "") {
			return nil, fmt.Errorf("parameter %s: it needs a meaning, and values or a unit", name)
		}
	}
	for i, r := range append(slices.Clone(t.Rules), t.Otherwise) {
		if r.Number != i+1 || r.Reason == "" {
			return nil, fmt.Errorf("classification rule %d: it stands in place %d, or has no reason", r.Number, i+1)
		}
		if err := r.load(t.Parameters); err != nil {
			return nil, fmt.Errorf("classification rule %d: %w", r.Number, err)
		}
	}
	return t, nil
}

func (r *rule) load(parameters map[string]parameter) error {
	for _, s := range r.Ratings {
		rating, err := ParseRating(s)
		if err != nil || rating.Path != "" {
			return fmt.Errorf("%q is no entry of the Munitions List", s)
		}
		r.entries = append(r.entries, rating.Number)
	}
	for _, s := range r.When {
		c, err := parseClause(s, parameters)
		if err != nil {
			return err
		}
		r.clauses = append(r.clauses, c)
	}
	number, ok := transferv1.Category_value[r.Category]
	if !ok {
		return fmt.Errorf("no category %q", r.Category)
	}
	r.category = transferv1.Category(number)
	return nil
}

// Classify says which rows of the Treaty's annual report goods may belong to, by their rating and what is known of them
// (classification.yaml lists the parameters and the rules, which follow the UN Register's descriptions of 24 December 2014,
// Article 5(3)). It tries every rule of the rating and tells all that fire. A parameter without a value, and one with a
// value that it does not have, is missing; parameters that no rule of the rating asks for are passed over. The same arguments
// give the same answer for as long as the version is the same.
func Classify(rating string, parameters map[string]string) Classification {
	t := classification()
	c := Classification{Version: t.Version}
	r, err := ParseRating(rating)
	if err != nil || r.Number == 0 {
		c.Missing = append(c.Missing, "rating")
	}
	for _, rule := range t.Rules {
		if len(rule.entries) > 0 && !slices.Contains(rule.entries, r.Number) {
			continue
		}
		switch v, missing := rule.check(t.Parameters, parameters); v {
		case holds:
			c.Fired = append(c.Fired, rule.fired())
		case unknown:
			c.Missing = append(c.Missing, missing...)
		}
	}
	slices.Sort(c.Missing)
	c.Missing = slices.Compact(c.Missing)
	if len(c.Fired) == 0 && len(c.Missing) == 0 {
		c.Fired = append(c.Fired, t.Otherwise.fired())
	}
	c.Certain = len(c.Fired) == 1 && len(c.Missing) == 0
	return c
}

// check says whether every clause holds. One that fails decides, whatever is not known of the others.
func (r *rule) check(parameters map[string]parameter, known map[string]string) (v verdict, missing []string) {
	v = holds
	for _, c := range r.clauses {
		switch cv, names := c.check(parameters, known); cv {
		case fails:
			return fails, nil
		case unknown:
			v, missing = unknown, append(missing, names...)
		}
	}
	return v, missing
}

func (r *rule) fired() Fired {
	return Fired{Rule: r.Number, Category: r.category, Row: r.Row, Reason: r.Reason}
}
