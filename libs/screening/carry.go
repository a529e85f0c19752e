package screening

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

// Latest returns the last screening of an application or a licence, performed or not; nil when there is none.
func Latest(view ledger.View, subject string) (*ledgerv1.Screening, error) {
	all, err := earlier(view, subject)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0], nil
}

// earlier are the screenings of a subject by this agency, the last first.
func earlier(view ledger.View, subject string) ([]*ledgerv1.Screening, error) {
	all, err := view.ScreeningsWith("subject", subject)
	if err != nil {
		return nil, fmt.Errorf("read screenings of %s: %w", subject, err)
	}
	all = slices.DeleteFunc(all, func(s *ledgerv1.Screening) bool { return !view.Owns(s.GetId()) })
	slices.SortFunc(all, func(a, b *ledgerv1.Screening) int {
		return cmp.Or(b.GetAt().AsTime().Compare(a.GetAt().AsTime()), strings.Compare(b.GetId(), a.GetId()))
	})
	return all, nil
}

// carryOver judges hits as an officer did in the last screening that had them, as long as the party is stated as it was and the
// row says the same of whom it is about. A judgement that stops a grant is asked for anew.
func carryOver(view ledger.View, subject string, deal *licensingv1.Deal, hits []*screeningv1.Hit) error {
	before, err := earlier(view, subject)
	if err != nil {
		return err
	}
	for _, h := range hits {
		party := ledger.PartyDigest(deal.GetParties()[h.GetParty()-1])
		for _, s := range before {
			old := hitIn(s, party, h.GetId())
			if old == nil {
				continue
			}
			if !ledger.Stops(old) && bytes.Equal(old.GetDigest(), h.GetDigest()) {
				h.Judgement, h.Reason = old.GetJudgement(), old.GetReason()
			}
			break
		}
	}
	return nil
}

// hitIn returns the hit of a party, by its digest, against a row; nil when the screening has none.
func hitIn(s *ledgerv1.Screening, party []byte, id string) *screeningv1.Hit {
	covered := s.GetCertificate().GetParties()
	for _, h := range s.GetHits() {
		n := int(h.GetParty())
		if h.GetId() == id && n >= 1 && n <= len(covered) && bytes.Equal(covered[n-1].GetDigest(), party) {
			return h
		}
	}
	return nil
}

// Repeats reports whether a screening would say again what the last one said, but for its id, its date, what officers judged
// since, and how much more it was compared with that is near nobody: then nothing is to be recorded.
func Repeats(last *ledgerv1.Screening, fact proto.Message) bool {
	switch f := fact.(type) {
	case *screeningv1.ScreeningNotPerformed:
		n := last.GetNotPerformed()
		return n != nil && n.GetReason() == f.GetReason() && slices.Equal(n.GetLists(), f.GetLists())
	case *screeningv1.ScreeningPerformed:
		return last != nil && last.GetNotPerformed() == nil && proto.Equal(undated(last.GetCertificate()), undated(f.GetCertificate())) &&
			slices.EqualFunc(last.GetHits(), f.GetHits(), func(a, b *screeningv1.Hit) bool { return proto.Equal(unjudged(a), unjudged(b)) })
	}
	return false
}

func undated(c *screeningv1.Certificate) *screeningv1.Certificate {
	c = proto.CloneOf(c)
	c.ScreeningId, c.PerformedAt, c.Result, c.Denials, c.Alerts = "", nil, 0, 0, 0
	return c
}

func unjudged(h *screeningv1.Hit) *screeningv1.Hit {
	h = proto.CloneOf(h)
	h.Judgement, h.Reason = 0, ""
	return h
}
