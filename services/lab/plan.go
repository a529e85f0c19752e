// Package lab runs the hub and every agency: all in one process, or each node in its own on the same folders. It is
// the one place, beside the binary, that sees all agencies.
package lab

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/feed"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/policy"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
)

//go:embed plan.yaml policies reporting
var example embed.FS

// Plan is who takes part and who shares what with whom, as a State sets out.
type Plan struct {
	State    string   `yaml:"state"`
	Agencies []Agency `yaml:"agencies"`
	Groups   []Group  `yaml:"groups"`
	Rules    []Rule   `yaml:"rules"`
	// Policies are files of decision policies that are adopted at the start, beside the plan.
	Policies  []string   `yaml:"policies"`
	Calendars []Calendar `yaml:"calendars"`
	// Procedure is a file, beside the plan, of the State's procedure for its reports, which the agency whose service is reporting
	// adopts when a lab starts; empty: none.
	Procedure string `yaml:"procedure"`

	policies  []*policy.Policy
	adopted   []*directoryv1.PolicyAdopted
	procedure []byte
}

// Calendar is a calendar of working days that is adopted at the start: weekdays from 1, Monday, holidays as yyyy-mm-dd, and
// the zone that its days are of.
type Calendar struct {
	Calendar string   `yaml:"calendar"`
	Weekend  []uint32 `yaml:"weekend"`
	Holidays []string `yaml:"holidays"`
	TimeZone string   `yaml:"time_zone"`
}

// Agency is one node of the plan. Service is licensing, customs, enforcement, reporting, ministry, observer or authority;
// Listen the API's address, by default any free port of the loopback address.
type Agency struct {
	Name    string `yaml:"name"`
	Title   string `yaml:"title"`
	Service string `yaml:"service"`
	Listen  string `yaml:"listen"`
	// Consent is "ask" where a person has to agree before a new member of a group reads this agency's journal.
	Consent string `yaml:"consent"`
	// State is its own where it is not the plan's.
	State string `yaml:"state"`
	// Feed republishes what the node has to the agency's own systems; absent: it does not.
	Feed *feed.Settings `yaml:"feed"`
	// PostOf is, for a customs post, the customs agency of the plan that counts licences and gives it allowances.
	PostOf string `yaml:"post_of"`
}

// Group is a sharing group: who reads it, which of its members write to it, and what a newcomer is given of its past:
// from-start (the default), from-joining, or what was written from a day on, yyyy-mm-dd.
type Group struct {
	Group      string   `yaml:"group"`
	Purpose    string   `yaml:"purpose"`
	LegalBasis string   `yaml:"legal_basis"`
	Members    []string `yaml:"members"`
	Publishers []string `yaml:"publishers"`
	History    string   `yaml:"history"`
}

// Rule is a sharing rule (counterfoil.directory.v1.SharingRule), for one kind of event, or the same for several of a package.
type Rule struct {
	Kind string `yaml:"kind"`
	// Package and Kinds name several kinds: "counterfoil.licensing.v1" and [OpinionGiven, ConditionAsked].
	Package string   `yaml:"package"`
	Kinds   []string `yaml:"kinds"`
	Marking string   `yaml:"marking"`
	Agency  string   `yaml:"agency"`
	Group   string   `yaml:"group"`
}

