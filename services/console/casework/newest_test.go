package casework

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	"github.com/counterfoil/counterfoil/services/console/consoletest"
)

// The first page of denials has the newest, on top.
func TestDenialsStandNewestFirst(t *testing.T) {
	s := consoletest.Serve(t, Register)
	for n := range 60 {
		s.Record(&licensingv1.LicenceDenied{DenialId: fmt.Sprintf("licensing/N-2026-%06d", n), Deal: &licensingv1.Deal{}})
	}
	page := s.Read("/console/denials")
	last, before := strings.Index(page, "licensing/N-2026-000059"), strings.Index(page, "licensing/N-2026-000058")
	if last < 0 || before < last || strings.Contains(page, "licensing/N-2026-000000") {
		t.Errorf("the last stands at %d, the one before at %d:\n%s", last, before, page)
	}
}

// Of more hits that wait for judgement than are shown the newest are, and where all are.
func TestScreeningShowsTheNewestThatWait(t *testing.T) {
	s := consoletest.Serve(t, Register)
	const all = `href="/console/list/findings?f.open=true"`
	found := func(n int) proto.Message {
		return ledgertest.By("licensing", &screeningv1.PartyFound{FindingId: fmt.Sprintf("licensing/H-%06d", n), Subject: fmt.Sprintf("licensing/L-%06d", n), Hit: &screeningv1.Hit{}})
	}
	var many []proto.Message
	for n := range waitMost {
		many = append(many, found(n))
	}
	s.Record(many...)
	if page := s.Read("/console/screening"); !strings.Contains(page, "licensing/H-000000") || strings.Contains(page, all) {
		t.Error("not all are shown, or there are said to be more")
	}
	s.Record(found(999_999))
	if page := s.Read("/console/screening"); !strings.Contains(page, "licensing/H-999999") || strings.Contains(page, "licensing/H-000000") || !strings.Contains(page, all) {
		t.Error("the newest is not shown, or it is not said that there are more")
	}
}

// What this agency has answered stands last among the questions of others, and says so.
func TestDecideSaysWhatWasAnswered(t *testing.T) {
	s := consoletest.Serve(t, Register)
	for n := range 3 {
		id := fmt.Sprintf("customs/C-%d", n+1)
		s.Record(ledgertest.By("customs", &licensingv1.ConsultationOpened{ConsultationId: id, ApplicationId: "customs/A-1", Deal: &licensingv1.Deal{}, Addressees: []*licensingv1.Addressee{{Agency: "licensing"}, {Agency: "enforcement"}}}))
	}
	s.Record(ledgertest.By("licensing", &licensingv1.OpinionGiven{ConsultationId: "customs/C-1"}), ledgertest.By("enforcement", &licensingv1.OpinionGiven{ConsultationId: "customs/C-2"}))
	page := s.Read("/console/decide")
	answered, first := strings.Index(page, "customs/C-1"), strings.Index(page, "customs/C-2")
	if first < 0 || answered < strings.Index(page, "customs/C-3") || answered < first || strings.Count(page, "Opinion given") != 1 || !strings.Contains(page[answered:], "Opinion given") {
		t.Errorf("customs/C-1 was answered:\n%s", page)
	}
}

// What this agency said for itself is told from what it said in place of another, and neither hides the other.
func TestOpinionsOfAnAgencyAreToldApart(t *testing.T) {
	s := consoletest.Serve(t, Register)
	const id = "customs/C-2026-000001"
	s.Record(ledgertest.By("customs", &licensingv1.ConsultationOpened{ConsultationId: id, ApplicationId: "customs/A-1", Silence: "concurs", Deal: &licensingv1.Deal{}, Addressees: []*licensingv1.Addressee{{Agency: "licensing"}, {Agency: "defence"}}}),
		ledgertest.By("licensing", &licensingv1.OpinionGiven{ConsultationId: id, View: licensingv1.OpinionView_OPINION_VIEW_CONCUR}),
		ledgertest.By("licensing", &licensingv1.OpinionGiven{ConsultationId: id, View: licensingv1.OpinionView_OPINION_VIEW_OBJECT, InPlaceOf: "defence"}))
	page := s.Read("/console/opinion/" + id)
	own, place := strings.Index(page, "<strong>Concur</strong> "), strings.Index(page, "<strong>Object</strong> · In place of: ")
	if own < 0 || place < 0 {
		t.Errorf("its own stands at %d, that in place of defence at %d:\n%s", own, place, page)
	}
}
