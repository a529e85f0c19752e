package query

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// An alert is shown with the views of all agencies side by side, suspected and confirmed apart, and with what came of it.
func TestAlertFile(t *testing.T) {
	const id = "enforcement/D-1"
	second := func(n int, fact proto.Message) proto.Message {
		return ledgertest.At(ledgertest.Start.Add(time.Duration(n)*time.Second), fact)
	}
	by := func(agency string, n int, fact proto.Message) proto.Message {
		return ledgertest.By(agency, second(n, fact))
	}
	facts := []proto.Message{
		second(0, &enforcementv1.DiversionAlertRaised{AlertId: id, Stage: enforcementv1.Stage_STAGE_D2_IN_TRANSIT, Type: "route_change", Addressees: []string{"customs", "licensing"},
			Confidence: enforcementv1.Confidence_CONFIDENCE_LOW, Indicators: []string{"RF11"}, Summary: "another port"}),
		by("customs", 90, &enforcementv1.AlertAcknowledged{AlertId: id, Note: "the yard is searched"}),
		by("reporting", 100, &enforcementv1.AlertClassified{AlertId: id, Verdict: enforcementv1.Verdict_VERDICT_NONE, Reason: "a storm"}),
		by("customs", 110, &enforcementv1.AlertClassified{AlertId: id, Verdict: enforcementv1.Verdict_VERDICT_SUSPECTED, Reason: "too early to say"}),
		by("customs", 120, &enforcementv1.AlertClassified{AlertId: id, Verdict: enforcementv1.Verdict_VERDICT_CONFIRMED, Stage: enforcementv1.Stage_STAGE_D1_BEFORE_TRANSFER, Reason: "false papers"}),
		second(130, &enforcementv1.AlertEscalated{AlertId: id, Addressee: "licensing"}),
		by("customs", 140, &enforcementv1.AlertActed{ActionId: "customs/AC-1", AlertId: id, Action: "goods_held"}),
		by("customs", 150, &enforcementv1.ConsequenceOffered{OfferId: "customs/CO-1", AlertId: id, Subject: "customs/1", Consequence: enforcementv1.Consequence_CONSEQUENCE_HOLD}),
		second(160, &enforcementv1.AlertRefuted{AlertId: id, Reason: "repairs"}),
		second(170, &enforcementv1.AlertClosed{AlertId: id, Outcome: "nothing in it"}),
	}
	want := []string{
		"enforcement: refuted STAGE_D2_IN_TRANSIT, because repairs, at 160 s",
		"customs: confirmed STAGE_D1_BEFORE_TRANSFER, because false papers, at 120 s",
		"reporting: none STAGE_UNSPECIFIED, because a storm, at 100 s",
		"customs answered after 90 s: the yard is searched; escalated: false",
		"licensing answered after 0 s: ; escalated: true",
		"customs/AC-1", "customs/CO-1",
	}
	for agency, wantAudience := range map[string]string{"enforcement": "all has 4 of 4", "customs": ""} {
		t.Run(agency, func(t *testing.T) {
			l := ledgertest.Open(t, agency)
			if err := ledgertest.Begin(t, l, facts...).Commit(); err != nil {
				t.Fatal(err)
			}
			s := &service{Config: Config{Agency: agency, Ledger: l}}
			res, err := s.AlertFile(t.Context(), &queryv1.AlertFileRequest{AlertId: id})
			if err != nil {
				t.Fatal(err)
			}
			got, audience := linesOf(res), ""
			for _, a := range res.Audiences {
				audience += fmt.Sprintf("%s has %d of %d", a.Group, a.Events, res.Version)
			}
			if diff := cmp.Diff(want, got); diff != "" || audience != wantAudience {
				t.Errorf("audiences %q; the file (-want +got):\n%s", audience, diff)
			}
			if _, err := s.AlertFile(t.Context(), &queryv1.AlertFileRequest{AlertId: "enforcement/D-9"}); !errors.Is(err, fault.NotFound) {
				t.Errorf("an alert that is not here: %v", err)
			}
		})
	}
}

func linesOf(res *queryv1.AlertFileResponse) (lines []string) {
	for _, s := range res.Standings {
		lines = append(lines, fmt.Sprintf("%s: %s %s, because %s, at %.0f s", s.Agency, s.Verdict, s.Stage, s.Reason, s.At.AsTime().Sub(ledgertest.Start).Seconds()))
	}
	for _, a := range res.Addressees {
		lines = append(lines, fmt.Sprintf("%s answered after %d s: %s; escalated: %v", a.Agency, a.TookSeconds, a.Note, a.Escalated))
	}
	for _, a := range res.Actions {
		lines = append(lines, a.Id)
	}
	for _, o := range res.Consequences {
		lines = append(lines, o.Id)
	}
	return lines
}
