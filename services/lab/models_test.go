package lab_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1/reportingv1connect"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

const export = transferv1.Kind_KIND_EXPORT

func grantOf(application string) *licensingv1.GrantLicenceRequest {
	return &licensingv1.GrantLicenceRequest{ApplicationId: application}
}

func openOn(application string) *licensingv1.OpenConsultationRequest {
	return &licensingv1.OpenConsultationRequest{ApplicationId: application, Question: "Does anything speak against it?"}
}

// M1: licensing asks whom it chooses, gets no reply at all, and may decide; who did not reply is on record.
func TestModelAdHoc(t *testing.T) {
	t.Parallel()
	s := tell(t, []string{"m1-ad-hoc"}, "customs", "licensing:licensing", "customs:customs", "foreign:ministry", "defence:ministry", "enforcement:enforcement")
	a := s.applies("licensing", sale(export, piecesOf(small, 500, 250_000_00)))
	req := openOn(a)
	req.With = []*licensingv1.Addressee{{Agency: "foreign"}, {Agency: "enforcement"}}
	c := s.asks("licensing", req)
	s.cannot("licensing", grantOf(a))
	s.passes("licensing", a)
	s.counts("licensing", c)
	s.grants("licensing", grantOf(a))
	s.golden("m1")
}

// M2: one objection blocks, and a guest's does not count. A member is silent over a holiday and weekends: its silence has an
// owner, the chair, who answers in its place (CH2). In an emergency three decide by majority within two days (P7).
func TestModelCommittee(t *testing.T) {
	t.Parallel()
	s := tell(t, []string{"m2-committee"}, "customs", "licensing:licensing", "customs:customs", "foreign:ministry", "defence:ministry", "interior:ministry",
		"justice:ministry", "transport:ministry", "cabinet:ministry", "audit:ministry")
	a := s.applies("licensing", sale(export, piecesOf(warships, 2, 90_000_000_00)))
	s.cannot("licensing", grantOf(a))
	s.passes("licensing", a)
	c := s.asks("licensing", openOn(a))
	s.says("foreign", "desk officer", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: concurs})
	s.says("defence", "desk officer", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: conditions, Conditions: []string{"no re-export without consent"}})
	s.says("interior", "desk officer", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: concurs})
	s.says("transport", "harbour master", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: objects, Reason: "the port is too shallow"})
	s.says("justice", "desk officer", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: objects, Reason: "a treaty forbids it"})
	s.cannot("licensing", grantOf(a))
	s.says("justice", "head of department", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: concurs, Reason: "the treaty has ended"})
	s.counts("licensing", c)
	s.grants("licensing", grantOf(a))

	s.writes("")
	b := s.applies("licensing", sale(export, piecesOf(small, 500, 250_000_00)))
	s.passes("licensing", b)
	c = s.asks("licensing", openOn(b))
	for _, member := range []string{"foreign", "defence", "interior"} {
		s.says(member, "desk officer", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: concurs})
	}
	s.cannot("licensing", grantOf(b))
	s.comes("licensing", day(time.March, 27)) // the fifteenth working day, since the sixth was a holiday
	s.comes("licensing", day(time.March, 28))
	s.silent("licensing", c, 1)
	s.cannot("licensing", grantOf(b))
	s.consultation("foreign", c, func(c *ledgerv1.Consultation) bool { return len(c.Silences) == 1 })
	s.says("foreign", "chair of the committee", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: concurs, InPlaceOf: "justice"})
	s.counts("licensing", c)
	s.grants("licensing", grantOf(b))

	s.writes("")
	u := s.applies("licensing", sale(export, piecesOf(small, 10, 5_000_00)))
	s.passes("licensing", u)
	urgent := openOn(u)
	urgent.Emergency = "evacuation of an embassy"
	c = s.asks("licensing", urgent)
	s.says("foreign", "duty officer", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: concurs})
	s.says("defence", "duty officer", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: concurs})
	s.says("interior", "duty officer", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: objects, Reason: "not without papers"})
	s.comes("licensing", s.now.Now().Add(49*time.Hour))
	s.silent("licensing", c, 1)
	s.counts("licensing", c)
	grant := grantOf(u)
	grant.Emergency, grant.AgainstAdvice = urgent.Emergency, "the papers follow"
	s.owed(s.grants("licensing", grant))
	s.golden("m2")
}

