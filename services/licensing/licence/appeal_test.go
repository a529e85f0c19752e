package licence_test

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

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
