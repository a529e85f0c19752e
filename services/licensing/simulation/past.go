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
	"github.com/counterfoil/counterfoil/services/licensing/denial"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// past is what is on record of a case that was decided.
type past struct {
	// Licence or denial id.
	id      string
	granted bool
	at      time.Time
	basis   *licensingv1.Basis
	// As it was decided on.
	application *ledgerv1.Application
	facts       policy.Facts
	consulted   *consulted
	// Why it cannot be said whether the simulated policy is for it; empty when it can.
	unclear string
	// The policies that it was decided under; none where they are not on record.
	own []*policy.Policy
}

// read returns the case that a licence or denial decided; nil when it is another agency's, was read from a register, or is
// none that the policy is for.
func (s *Simulation) read(view ledger.View, row *queryv1.Row) (*past, error) {
	c, id, deal := &past{}, "", (*licensingv1.Deal)(nil)
	if l := row.GetLicence(); l != nil {
		c.id, c.granted, c.at, c.basis, id, deal = l.GetId(), true, l.GetDecidedAt().AsTime(), l.GetBasis(), l.GetApplicationId(), l.GetDeal()
		if granted := (&licensingv1.LicenceGranted{}); len(l.GetEvents()) > 1 && first(view, l, granted) {
			c.basis, deal = granted.GetBasis(), granted.GetDeal() // before it was amended
		}
	} else {
		d := row.GetDenial()
		c.id, c.at, c.basis, id, deal = d.GetId(), d.GetDecidedAt().AsTime(), d.GetBasis(), d.GetApplicationId(), d.GetDeal()
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
	if c.consulted, err = consultation(view, c); err != nil {
		return nil, err
	}
	c.facts = dossier.Facts(deal, s.state, c.emergency())
	if c.own, err = s.policies(view, c.basis.GetPolicyId()); err != nil {
		return nil, err
	}
	in, err := s.concerns(c)
	if !in {
		return nil, err
	}
	return c, nil
}

// concerns reports whether the policy is for a line of a case. One of which a line lacks what the scope asks for concerns it:
// nobody could have decided that.
func (s *Simulation) concerns(c *past) (bool, error) {
	for _, line := range dossier.LineFacts(c.application.GetDeal(), s.state, c.emergency()) {
		in, err := policy.Holds(s.policy, line)
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
func (s *Simulation) policies(view ledger.View, names string) ([]*policy.Policy, error) {
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
	reasons, err := denial.Open(view, c.application.GetId(), c.at)
	if err != nil {
		return nil, err
	}
	for _, check := range slices.Backward(checks) {
		if check.GetAt().AsTime().After(c.at) {
			continue
		}
		if check.GetChecked().GetResult() != licensingv1.GateResult_GATE_RESULT_CLEAR {
			reasons = append(reasons, fmt.Sprintf("Article 6 was not found clear, see %s", check.GetId()))
		}
		break
	}
	return reasons, nil
}
