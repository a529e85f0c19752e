package denial

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	policyv1 "github.com/counterfoil/counterfoil/proto/counterfoil/policy/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// Candidate is a denial of another authority that an application would undercut.
type Candidate struct {
	// DenialID is of the denial, or of the notice of it.
	DenialID string
	// State denied; Agency is who did, where it takes part itself.
	State, Agency string
	// Score in thousandths, and why.
	Score   uint32
	Reasons []string

	held *held
}

// Candidates are the denials that an application looks essentially identical to at a moment, the likest first: of another
// authority, standing, at most terms.look_back_years old, of the same item to the same end user or consignee (Common Position
// 2008/944/CFSP, Article 4(1)). A denial that is on record several times is returned once.
func Candidates(view ledger.View, a *ledgerv1.Application, terms *policyv1.Undercut, at time.Time) ([]Candidate, error) {
	home, err := stateOf(view, view.Agency())
	if err != nil {
		return nil, err
	}
	near, err := nearRecipients(view, recipients(a.GetDeal()))
	if err != nil {
		return nil, err
	}
	var list []Candidate
	for _, h := range near {
		if !h.stands || !h.foreign(view, home) || !h.within(terms.GetLookBackYears(), at) {
			continue
		}
		score, reasons := alike(a.GetDeal(), h.deal)
		if score == 0 || slices.ContainsFunc(list, func(c Candidate) bool { return c.held.same(h) }) {
			continue
		}
		if h.at.IsZero() {
			reasons = append(reasons, "the notice does not say when it was denied")
		}
		list = append(list, Candidate{DenialID: h.id, State: h.state, Agency: h.agency, Score: score, Reasons: reasons, held: h})
	}
	slices.SortStableFunc(list, func(x, y Candidate) int {
		return cmp.Or(cmp.Compare(y.Score, x.Score), strings.Compare(x.DenialID, y.DenialID))
	})
	return list, nil
}

// nearRecipients are the denials and notices on record that have a party like one of these: denials before notices, and
// notices of those that take part before others, each in order of id.
func nearRecipients(view ledger.View, parties []*transferv1.Party) ([]*held, error) {
	values, err := partyValues(view, parties)
	if err != nil {
		return nil, err
	}
	byID := map[string]*held{}
	for _, value := range values {
		denials, err := view.DenialsWith("party", value)
		if err != nil {
			return nil, fmt.Errorf("read denials to %s: %w", value, err)
		}
		for _, d := range denials {
			h, err := ofDenial(view, d)
			if err != nil {
				return nil, err
			}
			byID[h.id] = h
		}
		notices, err := view.DenialNoticesWith("party", value)
		if err != nil {
			return nil, fmt.Errorf("read notices of denials to %s: %w", value, err)
		}
		for _, n := range notices {
			h, err := ofNoticeOrDenial(view, n)
			if err != nil {
				return nil, err
			}
			byID[h.id] = h
		}
	}
	all := make([]*held, 0, len(byID))
	for _, h := range byID {
		all = append(all, h)
	}
	slices.SortFunc(all, func(x, y *held) int {
		return cmp.Or(cmp.Compare(rank(x), rank(y)), strings.Compare(x.id, y.id))
	})
	return all, nil
}

// ofNoticeOrDenial is the denial that a notice tells of, where that is on record too: it is what stands.
func ofNoticeOrDenial(view ledger.View, n *ledgerv1.DenialNotice) (*held, error) {
	id := n.GetNotice().GetDenialId()
	if id == "" {
		return ofNotice(n), nil
	}
	d, err := view.Denial(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read denial %s: %w", id, err)
	case d == nil:
		return ofNotice(n), nil
	}
	return ofDenial(view, d)
}

func rank(h *held) int {
	switch {
	case h.agency == "":
		return 2
	case slices.Contains(h.keys, h.id):
		return 0
	}
	return 1
}

// partyValues are what rows with a party like one of these are found under.
func partyValues(view ledger.View, parties []*transferv1.Party) ([]string, error) {
	var values []string
	for _, p := range parties {
		values = append(values, p.GetIdentifiers()...)
		near, err := view.NamesNear(p.GetName())
		if err != nil {
			return nil, fmt.Errorf("look for names near %s: %w", p.GetName(), err)
		}
		for _, name := range near {
			values = append(values, "name:"+name)
		}
	}
	slices.Sort(values)
	return slices.Compact(values), nil
}

// Terms are how an application's undercuts are dealt with: the strictest of its policies. Without a policy they are three
// years, ten working days, and that silence means nothing. days is the policy that the working days are taken from, nil
// without one.
func Terms(view ledger.View, a *ledgerv1.Application, at time.Time) (terms *policyv1.Undercut, days *policy.Policy, err error) {
	policies, err := dossier.Governing(view, a, at)
	if fault.As(err) != nil {
		return &policyv1.Undercut{LookBackYears: 3, WorkingDays: 10, Silence: "none"}, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the policies of application %s: %w", a.GetId(), err)
	}
	terms = &policyv1.Undercut{}
	for _, p := range policies {
		u := p.Terms.GetUndercut()
		terms.LookBackYears = max(terms.LookBackYears, u.GetLookBackYears())
		if terms.Silence == "" || u.GetSilence() == "none" {
			terms.Silence = u.GetSilence()
		}
		if u.GetWorkingDays() > terms.WorkingDays {
			terms.WorkingDays, days = u.GetWorkingDays(), p
		}
	}
	return terms, days, nil
}
