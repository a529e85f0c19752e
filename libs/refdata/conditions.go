package refdata

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// verdict is what is known of a condition.
type verdict int

const (
	unknown verdict = iota
	fails
	holds
)

// parameter is something that may be known of goods: one of values, or a number of a unit.
type parameter struct {
	Values []string
	Unit   string
	Says   string
}

// test is "name = value | value", "name >= number" or "name < number".
type test struct {
	name   string
	op     string
	values []string
	number *big.Rat
}

// clause holds when one of its tests does.
type clause []test

// parseClause reads tests with "or" between them, which name known parameters and values only.
func parseClause(s string, parameters map[string]parameter) (c clause, err error) {
	for alternative := range strings.SplitSeq(s, " or ") {
		fields := strings.SplitN(strings.TrimSpace(alternative), " ", 3)
		if len(fields) != 3 {
			return nil, fmt.Errorf("condition %q is not a name, an operator and a value", alternative)
		}
		t := test{name: fields[0], op: fields[1]}
		p, known := parameters[t.name]
		switch {
		case !known:
			return nil, fmt.Errorf("condition %q: no parameter %s", alternative, t.name)
		case t.op == "=" && p.Unit == "":
			t.values = strings.Split(fields[2], " | ")
			for _, v := range t.values {
				if !slices.Contains(p.Values, v) {
					return nil, fmt.Errorf("condition %q: %s has no value %q", alternative, t.name, v)
				}
			}
		case (t.op == ">=" || t.op == "<") && p.Unit != "":
			if t.number = parseNumber(fields[2]); t.number == nil {
				return nil, fmt.Errorf("condition %q: %q is no number", alternative, fields[2])
			}
		default:
			return nil, fmt.Errorf("condition %q: %s cannot be compared with %s", alternative, t.name, t.op)
		}
		c = append(c, t)
	}
	return c, nil
}

var plainNumber = regexp.MustCompile(`^[0-9]{1,12}(\.[0-9]{1,12})?$`)

// parseNumber reads a number exactly, or returns nil.
func parseNumber(s string) *big.Rat {
	if !plainNumber.MatchString(s) {
		return nil
	}
	n, _ := new(big.Rat).SetString(s)
	return n
}

// check says whether the test holds for goods; it is unknown where they lack the parameter or have a value that it does not have.
func (t test) check(parameters map[string]parameter, known map[string]string) verdict {
	value := strings.TrimSpace(known[t.name])
	if t.op == "=" {
		switch {
		case !slices.Contains(parameters[t.name].Values, value):
			return unknown
		case slices.Contains(t.values, value):
			return holds
		}
		return fails
	}
	n := parseNumber(value)
	switch {
	case n == nil:
		return unknown
	case (n.Cmp(t.number) < 0) == (t.op == "<"):
		return holds
	}
	return fails
}

// check says whether the clause holds, and which parameters would decide it where that is unknown.
func (c clause) check(parameters map[string]parameter, known map[string]string) (v verdict, missing []string) {
	v = fails
	for _, t := range c {
		switch t.check(parameters, known) {
		case holds:
			return holds, nil
		case unknown:
			v, missing = unknown, append(missing, t.name)
		}
	}
	return v, missing
}
