package lab_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/node"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1/enforcementv1connect"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/query/v1/queryv1connect"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

// goneFrom is an immediate alert about a declaration, for the border only where it is marked so.
func goneFrom(declaration, marking string) *enforcementv1.RaiseAlertRequest {
	return &enforcementv1.RaiseAlertRequest{
		Particulars: &eventv1.Particulars{Marking: marking}, Stage: enforcementv1.Stage_STAGE_D2_IN_TRANSIT, Type: "route_change",
		DetectedStage: enforcementv1.Stage_STAGE_D3_AT_DELIVERY, Priority: enforcementv1.Priority_PRIORITY_IMMEDIATE, Item: "40 rifles",
		Parties: []*transferv1.Party{{Role: transferv1.Role_ROLE_CARRIER, Name: "unknown"}}, DeclarationIds: []string{declaration}, Indicators: []string{"RF11"},
		LastKnownLocation: "XCABC", Addressees: []string{"customs", "licensing"}, Summary: "another port was called at", Handling: &enforcementv1.Handling{Caveats: "police only"},
	}
}

func raise(t *testing.T, folder lab.Folder, req *enforcementv1.RaiseAlertRequest) string {
	t.Helper()
	res, err := enforcementv1connect.NewEnforcementServiceClient(caller(t, folder, "enforcement", "inspector")).RaiseAlert(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return res.AlertId
}

// alertAt is an alert as a node has it; nil when it has not.
func alertAt(t *testing.T, n *node.Node, id string) (a *ledgerv1.Alert) {
	t.Helper()
	err := n.Ledger.View(func(v ledger.View) (err error) {
		a, err = v.Alert(id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// An alert for the border is shared with a reader that did not get it; what becomes of it reaches that reader by itself, and it
// may be seen that it did.
func TestARefutalReachesWhoeverGotTheAlert(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	l := start(t, folder, lab.Options{})
	enforcement, observer, licensing := l.Agencies["enforcement"].Node, l.Agencies["observer"].Node, l.Agencies["licensing"].Node
	police := enforcementv1connect.NewEnforcementServiceClient(caller(t, folder, "enforcement", "inspector"))
	shared, kept := raise(t, folder, goneFrom("customs/D-1", "border")), raise(t, folder, goneFrom("customs/D-1", "border"))
	comesTo(t, licensing, "licensing has both alerts", func(v ledger.View) bool { a, err := v.Alert(kept); return err == nil && a != nil })
	if _, err := statements(t, folder, "enforcement").Share(t.Context(), &directoryv1.ShareRequest{Id: shared, Group: "all", Reason: "parliament asks"}); err != nil {
		t.Fatal(err)
	}
	comesTo(t, observer, "the observer has the alert that was shared", func(v ledger.View) bool { a, err := v.Alert(shared); return err == nil && a != nil })
	for _, id := range []string{shared, kept} {
		if _, err := police.CorroborateAlert(t.Context(), &enforcementv1.CorroborateAlertRequest{AlertId: id, Evidence: "a second report"}); err != nil {
			t.Fatal(err)
		}
		if _, err := police.RefuteAlert(t.Context(), &enforcementv1.RefuteAlertRequest{AlertId: id, Reason: "it called there for repairs"}); err != nil {
			t.Fatal(err)
		}
		if _, err := police.CloseAlert(t.Context(), &enforcementv1.CloseAlertRequest{AlertId: id, Outcome: "nothing in it", Lessons: "ask the port first"}); err != nil {
			t.Fatal(err)
		}
	}
	want := alertAt(t, enforcement, shared)
	if want.GetFinding() != ledgerv1.AlertStatus_ALERT_STATUS_REFUTED || want.GetClosed().GetLessons() == "" {
		t.Errorf("the alert stands as %v", want)
	}
	for _, n := range []*node.Node{observer, licensing} {
		comesTo(t, n, n.Agency+" has it as it is", func(v ledger.View) bool { a, err := v.Alert(shared); return err == nil && proto.Equal(a, want) })
	}
	if alertAt(t, observer, kept) != nil {
		t.Error("the observer has an alert that was not shared")
	}
	file, err := queryv1connect.NewLinkServiceClient(caller(t, folder, "enforcement", "analyst")).AlertFile(t.Context(), &queryv1.AlertFileRequest{AlertId: shared})
	if err != nil {
		t.Fatal(err)
	}
	if a := file.Audiences; len(a) != 2 || a[0].Group != "all" || a[1].Group != "border" || a[0].Events != file.Version || a[1].Events != file.Version || file.Version != 4 {
		t.Errorf("version %d of the alert stands as %v", file.Version, a)
	}
	for _, agency := range []string{"enforcement", "observer", "licensing"} {
		findsNothing(t, folder, agency)
	}
}

// Customs is offered to hold goods that an alert names, and takes it; of two more declarations one has left, and the other's offer
// is taken back when the alert is refuted. The hold is then a duty to lift.
func TestAHoldIsOfferedAndTaken(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	l := start(t, folder, lab.Options{})
	customs, enforcement := l.Agencies["customs"].Node, l.Agencies["enforcement"].Node
	record(t, customs, accepted(1), accepted(2), accepted(3))
	record(t, customs, &customsv1.ExitConfirmed{DeclarationId: "customs/D-3"})
	alarm := goneFrom("customs/D-1", "")
	alarm.DeclarationIds = []string{"customs/D-1", "customs/D-2", "customs/D-3"}
	id := raise(t, folder, alarm)
	offers := map[string]string{}
	comesTo(t, customs, "two holds are offered", func(v ledger.View) bool {
		rows, err := v.ConsequenceOffersWith("alert", id)
		for _, o := range rows {
			offers[o.GetOffered().GetSubject()] = o.GetId()
		}
		return err == nil && len(rows) == 2
	})
	duties := func() (all []string) {
		t.Helper()
		res, err := statements(t, folder, "customs").Duties(t.Context(), &directoryv1.DutiesRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range res.Duties {
			all = append(all, d.What+" "+d.Subject)
		}
		return all
	}
	if got := duties(); !slices.Contains(got, "answer-consequence "+offers["customs/D-1"]) || !slices.Contains(got, "answer-consequence "+offers["customs/D-2"]) {
		t.Errorf("duties are %v", got)
	}
	answers := enforcementv1connect.NewIncidentServiceClient(caller(t, folder, "customs", "inspector"))
	if _, err := answers.AnswerConsequence(t.Context(), &enforcementv1.AnswerConsequenceRequest{OfferId: offers["customs/D-1"], Taken: true, Reason: "seals broken"}); err != nil {
		t.Fatal(err)
	}
	comesTo(t, customs, "the goods are held", func(v ledger.View) bool {
		d := declared(v, "customs/D-1")
		return d.GetStatus() == ledgerv1.DeclarationStatus_DECLARATION_STATUS_HELD && d.GetHeld().GetAlertId() == id && d.GetHeld().GetReason() == customsv1.HoldReason_HOLD_REASON_ALERT
	})
	police := enforcementv1connect.NewEnforcementServiceClient(caller(t, folder, "enforcement", "inspector"))
	if _, err := police.RefuteAlert(t.Context(), &enforcementv1.RefuteAlertRequest{AlertId: id, Reason: "it called there for repairs"}); err != nil {
		t.Fatal(err)
	}
	comesTo(t, customs, "the other offer is taken back", func(v ledger.View) bool {
		o, err := v.ConsequenceOffer(offers["customs/D-2"])
		return err == nil && o.GetAnswered() != nil && !o.GetAnswered().GetTaken() && o.GetAnswered().GetReason() == "alert refuted"
	})
	if d := at(t, customs, "customs/D-1"); d.GetStatus() != ledgerv1.DeclarationStatus_DECLARATION_STATUS_HELD {
		t.Errorf("the goods are %s: they were let go by themselves", d.GetStatus())
	}
	if got := duties(); !slices.Contains(got, "lift customs/D-1") || slices.Contains(got, "answer-consequence "+offers["customs/D-2"]) {
		t.Errorf("duties are %v", got)
	}
	comesTo(t, enforcement, "the police know of the hold", func(v ledger.View) bool { return declared(v, "customs/D-1").GetHeld().GetAlertId() == id })
}

// Licensing takes what an alert leads to for goods that left under a licence: the check of them is planned, once, and is a duty.
func TestACheckIsTakenAndPlanned(t *testing.T) {
	t.Parallel()
	folder := lab.Folder(t.TempDir())
	l := start(t, folder, lab.Options{})
	licensing, customs := l.Agencies["licensing"].Node, l.Agencies["customs"].Node
	record(t, licensing, granted(1))
	record(t, customs, accepted(1), &customsv1.LicenceQuantityCommitted{DeclarationId: "customs/D-1", LicenceId: "licensing/L-1", LicenceLine: 1})
	wait(t, licensing, journal.ID{Agency: "customs", Group: "border"}, 2)
	id := raise(t, folder, goneFrom("customs/D-1", ""))
	var offer string
	comesTo(t, licensing, "a check is offered", func(v ledger.View) bool {
		rows, err := v.ConsequenceOffersWith("alert", id)
		for _, o := range rows {
			if o.GetOffered().GetConsequence() == enforcementv1.Consequence_CONSEQUENCE_POST_DELIVERY_CHECK {
				offer = o.GetId()
			}
		}
		return err == nil && offer != ""
	})
	answers := enforcementv1connect.NewIncidentServiceClient(caller(t, folder, "licensing", "officer"))
	if _, err := answers.AnswerConsequence(t.Context(), &enforcementv1.AnswerConsequenceRequest{OfferId: offer, Taken: true}); err != nil {
		t.Fatal(err)
	}
	var check string
	comesTo(t, licensing, "the check is planned", func(v ledger.View) bool {
		rows, err := v.PostDeliveryChecksWith("licence", "licensing/L-1")
		if err != nil || len(rows) != 1 {
			return false
		}
		p := rows[0].GetPlanned()
		check = p.GetCheckId()
		return p.GetAlertId() == id && p.GetSite() == "with the end user in XB" && p.GetLegalBasis() == "ATT Article 11(4)"
	})
	res, err := statements(t, folder, "licensing").Duties(t.Context(), &directoryv1.DutiesRequest{})
	if err != nil || !slices.ContainsFunc(res.Duties, func(d *directoryv1.Duty) bool { return d.What == "check" && d.Subject == check }) {
		t.Errorf("duties are %v, %v; want to check %s", res.GetDuties(), err, check)
	}
}
