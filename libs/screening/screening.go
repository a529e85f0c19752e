// Package screening TEMP
package screening

import (
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

type Required struct {
	Source     string
	MaxAgeDays int
}

func Valid(view ledger.View, s *ledgerv1.Screening, deal *licensingv1.Deal, lists []Required, at time.Time) ([]string, error) {
	if !ledger.Covers(s.Certificate, deal) {
		return []string{"screening " + s.Id + " does not cover every party"}, nil
	}
	if r := s.Certificate.Result; r != screeningv1.Result_RESULT_CLEAR && r != screeningv1.Result_RESULT_REVIEWED {
		return []string{"screening " + s.Id + " has open hits"}, nil
	}
	return nil, nil
}

func Screen(view ledger.View, subject string, deal *licensingv1.Deal, lists []Required, at time.Time, id string) (proto.Message, error) {
	c := &screeningv1.Certificate{ScreeningId: id, Result: screeningv1.Result_RESULT_CLEAR}
	for _, p := range deal.Parties {
		c.Parties = append(c.Parties, &screeningv1.CoveredParty{Role: p.Role, Digest: ledger.PartyDigest(p)})
	}
	return &screeningv1.ScreeningPerformed{ScreeningId: id, Subject: subject, Certificate: c}, nil
}
