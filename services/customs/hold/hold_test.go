package hold_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/incident"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/customs/hold"
)

const alertID, licenceID, d1, d2 = "enforcement/D-2026-000001", "licensing/L-1", "customs/D-1", "customs/D-2"

var (
	now   = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	cause = &eventv1.Cause{Journal: "enforcement/all", Number: 7}
)

func declared(id string, change ...func(*customsv1.DeclarationAccepted)) proto.Message {
	d := &customsv1.DeclarationAccepted{DeclarationId: id, LicenceId: licenceID}
	for _, c := range change {
		c(d)
	}
	return ledgertest.In("border", d)
}

func raised(change ...func(*enforcementv1.DiversionAlertRaised)) proto.Message {
	a := &enforcementv1.DiversionAlertRaised{AlertId: alertID, Priority: enforcementv1.Priority_PRIORITY_IMMEDIATE}
	for _, c := range change {
		c(a)
	}
	return a
}

func naming(id string) func(*enforcementv1.DiversionAlertRaised) {
	return func(a *enforcementv1.DiversionAlertRaised) { a.DeclarationIds = append(a.DeclarationIds, id) }
}

func at(group string, fact proto.Message) proto.Message { return ledgertest.In(group, fact) }

// decided is what a rule decides on the alert: each subject, and whether it is held at once.
func decided(t *testing.T, given ...proto.Message) (all []string) {
	t.Helper()
	view := ledgertest.GivenAs(t, "customs", given...)
	a, err := view.Alert(alertID)
	if err != nil {
		t.Fatal(err)
	}
	moments := incident.Moments(a, a.GetStatus() == ledgerv1.AlertStatus_ALERT_STATUS_CONFIRMED)
	for _, rule := range []func(ledger.View, *ledgerv1.Alert, []string, time.Time, *eventv1.Cause) ([]proto.Message, error){hold.Hold, hold.Offer} {
		facts, err := rule(view, a, moments, now, cause)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range facts {
			dated := f.(ledger.Dated)
			switch f := dated.Message.(type) {
			case *customsv1.GoodsHeld:
				all = append(all, "held "+strings.TrimPrefix(f.GetDeclarationId(), "customs/")+" in "+dated.Group+": "+f.GetText())
			case *enforcementv1.ConsequenceOffered:
				all = append(all, "offered "+strings.TrimPrefix(f.GetSubject(), "customs/")+": "+f.GetReason())
			}
		}
	}
	return all
}

