package lab_test

import (
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1/licensingv1connect"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

// The committee of XA (M2): the foreign and the defence ministry have to concur, the intelligence service is heard as a guest.
// Silence goes to the silent ministry's minister, then to the foreign ministry. In an emergency it concurs, after six hours.
const committee = `
name: committee
version: 1
title: Standing committee
model: M2
legal_basis: fictional
valid_from: 2026-01-01
decider: licensing
rule: unanimous
consultees:
  - {agency: foreign, part: mandatory, serves: ATT 7(1)}
  - {agency: defence, part: mandatory, serves: ATT 7(1)(a)}
  - {agency: intelligence, part: guest, serves: ATT 11}
deadline: {working_days: 2, calendar: XA}
silence: escalates
escalation:
  - {to: "", role: minister, working_days: 1}
  - {to: foreign, role: state secretary}
clock_stops: [information requested]
emergency: {hours: 6, silence: concurs, deputies: [{role: duty officer, for_role: director}]}
`

// thursday is before a holiday and a weekend in XA.
var thursday = time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)

// committeePlan has applications stay at licensing, and consultations among those who sit in the committee.
func committeePlan() *lab.Plan {
	plan := &lab.Plan{State: "XA", Groups: []lab.Group{
		{Group: "directory", Members: []string{"authority", "licensing", "foreign", "defence", "intelligence", "customs"}},
		{Group: "all", Members: []string{"licensing", "foreign", "defence", "intelligence", "customs"}},
		{Group: "committee", Purpose: "opinions on applications", LegalBasis: "ATT Article 5", Members: []string{"licensing", "foreign", "defence", "intelligence"}},
		{Group: "licensing-internal", Members: []string{"licensing"}},
	}, Rules: []lab.Rule{
		{Group: "all"},
		{Kind: "counterfoil.licensing.v1.ApplicationSubmitted", Group: "licensing-internal"},
		{Kind: "counterfoil.licensing.v1.ConsultationOpened", Group: "committee"},
		{Kind: "counterfoil.licensing.v1.OpinionGiven", Group: "committee"},
		{Kind: "counterfoil.licensing.v1.ConditionAsked", Group: "committee"},
	}}
	for _, a := range []struct{ name, service string }{
		{"authority", "authority"}, {"licensing", "licensing"}, {"foreign", "ministry"}, {"defence", "ministry"}, {"intelligence", "ministry"}, {"customs", "customs"},
	} {
		plan.Agencies = append(plan.Agencies, lab.Agency{Name: a.name, Title: a.name + " of XA", Service: a.service, Listen: "127.0.0.1:0"})
	}
	return plan
}

// sitting is the committee at work.
type sitting struct {
	*testing.T
	lab    *lab.Lab
	folder lab.Folder
	now    *clock
}

