package consultation_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

const (
	application    = "licensing/A-2026-000001"
	consultationID = "licensing/C-2026-000001"

	// adHoc is M1: consultees are chosen for the case and their opinions are advice.
	adHoc = `
name: ad-hoc
version: 1
title: Advice where it is wanted
model: M1
legal_basis: fictional
valid_from: 2026-01-01
decider: licensing
consultees:
  - {agency: customs, part: chosen, serves: ATT 5(5)}
  - {agency: academy, part: guest, serves: ATT 7(1)}
deadline: {working_days: 10}
`
	// committee is M2: all have to concur; silence goes to the minister, then to the cabinet.
	committee = `
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
  - {agency: academy, part: guest, serves: ATT 7(1)}
deadline: {working_days: 2, calendar: XA}
silence: escalates
escalation:
  - {to: "", role: minister, working_days: 1}
  - {to: cabinet, role: secretary}
conflict_of_interest: {alternates: [{agency: defence, alternate: interior}]}
clock_stops: [information requested, translation]
emergency: {hours: 6, silence: concurs, rule: advisory, deputies: [{role: duty officer, for_role: director}]}
`
	// mandatory is M3: advice that has to be on file, unless its deadline passes.
	mandatory = `
name: mandatory
version: 1
title: Authority that has to ask
model: M3
legal_basis: fictional
valid_from: 2026-01-01
decider: licensing
consultees:
  - {agency: foreign, part: mandatory, serves: ATT 7(1)}
  - {agency: defence, part: optional, serves: ATT 7(1)(a)}
  - {agency: customs, part: chosen, serves: ATT 5(5)}
deadline: {working_days: 10, calendar: XA}
silence: no_view
clock_stops: [information requested]
`
	// bare names nobody, sets no deadline and knows no reason to stop a clock.
	bare = `
name: bare
version: 1
title: Decides alone
legal_basis: fictional
valid_from: 2026-01-01
decider: licensing
`
)

var (
	// now is a Thursday; Friday is a holiday in XA, and the weekend follows.
	now         = time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)
	particulars = at(now)
	submitted   = ledgertest.At(now.Add(-time.Hour), &licensingv1.ApplicationSubmitted{ApplicationId: application, Deal: deal()})
	calendar    = &directoryv1.CalendarAdopted{CalendarId: "XA", Weekend: []uint32{6, 7}, Holidays: []string{"2026-03-06"}}
	// committeeDue is the end of the second working day after Thursday: Tuesday.
	committeeDue = time.Date(2026, 3, 10, 23, 59, 59, 0, time.UTC)
	closed       = &licensingv1.ConsultationClosed{ConsultationId: consultationID}
	granted      = &licensingv1.LicenceGranted{LicenceId: "licensing/L-2026-000001", ApplicationId: application, Deal: deal()}
)

func at(t time.Time) *eventv1.Particulars {
	return &eventv1.Particulars{OccurredAt: timestamppb.New(t)}
}

func deal() *licensingv1.Deal {
	return &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"}, EndUse: "border guard",
		Lines: []*transferv1.Line{{Number: 1, Rating: "ML1.a", Category: transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS}},
	}
}

// state is the directory of XA with one policy in force, and an application.
func state(policy string, more ...proto.Message) []proto.Message {
	var facts []proto.Message
	members := []string{"licensing", "foreign", "defence", "interior", "customs", "academy", "cabinet", "left"}
	for _, a := range append(members, "far") {
		facts = append(facts, &directoryv1.AgencyRegistered{Agency: a, State: "XA"})
	}
	facts = append(facts,
		&directoryv1.AgencyRemoved{Agency: "left", Reason: "closed"},
		&directoryv1.GroupDefined{Group: "all", Members: members},
		&directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{{Group: "all"}}},
		calendar, submitted)
	if policy != "" {
		facts = append(facts, &directoryv1.PolicyAdopted{PolicyId: idOf(policy), Content: []byte(policy)})
	}
	return append(facts, more...)
}

func idOf(policy string) string {
	return map[string]string{adHoc: "ad-hoc/1", committee: "committee/1", mandatory: "mandatory/1", bare: "bare/1"}[policy]
}

// opened is a consultation under the committee's policy, as Open would have it.
func opened(change ...func(*licensingv1.ConsultationOpened)) *licensingv1.ConsultationOpened {
	o := &licensingv1.ConsultationOpened{
		ConsultationId: consultationID, ApplicationId: application, PolicyId: "committee/1", OpenedAt: timestamppb.New(now), Silence: "escalates",
		Due: timestamppb.New(committeeDue), Deal: deal(), Addressees: addressees("foreign mandatory ATT 7(1)", "defence mandatory ATT 7(1)(a)", "academy guest ATT 7(1)"),
	}
	for _, c := range change {
		c(o)
	}
	return o
}

func voice(agency string, view licensingv1.OpinionView, when time.Time) proto.Message {
	return ledgertest.By(agency, ledgertest.At(when, &licensingv1.OpinionGiven{ConsultationId: consultationID, View: view}))
}

const (
	concur     = licensingv1.OpinionView_OPINION_VIEW_CONCUR
	conditions = licensingv1.OpinionView_OPINION_VIEW_CONCUR_WITH_CONDITIONS
	object     = licensingv1.OpinionView_OPINION_VIEW_OBJECT
)

func given(t *testing.T, facts ...proto.Message) ledger.View {
	t.Helper()
	return ledgertest.GivenAs(t, "licensing", facts...)
}

// expect compares what a rule decided with what it should have: facts, nothing, or a refusal of a kind.
func expect(t *testing.T, got []proto.Message, err error, want []proto.Message, wantErr error) {
	t.Helper()
	if !errors.Is(err, wantErr) {
		t.Errorf("refused with %v, want %v", err, wantErr)
	}
	if diff := cmp.Diff(want, plain(t, got), protocmp.Transform()); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

// plain unwraps facts, which all have to be recorded where consultations are.
func plain(t *testing.T, facts []proto.Message) (list []proto.Message) {
	t.Helper()
	for _, f := range facts {
		if d, ok := f.(ledger.Dated); ok {
			if d.Group != "all" {
				t.Errorf("%T is recorded for group %q", d.Message, d.Group)
			}
			f = d.Message
		}
		list = append(list, f)
	}
	return list
}