// ReadPlan reads a plan from a file; an empty path is the example that comes with the program.
func ReadPlan(path string) (*Plan, error) {
	var dir fs.FS = example
	name := "plan.yaml"
	if path != "" {
		dir, name = os.DirFS(filepath.Dir(path)), filepath.Base(path)
	}
	data, err := fs.ReadFile(dir, name)
	if err != nil {
		return nil, fmt.Errorf("read the plan: %w", err)
	}
	p := &Plan{}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(p); err != nil {
		return nil, fmt.Errorf("read the plan %s: %w", path, err)
	}
	if err := p.readPolicies(dir); err != nil {
		return nil, fmt.Errorf("plan %s: %w", path, err)
	}
	if err := p.readProcedure(dir); err != nil {
		return nil, fmt.Errorf("plan %s: %w", path, err)
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
	for _, a := range p.Agencies {
		if a.PostOf != "" && !slices.ContainsFunc(p.Agencies, func(c Agency) bool { return c.Name == a.PostOf && c.Service == "customs" && c.PostOf == "" }) {
			return fmt.Errorf("agency %s is a post of %q, which is no customs agency of the plan", a.Name, a.PostOf)
		}
	}
	if !names[directory.Authority] {
		return fmt.Errorf("no agency is called %s", directory.Authority)
	}
	groups := map[string]bool{}
	for _, g := range p.Groups {
		groups[g.Group] = true
		if rule, _ := g.history(); rule == directoryv1.HistoryRule_HISTORY_RULE_UNSPECIFIED {
			return fmt.Errorf("group %s: history %q is not from-start, from-joining or a day, yyyy-mm-dd", g.Group, g.History)
		}
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
	return p.checkPolicies()
}

func (p *Plan) readPolicies(dir fs.FS) error {
	for _, name := range p.Policies {
		data, err := fs.ReadFile(dir, name)
		if err != nil {
			return fmt.Errorf("read a policy: %w", err)
		}
		read, err := policy.Load(name, data)
		if err != nil {
			return err
		}
		p.policies = append(p.policies, read)
		p.adopted = append(p.adopted, &directoryv1.PolicyAdopted{
			PolicyId: read.ID(), Title: read.Terms.Title, ValidFrom: timestamppb.New(read.ValidFrom), LegalBasis: read.Terms.LegalBasis, Content: data,
		})
	}
	return nil
}

// adoptions are the calendars and policies that the directory begins with.
func (p *Plan) adoptions() (list []proto.Message) {
	for _, c := range p.Calendars {
		list = append(list, c.adopted())
	}
	for _, a := range p.adopted {
		list = append(list, a)
	}
	return list
}

func (c Calendar) adopted() *directoryv1.CalendarAdopted {
	return &directoryv1.CalendarAdopted{CalendarId: c.Calendar, Weekend: c.Weekend, Holidays: c.Holidays, TimeZone: c.TimeZone}
}

// checkPolicies refuses calendars that cannot be counted by, and policies that name agencies or calendars that the plan does
// not have.
func (p *Plan) checkPolicies() error {
	known := policy.Registry{Agencies: []string{}, Calendars: []string{}}
	for _, a := range p.Agencies {
		known.Agencies = append(known.Agencies, a.Name)
	}
	for _, c := range p.Calendars {
		if _, err := policy.NewCalendar(c.adopted()); err != nil {
			return fmt.Errorf("calendar %s: %w", c.Calendar, err)
		}
		known.Calendars = append(known.Calendars, c.Calendar)
	}
	for _, read := range p.policies {
		for _, problem := range policy.Check(read, known) {
			if problem.Severity == "error" {
				return fmt.Errorf("policy %s: %s", read.ID(), problem)
			}
		}
	}
	return nil
}

// groups are the plan's groups as the directory begins with them.
func (p *Plan) groups() (list []*directoryv1.GroupDefined) {
	for _, g := range p.Groups {
		defined := &directoryv1.GroupDefined{Group: g.Group, Purpose: g.Purpose, LegalBasis: g.LegalBasis, Members: g.Members, Publishers: g.Publishers}
		defined.History, defined.HistoryFrom = g.history()
		if g.Group == directory.Group {
			defined.Publishers = nil // everybody speaks for itself there
		}
		list = append(list, defined)
	}
	return list
}

// history is the rule for newcomers; check has seen that it is one.
func (g Group) history() (directoryv1.HistoryRule, *timestamppb.Timestamp) {
	switch g.History {
	case "", "from-start":
		return directoryv1.HistoryRule_HISTORY_RULE_FROM_START, nil
	case "from-joining":
		return directoryv1.HistoryRule_HISTORY_RULE_FROM_JOINING, nil
	}
	day, err := time.Parse(time.DateOnly, g.History)
	if err != nil {
		return directoryv1.HistoryRule_HISTORY_RULE_UNSPECIFIED, nil
	}
	return directoryv1.HistoryRule_HISTORY_RULE_FROM_DATE, timestamppb.New(day)
}

func (p *Plan) sharingRules() (list []*directoryv1.SharingRule) {
	for _, r := range p.Rules {
		kinds := []string{r.Kind}
		if len(r.Kinds) > 0 {
			kinds = nil
			for _, k := range r.Kinds {
				kinds = append(kinds, r.Package+"."+k)
			}
		}
		for _, kind := range kinds {
			list = append(list, &directoryv1.SharingRule{Kind: kind, Marking: r.Marking, Agency: r.Agency, Group: r.Group})
		}
	}
	return list
}

// authority is the coordinating authority of the plan, by name.
func (p *Plan) authority() (node.Profile, bool) {
	for _, a := range p.Agencies {
		if a.Name == directory.Authority {
			return p.profile(a), true
		}
	}
	return node.Profile{}, false
}

// profile is what a node's folder is prepared with.
func (p *Plan) profile(a Agency) node.Profile {
	return node.Profile{Agency: a.Name, Title: a.Title, State: cmp.Or(a.State, p.State), Service: a.Service, Listen: a.Listen, Consent: a.Consent, Feed: a.Feed}
}
