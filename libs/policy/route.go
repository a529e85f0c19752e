package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
)

// Part is the lines of a transfer that one policy decides on.
type Part struct {
	Policy *Policy
	// Lines are the numbers of the lines, in their order.
	Lines []uint32
	// Case numbers the cases that the transfer makes, from 1. Parts of one case are decided together: none is granted
	// unless each may be. They have one decider, or a policy among them says that mixed consignments are decided jointly.
	Case int
}

// Route says which policy decides which lines; lines holds the facts of each. One policy for all lines makes one part,
// several make several (cooperation models M4 and M5). A line that no policy is for, or that two of equal precedence are
// for, is refused with fault.Precondition, as is a line that an expression cannot be applied to. policies are those in
// force (InForce). The parts are in the order of their first lines.
func Route(policies []*Policy, lines []Facts) ([]Part, error) {
	if len(lines) == 0 {
		return nil, fault.Errorf(fault.Invalid, "a transfer without lines cannot be decided on; add one")
	}
	var parts []Part
	for _, line := range lines {
		p, err := decides(policies, line)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(parts, func(part Part) bool { return part.Policy == p }); i >= 0 {
			parts[i].Lines = append(parts[i].Lines, line.Line)
			continue
		}
		parts = append(parts, Part{Policy: p, Lines: []uint32{line.Line}})
	}
	number(parts)
	return parts, nil
}

// number puts parts into cases.
func number(parts []Part) {
	joint := slices.ContainsFunc(parts, func(p Part) bool { return p.Policy.Terms.Mixed == "joint" })
	cases := map[string]int{}
	for i := range parts {
		decider := parts[i].Policy.Terms.Decider
		if joint {
			decider = ""
		}
		if cases[decider] == 0 {
			cases[decider] = len(cases) + 1
		}
		parts[i].Case = cases[decider]
	}
}

// decides returns the policy of the highest precedence whose scope holds a line.
func decides(policies []*Policy, line Facts) (*Policy, error) {
	var fit []*Policy
	for _, p := range policies {
		yes, err := p.holds(line, "scope")
		switch {
		case err != nil:
			return nil, fmt.Errorf("line %d: %w", line.Line, err)
		case !yes || len(fit) > 0 && p.Terms.Precedence < fit[0].Terms.Precedence:
			continue
		case len(fit) > 0 && p.Terms.Precedence > fit[0].Terms.Precedence:
			fit = nil
		}
		fit = append(fit, p)
	}
	switch len(fit) {
	case 0:
		return nil, fault.Errorf(fault.Precondition, "no policy in force is for line %d (%s of category %s to %s); adopt one whose scope holds it",
			line.Line, line.Kind, strings.Join(line.Categories, ", "), line.Destination)
	case 1:
		return fit[0], nil
	}
	slices.SortFunc(fit, byID)
	var names []string
	for _, p := range fit {
		names = append(names, p.ID())
	}
	return nil, fault.Errorf(fault.Precondition, "line %d falls under %s, which have the same precedence; give one of them a higher precedence",
		line.Line, strings.Join(names, " and "))
}

// Holds reports whether a policy is for a line. It fails with fault.Precondition where its scope cannot be applied to it.
func Holds(p *Policy, line Facts) (bool, error) { return p.holds(line, "scope") }

func byID(a, b *Policy) int {
	return cmp.Or(strings.Compare(a.Terms.Name, b.Terms.Name), cmp.Compare(a.Terms.Version, b.Terms.Version))
}

// What an agency's part in a decision is, from the weakest to the strongest.
const (
	Guest     = "guest"     // heard, never counted
	Chosen    = "chosen"    // asked where the decider chooses to
	Optional  = "optional"  // asked, and not waited for unless it votes
	Mandatory = "mandatory" // its opinion has to be on file
)

var parts = []string{Guest, Chosen, Optional, Mandatory}

// Consultee is an agency that is asked, in which part, and for which articles.
type Consultee struct {
	Agency, Part, Serves string
}

// Consultees returns who is asked about a transfer, in the policy's order: the mandatory, the optional and the guests,
// and those who may be chosen. An agency that the policy has several times comes once, in its strongest part, with every
// article. It fails with fault.Precondition where an expression cannot be applied to the transfer.
func Consultees(p *Policy, f Facts) ([]Consultee, error) {
	var list []Consultee
	for i, c := range p.Terms.Consultees {
		yes, err := p.holds(f, "consultees[%d].when", i)
		if err != nil {
			return nil, err
		}
		if yes {
			list = append(list, Consultee{Agency: c.Agency, Part: c.Part, Serves: c.Serves})
		}
	}
	return merged(list), nil
}

// merged returns consultees with each agency once.
func merged(list []Consultee) []Consultee {
	var out []Consultee
	for _, c := range list {
		i := slices.IndexFunc(out, func(o Consultee) bool { return o.Agency == c.Agency })
		if i < 0 {
			out = append(out, c)
			continue
		}
		o := &out[i]
		if slices.Index(parts, c.Part) > slices.Index(parts, o.Part) {
			o.Part = c.Part
		}
		if !slices.Contains(strings.Split(o.Serves, "; "), c.Serves) {
			o.Serves += "; " + c.Serves
		}
	}
	return out
}

// Requires returns what has to be on file before a transfer is granted.
func Requires(p *Policy, f Facts) ([]*policyv1.Requirement, error) {
	var list []*policyv1.Requirement
	for i, r := range p.Terms.Requires {
		yes, err := p.holds(f, "requires[%d].when", i)
		if err != nil {
			return nil, err
		}
		if yes {
			list = append(list, r)
		}
	}
	return list, nil
}

// Obligations returns what a grant of a transfer obliges to.
func Obligations(p *Policy, f Facts) ([]*policyv1.Obligation, error) {
	var list []*policyv1.Obligation
	for i, o := range p.Terms.Obligations {
		yes, err := p.holds(f, "obligations[%d].when", i)
		if err != nil {
			return nil, err
		}
		if yes {
			list = append(list, o)
		}
	}
	return list, nil
}
