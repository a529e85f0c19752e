package licence_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/licence"
)

// A decision on appeal cites the decision that is contested, what that rests on, and what others said of it since.
func TestDecideAppealCites(t *testing.T) {
	const application, consultation, appeal, denied, granted = "licensing/A-1", "licensing/C-1", "licensing/X-1", "licensing/N-1", "licensing/L-1"
	by := ledgertest.By
	onRecord := []proto.Message{
		by("licensing", &licensingv1.ApplicationSubmitted{ApplicationId: application, Deal: &licensingv1.Deal{}}),
		by("licensing", &licensingv1.ConsultationOpened{ConsultationId: consultation, ApplicationId: application}),
		by("customs", &licensingv1.OpinionGiven{ConsultationId: consultation}),
		by("licensing", &licensingv1.LicenceDenied{DenialId: denied, ApplicationId: application, Basis: &licensingv1.Basis{}}),
		by("licensing", &licensingv1.LicenceGranted{LicenceId: granted}), by("licensing", &licensingv1.LicenceSuspended{LicenceId: granted}),
		by("customs", &enforcementv1.CorrectionProposed{CorrectionId: "customs/CR-1", RecordId: denied, Owner: "licensing"}),
		by("enforcement", &enforcementv1.DiversionAlertRaised{AlertId: "enforcement/AL-1"}),
		by("licensing", &licensingv1.ReassessmentOpened{ReassessmentId: "licensing/R-1", LicenceId: granted, AlertId: "enforcement/AL-1"}),
	}
	for name, tt := range map[string]struct {
		decision string
		want     []string
	}{
		"against a denial":  {denied, []string{"customs/all/1", "customs/all/2", "licensing/all/3"}},
		"against a licence": {granted, []string{"enforcement/all/1", "licensing/all/5"}},
	} {
		t.Run(name, func(t *testing.T) {
			lodged := by("licensing", &licensingv1.AppealLodged{AppealId: appeal, DecisionId: tt.decision, Grounds: "new facts"})
			got, err := licence.DecideAppeal(given(t, append(slices.Clone(onRecord), lodged)...), &licensingv1.DecideAppealRequest{
				Particulars: particulars, AppealId: appeal, Outcome: licensingv1.AppealOutcome_APPEAL_OUTCOME_OVERTURNED, Reason: "new facts",
			})
			if err != nil || len(got) != 1 {
				t.Fatal(got, err)
			}
			var cited []string
			for _, c := range got[0].(ledger.Dated).Causes {
				cited = append(cited, fmt.Sprintf("%s/%d", c.GetJournal(), c.GetNumber()))
			}
			if !slices.Equal(cited, tt.want) {
				t.Errorf("it cites %v; want %v", cited, tt.want)
			}
		})
	}
}

// What was overturned stays overturned, and nothing else of the same licence is: each suspension, and the revocation, can be appealed
// against, and a licence whose suspension fell, and that was revoked later, still is what its application came to.
func TestAppealIsAgainstWhatTheLicenceIsUnder(t *testing.T) {
	const application, granted = "licensing/A-1", "licensing/L-1"
	day := func(n int) time.Time { return now.AddDate(0, 0, n-30) }
	at := func(n int, fact proto.Message) proto.Message { return ledgertest.At(day(n), fact) }
	heard := func(n int, appeal string, against licensingv1.Contested) []proto.Message {
		return []proto.Message{
			at(n, &licensingv1.AppealLodged{AppealId: appeal, DecisionId: granted, Contested: against}),
			at(n+1, &licensingv1.AppealDecided{AppealId: appeal, Outcome: licensingv1.AppealOutcome_APPEAL_OUTCOME_OVERTURNED}),
		}
	}
	onRecord := []proto.Message{
		at(0, &licensingv1.ApplicationSubmitted{ApplicationId: application, Deal: &licensingv1.Deal{}}),
		at(1, &licensingv1.LicenceGranted{LicenceId: granted, ApplicationId: application}),
	}
	suspended, reinstated, revoked := &licensingv1.LicenceSuspended{LicenceId: granted}, &licensingv1.LicenceReinstated{LicenceId: granted}, &licensingv1.LicenceRevoked{LicenceId: granted}
	fell := slices.Concat(onRecord, []proto.Message{at(2, suspended)}, heard(3, "licensing/X-1", licensingv1.Contested_CONTESTED_SUSPENSION))
	for name, tt := range map[string]struct {
		onRecord []proto.Message
		against  licensingv1.Contested // none: it is refused
		stands   bool
	}{
		"the same suspension":                     {fell, 0, true},
		"a suspension after":                      {slices.Concat(fell, []proto.Message{at(5, reinstated), at(6, suspended)}), licensingv1.Contested_CONTESTED_SUSPENSION, true},
		"a revocation after":                      {slices.Concat(fell, []proto.Message{at(5, revoked)}), licensingv1.Contested_CONTESTED_REVOCATION, true},
		"the same revocation":                     {slices.Concat(fell, []proto.Message{at(5, revoked)}, heard(6, "licensing/X-2", licensingv1.Contested_CONTESTED_REVOCATION)), 0, false},
		"the same suspension, from older records": {slices.Concat(onRecord, []proto.Message{at(2, suspended)}, heard(3, "licensing/X-1", 0)), 0, true},
		"nothing": {slices.Concat(fell, []proto.Message{at(5, reinstated)}), 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			view := given(t, tt.onRecord...)
			got, err := licence.Appeal(view, &licensingv1.LodgeAppealRequest{Particulars: particulars, DecisionId: granted, Grounds: "new facts"})
			if tt.against == 0 {
				if !errors.Is(err, fault.Precondition) {
					t.Errorf("it is answered %v, %v; want refused", got, err)
				}
			} else if err != nil || len(got) != 1 || got[0].(*licensingv1.AppealLodged).Contested != tt.against {
				t.Errorf("it is answered %v, %v; want an appeal against %v", got, err, tt.against)
			}
			if decision, err := view.DecisionOn(application); err != nil || (decision == granted) != tt.stands {
				t.Errorf("the application came to %q, %v", decision, err)
			}
		})
	}
}

// An appeal can be decided after the licence was reinstated: otherwise it would be open for ever.
func TestAppealIsDecidedThoughTheLicenceLives(t *testing.T) {
	got, err := licence.DecideAppeal(given(t,
		ledgertest.By("licensing", &licensingv1.LicenceGranted{LicenceId: "licensing/L-1"}), ledgertest.By("licensing", &licensingv1.AppealLodged{AppealId: "licensing/X-1", DecisionId: "licensing/L-1"}),
	), &licensingv1.DecideAppealRequest{Particulars: particulars, AppealId: "licensing/X-1", Outcome: licensingv1.AppealOutcome_APPEAL_OUTCOME_WITHDRAWN, Reason: "it was reinstated"})
	if err != nil || len(got) != 1 {
		t.Error(got, err)
	}
}
