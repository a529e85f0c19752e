package reassessment_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/incident"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	"github.com/counterfoil/counterfoil/libs/screening"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/reassessment"
)

// under is a licence that was granted under a policy.
func under(policy string) func(*licensingv1.LicenceGranted) {
	return func(g *licensingv1.LicenceGranted) {
		cleared := &screeningv1.Certificate{Result: screeningv1.Result_RESULT_CLEAR, Matcher: screening.Version}
		for _, p := range g.Deal.Parties {
			cleared.Parties = append(cleared.Parties, &screeningv1.CoveredParty{Role: p.Role, Digest: ledger.PartyDigest(p)})
		}
		g.Basis = &licensingv1.Basis{PolicyId: policy, Prohibition: licensingv1.GateResult_GATE_RESULT_CLEAR, Knowledge: &eventv1.Knowledge{}, Screening: cleared}
	}
}

// adopts is a policy with offers of its own.
func adopts(id, offers string) proto.Message {
	name, version, _ := strings.Cut(id, "/")
	return &directoryv1.PolicyAdopted{PolicyId: id, Content: []byte("name: " + name + "\nversion: " + version +
		"\ntitle: P\nlegal_basis: fictional\ndecider: licensing\nalerts: {offers: " + offers + "}\n")}
}

// What an alert leads to is by the policy of each licence that it touches, once, and nothing once it is refuted.
func TestOffer(t *testing.T) {
	guard := endUser("Border Guard of XB", "lei:1")
	const l1, l2, d1 = "licensing/L-1", "licensing/L-2", "customs/D-1"
	alert := func(priority enforcementv1.Priority, change ...func(*enforcementv1.DiversionAlertRaised)) proto.Message {
		a := &enforcementv1.DiversionAlertRaised{AlertId: alertID, Priority: priority, LicenceIds: []string{l1}}
		for _, c := range change {
			c(a)
		}
		return a
	}
	const routine, immediate = enforcementv1.Priority_PRIORITY_ROUTINE, enforcementv1.Priority_PRIORITY_IMMEDIATE
	confirmation, refutal := &enforcementv1.AlertConfirmed{AlertId: alertID}, &enforcementv1.AlertRefuted{AlertId: alertID}
	used := []proto.Message{
		&customsv1.DeclarationAccepted{DeclarationId: d1, LicenceId: l1, Items: []*customsv1.Item{{Serials: []*transferv1.Serials{{
			Mark: &transferv1.Mark{Maker: "Fabrik"}, Serials: []string{"AB-0012"},
		}}}}},
		&customsv1.LicenceQuantityReserved{DeclarationId: d1, Item: 1, LicenceId: l1, LicenceLine: 1},
		&customsv1.LicenceQuantityCommitted{DeclarationId: d1, Item: 1, LicenceId: l1, LicenceLine: 1},
	}
	elsewhere := func(maker string) func(*enforcementv1.DiversionAlertRaised) {
		return func(a *enforcementv1.DiversionAlertRaised) {
			a.LicenceIds = nil
			a.Serials = []*transferv1.Serials{{Mark: &transferv1.Mark{Maker: maker}, Serials: []string{"ab 0012"}}}
		}
	}
	paper := func(g *licensingv1.LicenceGranted) {
		g.Deal.Documents = []*licensingv1.Document{{Kind: "end_user_certificate", Number: "EUC 7"}}
	}
	certified := func(a *enforcementv1.DiversionAlertRaised) {
		a.LicenceIds, a.Links = nil, &enforcementv1.Links{Certificates: []string{"EUC 7"}}
	}
	offered := func(consequence enforcementv1.Consequence) proto.Message {
		return ledgertest.By("licensing", &enforcementv1.ConsequenceOffered{OfferId: "licensing/CO-2026-000001", AlertId: alertID, Consequence: consequence, Subject: l1})
	}
	for _, tt := range []struct {
		name  string
		given []proto.Message
		want  []string
	}{
		{"any alert", []proto.Message{licence(l1, guard), alert(routine)}, nil},
		{"immediate", []proto.Message{licence(l1, guard), alert(immediate)}, []string{"reassess L-1", "denial_check L-1"}},
		{"immediate, used", append([]proto.Message{licence(l1, guard), alert(immediate)}, used...), []string{"reassess L-1", "denial_check L-1", "post_delivery_check L-1"}},
		{"confirmed", []proto.Message{licence(l1, guard), alert(routine), confirmation}, []string{"denial_check L-1"}},
		{"refuted", []proto.Message{licence(l1, guard), alert(immediate), refutal}, nil},
		{"revoked, used", append([]proto.Message{licence(l1, guard), &licensingv1.LicenceRevoked{LicenceId: l1}, alert(immediate)}, used...), []string{"post_delivery_check L-1"}},
		{"another agency's", []proto.Message{ledgertest.By("abroad", licence("abroad/L-1", guard)), alert(immediate, func(a *enforcementv1.DiversionAlertRaised) { a.LicenceIds = []string{"abroad/L-1"} })}, nil},
		{"offered already", []proto.Message{licence(l1, guard), alert(immediate), offered(enforcementv1.Consequence_CONSEQUENCE_REASSESS)}, []string{"denial_check L-1"}},
		{"by a certificate", []proto.Message{licence(l1, guard, paper), licence(l2, guard), alert(immediate, certified)}, []string{"reassess L-1", "denial_check L-1"}},
		{"by a serial", append([]proto.Message{licence(l1, guard), alert(immediate, elsewhere("Fabrik"))}, used...), []string{"reassess L-1", "denial_check L-1", "post_delivery_check L-1"}},
		{"by a serial of another maker", append([]proto.Message{licence(l1, guard), alert(immediate, elsewhere("Oficina"))}, used...), nil},
		{"policy of its own", []proto.Message{adopts("own/1", "[{on: raised, consequence: reassess}]"), licence(l1, guard, under("own/1")), alert(routine)}, []string{"reassess L-1"}},
		{"policy of its own, automatic", []proto.Message{adopts("own/1", "[{on: raised, consequence: reassess, automatic: true}]"), licence(l1, guard, under("own/1")), alert(routine)}, nil},
		{"policy that is not here", []proto.Message{licence(l1, guard, under("own/1")), alert(immediate)}, []string{"reassess L-1", "denial_check L-1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			view := ledgertest.Given(t, tt.given...)
			var got []string
			for _, f := range onAlert(t, view, reassessment.Offer) {
				o := f.(ledger.Dated).Message.(*enforcementv1.ConsequenceOffered)
				got = append(got, incident.Word(o.GetConsequence())+" "+strings.TrimPrefix(o.GetSubject(), "licensing/"))
				if !strings.HasPrefix(o.GetReason(), "alert "+alertID+" was ") {
					t.Errorf("the reason is %q", o.GetReason())
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("offers (-want +got):\n%s", diff)
			}
		})
	}
}

func onAlert(t *testing.T, view ledger.View, rule func(ledger.View, *ledgerv1.Alert, []string, time.Time, *eventv1.Cause) ([]proto.Message, error)) []proto.Message {
	t.Helper()
	a, err := view.Alert(alertID)
	if err != nil {
		t.Fatal(err)
	}
	facts, err := rule(view, a, incident.Moments(a, a.GetStatus() == ledgerv1.AlertStatus_ALERT_STATUS_CONFIRMED), now, &eventv1.Cause{})
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

// A policy of its own decides whether a confirmed alert opens a reassessment; one that says nothing has it opened.
func TestOpenByPolicy(t *testing.T) {
	const l1 = "licensing/L-1"
	alert := &enforcementv1.DiversionAlertRaised{AlertId: alertID, LicenceIds: []string{l1}, Priority: enforcementv1.Priority_PRIORITY_IMMEDIATE}
	confirmation := &enforcementv1.AlertConfirmed{AlertId: alertID}
	for _, tt := range []struct {
		name, offers string
		confirmed    bool
		want         int
	}{
		{"says nothing", "[]", true, 1},
		{"says nothing, not confirmed", "[]", false, 0},
		{"offers it", "[{on: confirmed, consequence: reassess}]", true, 0},
		{"does not name it", "[{on: confirmed, consequence: hold}]", true, 0},
		{"has it done", "[{on: confirmed, consequence: reassess, automatic: true}]", true, 1},
		{"has it done at once", "[{on: immediate, consequence: reassess, automatic: true}]", false, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			given := []proto.Message{adopts("own/1", tt.offers), licence(l1, endUser("X"), under("own/1")), alert}
			if tt.confirmed {
				given = append(given, confirmation)
			}
			if got := onAlert(t, ledgertest.Given(t, given...), reassessment.Open); len(got) != tt.want {
				t.Errorf("opened %v, want %d", got, tt.want)
			}
		})
	}
}

func TestOpenTaken(t *testing.T) {
	const l1, r1 = "licensing/L-1", "licensing/R-2026-000001"
	offer := &ledgerv1.ConsequenceOffer{Offered: &enforcementv1.ConsequenceOffered{AlertId: alertID, Subject: l1, Reason: "why"}}
	opened := &licensingv1.ReassessmentOpened{ReassessmentId: r1, LicenceId: l1, AlertId: alertID, Reason: "why"}
	for _, tt := range []struct {
		name  string
		given []proto.Message
		want  []proto.Message
	}{
		{"live", []proto.Message{licence(l1, endUser("X"))}, []proto.Message{opened}},
		{"opened meanwhile", []proto.Message{licence(l1, endUser("X")), opened}, nil},
		{"revoked meanwhile", []proto.Message{licence(l1, endUser("X")), &licensingv1.LicenceRevoked{LicenceId: l1}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cause := &eventv1.Cause{Number: 3}
			got, err := reassessment.OpenTaken(ledgertest.Given(t, tt.given...), offer, now, cause)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, plain(t, got, cause), protocmp.Transform()); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}
