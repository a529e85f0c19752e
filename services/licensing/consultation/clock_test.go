package consultation_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/consultation"
)

const reason = "information requested"

var (
	stopped   = ledgertest.At(now.Add(time.Hour), &licensingv1.ConsultationClockStopped{ConsultationId: consultationID, Reason: reason})
	restarted = ledgertest.At(now.Add(2*time.Hour), &licensingv1.ConsultationClockRestarted{ConsultationId: consultationID, Due: timestamppb.New(committeeDue)})
	others    = ledgertest.By("licensing-b", opened(func(o *licensingv1.ConsultationOpened) { o.ConsultationId = "licensing-b/C-1" }))
	silence   = &licensingv1.SilenceTaken{ConsultationId: consultationID, Agency: "foreign", Silence: "escalates"}
)

func urgent(o *licensingv1.ConsultationOpened) { o.Emergency = "evacuation" }

func TestStopClock(t *testing.T) {
	stops := []proto.Message{&licensingv1.ConsultationClockStopped{ConsultationId: consultationID, Reason: reason}}
	tests := []struct {
		name    string
		given   []proto.Message
		id      string
		reason  string
		at      time.Time
		want    []proto.Message
		wantErr error
	}{
		{"for a reason of the policy", state(committee, opened()), consultationID, reason, now.Add(time.Hour), stops, nil},
		{"again, after it went", state(committee, opened(), stopped, restarted), consultationID, reason, now.Add(3 * time.Hour), stops, nil},
		{"stands still already", state(committee, opened(), stopped), consultationID, reason, now.Add(2 * time.Hour), nil, nil},
		{"stands still for another reason", state(committee, opened(), stopped), consultationID, "translation", now.Add(2 * time.Hour), nil, fault.Conflict},
		{"for a reason that is none", state(committee, opened()), consultationID, "holidays", now, nil, fault.Invalid},
		{"where there is no reason", state(bare, opened(func(o *licensingv1.ConsultationOpened) { o.PolicyId = "bare/1" })), consultationID, reason, now, nil, fault.Precondition},
		{"where there is no deadline", state(committee, opened(func(o *licensingv1.ConsultationOpened) { o.Due = nil })), consultationID, reason, now, nil, fault.Precondition},
		{"after the deadline", state(committee, opened()), consultationID, reason, committeeDue.Add(time.Second), nil, fault.Precondition},
		{"after silence was taken", state(committee, opened(), silence), consultationID, reason, now, nil, fault.Precondition},
		{"P7: in an emergency that runs by the clock", state(committee, opened(urgent)), consultationID, reason, now, nil, fault.Precondition},
		{"closed", state(committee, opened(), closed), consultationID, reason, now, nil, fault.Precondition},
		{"decided", state(committee, opened(), granted), consultationID, reason, now, nil, fault.Conflict},
		{"of another agency", state(committee, others), "licensing-b/C-1", reason, now, nil, fault.NotAllowed},
		{"a policy that nobody knows", state("", opened()), consultationID, reason, now, nil, fault.Precondition},
		{"never opened", state(committee), consultationID, reason, now, nil, fault.NotFound},
		{"no date", state(committee, opened()), consultationID, reason, time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC), nil, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := consultation.StopClock(given(t, tt.given...), &licensingv1.StopClockRequest{Particulars: at(tt.at), ConsultationId: tt.id, Reason: tt.reason})
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestRestartClock(t *testing.T) {
	goes := func(due time.Time) []proto.Message {
		return []proto.Message{&licensingv1.ConsultationClockRestarted{ConsultationId: consultationID, Due: timestamppb.New(due)}}
	}
	monday := time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC)
	stoppedOn := func(t time.Time) proto.Message {
		return ledgertest.At(t, &licensingv1.ConsultationClockStopped{ConsultationId: consultationID, Reason: reason})
	}
	tests := []struct {
		name    string
		given   []proto.Message
		id      string
		at      time.Time
		want    []proto.Message
		wantErr error
	}{
		// The day of the request, a holiday and a weekend do not run, so a stop on them moves nothing.
		{"over a holiday and a weekend", state(committee, opened(), stopped), consultationID, time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC), goes(committeeDue), nil},
		{"after eight hours of a working day", state(committee, opened(), stopped), consultationID, monday, goes(committeeDue.Add(8 * time.Hour)), nil},
		{"after two stops", state(committee, opened(), stoppedOn(monday), ledgertest.At(monday.Add(time.Hour), &licensingv1.ConsultationClockRestarted{ConsultationId: consultationID, Due: timestamppb.New(committeeDue)}),
			stoppedOn(monday.Add(2*time.Hour))), consultationID, monday.Add(5 * time.Hour), goes(committeeDue.Add(4 * time.Hour)), nil},
		{"goes already", state(committee, opened()), consultationID, now, nil, nil},
		{"before it was stopped", state(committee, opened(), stopped), consultationID, now, nil, fault.Invalid},
		{"closed", state(committee, opened(), stopped, closed), consultationID, monday, nil, fault.Precondition},
		{"decided", state(committee, opened(), stopped, granted), consultationID, monday, nil, fault.Conflict},
		{"of another agency", state(committee, others), "licensing-b/C-1", now, nil, fault.NotAllowed},
		{"never opened", state(committee), consultationID, now, nil, fault.NotFound},
		{"no date", state(committee, opened(), stopped), consultationID, time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC), nil, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := consultation.RestartClock(given(t, tt.given...), &licensingv1.RestartClockRequest{Particulars: at(tt.at), ConsultationId: tt.id})
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}
