package reassessment_test

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
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/reassessment"
)

const alertID = "enforcement/D-2026-000001"

// onConfirmation are the moments of an alert that is confirmed.
var onConfirmation = []string{"raised", "confirmed"}

// now is when the alert is confirmed.
var now = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

// licence is granted to an end user in XB.
func licence(id string, endUser *transferv1.Party, change ...func(*licensingv1.LicenceGranted)) *licensingv1.LicenceGranted {
	g := &licensingv1.LicenceGranted{LicenceId: id, Deal: &licensingv1.Deal{
		Kind:        transferv1.Kind_KIND_EXPORT,
		Parties:     []*transferv1.Party{{Role: transferv1.Role_ROLE_EXPORTER, Name: "Maker of XA"}, endUser},
		Destination: &licensingv1.Place{Country: "XB"},
		Lines:       []*transferv1.Line{{Number: 1, Rating: "ML1.a"}},
	}}
	for _, c := range change {
		c(g)
	}
	return g
}

func until(t time.Time) func(*licensingv1.LicenceGranted) {
	return func(g *licensingv1.LicenceGranted) { g.ValidUntil = timestamppb.New(t) }
}

func endUser(name string, identifiers ...string) *transferv1.Party {
	return &transferv1.Party{Role: transferv1.Role_ROLE_END_USER, Name: name, Identifiers: identifiers}
}

