package reassessment_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/screening"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/reassessment"
)

const findingID = "licensing/F-2026-000001"

// found is a finding on a licence against a row.
func found(licenceID string, against screeningv1.Against, id string, change ...func(*screeningv1.PartyFound)) proto.Message {
	f := &screeningv1.PartyFound{FindingId: findingID, Subject: licenceID, State: screening.LiveLicence, Hit: &screeningv1.Hit{
		Number: 1, Party: 2, Role: transferv1.Role_ROLE_END_USER, Against: against, Id: id, Score: 930,
	}}
	for _, c := range change {
		c(f)
	}
	return ledgertest.By("licensing", f)
}

func TestOpenOnFinding(t *testing.T) {
	const l1, entryID = "licensing/L-1", "licensing/un-XAe.001"
	const list, alert = screeningv1.Against_AGAINST_LIST, screeningv1.Against_AGAINST_ALERT
	granted := licence(l1, endUser("Zarkovia Defence"))
	raised := func(parties ...*transferv1.Party) proto.Message {
		return &enforcementv1.DiversionAlertRaised{AlertId: alertID, Parties: parties}
	}
	confirmed := &enforcementv1.AlertConfirmed{AlertId: alertID}
	opened := func(alertID, causeID, what string) []proto.Message {
		return []proto.Message{&licensingv1.ReassessmentOpened{
			ReassessmentId: "licensing/R-2026-000001", LicenceId: l1, AlertId: alertID, CauseId: causeID,
			Reason: what + " comes near a party to this licence, its end user, with a score of 930 of 1000",
		}}
	}
	tests := []struct {
		name  string
		given []proto.Message
		want  []proto.Message
	}{
		{"entry", []proto.Message{granted, found(l1, list, entryID)}, opened("", entryID, "entry of a watch list licensing/un-XAe.001")},
		{"denial", []proto.Message{granted, found(l1, screeningv1.Against_AGAINST_DENIAL, "licensing/N-1")}, opened("", "licensing/N-1", "denial licensing/N-1")},
		{"entry, looked at already", []proto.Message{granted, found(l1, list, entryID), &licensingv1.ReassessmentOpened{ReassessmentId: "licensing/R-1", LicenceId: l1, CauseId: entryID}}, nil},
		{"below the review line", []proto.Message{granted, found(l1, list, entryID, func(f *screeningv1.PartyFound) { f.Hit.Score = 859 })}, nil},
		{"goods in transit", []proto.Message{granted, found(l1, list, entryID, func(f *screeningv1.PartyFound) { f.State = screening.InTransit })}, nil},
		{"licence that ended since", []proto.Message{granted, found(l1, list, entryID), &licensingv1.LicenceRevoked{LicenceId: l1}}, nil},
		{"expired licence", []proto.Message{licence(l1, endUser("Zarkovia Defence"), until(now)), found(l1, list, entryID)}, nil},
		{"licence that is not on record", []proto.Message{found(l1, list, entryID)}, nil},
		{"another agency's licence", []proto.Message{ledgertest.By("licensing-b", licence("licensing-b/L-1", endUser("X"))), found("licensing-b/L-1", list, entryID)}, nil},
		{"alert that is a suspicion", []proto.Message{granted, raised(endUser("Zarkovya Defence")), found(l1, alert, alertID)}, nil},
		{"alert that was confirmed", []proto.Message{granted, raised(endUser("Zarkovya Defence")), confirmed, found(l1, alert, alertID)}, opened(alertID, "", "alert "+alertID)},
		{"alert that was confirmed, by a policy that offers it", []proto.Message{adopts("own/1", "[{on: confirmed, consequence: reassess}]"),
			licence(l1, endUser("Zarkovia Defence"), under("own/1")), raised(endUser("Zarkovya Defence")), confirmed, found(l1, alert, alertID)},
			[]proto.Message{&enforcementv1.ConsequenceOffered{OfferId: "licensing/CO-2026-000001", AlertId: alertID, Consequence: enforcementv1.Consequence_CONSEQUENCE_REASSESS,
				Subject: l1, Reason: "alert " + alertID + " comes near a party to this licence, its end user, with a score of 930 of 1000"}}},
		{"alert that was confirmed, by a policy that says nothing of it", []proto.Message{adopts("own/1", "[{on: confirmed, consequence: hold}]"),
			licence(l1, endUser("Zarkovia Defence"), under("own/1")), raised(endUser("Zarkovya Defence")), confirmed, found(l1, alert, alertID)}, nil},
		{"alert that was confirmed and names the party", []proto.Message{granted, raised(endUser("Zarkovia Defence")), confirmed, found(l1, alert, alertID)}, nil},
		{"alert that was looked at", []proto.Message{granted, raised(endUser("Zarkovya Defence")), confirmed, found(l1, alert, alertID),
			&licensingv1.ReassessmentOpened{ReassessmentId: "licensing/R-1", LicenceId: l1, AlertId: alertID}}, nil},
	}
	cause := &eventv1.Cause{Journal: "licensing/all", Number: 7, Id: []byte("0123456789abcdef")}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view := ledgertest.Given(t, tt.given...)
			f, err := view.Finding(findingID)
			if err != nil {
				t.Fatal(err)
			}
			got, err := reassessment.OpenOnFinding(view, f, now, cause)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, plain(t, got, cause), protocmp.Transform()); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}

// An alert that is confirmed also reaches the licences that were found near it, once, unless an officer found that it is
// another.
func TestOpenReachesWhatWasFoundNear(t *testing.T) {
	const l1, l2 = "licensing/L-1", "licensing/L-2"
	given := []proto.Message{
		licence(l1, endUser("Zarkovia Defence")), licence(l2, endUser("Zarkovya Defence")),
		&enforcementv1.DiversionAlertRaised{AlertId: alertID, Parties: []*transferv1.Party{endUser("Zarkovya Defence")}},
		found(l1, screeningv1.Against_AGAINST_ALERT, alertID),
		found(l2, screeningv1.Against_AGAINST_ALERT, alertID, func(f *screeningv1.PartyFound) { f.FindingId = "licensing/F-2026-000002" }),
	}
	another := ledgertest.By("licensing", &screeningv1.HitJudged{ScreeningId: findingID, Hit: 1, Judgement: screeningv1.Judgement_JUDGEMENT_ANOTHER})
	for name, tt := range map[string]struct {
		since []proto.Message
		want  []string
	}{
		"not judged":     {nil, []string{l1, l2}},
		"judged another": {[]proto.Message{another}, []string{l2}},
	} {
		t.Run(name, func(t *testing.T) {
			view := ledgertest.Given(t, append(given, tt.since...)...)
			alert, err := view.Alert(alertID)
			if err != nil {
				t.Fatal(err)
			}
			cause := &eventv1.Cause{Journal: "enforcement/all", Number: 2}
			facts, err := reassessment.Open(view, alert, onConfirmation, now, cause)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range plain(t, facts, cause) {
				got = append(got, f.(*licensingv1.ReassessmentOpened).LicenceId)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("licences (-want +got):\n%s", diff)
			}
		})
	}
}
