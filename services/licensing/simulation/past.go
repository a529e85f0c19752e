package simulation

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/adopted"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// past is what is on record of a case that was decided.
type past struct {
	// Licence or denial id.
	id      string
	granted bool
	at      time.Time
	basis   *licensingv1.Basis
	// Codes that a denial names.
	criteria []string
	// The event that decided it, and how far the decision says that its agency had the journals of others; nil where it does not say.
	journal string
	number  uint64
	reach   map[string]uint64
	// Judged on what its agency had when it decided: answers that came later are not on file.
	then bool
	// It was read from a published register.
	published bool
	// As criteria are weighed; nil: as the policies do.
	weights weights
	// As it was decided on.
	application *ledgerv1.Application
	facts       policy.Facts
	consulted   *consulted
	// Why it cannot be said whether the simulated policy is for it; empty when it can.
	unclear string
	// The policies that it was decided under; none where they are not on record.
	own []*policy.Policy
}

// read returns the case that a licence or denial decided; nil when it is another agency's, or was read from a register and those are
// not asked for.
func (s *cases) read(view ledger.View, row *queryv1.Row) (*past, error) {
	c, id, deal := &past{then: s.then}, "", (*licensingv1.Deal)(nil)
	if l := row.GetLicence(); l != nil {
		c.id, c.granted, c.at, c.basis, id, deal = l.GetId(), true, l.GetDecidedAt().AsTime(), l.GetBasis(), l.GetApplicationId(), l.GetDeal()
		c.journal, c.number = l.GetJournal(), l.GetEvents()[0]
		if granted := (&licensingv1.LicenceGranted{}); len(l.GetEvents()) > 1 && first(view, l, granted) {
			c.basis, deal = granted.GetBasis(), granted.GetDeal() // before it was amended
		}
	} else {
		d := row.GetDenial()
		c.id, c.at, c.basis, id, deal = d.GetId(), d.GetDecidedAt().AsTime(), d.GetBasis(), d.GetApplicationId(), d.GetDeal()
		c.journal, c.number, c.criteria = d.GetJournal(), d.GetEvents()[0], d.GetCriteria()
	}
	if s.published && id == "" && view.Owns(c.id) {
		c.published, c.journal, c.application = true, "", &ledgerv1.Application{Deal: deal}
		return c, nil
	}
	if id == "" || !view.Owns(c.id) || !view.Owns(id) {
		return nil, nil
	}
	a, err := view.Application(id)
	if err != nil {
		return nil, fmt.Errorf("read application %s: %w", id, err)
	}
	if a == nil {
		return nil, nil
	}
	a.Deal, c.application = deal, a
	for _, r := range c.basis.GetKnowledge().GetJournals() {
		if c.reach == nil {
			c.reach = map[string]uint64{}
		}
		c.reach[r.GetJournal()] = r.GetEvents()
	}
	if c.consulted, err = consultation(view, c); err != nil {
		return nil, err
	}
	c.facts = dossier.Facts(deal, s.state, c.emergency())
	c.own, err = s.policies(view, c.basis.GetPolicyId())
	return c, err
}

// had reports whether the agency had an event when it decided: one of the journal that it decided in by its number, one of another
// agency by how far the decision says that it had the journal, and others by when they happened.
func (c *past) had(journal string, number uint64, at time.Time) bool {
	own, _, _ := strings.Cut(c.journal, "/")
	switch {
	case journal == c.journal:
		return number < c.number
	case c.reach != nil && !strings.HasPrefix(journal, own+"/"):
		return number <= c.reach[journal]
	}
	return !at.After(c.at)
}

// concerns reports whether a policy is for a line of a case. One of which a line lacks what the scope asks for concerns it:
// nobody could have decided that.
func (s *cases) concerns(p *policy.Policy, c *past) (bool, error) {
	for _, line := range dossier.LineFacts(c.application.GetDeal(), s.state, c.emergency()) {
		in, err := policy.Holds(p, line)
		if errors.Is(err, fault.Precondition) {
			c.unclear = err.Error()
			return true, nil
		}
		if in || err != nil {
			return in, err
		}
	}
	return false, nil
}

// policies returns those that a decision names.
func (s *cases) policies(view ledger.View, names string) ([]*policy.Policy, error) {
	if known, ok := s.known[names]; ok {
		return known, nil
	}
	list, err := adopted.ByID(view, strings.Fields(names))
	if err != nil && !errors.Is(err, fault.Precondition) {
		return nil, err
	}
	s.known[names] = list
	return list, nil
}

// first reads into fact the event that made a row; it reports false when that is not to be had any more.
func first(view ledger.View, row interface {
	GetJournal() string
	GetEvents() []uint64
}, fact proto.Message) bool {
	e, err := event(view, row.GetJournal(), row.GetEvents()[0])
	return err == nil && e.GetFact().UnmarshalTo(fact) == nil
}

func event(view ledger.View, journal string, number uint64) (*queryv1.RecordedEvent, error) {
	row, err := view.Get(queryv1.Table_TABLE_EVENTS, fmt.Sprintf("%s/%d", journal, number))
	return row.GetEvent(), err
}

// emergency reports whether the case was decided as one.
func (c *past) emergency() bool {
	return c.basis.GetEmergency() != "" || c.consulted != nil && c.consulted.row.GetOpened().GetEmergency() != ""
}

// fixed is what stood against a grant whatever the policy, as far as it is on record.
func (c *past) fixed(view ledger.View) ([]string, error) {
	checks, err := view.ProhibitionChecksWith("application", c.application.GetId())
	if err != nil {
		return nil, fmt.Errorf("read checks: %w", err)
	}
	undercuts, err := view.UndercutsWith("application", c.application.GetId())
	if err != nil {
		return nil, fmt.Errorf("read undercuts: %w", err)
	}
	var reasons []string
	for _, u := range undercuts {
		if c.had(u.GetJournal(), u.GetEvents()[0], u.GetFoundAt().AsTime()) && stands(u) {
			reasons = append(reasons, fmt.Sprintf("denial %s may be of the same deal, and its consultation was not brought to an end, see %s", u.GetFound().GetDenialId(), u.GetId()))
		}
	}
	for _, check := range slices.Backward(checks) {
		if !c.had(check.GetJournal(), check.GetEvents()[0], check.GetAt().AsTime()) {
			continue
		}
		if check.GetChecked().GetResult() != licensingv1.GateResult_GATE_RESULT_CLEAR {
			reasons = append(reasons, fmt.Sprintf("Article 6 was not found clear, see %s", check.GetId()))
		}
		break
	}
	return reasons, nil
}

// stands reports whether an undercut held a grant up (Common Position 2008/944/CFSP, Article 4(1)).
func stands(u *ledgerv1.Undercut) bool {
	switch u.GetStatus() {
	case ledgerv1.UndercutStatus_UNDERCUT_STATUS_CANDIDATE, ledgerv1.UndercutStatus_UNDERCUT_STATUS_CONFIRMED, ledgerv1.UndercutStatus_UNDERCUT_STATUS_CONSULTING:
		return true
	}
	return false
}
