// Package lab runs the hub and every agency: all in one process, or each node in its own on the same folders. It is
// the one place, beside the binary, that sees all agencies.
package lab

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/node"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
)

//go:embed plan.yaml
var example []byte

// Plan is who takes part and who shares what with whom, as a State sets out.
type Plan struct {
	State    string   `yaml:"state"`
	Agencies []Agency `yaml:"agencies"`
	Groups   []Group  `yaml:"groups"`
	Rules    []Rule   `yaml:"rules"`
}

// Agency is one node of the plan. Service is licensing, customs, enforcement, reporting, observer or authority; Listen
// the API's address, by default any free port of the loopback address.
type Agency struct {
	Name    string `yaml:"name"`
	Title   string `yaml:"title"`
	Service string `yaml:"service"`
	Listen  string `yaml:"listen"`
}

// Group is a sharing group: who reads it, and which of its members write to it.
type Group struct {
	Group      string   `yaml:"group"`
	Purpose    string   `yaml:"purpose"`
	LegalBasis string   `yaml:"legal_basis"`
	Members    []string `yaml:"members"`
	Publishers []string `yaml:"publishers"`
}

// Rule is a sharing rule (counterfoil.directory.v1.SharingRule).
type Rule struct {
	Kind    string `yaml:"kind"`
	Marking string `yaml:"marking"`
	Agency  string `yaml:"agency"`
	Group   string `yaml:"group"`
}

// ReadPlan reads a plan from a file; an empty path is the example that comes with the program.
func ReadPlan(path string) (*Plan, error) {
	data := example
	if path != "" {
		var err error
		if data, err = os.ReadFile(path); err != nil {
			return nil, fmt.Errorf("read the plan: %w", err)
		}
	}
	p := &Plan{}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(p); err != nil {
		return nil, fmt.Errorf("read the plan %s: %w", path, err)
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("plan %s: %w", path, err)
	}
	return p, nil
}

func (p *Plan) check() error {
	names := map[string]bool{}
	for i := range p.Agencies {
		a := &p.Agencies[i]
		if !(journal.ID{Agency: a.Name, Group: "all"}).Valid() {
			return fmt.Errorf("agency name %q is not 2 to 32 lower-case letters, digits and hyphens", a.Name)
		}
		if names[a.Name] {
			return fmt.Errorf("agency %s is named twice", a.Name)
		}
		names[a.Name] = true
		if a.Listen == "" {
			a.Listen = "127.0.0.1:0"
		}
	}
	if !names[directory.Authority] {
		return fmt.Errorf("no agency is called %s", directory.Authority)
	}
	groups := map[string]bool{}
	for _, g := range p.Groups {
		groups[g.Group] = true
		for _, m := range slices.Concat(g.Members, g.Publishers) {
			if !names[m] {
				return fmt.Errorf("group %s names agency %q, which the plan does not have", g.Group, m)
			}
		}
		for _, m := range g.Publishers {
			if !slices.Contains(g.Members, m) {
				return fmt.Errorf("%s writes to group %s and is not a member", m, g.Group)
			}
		}
	}
	if !groups[directory.Group] {
		return fmt.Errorf("no group is called %s", directory.Group)
	}
	for _, r := range p.Rules {
		if !groups[r.Group] {
			return fmt.Errorf("a sharing rule names group %q, which the plan does not have", r.Group)
		}
	}
	return nil
}

// releases are the journals that each agency may read of the others'.
func (p *Plan) releases() (list []release) {
	for _, g := range p.Groups {
		for _, from := range g.Publishers {
			for _, to := range g.Members {
				if from != to {
					list = append(list, release{journal.ID{Agency: from, Group: g.Group}, to})
				}
			}
		}
	}
	return list
}

type release struct {
	journal journal.ID
	reader  string
}

func (p *Plan) audiences() (list []directory.Audience) {
	for _, g := range p.Groups {
		list = append(list, directory.Audience{Group: g.Group, Purpose: g.Purpose, LegalBasis: g.LegalBasis, Members: g.Members})
	}
	return list
}

func (p *Plan) sharingRules() (list []*directoryv1.SharingRule) {
	for _, r := range p.Rules {
		list = append(list, &directoryv1.SharingRule{Kind: r.Kind, Marking: r.Marking, Agency: r.Agency, Group: r.Group})
	}
	return list
}

// profile is what a node's folder is prepared with.
func (p *Plan) profile(a Agency) node.Profile {
	return node.Profile{Agency: a.Name, Title: a.Title, State: p.State, Service: a.Service, Listen: a.Listen}
}
