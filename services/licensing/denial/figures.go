package denial

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// Figures count the consultations on record, as the annual reports on arms exports give them (Common Position 2008/944/CFSP,
// Article 8(2)): by year of asking, what each State asked and was asked, and then how many concerned each destination. year
// 0 is every year. Rows are in order of year, those of States first, each by code or name.
func Figures(view ledger.View, year uint32) ([]*licensingv1.ConsultationFigure, error) {
	t := tally{}
	for _, status := range []string{"consulting", "replied", "lapsed", "decided"} {
		rows, err := view.UndercutsWith("status", status)
		if err != nil {
			return nil, fmt.Errorf("read consultations: %w", err)
		}
		for _, u := range rows {
			of := uint32(u.GetOpened().GetOpenedAt().AsTime().UTC().Year())
			if year != 0 && year != of {
				continue
			}
			if err := t.count(view, u, of); err != nil {
				return nil, err
			}
		}
	}
	return t.rows(), nil
}

type row struct {
	year               uint32
	state, destination string
}

type tally map[row]*licensingv1.ConsultationFigure

func (t tally) at(r row) *licensingv1.ConsultationFigure {
	f := t[r]
	if f == nil {
		f = &licensingv1.ConsultationFigure{Year: r.year, State: r.state, Destination: r.destination}
		t[r] = f
	}
	return f
}

func (t tally) count(view ledger.View, u *ledgerv1.Undercut, year uint32) error {
	asker, err := stateOf(view, ledger.AgencyOf(u.GetId()))
	if err != nil {
		return err
	}
	destination, err := concerned(view, u)
	if err != nil {
		return err
	}
	if asker != "" {
		t.at(row{year, asker, ""}).Initiated++
	}
	if asked := u.GetFound().GetState(); asked != "" {
		t.at(row{year, asked, ""}).Received++
	}
	if destination != "" {
		t.at(row{year, "", destination}).Concerning++
	}
	return nil
}

// concerned is the destination of a consultation: that of the denial, which both sides have; without it, of the application.
func concerned(view ledger.View, u *ledgerv1.Undercut) (string, error) {
	h, err := find(view, u.GetFound().GetDenialId())
	if err != nil {
		return "", err
	}
	if h != nil {
		if p := h.deal.GetDestination(); p.GetCountry() != "" || p.GetName() != "" {
			return cmp.Or(p.GetCountry(), p.GetName()), nil
		}
	}
	a, err := view.Application(u.GetFound().GetApplicationId())
	if err != nil {
		return "", fmt.Errorf("read application %s: %w", u.GetFound().GetApplicationId(), err)
	}
	p := a.GetDeal().GetDestination()
	return cmp.Or(p.GetCountry(), p.GetName()), nil
}

func (t tally) rows() []*licensingv1.ConsultationFigure {
	all := make([]*licensingv1.ConsultationFigure, 0, len(t))
	for _, f := range t {
		all = append(all, f)
	}
	slices.SortFunc(all, func(x, y *licensingv1.ConsultationFigure) int {
		return cmp.Or(cmp.Compare(x.GetYear(), y.GetYear()), strings.Compare(x.GetDestination(), y.GetDestination()), strings.Compare(x.GetState(), y.GetState()))
	})
	return all
}
