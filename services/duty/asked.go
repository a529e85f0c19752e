package duty

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
)

// mayAnswer refuses an answer by an agency that was not asked; place is the agency in whose place it answers, or empty.
func mayAnswer(view ledger.View, c *ledgerv1.Consultation, place string) error {
	silent := escalatedFrom(c, view.Agency())
	switch {
	case place == "" && isAddressee(c, view.Agency()):
		return nil
	case place == "" && len(silent) > 0:
		return fault.Errorf(fault.Precondition, "%s is asked in place of others in %s; say in whose: counterfoil consult answer %s --in-place-of %s", view.Agency(), c.GetId(), c.GetId(), silent[0])
	case place == "":
		return fault.Errorf(fault.NotAllowed, "consultation %s does not ask %s; only those that it asks answer", c.GetId(), view.Agency())
	case !isAddressee(c, place):
		return fault.Errorf(fault.NotAllowed, "consultation %s does not ask %s, so nobody answers in its place", c.GetId(), place)
	case slices.Contains(silent, place):
		return nil
	}
	policies, err := policiesOf(view, c)
	if err != nil {
		return err
	}
	for _, p := range policies {
		for _, a := range p.GetConflictOfInterest().GetAlternates() {
			if a.GetAgency() == place && a.GetAlternate() == view.Agency() {
				return nil
			}
		}
	}
	return fault.Errorf(fault.NotAllowed, "%s neither stands in for %s by policy %s nor was asked in its place; ask the agency that opened consultation %s", view.Agency(), place, c.GetOpened().GetPolicyId(), c.GetId())
}

func isAddressee(c *ledgerv1.Consultation, agency string) bool {
	return slices.ContainsFunc(c.GetOpened().GetAddressees(), func(a *licensingv1.Addressee) bool { return a.GetAgency() == agency })
}

// escalatedFrom are the agencies whose silence in a consultation an agency was asked to answer instead.
func escalatedFrom(c *ledgerv1.Consultation, agency string) (silent []string) {
	for _, s := range c.GetSilences() {
		if s.GetEscalatedTo() == agency && s.GetAgency() != agency && !slices.Contains(silent, s.GetAgency()) {
			silent = append(silent, s.GetAgency())
		}
	}
	return silent
}

// policiesOf are the policies that a consultation was opened under.
func policiesOf(view ledger.View, c *ledgerv1.Consultation) (list []*policyv1.Policy, err error) {
	for _, id := range strings.Fields(c.GetOpened().GetPolicyId()) {
		row, err := view.Policy(id)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read policy %s: %w", id, err)
		case row == nil:
			return nil, fault.Errorf(fault.Precondition, "policy %s, which consultation %s runs under, is not on record here", id, c.GetId())
		}
		p, err := policy.LoadAdopted(id, row.GetAdopted().GetContent())
		if err != nil {
			return nil, fault.Errorf(fault.Precondition, "policy %s cannot be read (%v)", id, err)
		}
		list = append(list, p.Terms)
	}
	return list, nil
}

// signer is who gives an opinion. In an emergency the policy says for whom a deputy stands in.
func signer(view ledger.View, c *ledgerv1.Consultation, o *eventv1.Officer) (*licensingv1.Signer, error) {
	s := &licensingv1.Signer{Role: o.GetRole(), Person: o.GetPerson()}
	if c.GetOpened().GetEmergency() == "" {
		return s, nil
	}
	policies, err := policiesOf(view, c)
	if err != nil {
		return nil, err
	}
	for _, p := range policies {
		for _, d := range p.GetEmergency().GetDeputies() {
			if d.GetRole() == s.Role {
				s.ForRole = d.GetForRole()
			}
		}
	}
	return s, nil
}

// groupOf is the sharing group that an answer is recorded for: where the answer that it replaces stands, or what the rules
// say of a new one, which the agency that asks has to read.
func groupOf(view ledger.View, c *ledgerv1.Consultation, earlier *ledgerv1.Opinion, fact proto.Message, marking string) (string, error) {
	if earlier != nil {
		return ledger.Beside(earlier, fact).Group, nil
	}
	asks, _, _ := strings.Cut(c.GetId(), "/")
	return view.GroupHeardBy(asks, fact, marking)
}
