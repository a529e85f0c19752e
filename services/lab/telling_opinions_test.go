package lab_test

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

const (
	concurs    = licensingv1.OpinionView_OPINION_VIEW_CONCUR
	conditions = licensingv1.OpinionView_OPINION_VIEW_CONCUR_WITH_CONDITIONS
	objects    = licensingv1.OpinionView_OPINION_VIEW_OBJECT
)

func (s *telling) consulting(agency string) licensingv1connect.ConsultationServiceClient {
	return licensingv1connect.NewConsultationServiceClient(s.at(agency, "officer", ""))
}

// asks opens a consultation and writes down who is asked, in which part, and which article the opinion serves: roles and
// duties are clear to everybody (L3).
func (s *telling) asks(agency string, req *licensingv1.OpenConsultationRequest) string {
	s.Helper()
	res, err := s.consulting(agency).OpenConsultation(s.Context(), req)
	s.must(err)
	id := res.ConsultationId
	c := s.consultation(agency, id, func(c *ledgerv1.Consultation) bool { return true })
	s.writes("  %s asks in %s until %s, under %s; silence: %s", agency, id, dueBy(c.Due), c.Opened.PolicyId, c.Opened.Silence)
	for _, a := range c.Opened.Addressees {
		s.consultation(a.Agency, id, func(c *ledgerv1.Consultation) bool { return true })
		s.writes("    %s, %s, for %s", a.Agency, a.Part, a.Serves)
	}
	return id
}

func dueBy(t *timestamppb.Timestamp) string {
	if t == nil {
		return "answered"
	}
	return t.AsTime().Format("Mon 2 Jan 15:04")
}

// consultation waits until a consultation is a certain way at an agency.
func (s *telling) consultation(agency, id string, holds func(*ledgerv1.Consultation) bool) (row *ledgerv1.Consultation) {
	s.Helper()
	comesTo(s.T, s.node(agency), id+" is here", func(v ledger.View) bool {
		c, err := v.Consultation(id)
		if err != nil || c == nil || !holds(c) {
			return false
		}
		row = c
		return true
	})
	return row
}

// says gives an agency's opinion, in its own journal, and returns once who asked has it. Who speaks is a role, which outlasts
// the person (CH7).
func (s *telling) says(agency, role string, req *licensingv1.GiveOpinionRequest) {
	s.Helper()
	res, err := licensingv1connect.NewOpinionServiceClient(s.at(agency, role, "")).GiveOpinion(s.Context(), req)
	s.must(err)
	asker, _, _ := strings.Cut(req.ConsultationId, "/")
	var o *ledgerv1.Opinion
	comesTo(s.T, s.node(asker), "the opinion of "+agency+" is here", func(v ledger.View) bool {
		o, err = v.Opinion(ledger.OpinionID(agency, req.ConsultationId, req.InPlaceOf))
		return err == nil && o != nil && o.Given.View == req.View
	})
	line := fmt.Sprintf("    %s, in %s: %s", agency, res.Receipt.Journal, word(o.Given.View.String(), "OPINION_VIEW_"))
	if o.Given.InPlaceOf != "" {
		line += " in place of " + o.Given.InPlaceOf
	}
	line += fmt.Sprintf(" (%s", o.Given.Signer.Role)
	if o.Given.Signer.ForRole != "" {
		line += " for " + o.Given.Signer.ForRole
	}
	line += ")"
	if o.Given.Reason != "" {
		line += ": " + o.Given.Reason
	}
	s.writes("%s", line)
	for _, condition := range req.Conditions {
		s.writes("      asks for a condition: %s", condition)
	}
}

// comes lets time go by until a day, on which something else happens at an agency, and it looks what is due.
func (s *telling) comes(agency string, day time.Time) {
	s.Helper()
	s.now.move(day.Sub(s.now.Now()))
	_, err := s.licensing(agency).SubmitApplication(s.Context(), &licensingv1.SubmitApplicationRequest{Deal: sale(transferv1.Kind_KIND_EXPORT, piecesOf(small, 1, 1))})
	s.must(err)
}

// silent waits until so many silences were taken, and writes down the last. None was taken before its time.
func (s *telling) silent(agency, id string, n int) {
	s.Helper()
	c := s.consultation(agency, id, func(c *ledgerv1.Consultation) bool { return len(c.Silences) == n })
	taken := c.Silences[n-1]
	line := fmt.Sprintf("    silence of %s: %s", taken.Agency, taken.Silence)
	if taken.Role != "" {
		line += fmt.Sprintf(" to the %s of %s, until %s", taken.Role, taken.EscalatedTo, dueBy(taken.Due))
	}
	s.writes("%s", line)
	s.must(s.node(agency).Ledger.View(func(v ledger.View) error {
		events, err := v.EventsOf(c)
		for _, e := range events[1:] {
			if !e.OccurredAt.AsTime().After(c.Due.AsTime()) {
				s.Errorf("silence was taken at %v, and the deadline is %v", e.OccurredAt.AsTime(), c.Due.AsTime())
			}
		}
		return err
	}))
}

// counts closes a consultation and writes down how every voice counts and what they come to: no objection and no silence is
// nobody's (CH2).
func (s *telling) counts(agency, id string) {
	s.Helper()
	_, err := s.consulting(agency).CloseConsultation(s.Context(), &licensingv1.CloseConsultationRequest{ConsultationId: id})
	s.must(err)
	closed := s.consultation(agency, id, func(c *ledgerv1.Consultation) bool { return c.Closed != nil }).Closed
	s.writes("  counted, a grant is possible: %t, against advice: %t", closed.MayGrant, closed.Against)
	for _, v := range closed.Voices {
		s.writes("    %s: %s", v.Agency, v.Counted)
	}
	for _, r := range closed.Reasons {
		s.writes("    - %s", r)
	}
}
