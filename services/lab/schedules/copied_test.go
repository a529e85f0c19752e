package schedules

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/customs/writeoff"
)

// copied is the rules of the account once more, written from what the balance and the allowances say. With nothing set it decides
// as they do; what is set is wrong with it.
type copied struct {
	// unlimited: nothing is refused. over is taken beyond what is left. quantityOnly: values are not counted.
	unlimited, quantityOnly bool
	over                    int64
	// alone: everybody counts by the licence's own limit. lentForgotten: the counter counts what others used, and not what they
	// may still use. lentExpires: it does so once an allowance is old. returnedForgotten: a post goes on using what it gave back.
	alone, lentForgotten, lentExpires, returnedForgotten bool
	// neverBack: the counter does not count what comes back as its own.
	neverBack bool
}

// seen is what a view knows of a licence's first line.
type seen struct {
	agency  string
	limit   amounts
	parties map[string]*party
}

func look(view ledger.View) (*seen, error) {
	b, err := writeoff.Balance(view, licenceID)
	if err != nil {
		return nil, err
	}
	a, err := writeoff.Allowances(view, licenceID)
	if err != nil {
		return nil, err
	}
	all := &books{parties: map[string]*party{}}
	l := b.Lines[0]
	for _, x := range l.Agencies {
		all.party(x.Agency).reserved = of(x.Reserved, x.ReservedValue)
		all.party(x.Agency).used = of(x.Used, x.UsedValue)
	}
	for _, x := range a.Posts {
		all.party(x.Post).given = of(x.Given, x.GivenValue)
		all.party(x.Post).returned = of(x.Returned, x.ReturnedValue)
	}
	all.party(view.Agency())
	limit := of(l.Authorized, l.AuthorizedValue).plus(of(l.Tolerance, l.ToleranceValue))
	return &seen{view.Agency(), limit, all.parties}, nil
}

// left is what the copy says that the agency of a view may write off or lend; below 0 where it is overdrawn.
func (c copied) left(view ledger.View) (amounts, error) {
	s, err := look(view)
	if err != nil {
		return amounts{}, err
	}
	own := s.parties[s.agency]
	if s.agency != counter && !c.alone {
		lent := own.given
		if !c.returnedForgotten {
			lent = lent.less(own.returned)
		}
		return s.limit.least(lent).less(own.taken()), nil
	}
	left := s.limit.less(own.taken())
	for name, p := range s.parties {
		if name == s.agency {
			continue
		}
		lent := p.given
		if !c.neverBack {
			lent = lent.less(p.returned)
		}
		if old, err := c.old(view, name); err != nil || old || c.lentForgotten {
			lent = amounts{}
		}
		left = left.less(lent.most(p.taken()))
	}
	return left, nil
}

// old reports whether the copy takes back what a post was lent, because it was long ago.
func (c copied) old(view ledger.View, post string) (bool, error) {
	if !c.lentExpires {
		return false, nil
	}
	given, err := view.AllowancesWith("licence", licenceID)
	if err != nil {
		return false, err
	}
	positions, err := view.Positions()
	if err != nil {
		return false, err
	}
	var now, last time.Time
	for _, p := range positions {
		if at := p.GetRecordedAt().AsTime(); at.After(now) && strings.HasPrefix(p.GetJournal(), counter+"/") {
			now = at
		}
	}
	for _, g := range given {
		if at := g.GetAt().AsTime(); g.GetGiven().GetPost() == post && at.After(last) {
			last = at
		}
	}
	return now.Sub(last) > idle/2, nil
}

// refuses reports whether the copy refuses what is asked.
func (c copied) refuses(view ledger.View, asked amounts) error {
	left, err := c.left(view)
	if err != nil {
		return err
	}
	left = left.plus(amounts{c.over, c.over})
	switch {
	case c.unlimited:
		return nil
	case asked.quantity > 0 && asked.quantity > left.quantity:
		return fault.Coded(fault.Precondition, "DX03", "%v is above the %v that is left", asked, left)
	case !c.quantityOnly && asked.value > 0 && asked.value > left.value:
		return fault.Coded(fault.Precondition, "DX04", "%v is above the %v that is left", asked, left)
	}
	return nil
}

func (c copied) accept(view ledger.View, id string, asked amounts) ([]proto.Message, error) {
	if err := c.refuses(view, asked); err != nil {
		return nil, err
	}
	q, v := asked.stated()
	return accepted(id, &customsv1.LicenceQuantityReserved{DeclarationId: id, Item: 1, LicenceId: licenceID, LicenceLine: 1, Quantity: q, Value: v}), nil
}

func (c copied) give(view ledger.View, now time.Time, post string, to amounts) ([]proto.Message, error) {
	s, err := look(view)
	if err != nil {
		return nil, err
	}
	if s.parties[post] == nil {
		s.parties[post] = &party{}
	}
	p := s.parties[post]
	more := to.less(p.given.less(p.returned).less(p.taken()).most(amounts{})).most(amounts{})
	if more == (amounts{}) {
		return nil, nil
	}
	if err := c.refuses(view, more); err != nil {
		return nil, err
	}
	id, err := view.NextID(fmt.Sprintf("AL-%d", now.Year()))
	q, v := more.stated()
	return []proto.Message{&customsv1.AllowanceGiven{AllowanceId: id, Post: post, LicenceId: licenceID, LicenceLine: 1, Quantity: q, Value: v}}, err
}

// by are the real rules with this copy of accepting and giving.
func (c copied) by() rules {
	r := real()
	r.accept, r.give, r.left = c.accept, c.give, c.left
	return r
}