func convene(t *testing.T) *sitting {
	s := &sitting{T: t, folder: lab.Folder(t.TempDir()), now: &clock{now: thursday}}
	s.lab = startPlan(t, s.folder, committeePlan(), lab.Options{Now: s.now.Now})
	authority := authorityOf(t, s.folder)
	_, err := authority.AdoptCalendar(t.Context(), &directoryv1.AdoptCalendarRequest{Calendar: &directoryv1.CalendarAdopted{
		CalendarId: "XA", Weekend: []uint32{6, 7}, Holidays: []string{"2026-03-06"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = authority.AdoptPolicy(t.Context(), &directoryv1.AdoptPolicyRequest{Policy: &directoryv1.PolicyAdopted{
		PolicyId: "committee/1", Title: "Standing committee", LegalBasis: "fictional", Content: []byte(committee),
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, agency := range []string{"licensing", "foreign"} {
		comesTo(t, s.node(agency), "the policy is on record", func(v ledger.View) bool {
			p, err := v.Policy("committee/1")
			return err == nil && p != nil
		})
	}
	return s
}

func (s *sitting) node(agency string) *node.Node { return s.lab.Agencies[agency].Node }

// apply puts an application on record.
func (s *sitting) apply() string {
	s.Helper()
	res, err := licensingv1connect.NewLicensingServiceClient(caller(s.T, s.folder, "licensing", "officer")).SubmitApplication(s.Context(), &licensingv1.SubmitApplicationRequest{
		Deal: &licensingv1.DealInput{
			Kind: transferv1.Kind_KIND_EXPORT, Destination: "XB", EndUse: "border guard",
			Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_END_USER, Name: "Border Guard of XB", Country: "XB"}},
			Lines:   []*transferv1.Line{{Rating: "ML1.a", Category: transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS, Quantity: &transferv1.Quantity{Thousandths: 1000, Unit: "H87"}}},
		},
	})
	if err != nil {
		s.Fatal(err)
	}
	return res.ApplicationId
}

func (s *sitting) consultations() licensingv1connect.ConsultationServiceClient {
	return licensingv1connect.NewConsultationServiceClient(caller(s.T, s.folder, "licensing", "officer"))
}

// open opens a consultation and returns once those asked have heard of it.
func (s *sitting) open(req *licensingv1.OpenConsultationRequest) string {
	s.Helper()
	res, err := s.consultations().OpenConsultation(s.Context(), req)
	if err != nil {
		s.Fatal(err)
	}
	for _, agency := range []string{"foreign", "defence", "intelligence"} {
		s.comes(agency, res.ConsultationId, "it is asked", func(c *ledgerv1.Consultation) bool { return c != nil })
	}
	return res.ConsultationId
}

// comes waits until a consultation is a certain way at an agency.
func (s *sitting) comes(agency, id, what string, holds func(*ledgerv1.Consultation) bool) {
	s.Helper()
	comesTo(s.T, s.node(agency), what, func(v ledger.View) bool {
		c, err := v.Consultation(id)
		return err == nil && holds(c)
	})
}

// answer gives an agency's opinion, in a role, and returns once licensing has it.
func (s *sitting) answer(agency, role string, req *licensingv1.GiveOpinionRequest) *ledgerv1.Opinion {
	s.Helper()
	res, err := licensingv1connect.NewOpinionServiceClient(caller(s.T, s.folder, agency, role)).GiveOpinion(s.Context(), req)
	if err != nil {
		s.Fatal(err)
	}
	if want := agency + "/committee"; res.Receipt.Journal != want || int(res.Receipt.Events) != 1+len(req.Conditions) {
		s.Errorf("recorded as %v; want %d events in %s", res.Receipt, 1+len(req.Conditions), want)
	}
	var given *ledgerv1.Opinion
	comesTo(s.T, s.node("licensing"), "the opinion of "+agency+" is here", func(v ledger.View) bool {
		given, err = v.Opinion(ledger.OpinionID(agency, req.ConsultationId, req.InPlaceOf))
		return err == nil && given != nil && given.Given.View == req.View
	})
	return given
}

// until sets the clock and has licensing look what is due.
func (s *sitting) until(t time.Time) {
	s.Helper()
	s.now.move(t.Sub(s.now.Now()))
	s.apply()
}

// owes looks among what an agency's node says it has to do.
func (s *sitting) owes(agency, subject string) *directoryv1.Duty {
	s.Helper()
	res, err := statements(s.T, s.folder, agency).Duties(s.Context(), &directoryv1.DutiesRequest{})
	if err != nil {
		s.Fatal(err)
	}
	for _, d := range res.Duties {
		if d.Subject == subject {
			return d
		}
	}
	return nil
}

func day(month time.Month, d int) time.Time { return time.Date(2026, month, d, 0, 0, 1, 0, time.UTC) }

// One ministry concurs with a condition, a guest objects and does not count, and another ministry is silent over a holiday and a
// weekend: its silence goes to its minister, then to the foreign ministry, which answers in its place (M2, CH2).
func TestACommitteeConsults(t *testing.T) {
	t.Parallel()
	s := convene(t)
	application := s.apply()
	if _, err := s.consultations().OpenConsultation(t.Context(), &licensingv1.OpenConsultationRequest{
		ApplicationId: application, With: []*licensingv1.Addressee{{Agency: "customs"}},
	}); connect.CodeOf(err) != connect.CodeFailedPrecondition {
		t.Errorf("customs, which would not hear of it, is asked: %v", err)
	}
	id := s.open(&licensingv1.OpenConsultationRequest{ApplicationId: application, Question: "Is the end use plausible?"})
	due := time.Date(2026, 3, 10, 23, 59, 59, 0, time.UTC) // Friday is a holiday; Monday, Tuesday
	if d := s.owes("foreign", id); d.GetWhat() != "answer" || !d.GetDue().AsTime().Equal(due) {
		t.Errorf("the foreign ministry owes %v; want an answer until %v", d, due)
	}
	for _, agency := range []string{"foreign", "customs"} {
		if err := s.node(agency).Ledger.View(func(v ledger.View) error {
			a, err := v.Application(application)
			if a != nil {
				t.Errorf("%s reads the application", agency)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	given := s.answer("foreign", "desk officer", &licensingv1.GiveOpinionRequest{
		ConsultationId: id, View: licensingv1.OpinionView_OPINION_VIEW_CONCUR_WITH_CONDITIONS, Conditions: []string{"no re-export without consent"},
	})
	if s := given.Given.Signer; s.GetRole() != "desk officer" || s.GetForRole() != "" {
		t.Errorf("signed by %v", s)
	}
	s.answer("intelligence", "analyst", &licensingv1.GiveOpinionRequest{ConsultationId: id, View: licensingv1.OpinionView_OPINION_VIEW_OBJECT, Reason: "of the service"})
	if d := s.owes("foreign", id); d != nil {
		t.Errorf("the foreign ministry has answered and owes %v", d)
	}

	for _, d := range []int{7, 9, 10} { // nothing happens on a Saturday, a Monday, a Tuesday
		s.until(day(time.March, d))
	}
	s.until(day(time.March, 11))
	minister := s.silence(id, "defence", "defence", 1)
	if minister.GetRole() != "minister" || !minister.GetDue().AsTime().Equal(due.AddDate(0, 0, 1)) {
		t.Errorf("silence went to %v", minister)
	}
	if d := s.owes("defence", id); !d.GetDue().AsTime().Equal(minister.GetDue().AsTime()) {
		t.Errorf("the defence ministry owes %v", d)
	}
	s.until(day(time.March, 12))
	if secretary := s.silence(id, "foreign", "defence", 2); secretary.GetRole() != "state secretary" || secretary.GetDue() != nil {
		t.Errorf("silence went to %v", secretary)
	}
	if d := s.owes("foreign", id); d.GetWhat() != "answer" {
		t.Errorf("the foreign ministry owes %v, in place of another", d)
	}
	s.answer("foreign", "state secretary", &licensingv1.GiveOpinionRequest{ConsultationId: id, View: licensingv1.OpinionView_OPINION_VIEW_CONCUR, InPlaceOf: "defence"})

	if _, err := s.consultations().CloseConsultation(t.Context(), &licensingv1.CloseConsultationRequest{ConsultationId: id}); err != nil {
		t.Fatal(err)
	}
	s.comes("defence", id, "it is closed", func(c *ledgerv1.Consultation) bool { return c.GetClosed() != nil })
	s.comes("licensing", id, "a grant is possible", func(c *ledgerv1.Consultation) bool { return c.GetClosed().GetMayGrant() && !c.Closed.Against })
	_, err := licensingv1connect.NewOpinionServiceClient(caller(t, s.folder, "defence", "desk officer")).GiveOpinion(t.Context(), &licensingv1.GiveOpinionRequest{
		ConsultationId: id, View: licensingv1.OpinionView_OPINION_VIEW_OBJECT, Reason: "too late",
	})
	if connect.CodeOf(err) != connect.CodeFailedPrecondition {
		t.Errorf("an answer after the end: %v", err)
	}
}

// silence waits until an agency knows that another's silence was taken for the nth time, and checks that it was not before the
// deadline had passed.
func (s *sitting) silence(id, at, agency string, n int) (last *licensingv1.SilenceTaken) {
	s.Helper()
	s.comes(at, id, "silence is taken", func(c *ledgerv1.Consultation) bool { return len(c.GetSilences()) >= n })
	err := s.node(at).Ledger.View(func(v ledger.View) error {
		c, err := v.Consultation(id)
		if err != nil {
			return err
		}
		last = c.Silences[len(c.Silences)-1]
		if len(c.Silences) != n || last.Agency != agency {
			s.Errorf("silences: %v; want %d, the last of %s", c.Silences, n, agency)
		}
		events, err := v.EventsOf(c)
		for _, e := range events[1:] {
			if !e.OccurredAt.AsTime().After(c.Due.AsTime()) {
				s.Errorf("silence was taken at %v, and the deadline is %v", e.OccurredAt.AsTime(), c.Due.AsTime())
			}
		}
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
	return last
}

// In an emergency the deadline runs by the clock, a deputy signs for the director, and silence concurs (P7). An ordinary
// consultation is closed first, which is no consent of those who had not answered.
func TestAnEmergencyConsultation(t *testing.T) {
	t.Parallel()
	s := convene(t)
	application := s.apply()
	ordinary := s.open(&licensingv1.OpenConsultationRequest{ApplicationId: application})
	if _, err := s.consultations().StopClock(t.Context(), &licensingv1.StopClockRequest{ConsultationId: ordinary, Reason: "information requested"}); err != nil {
		t.Fatal(err)
	}
	urgent := &licensingv1.OpenConsultationRequest{ApplicationId: application, Emergency: "evacuation of an embassy"}
	if _, err := s.consultations().OpenConsultation(t.Context(), urgent); connect.CodeOf(err) != connect.CodeAlreadyExists {
		t.Errorf("a second one beside one that is open: %v", err)
	}
	if _, err := s.consultations().CloseConsultation(t.Context(), &licensingv1.CloseConsultationRequest{ConsultationId: ordinary}); err != nil {
		t.Fatal(err)
	}
	id := s.open(urgent)
	given := s.answer("foreign", "duty officer", &licensingv1.GiveOpinionRequest{ConsultationId: id, View: licensingv1.OpinionView_OPINION_VIEW_CONCUR})
	if given.Given.Signer.GetForRole() != "director" {
		t.Errorf("signed by %v; want a deputy for the director", given.Given.Signer)
	}
	var due *timestamppb.Timestamp
	s.comes("defence", id, "it is urgent", func(c *ledgerv1.Consultation) bool { due = c.GetDue(); return due != nil })
	s.until(due.AsTime().Add(time.Second))
	if taken := s.silence(id, "defence", "defence", 1); taken.GetSilence() != "concurs" || !due.AsTime().Before(thursday.Add(7*time.Hour)) {
		t.Errorf("silence meant %v, and the deadline is %v", taken, due.AsTime())
	}
	if _, err := s.consultations().CloseConsultation(t.Context(), &licensingv1.CloseConsultationRequest{ConsultationId: id}); err != nil {
		t.Fatal(err)
	}
	s.comes("licensing", id, "a grant is possible", func(c *ledgerv1.Consultation) bool { return c.GetClosed().GetMayGrant() })
	s.comes("licensing", ordinary, "the one before is no consent", func(c *ledgerv1.Consultation) bool {
		return c.GetClosed() != nil && !c.Closed.MayGrant && len(c.Silences) == 0
	})
}
