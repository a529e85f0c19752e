package consultation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/consultation"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

func TestClose(t *testing.T) {
	soon, late := now.Add(time.Hour), committeeDue.Add(30*time.Hour)
	recused := ledgertest.By("defence", ledgertest.At(soon, &licensingv1.OpinionGiven{ConsultationId: consultationID, Recused: true, Reason: "its own stock"}))
	instead := ledgertest.By("interior", ledgertest.At(soon, &licensingv1.OpinionGiven{ConsultationId: consultationID, View: concur, InPlaceOf: "defence"}))
	all := func(view licensingv1.OpinionView) []proto.Message {
		return []proto.Message{opened(), voice("foreign", concur, soon), voice("defence", view, soon)}
	}
	byPolicy := func(policy, who string, due bool) *licensingv1.ConsultationOpened {
		return opened(func(o *licensingv1.ConsultationOpened) {
			o.PolicyId, o.Addressees = policy, addressees(strings.Split(who, ",")...)
			if !due {
				o.Due = nil
			}
		})
	}
	tests := []struct {
		name    string
		given   []proto.Message
		at      time.Time
		want    string // what it came to, and how each was counted
		reasons int
	}{
		{"M2: all concur", state(committee, all(conditions)...), soon,
			"may grant; foreign: concurs; defence: concurs with conditions; academy: guest, does not count", 0},
		{"M2: one objection blocks, and a guest's does not", state(committee, append(all(object), voice("academy", object, soon))...), soon,
			"against; foreign: concurs; defence: objects; academy: guest, does not count", 2},
		{"M2: an alternate in place of who is recused", state(committee, opened(), voice("foreign", concur, soon), recused, instead), soon,
			"may grant; foreign: concurs; defence: interior in its place: concurs; academy: guest, does not count", 0},
		{"M2: closed while others may answer", state(committee, opened(), voice("foreign", concur, soon)), soon,
			"no; foreign: concurs; defence: defence has not answered and was waited for; academy: guest, does not count", 1},
		{"M2: silence that escalated", state(committee, opened(), voice("foreign", concur, soon)), late,
			"no; foreign: concurs; defence: silent, and who was asked instead has not answered; academy: guest, does not count", 1},
		{"M2: a late answer", state(committee, opened(), voice("foreign", concur, soon), voice("defence", concur, late)), late,
			"may grant; foreign: concurs; defence: concurs, after the deadline; academy: guest, does not count", 0},
		{"M2: who was not asked", state(committee, append(all(concur), voice("customs", object, soon))...), soon,
			"may grant; foreign: concurs; defence: concurs; academy: guest, does not count; customs: customs was not asked, does not count", 0},
		{"M1: nobody answered, and it says so", state(adHoc, byPolicy("ad-hoc/1", "customs chosen ATT 5(5)", true)), late,
			"may grant; customs: silent, has no view by the policy", 0},
		{"M1: nobody answered yet", state(adHoc, byPolicy("ad-hoc/1", "customs chosen ATT 5(5)", true)), soon,
			"may grant; customs: has not answered and was not waited for", 0},
		{"M3: decided against advice", state(mandatory, byPolicy("mandatory/1", "foreign mandatory ATT 7(1),defence optional ATT 7(1)(a)", true), voice("foreign", object, soon)), soon,
			"may grant against; foreign: objects; defence: has not answered and was not waited for", 1},
		{"M3: no opinion on file, and the deadline has passed", state(mandatory, byPolicy("mandatory/1", "foreign mandatory ATT 7(1),defence optional ATT 7(1)(a)", true)), late,
			"may grant; foreign: silent, has no view by the policy; defence: silent, has no view by the policy", 0},
		{"M3: whom the policy has asked was not", state(mandatory, byPolicy("mandatory/1", "customs chosen ATT 5(5)", true), voice("customs", concur, soon)), soon,
			"no; customs: concurs", 1},
		{"P7: an emergency in which silence concurs", state(committee, opened(urgent)), late,
			"may grant; foreign: silent, concurs by the policy; defence: silent, concurs by the policy; academy: guest, does not count", 0},
		{"after the decision", state(committee, append(all(concur), granted)...), soon,
			"may grant; foreign: concurs; defence: concurs; academy: guest, does not count", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			facts, err := consultation.Close(given(t, tt.given...), &licensingv1.CloseConsultationRequest{Particulars: at(tt.at), ConsultationId: consultationID})
			if err != nil || len(facts) != 1 {
				t.Fatalf("Close: %v, %v", facts, err)
			}
			e := plain(t, facts)[0].(*licensingv1.ConsultationClosed)
			if diff := cmp.Diff(tt.want, told(e)); diff != "" || len(e.Reasons) != tt.reasons {
				t.Errorf("%s\n%q", diff, e.Reasons)
			}
		})
	}
}

// told is what a consultation came to, in a line.
func told(e *licensingv1.ConsultationClosed) string {
	words := "no"
	switch {
	case e.MayGrant && e.Against:
		words = "may grant against"
	case e.MayGrant:
		words = "may grant"
	case e.Against:
		words = "against"
	}
	for _, v := range e.Voices {
		words += "; " + v.Agency + ": " + v.Counted
	}
	return words
}

func TestCloseRefuses(t *testing.T) {
	tests := []struct {
		name    string
		given   []proto.Message
		id      string
		at      time.Time
		wantErr error
	}{
		{"closed already", state(committee, opened(), closed), consultationID, now, nil},
		{"of another agency", state(committee, others), "licensing-b/C-1", now, fault.NotAllowed},
		{"never opened", state(committee), consultationID, now, fault.NotFound},
		{"on what is not on record", state(committee, opened(func(o *licensingv1.ConsultationOpened) { o.ApplicationId = "licensing/A-9" })), consultationID, now, fault.NotFound},
		{"no date", state(committee, opened()), consultationID, time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC), fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := consultation.Close(given(t, tt.given...), &licensingv1.CloseConsultationRequest{Particulars: at(tt.at), ConsultationId: tt.id})
			expect(t, got, err, nil, tt.wantErr)
		})
	}
}

// Who could not answer any more because the consultation was closed is not silent: closing it early and waiting for a deadline
// at which silence would have concurred permits nothing.
func TestClosingEarlyIsNoConsent(t *testing.T) {
	silent := strings.Replace(mandatory, "silence: no_view", "silence: concurs", 1)
	view := given(t, state("", &directoryv1.PolicyAdopted{PolicyId: "mandatory/1", Content: []byte(silent)},
		opened(func(o *licensingv1.ConsultationOpened) { o.PolicyId = "mandatory/1" }), ledgertest.At(now.Add(time.Hour), closed))...)
	row, err := view.Consultation(consultationID)
	if err != nil {
		t.Fatal(err)
	}
	f, err := dossier.Of(view, row)
	if err != nil {
		t.Fatal(err)
	}
	c, err := dossier.With(view, row)
	if err != nil {
		t.Fatal(err)
	}
	if result, err := f.Tally(view, c, committeeDue.AddDate(0, 1, 0)); err != nil || result.MayGrant {
		t.Errorf("a month later it may be granted: %v, %v", result, err)
	}
}