// M3: a mandatory opinion that is missing blocks until its time is over; then silence is no view. A decision against an
// opinion needs a reason, which stays on file.
func TestModelMandatoryConsultation(t *testing.T) {
	t.Parallel()
	s := tell(t, []string{"m3-authority"}, "customs", "licensing:licensing", "customs:customs", "foreign:ministry", "defence:ministry", "interior:ministry",
		"intelligence:ministry")
	s.lists("licensing", "un-sanctions", "denials")
	a := s.applies("licensing", sale(export, piecesOf(small, 500, 250_000_00)))
	s.passes("licensing", a)
	s.cannot("licensing", grantOf(a))
	s.files("licensing", a, "end_user_certificate", "import_authorization")
	c := s.asks("licensing", openOn(a))
	s.says("foreign", "desk officer", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: objects, Reason: "the neighbours are worried"})
	s.cannot("licensing", grantOf(a))
	s.comes("licensing", day(time.March, 20))
	s.comes("licensing", day(time.March, 21))
	s.silent("licensing", c, 1)
	s.cannot("licensing", grantOf(a)) // the list that the parties were compared with is too old by now
	s.lists("licensing", "un-sanctions", "denials")
	s.passes("licensing", a)
	s.cannot("licensing", grantOf(a))
	s.counts("licensing", c)
	grant := grantOf(a)
	grant.AgainstAdvice = "the neighbours have been told and are content"
	s.owed(s.grants("licensing", grant))
	s.golden("m3")
}

// M4: tanks and rifles in one consignment become two cases that know of each other, one at each body, and are reported once.
func TestModelByCategory(t *testing.T) {
	t.Parallel()
	s := tell(t, []string{"m4-heavy", "m4-small-arms"}, "customs", "licensing:licensing", "defence:licensing", "interior:licensing", "foreign:ministry",
		"enforcement:enforcement", "customs:customs", "reporting:reporting")
	deal := sale(export, piecesOf(small, 500, 250_000_00), piecesOf(battleTanks, 10, 40_000_000_00), piecesOf(small, 20, 10_000_00))
	origin := s.applies("licensing", deal)

	heavy := s.caseAt("defence", origin)
	s.passes("defence", heavy)
	c := s.asks("defence", openOn(heavy))
	s.says("licensing", "desk officer", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: objects, Reason: "the tanks are too many"})
	s.says("foreign", "desk officer", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: objects, Reason: "not this year"})
	s.cannot("defence", grantOf(heavy)) // a veto
	s.says("foreign", "state secretary", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: conditions, Reason: "from May on", Conditions: []string{"not before May"}})
	s.counts("defence", c)
	grant := grantOf(heavy)
	grant.AgainstAdvice = "they replace as many that are scrapped"
	first := s.grants("defence", grant)

	light := s.caseAt("interior", origin)
	s.passes("interior", light)
	c = s.asks("interior", openOn(light))
	s.says("enforcement", "inspector", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: concurs})
	s.cannot("interior", grantOf(light))
	s.says("foreign", "desk officer", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: concurs})
	s.says("customs", "officer", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: concurs})
	s.counts("interior", c)
	second := s.grants("interior", grantOf(light))
	s.reported(deal, first, second)
	s.golden("m4")
}

// M5: one shipment is imported, passes through and leaves, and carries an authorization of each of three bodies.
func TestModelByKind(t *testing.T) {
	t.Parallel()
	s := tell(t, []string{"m5-export", "m5-import", "m5-transit"}, "border", "licensing:licensing", "interior:licensing", "customs:licensing", "foreign:ministry",
		"defence:ministry", "enforcement:enforcement", "cabinet:ministry", "border:customs")
	const shipment = "UCR-26XA-1"
	of := func(kind transferv1.Kind) *licensingv1.DealInput {
		d := sale(kind, piecesOf(small, 500, 250_000_00))
		d.ShipmentId = shipment
		return d
	}
	brought := s.caseAt("interior", s.applies("licensing", of(transferv1.Kind_KIND_IMPORT)))
	s.passes("interior", brought)
	c := s.asks("interior", openOn(brought))
	s.cannot("interior", grantOf(brought))
	s.says("enforcement", "inspector", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: concurs})
	s.counts("interior", c)
	s.owed(s.grants("interior", grantOf(brought)))

	through := s.caseAt("customs", s.applies("licensing", of(transferv1.Kind_KIND_TRANSIT)))
	s.passes("customs", through)
	c = s.asks("customs", openOn(through))
	s.says("foreign", "desk officer", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: concurs})
	s.counts("customs", c)
	s.grants("customs", grantOf(through))

	sent := s.applies("licensing", of(export))
	s.passes("licensing", sent)
	s.cannot("licensing", grantOf(sent))
	s.files("licensing", sent, "end_user_certificate")
	c = s.asks("licensing", openOn(sent))
	s.says("foreign", "desk officer", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: conditions, Conditions: []string{"by sea only"}})
	s.counts("licensing", c)
	s.grants("licensing", grantOf(sent))

	s.must(s.node(s.border).Ledger.View(func(v ledger.View) error {
		carried, err := v.LicencesWith("shipment", shipment)
		s.writes("shipment %s carries %d authorizations:", shipment, len(carried))
		for _, l := range carried {
			s.writes("  %s, %s, under %s", l.Id, word(l.Deal.Kind.String(), "KIND_"), l.Basis.PolicyId)
		}
		return err
	}))
	s.golden("m5")
}

