// Package setup is a State's set-up as a file for others: how it decides, who takes part, who may read what and how it reports
// (docs/national-reports.md). It has nothing of any case: only what the directory has and the procedure for reports.
package setup

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	"github.com/counterfoil/counterfoil/libs/report"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Setup is what the file has. Calendars, groups, rules and competences have the fields of the API.
type Setup struct {
	// ISO 3166-1 alpha-2.
	State    string   `yaml:"state"`
	Agencies []Agency `yaml:"agencies"`
	Groups   []Group  `yaml:"groups"`
	// In the order that they are looked at.
	Rules     []Rule     `yaml:"rules"`
	Policies  []Policy   `yaml:"policies"`
	Calendars []Calendar `yaml:"calendars"`
	Procedure *Procedure `yaml:"procedure,omitempty"`
}

// Agency is an agency, what it decides on, and the roles that it is reached by; who holds them and how is not in it.
type Agency struct {
	Agency      string       `yaml:"agency"`
	Title       string       `yaml:"title"`
	State       string       `yaml:"state"`
	Service     string       `yaml:"service"`
	PostOf      string       `yaml:"post_of,omitempty"`
	LegalBasis  string       `yaml:"legal_basis,omitempty"`
	Competences []Competence `yaml:"competences,omitempty"`
	Roles       []string     `yaml:"roles,omitempty"`
}

// Competence is a category, kind and step; an empty one means every one.
type Competence struct {
	Category string `yaml:"category,omitempty"`
	Kind     string `yaml:"kind,omitempty"`
	Step     string `yaml:"step,omitempty"`
}

// Group is a sharing group.
type Group struct {
	Group      string   `yaml:"group"`
	Purpose    string   `yaml:"purpose"`
	LegalBasis string   `yaml:"legal_basis,omitempty"`
	Members    []string `yaml:"members"`
	Publishers []string `yaml:"publishers,omitempty"`
	History    string   `yaml:"history"`
}

// Rule is a sharing rule.
type Rule struct {
	Kind    string `yaml:"kind,omitempty"`
	Marking string `yaml:"marking,omitempty"`
	Agency  string `yaml:"agency,omitempty"`
	Group   string `yaml:"group"`
}

// Policy is a decision policy in force, word for word as it was adopted.
type Policy struct {
	Policy  string `yaml:"policy"`
	Content string `yaml:"content"`
}

// Calendar is a calendar of working days.
type Calendar struct {
	Calendar string   `yaml:"calendar_id"`
	Weekend  []uint32 `yaml:"weekend,flow"`
	Holidays []string `yaml:"holidays"`
	TimeZone string   `yaml:"time_zone,omitempty"`
}

// Procedure is the procedure for reports, word for word as it was adopted.
type Procedure struct {
	Procedure string `yaml:"procedure"`
	Content   string `yaml:"content"`
}

// Of is the set-up that a ledger has, with the policies and the procedure in force at a moment; agencies that were removed are left out.
// The same ledger and moment give the same set-up.
func Of(view ledger.View, at time.Time) (*Setup, error) {
	s := &Setup{}
	for _, part := range []func(ledger.View, time.Time) error{s.agencies, s.groups, s.rules, s.policies, s.calendars, s.procedure} {
		if err := part(view, at); err != nil {
			return nil, fmt.Errorf("read the set-up: %w", err)
		}
	}
	return s, nil
}

func (s *Setup) agencies(view ledger.View, _ time.Time) error {
	rows, err := view.Agencies()
	for _, a := range rows {
		if a.GetId() == view.Agency() {
			s.State = a.GetState()
		}
		if a.GetStatus() == ledgerv1.AgencyStatus_AGENCY_STATUS_REMOVED {
			continue
		}
		one := Agency{Agency: a.GetId(), Title: a.GetTitle(), State: a.GetState(), Service: a.GetService(), PostOf: a.GetPostOf(), LegalBasis: a.GetLegalBasis()}
		for _, c := range a.GetCompetences() {
			one.Competences = append(one.Competences, Competence{c.GetCategory(), c.GetKind(), c.GetStep()})
		}
		for _, c := range a.GetContacts() {
			one.Roles = append(one.Roles, c.GetRole())
		}
		s.Agencies = append(s.Agencies, one)
	}
	return err
}

func (s *Setup) groups(view ledger.View, _ time.Time) error {
	rows, err := view.Groups()
	for _, g := range rows {
		s.Groups = append(s.Groups, Group{
			Group: g.GetId(), Purpose: g.GetPurpose(), LegalBasis: g.GetLegalBasis(), Members: g.GetMembers(), Publishers: g.GetPublishers(), History: g.GetHistory().String(),
		})
	}
	return err
}

func (s *Setup) rules(view ledger.View, _ time.Time) error {
	row, err := view.SharingRules()
	for _, r := range row.GetRules() {
		s.Rules = append(s.Rules, Rule{r.GetKind(), r.GetMarking(), r.GetAgency(), r.GetGroup()})
	}
	return err
}

func (s *Setup) policies(view ledger.View, at time.Time) error {
	rows, err := view.Policies()
	if err != nil {
		return err
	}
	content := map[*policy.Policy]string{}
	var all []*policy.Policy
	for _, r := range rows {
		p, err := policy.LoadAdopted(r.GetId(), r.GetAdopted().GetContent())
		if err != nil {
			continue // what cannot be read decides nothing
		}
		all, content[p] = append(all, p), string(r.GetAdopted().GetContent())
	}
	for _, p := range policy.InForce(all, at) {
		s.Policies = append(s.Policies, Policy{p.ID(), content[p]})
	}
	slices.SortFunc(s.Policies, func(a, b Policy) int { return strings.Compare(a.Policy, b.Policy) })
	return nil
}

func (s *Setup) calendars(view ledger.View, _ time.Time) error {
	rows, err := view.Calendars()
	for _, r := range rows {
		c := r.GetAdopted()
		s.Calendars = append(s.Calendars, Calendar{c.GetCalendarId(), c.GetWeekend(), c.GetHolidays(), c.GetTimeZone()})
	}
	return err
}

func (s *Setup) procedure(view ledger.View, at time.Time) error {
	id, _, err := report.ProcedureOf(view, at.Year())
	if id == "" || err != nil {
		return err
	}
	row, err := view.Procedure(id)
	s.Procedure = &Procedure{id, string(row.GetAdopted().GetContent())}
	return err
}

// YAML is the set-up as people read it.
func (s *Setup) YAML() ([]byte, error) { return encode(s) }

// Parse reads a set-up. A field that there is not is refused.
func Parse(file string, data []byte) (*Setup, error) {
	s := &Setup{}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(s); err != nil {
		return nil, fault.Errorf(fault.Invalid, "%s is no national set-up: %v", file, err)
	}
	return s, nil
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("write the set-up: %w", err)
	}
	return b.Bytes(), nil
}