func TestOfferAndHold(t *testing.T) {
	guard := &transferv1.Party{Role: transferv1.Role_ROLE_CONSIGNEE, Name: "Border Guard of XB"}
	goods := func(c *customsv1.Consignment) func(*customsv1.DeclarationAccepted) {
		return func(d *customsv1.DeclarationAccepted) { d.Consignment = c }
	}
	linked := func(l *enforcementv1.Links) func(*enforcementv1.DiversionAlertRaised) {
		return func(a *enforcementv1.DiversionAlertRaised) { a.Links = l }
	}
	licence := &licensingv1.LicenceGranted{LicenceId: licenceID, Basis: &licensingv1.Basis{
		PolicyId: "own/1", Prohibition: licensingv1.GateResult_GATE_RESULT_CLEAR, Knowledge: &eventv1.Knowledge{},
		Screening: &screeningv1.Certificate{Result: screeningv1.Result_RESULT_CLEAR},
	}}
	automatic := &directoryv1.PolicyAdopted{PolicyId: "own/1", Content: []byte("name: own\nversion: 1\ntitle: P\nlegal_basis: fictional\ndecider: licensing\n" +
		"alerts: {offers: [{on: raised, consequence: hold, automatic: true}]}\n")}
	routine := func(a *enforcementv1.DiversionAlertRaised) { a.Priority = enforcementv1.Priority_PRIORITY_ROUTINE }
	heldByAlert := at("border", &customsv1.GoodsHeld{DeclarationId: d1, Reason: customsv1.HoldReason_HOLD_REASON_ALERT, AlertId: "enforcement/D-7"})
	const named = ": this declaration is named by it, alert " + alertID
	for _, tt := range []struct {
		name  string
		given []proto.Message
		want  []string
	}{
		{"named", []proto.Message{declared(d1), declared(d2), raised(naming(d1))}, []string{"offered D-1" + named}},
		{"named by any alert", []proto.Message{declared(d1), raised(naming(d1), routine)}, nil},
		{"named, confirmed", []proto.Message{declared(d1), raised(naming(d1), routine), &enforcementv1.AlertConfirmed{AlertId: alertID}}, []string{"offered D-1" + named}},
		{"refuted", []proto.Message{declared(d1), raised(naming(d1)), &enforcementv1.AlertRefuted{AlertId: alertID}}, nil},
		{"released", []proto.Message{declared(d1), at("border", &customsv1.GoodsReleased{DeclarationId: d1}), raised(naming(d1))}, []string{"offered D-1" + named}},
		{"left", []proto.Message{declared(d1), at("border", &customsv1.ExitConfirmed{DeclarationId: d1}), raised(naming(d1))}, nil},
		{"cancelled", []proto.Message{declared(d1), at("border", &customsv1.DeclarationCancelled{DeclarationId: d1}), raised(naming(d1))}, nil},
		{"under a licence that is named", []proto.Message{declared(d1), raised(func(a *enforcementv1.DiversionAlertRaised) { a.LicenceIds = []string{licenceID} })},
			[]string{"offered D-1: this declaration is under licence licensing/L-1, which it names, alert " + alertID}},
		{"of a party", []proto.Message{declared(d1, func(d *customsv1.DeclarationAccepted) { d.Parties = []*transferv1.Party{guard} }),
			raised(func(a *enforcementv1.DiversionAlertRaised) { a.Parties = []*transferv1.Party{guard} })},
			[]string{"offered D-1: this declaration has a party of it, its consignee, alert " + alertID}},
		{"in a container", []proto.Message{declared(d1, goods(&customsv1.Consignment{Containers: []string{"CSQU3054383"}})),
			raised(linked(&enforcementv1.Links{Containers: []string{"CSQU3054383"}}))},
			[]string{"offered D-1: this declaration has container CSQU3054383 of it, alert " + alertID}},
		{"on a vessel", []proto.Message{declared(d1, goods(&customsv1.Consignment{Transport: &customsv1.Transport{Identity: "imo:9319466"}})),
			raised(linked(&enforcementv1.Links{Vessels: []string{"imo:9319466"}}))},
			[]string{"offered D-1: this declaration has vessel imo:9319466 of it, alert " + alertID}},
		{"another agency's", []proto.Message{ledgertest.By("customs-b", declared("customs-b/D-1")), raised(naming("customs-b/D-1"))}, nil},
		{"offered already", []proto.Message{declared(d1), raised(naming(d1)), ledgertest.By("customs", &enforcementv1.ConsequenceOffered{
			OfferId: "customs/CO-2026-000001", AlertId: alertID, Subject: d1, Consequence: enforcementv1.Consequence_CONSEQUENCE_HOLD,
		})}, nil},
		{"by itself", []proto.Message{automatic, licence, declared(d1), raised(naming(d1), routine)}, []string{"held D-1 in border" + named}},
		{"by itself, held by an alert", []proto.Message{automatic, licence, declared(d1), heldByAlert, raised(naming(d1), routine)}, nil},
		{"by itself, held otherwise", []proto.Message{automatic, licence, declared(d1), at("border", &customsv1.GoodsHeld{DeclarationId: d1}), raised(naming(d1), routine)},
			[]string{"held D-1 in border" + named}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, decided(t, tt.given...)); diff != "" {
				t.Errorf("decided (-want +got):\n%s", diff)
			}
		})
	}
}

// A vessel that brought many consignments says nothing of any of them.
func TestACommonVesselHoldsNothing(t *testing.T) {
	given := []proto.Message{raised(func(a *enforcementv1.DiversionAlertRaised) {
		a.Links = &enforcementv1.Links{Vessels: []string{"imo:9319466"}}
	})}
	for n := range 51 {
		given = append(given, declared("customs/D-"+string(rune('a'+n%26))+string(rune('a'+n/26)), func(d *customsv1.DeclarationAccepted) {
			d.Consignment = &customsv1.Consignment{Transport: &customsv1.Transport{Identity: "imo:9319466"}}
		}))
	}
	if got := decided(t, given...); len(got) > 0 {
		t.Errorf("decided %v", got)
	}
	if got := decided(t, given[:51]...); len(got) != 50 {
		t.Errorf("50 declarations have it and %d were offered to be held", len(got))
	}
}

func TestTaken(t *testing.T) {
	offer := &ledgerv1.ConsequenceOffer{Offered: &enforcementv1.ConsequenceOffered{AlertId: alertID, Subject: d1, Reason: "why"}}
	held := &customsv1.GoodsHeld{DeclarationId: d1, Reason: customsv1.HoldReason_HOLD_REASON_ALERT, Text: "why", At: timestamppb.New(now), AlertId: alertID}
	for _, tt := range []struct {
		name  string
		given []proto.Message
		want  []proto.Message
	}{
		{"accepted", []proto.Message{declared(d1)}, []proto.Message{held}},
		{"left meanwhile", []proto.Message{declared(d1), at("border", &customsv1.ExitConfirmed{DeclarationId: d1})}, nil},
		{"held by an alert", []proto.Message{declared(d1), at("border", held)}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			facts, err := hold.Taken(ledgertest.GivenAs(t, "customs", tt.given...), offer, now, cause)
			if err != nil {
				t.Fatal(err)
			}
			var got []proto.Message
			for _, f := range facts {
				got = append(got, f.(ledger.Dated).Message)
			}
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}