// M4 with M3 in each branch: the categories part the lines between two bodies, each has to consult, and a mixed consignment is
// granted under both policies or not at all.
func TestModelByCategoryWithMandatoryConsultation(t *testing.T) {
	t.Parallel()
	s := tell(t, []string{"m3-m4-heavy", "m3-m4-small-arms"}, "customs", "licensing:licensing", "defence:licensing", "interior:licensing", "foreign:ministry",
		"intelligence:ministry", "enforcement:enforcement", "customs:customs")
	mixed := s.caseAt("defence", s.applies("licensing", sale(export, piecesOf(battleTanks, 10, 40_000_000_00), piecesOf(small, 500, 250_000_00))))
	s.passes("defence", mixed)
	s.cannot("defence", grantOf(mixed))
	c := s.asks("defence", openOn(mixed))
	s.says("foreign", "desk officer", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: concurs})
	s.says("intelligence", "analyst", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: concurs})
	s.cannot("defence", grantOf(mixed)) // the heavy arms' branch has all it needs, the small arms' has not
	s.says("enforcement", "inspector", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: concurs})
	s.counts("defence", c)
	s.grants("defence", grantOf(mixed))

	s.writes("")
	light := s.caseAt("interior", s.applies("licensing", sale(transferv1.Kind_KIND_IMPORT, piecesOf(small, 20, 10_000_00))))
	s.passes("interior", light)
	c = s.asks("interior", openOn(light))
	s.cannot("interior", grantOf(light))
	s.says("enforcement", "inspector", &licensingv1.GiveOpinionRequest{ConsultationId: c, View: concurs})
	s.counts("interior", c)
	s.grants("interior", grantOf(light))
	s.golden("m3-m4")
}

// owed writes down what a grant obliges to, as officers at the border read it.
func (s *telling) owed(licence string) {
	s.Helper()
	comesTo(s.T, s.node(s.border), "it knows what is owed", func(v ledger.View) bool {
		owed, err := v.ObligationsWith("subject", licence)
		if err != nil || len(owed) == 0 {
			return false
		}
		for _, o := range owed {
			by := "until " + dueBy(o.Set.Due)
			if o.Set.Due == nil {
				by = fmt.Sprintf("%d days after the %s", o.Set.Days, o.Set.After)
			}
			s.writes("  obliges %s: %s %s", o.Set.Owner, o.Set.Kind, by)
		}
		return true
	})
}

// reported writes down what the reporting office adds up over two licences of one consignment, and compares it with what was
// applied for: each line counts once.
func (s *telling) reported(deal *licensingv1.DealInput, licences ...string) {
	s.Helper()
	var left int64
	for _, l := range deal.Lines {
		left += l.Quantity.Thousandths
	}
	for _, id := range licences {
		comesTo(s.T, s.node("reporting"), "it has "+id, func(v ledger.View) bool {
			l, err := v.Licence(id)
			for _, line := range l.GetDeal().GetLines() {
				left -= line.Quantity.Thousandths
			}
			return err == nil && l != nil
		})
	}
	if left != 0 {
		s.Errorf("the licences are for %d thousandths of a piece less than was applied for", left)
	}
	res, err := reportingv1connect.NewReportingServiceClient(s.at("reporting", "officer", "")).Totals(s.Context(), &reportingv1.TotalsRequest{
		By: []reportingv1.Dimension{reportingv1.Dimension_DIMENSION_CATEGORY, reportingv1.Dimension_DIMENSION_DESTINATION}, Year: 2026,
	})
	s.must(err)
	var lines int
	for _, total := range res.Totals {
		lines += int(total.Lines)
		s.writes("reported: %s to %s: %d lines, %d.00 EUR", total.Keys[0], total.Keys[1], total.Lines, total.Values[0].Minor/100)
	}
	if lines != len(deal.Lines) {
		s.Errorf("%d lines are reported, and %d were applied for", lines, len(deal.Lines))
	}
}