func TestOpen(t *testing.T) {
	guard := endUser("Border Guard of XB", "lei:1")
	alert := func(licences []string, parties ...*transferv1.Party) proto.Message {
		return &enforcementv1.DiversionAlertRaised{AlertId: alertID, LicenceIds: licences, Parties: parties}
	}
	const named, party = "alert enforcement/D-2026-000001 was confirmed and names this licence",
		"alert enforcement/D-2026-000001 was confirmed and a party of it, as end user, is a party to this licence"
	opened := func(id, licenceID, reason string) *licensingv1.ReassessmentOpened {
		return &licensingv1.ReassessmentOpened{ReassessmentId: id, LicenceId: licenceID, AlertId: alertID, Reason: reason}
	}
	first := func(licenceID, reason string) []proto.Message {
		return []proto.Message{opened("licensing/R-2026-000001", licenceID, reason)}
	}
	const l1, l2, l3 = "licensing/L-1", "licensing/L-2", "licensing/L-3"
	tests := []struct {
		name  string
		given []proto.Message
		want  []proto.Message
	}{
		{"names no licence and nobody known", []proto.Message{licence(l1, guard), alert(nil, endUser("Somebody"))}, nil},
		{"names a licence", []proto.Message{licence(l1, guard), alert([]string{l1}, endUser("unknown"))}, first(l1, named)},
		{"names a licence twice, and its party", []proto.Message{licence(l1, guard), alert([]string{l1, l1}, guard)}, first(l1, named)},
		{"names a licence that is not on record", []proto.Message{alert([]string{l1}, endUser("unknown"))}, nil},
		{"names another agency's licence", []proto.Message{ledgertest.By("licensing-b", licence("licensing-b/L-1", guard)), alert([]string{"licensing-b/L-1"}, guard)}, nil},
		{"suspended licence", []proto.Message{licence(l1, guard), &licensingv1.LicenceSuspended{LicenceId: l1}, alert([]string{l1}, guard)}, first(l1, named)},
		{"revoked licence", []proto.Message{licence(l1, guard), &licensingv1.LicenceRevoked{LicenceId: l1}, alert([]string{l1}, guard)}, nil},
		{"withdrawn licence", []proto.Message{licence(l1, guard), &licensingv1.EntryWithdrawn{Id: l1}, alert([]string{l1}, guard)}, nil},
		{"valid a moment longer", []proto.Message{licence(l1, guard, until(now.Add(1))), alert([]string{l1}, guard)}, first(l1, named)},
		{"expired at that moment", []proto.Message{licence(l1, guard, until(now)), alert([]string{l1}, guard)}, nil},

		{"party by identifier", []proto.Message{licence(l1, endUser("Garde-frontière", "lei:1")), alert(nil, guard)}, first(l1, party)},
		{"unknown party by identifier", []proto.Message{licence(l1, guard), alert(nil, endUser("unknown", "lei:1"))}, first(l1, party)},
		{"party by one of its identifiers", []proto.Message{licence(l1, endUser("X", "lei:2", "xb-reg:77")), alert(nil, endUser("Y", "lei:1", "xb-reg:77"))}, first(l1, party)},
		{"party by folded name", []proto.Message{licence(l1, endUser("BORDER-GUARD of XB")), alert(nil, guard)}, first(l1, party)},
		{"same name, no common scheme", []proto.Message{licence(l1, endUser("Border Guard of XB", "xb-reg:77")), alert(nil, guard)}, first(l1, party)},
		{"same name, other identifier", []proto.Message{licence(l1, endUser("Border Guard of XB", "lei:2")), alert(nil, guard)}, nil},
		{"unknown is nobody", []proto.Message{licence(l1, endUser("Unknown")), alert(nil, endUser("unknown"))}, nil},
		{"a name without letters is nobody", []proto.Message{licence(l1, endUser("--")), alert(nil, endUser("..."))}, nil},
		{"in another role", []proto.Message{licence(l1, guard), alert(nil, &transferv1.Party{Role: transferv1.Role_ROLE_BROKER, Name: "x", Identifiers: []string{"lei:1"}})},
			first(l1, "alert enforcement/D-2026-000001 was confirmed and a party of it, as broker, is a party to this licence")},

		{"several licences", []proto.Message{licence(l3, guard), licence(l2, endUser("Army of XB")), licence(l1, guard), alert([]string{l2}, guard)},
			[]proto.Message{opened("licensing/R-2026-000001", l1, party), opened("licensing/R-2026-000002", l2, named), opened("licensing/R-2026-000003", l3, party)}},
		{"one is open already", []proto.Message{licence(l1, guard), licence(l2, guard), alert(nil, guard), opened("licensing/R-2026-000007", l1, party)},
			[]proto.Message{opened("licensing/R-2026-000008", l2, party)}},
		{"concluded already", []proto.Message{licence(l1, guard), alert(nil, guard), opened("licensing/R-2026-000001", l1, party),
			&licensingv1.ReassessmentConcluded{ReassessmentId: "licensing/R-2026-000001", Outcome: licensingv1.Outcome_OUTCOME_MAINTAINED}}, nil},
		{"open because of another alert", []proto.Message{licence(l1, guard), alert(nil, guard),
			&licensingv1.ReassessmentOpened{ReassessmentId: "licensing/R-2026-000001", LicenceId: l1, AlertId: "enforcement/D-2025-000009"}},
			[]proto.Message{opened("licensing/R-2026-000002", l1, party)}},
	}
	cause := &eventv1.Cause{Journal: "enforcement/all", Number: 7, Id: []byte("0123456789abcdef")}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view := ledgertest.Given(t, tt.given...)
			alert, err := view.Alert(alertID)
			if err != nil {
				t.Fatal(err)
			}
			got, err := reassessment.Open(view, alert, onConfirmation, now, cause)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, plain(t, got, cause), protocmp.Transform()); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}

// plain takes the facts out of what dates them, once each names the cause and leaves the times to the desk.
func plain(t *testing.T, facts []proto.Message, cause *eventv1.Cause) []proto.Message {
	t.Helper()
	var all []proto.Message
	for _, f := range facts {
		d, ok := f.(ledger.Dated)
		if !ok || !d.OccurredAt.IsZero() || !d.RecordedAt.IsZero() || len(d.Causes) != 1 || !proto.Equal(d.Causes[0], cause) {
			t.Errorf("%v does not name the cause and nothing else", f)
			continue
		}
		all = append(all, d.Message)
	}
	return all
}

// expect compares what a rule decided with what it should have: facts, nothing, or a refusal of a kind.
func expect(t *testing.T, got []proto.Message, err error, want []proto.Message, wantErr error) {
	t.Helper()
	if !errors.Is(err, wantErr) {
		t.Errorf("refused with %v, want %v", err, wantErr)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}
