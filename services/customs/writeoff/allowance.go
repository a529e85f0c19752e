package writeoff

import (
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Give lends a post so much of a licence line that it has left what the command says, with what it has already: the same again
// decides nothing. Only the agency that counts the licence gives, while the licence is in force, and what it gives it has left.
// Whom it gives to is a post of its own, or customs of another State.
func Give(view ledger.View, cmd *customsv1.GiveAllowanceRequest) ([]proto.Message, error) {
	at := cmd.GetParticulars().GetOccurredAt().AsTime()
	a, l, err := lendable(view, cmd.GetLicenceId(), cmd.GetLicenceLine())
	if err != nil {
		return nil, err
	}
	licence, err := known(view, cmd.GetLicenceId())
	if err != nil {
		return nil, err
	}
	switch {
	case a.uncounted != nil:
		return nil, a.uncounted
	case a.counter != a.agency:
		return nil, fault.Errorf(fault.NotAllowed, "licence %s is counted by %s, which alone gives allowances on it", a.licence, a.counter)
	}
	if err := takesAllowance(view, cmd.GetPost()); err != nil {
		return nil, err
	}
	if err := InForce(licence, at); err != nil {
		return nil, err
	}
	asked, _, err := l.measure(a.licence, "to be given", cmd.GetQuantity(), cmd.GetValue())
	if err != nil {
		return nil, err
	}
	p := l.party(cmd.GetPost())
	more := asked.less(p.lent().less(p.taken()))
	if more == (amounts{}) {
		return nil, nil
	}
	_, others := a.limits(l)
	if err := a.within(l, l.party(a.agency).taken().plus(others), more); err != nil {
		return nil, err
	}
	id, err := view.NextID(fmt.Sprintf("AL-%d", at.Year()))
	if err != nil {
		return nil, err
	}
	fact := &customsv1.AllowanceGiven{AllowanceId: id, Post: cmd.GetPost(), LicenceId: a.licence, LicenceLine: l.GetNumber()}
	fact.Quantity, fact.Value = l.in(more)
	return []proto.Message{fact}, nil
}

// lendable returns the account of a licence and a line of it that sets limits.
func lendable(view ledger.View, licenceID string, number uint32) (*Account, *line, error) {
	licence, err := known(view, licenceID)
	if err != nil {
		return nil, nil, err
	}
	a, err := Read(view, licence, "")
	if err != nil {
		return nil, nil, err
	}
	l := a.line(number)
	switch {
	case l == nil:
		return nil, nil, fault.Coded(fault.NotFound, "DX01", "licence %s has no line %d", licenceID, number)
	case l.GetQuantity() == nil && l.GetValue() == nil:
		return nil, nil, fault.Errorf(fault.Invalid, "line %d of licence %s sets no limit, so no allowance is needed on it", number, licenceID)
	}
	return a, l, nil
}

// takesAllowance refuses whoever is no post of this agency and no customs of another State.
func takesAllowance(view ledger.View, post string) error {
	self, err := view.AgencyRow(view.Agency())
	if err != nil {
		return fmt.Errorf("read agency %s: %w", view.Agency(), err)
	}
	p, err := view.AgencyRow(post)
	switch {
	case err != nil:
		return fmt.Errorf("read agency %s: %w", post, err)
	case p == nil:
		return fault.Errorf(fault.NotFound, "there is no agency %s; see: counterfoil directory show", post)
	case p.GetStatus() != ledgerv1.AgencyStatus_AGENCY_STATUS_UNSPECIFIED:
		return fault.Errorf(fault.Precondition, "agency %s does not take part now: %s", post, p.GetStatusReason())
	case p.GetPostOf() == view.Agency(), p.GetService() == "customs" && p.GetPostOf() == "" && p.GetState() != self.GetState():
		return nil
	}
	return fault.Errorf(fault.Precondition, "agency %s is neither a post of %s nor customs of another State; the authority names posts in the directory (post_of)", post, view.Agency())
}

// Return gives back, at a post, what it will not use of a licence line: what the command says, or all that it has not used. The
// post cannot use it from then on; the counter can once it hears of it. Nothing is decided when there is nothing to return.
func Return(view ledger.View, cmd *customsv1.ReturnAllowanceRequest) ([]proto.Message, error) {
	a, l, err := lendable(view, cmd.GetLicenceId(), cmd.GetLicenceLine())
	if err != nil {
		return nil, err
	}
	p := l.party(a.agency)
	unused := p.lent().less(p.taken())
	back := unused
	if cmd.GetQuantity() != nil || cmd.GetValue() != nil {
		if back, err = l.stated(a.licence, cmd.GetQuantity(), cmd.GetValue()); err != nil {
			return nil, err
		}
	}
	switch {
	case back == (amounts{}):
		return nil, nil
	case back.less(unused) != (amounts{}):
		q, v := l.in(unused)
		return nil, fault.Errorf(fault.Precondition, "%s has less than that left of its allowance on line %d of licence %s: %s", a.agency, l.GetNumber(), a.licence, sentence(q, v))
	}
	return returning(view, l, a.licence, back, cmd.GetParticulars().GetOccurredAt().AsTime().Year())
}

// returning is the fact that an amount is given back.
func returning(view ledger.View, l *line, licence string, back amounts, year int) ([]proto.Message, error) {
	giver, err := giverTo(view, licence, l.GetNumber())
	if err != nil {
		return nil, err
	}
	id, err := view.NextID(fmt.Sprintf("AR-%d", year))
	if err != nil {
		return nil, err
	}
	fact := &customsv1.AllowanceReturned{ReturnId: id, Giver: giver, LicenceId: licence, LicenceLine: l.GetNumber()}
	fact.Quantity, fact.Value = l.in(back)
	return []proto.Message{fact}, nil
}

// giverTo is the agency that gave this one an allowance on a line: the first by name, where a counter was replaced.
func giverTo(view ledger.View, licence string, number uint32) (string, error) {
	tallies, err := view.TalliesWith("licence", licence)
	if err != nil {
		return "", fmt.Errorf("read what is written off on licence %s: %w", licence, err)
	}
	for _, t := range tallies {
		if t.GetLicenceLine() == number && gave(t, view.Agency()) {
			return t.GetAgency(), nil
		}
	}
	return "", fmt.Errorf("nobody gave %s an allowance on line %d of licence %s", view.Agency(), number, licence)
}

func gave(t *ledgerv1.Tally, post string) bool {
	return slices.ContainsFunc(slices.Concat(t.GetQuantities(), t.GetValues()), func(s *ledgerv1.Sum) bool {
		return slices.ContainsFunc(s.GetGiven(), func(g *ledgerv1.Given) bool { return g.GetPost() == post })
	})
}

// stated measures what a command states, either of the two or both.
func (l *line) stated(licence string, q *transferv1.Quantity, v *transferv1.Money) (amounts, error) {
	if none, _ := l.in(amounts{}); q == nil {
		q = none
	}
	if _, none := l.in(amounts{}); v == nil {
		v = none
	}
	m, _, err := l.measure(licence, "to be returned", q, v)
	return m, err
}

func sentence(q *transferv1.Quantity, v *transferv1.Money) string {
	switch {
	case q == nil:
		return fmt.Sprintf("%d minor units of %s", v.GetMinor(), v.GetCurrency())
	case v == nil:
		return units(uint64(q.GetThousandths()), q.GetUnit())
	}
	return fmt.Sprintf("%s, %d minor units of %s", units(uint64(q.GetThousandths()), q.GetUnit()), v.GetMinor(), v.GetCurrency())
}

// Allowances says who was given how much of a licence and what is left of it, by post and line, and what the counter has left,
// as far as is known here.
func Allowances(view ledger.View, licenceID string) (*customsv1.AllowanceResponse, error) {
	licence, err := known(view, licenceID)
	if err != nil {
		return nil, err
	}
	a, err := Read(view, licence, "")
	if err != nil {
		return nil, err
	}
	counted := *a
	counted.agency = a.counter
	res := &customsv1.AllowanceResponse{Counter: a.counter}
	for _, l := range a.lines {
		for _, agency := range slices.Sorted(maps.Keys(l.parties)) {
			p := l.parties[agency]
			if p.given == (amounts{}) {
				continue
			}
			one := &customsv1.PostAllowance{Post: agency, LicenceLine: l.GetNumber()}
			one.Given, one.GivenValue = l.in(p.given)
			one.Returned, one.ReturnedValue = l.in(p.returned)
			one.Used, one.UsedValue = l.in(p.taken())
			one.Left, one.LeftValue = l.in(p.lent().less(p.taken()))
			res.Posts = append(res.Posts, one)
		}
		at := &customsv1.CounterLeft{LicenceLine: l.GetNumber()}
		at.Left, at.LeftValue = l.in(counted.left(l))
		res.CounterLeft = append(res.CounterLeft, at)
	}
	return res, nil
}
