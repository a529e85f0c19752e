package licence

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/screening"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
	"github.com/counterfoil/counterfoil/services/licensing/gate"
)

// Screen screens the parties that an amendment would give a licence, when no screening that can be rested on covers them yet.
// It comes before Amend, which needs what it records.
func Screen(view ledger.View, cmd *licensingv1.AmendLicenceRequest) ([]proto.Message, error) {
	l, err := ownLicence(view, cmd.GetLicenceId())
	if err != nil || len(cmd.GetParties()) == 0 || sameParties(l.GetDeal().GetParties(), cmd.GetParties()) {
		return nil, err
	}
	deal, lists, last, err := toScreen(view, l, cmd.GetParties())
	if err != nil {
		return nil, err
	}
	at := cmd.GetParticulars().GetOccurredAt().AsTime()
	if last != nil && ledger.Covers(last.GetCertificate(), deal) {
		if judging(last) || len(screening.Valid(view, last, deal, lists, at)) == 0 {
			return nil, nil
		}
	}
	id, err := view.NextID("S-" + yearOf(cmd.GetParticulars()))
	if err != nil {
		return nil, err
	}
	fact, err := screening.Screen(view, l.GetId(), deal, lists, at, id)
	if err != nil {
		return nil, err
	}
	return []proto.Message{fact}, nil
}

// judging reports whether a screening waits for an officer, or says that a party is who a hit says: another would say no
// better.
func judging(s *ledgerv1.Screening) bool {
	r := s.GetCertificate().GetResult()
	return r == screeningv1.Result_RESULT_OPEN || r == screeningv1.Result_RESULT_CONFIRMED
}

// toScreen is the deal with other parties, the lists that they have to be compared with, and the latest screening of the
// licence.
func toScreen(view ledger.View, l *ledgerv1.Licence, parties []*transferv1.Party) (*licensingv1.Deal, []screening.Required, *ledgerv1.Screening, error) {
	deal := proto.CloneOf(l.GetDeal())
	deal.Parties = parties
	lists, err := dossier.LicenceLists(view, l)
	if err != nil {
		return nil, nil, nil, err
	}
	last, err := screening.Latest(view, l.GetId())
	return deal, lists, last, err
}

func sameParties(now, next []*transferv1.Party) bool {
	return slices.EqualFunc(now, next, func(a, b *transferv1.Party) bool { return proto.Equal(a, b) })
}

// amendParties gives an amendment other parties, with the screening and the fresh look at embargoes that they need.
func amendParties(view ledger.View, l *ledgerv1.Licence, cmd *licensingv1.AmendLicenceRequest, amended *licensingv1.LicenceAmended) error {
	if len(cmd.GetParties()) == 0 || sameParties(l.GetDeal().GetParties(), cmd.GetParties()) {
		return nil
	}
	deal, lists, last, err := toScreen(view, l, cmd.GetParties())
	if err != nil {
		return err
	}
	if amended.Deal != nil {
		deal.Lines = amended.Deal.Lines
	}
	at := cmd.GetParticulars().GetOccurredAt().AsTime()
	reasons, err := gate.Prohibited(view, deal, nil, at)
	if err != nil {
		return err
	}
	reasons = append(reasons, screening.Valid(view, last, deal, lists, at)...)
	if len(reasons) > 0 {
		return fault.Errorf(fault.Precondition, "licence %s cannot be given these parties: %s", l.GetId(), strings.Join(reasons, "; "))
	}
	knowledge, err := dossier.Knowledge(view, nil)
	if err != nil {
		return err
	}
	amended.Deal = deal
	amended.Basis = proto.CloneOf(l.GetBasis())
	if amended.Basis == nil {
		amended.Basis = &licensingv1.Basis{Prohibition: licensingv1.GateResult_GATE_RESULT_CLEAR}
	}
	amended.Basis.Screening, amended.Basis.Knowledge = last.GetCertificate(), knowledge
	amended.Basis.Signatures = []*licensingv1.Signature{signature(cmd.GetParticulars())}
	return nil
}

func signature(by *eventv1.Particulars) *licensingv1.Signature {
	return &licensingv1.Signature{Role: by.GetOfficer().GetRole(), Person: by.GetOfficer().GetPerson(), At: by.GetOccurredAt()}
}

// takeOver brings the conditions on a licence to what the agencies that asked for them say now. A condition goes only with
// their own event.
func takeOver(view ledger.View, l *ledgerv1.Licence, amended *licensingv1.LicenceAmended) error {
	rows, err := view.ConditionsWith("application", l.GetApplicationId())
	if err != nil {
		return fmt.Errorf("read conditions on application %s: %w", l.GetApplicationId(), err)
	}
	for _, c := range rows {
		i := slices.IndexFunc(l.GetKept(), func(k *licensingv1.ConditionKept) bool { return k.GetConditionId() == c.GetId() })
		switch {
		case c.GetDropped() && i >= 0:
			by, err := view.LastCause(c)
			if err != nil {
				return err
			}
			amended.LetGo = append(amended.LetGo, &licensingv1.ConditionLetGo{ConditionId: c.GetId(), By: by})
		case !c.GetDropped() && (i < 0 || l.GetKept()[i].GetText() != c.GetText()):
			amended.Kept = append(amended.Kept, keptAs(c))
		}
	}
	return nil
}
