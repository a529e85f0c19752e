package consultation_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/consultation"
)

func taken(agency, means, to, role string, due time.Time) *licensingv1.SilenceTaken {
	s := &licensingv1.SilenceTaken{ConsultationId: consultationID, Agency: agency, Silence: means, EscalatedTo: to, Role: role}
	if !due.IsZero() {
		s.Due = timestamppb.New(due)
	}
	return s
}

func TestDue(t *testing.T) {
	var never time.Time
	// The minister has until the end of the working day after Tuesday; nothing passes while a moment is not over.
	ministerDue := committeeDue.AddDate(0, 0, 1)
	past, later := committeeDue.Add(time.Second), ministerDue.Add(time.Second)
	minister := func(agency string) *licensingv1.SilenceTaken {
		return taken(agency, "escalates", agency, "minister", ministerDue)
	}
	cabinet := func(agency string) *licensingv1.SilenceTaken {
		return taken(agency, "escalates", "cabinet", "secretary", never)
	}
	soon := now.Add(time.Hour)
	m3 := func(o *licensingv1.ConsultationOpened) {
		o.PolicyId, o.Addressees = "mandatory/1", addressees("foreign mandatory ATT 7(1)", "defence optional ATT 7(1)(a)", "customs chosen ATT 5(5)")
	}
	recused := ledgertest.By("defence", ledgertest.At(soon, &licensingv1.OpinionGiven{ConsultationId: consultationID, Recused: true}))
	second := opened(func(o *licensingv1.ConsultationOpened) {
		o.ConsultationId, o.ApplicationId, o.Due = "licensing/C-2026-000002", "licensing/A-2026-000002", timestamppb.New(ministerDue)
	})
	tests := []struct {
		name  string
		given []proto.Message
		at    time.Time
		want  []proto.Message
		next  time.Time
	}{
		{"nothing open", state(committee), past, nil, never},
		{"before the deadline, on a holiday", state(committee, opened()), time.Date(2026, 3, 6, 23, 59, 59, 0, time.UTC), nil, committeeDue.Add(1)},
		{"in its last moment", state(committee, opened()), committeeDue, nil, committeeDue.Add(1)},
		{"M2: silence goes to the minister", state(committee, opened()), past, []proto.Message{minister("foreign"), minister("defence")}, never},
		{"of one that did not answer", state(committee, opened(), voice("foreign", object, soon)), past, []proto.Message{minister("defence")}, never},
		{"said already", state(committee, opened(), minister("foreign"), minister("defence")), past, nil, ministerDue.Add(1)},
		{"M2: and to the cabinet", state(committee, opened(), minister("foreign"), minister("defence")), later, []proto.Message{cabinet("foreign"), cabinet("defence")}, never},
		{"the cabinet may take its time", state(committee, opened(), minister("foreign"), minister("defence"), cabinet("foreign"), cabinet("defence")), later.AddDate(1, 0, 0), nil, never},
		{"the minister answered", state(committee, opened(), minister("foreign"), minister("defence"), voice("foreign", concur, past)), later, []proto.Message{cabinet("defence")}, never},
		{"an alternate that is silent", state(committee, opened(), voice("foreign", concur, soon), recused), past, []proto.Message{minister("defence")}, never},
		{"M3: only those that are waited for", state(mandatory, opened(m3)), past, []proto.Message{taken("foreign", "no_view", "", "", never)}, never},
		{"M3: said already", state(mandatory, opened(m3), taken("foreign", "no_view", "", "", never)), past, nil, never},
		{"P7: in an emergency silence concurs", state(committee, opened(urgent)), past,
			[]proto.Message{taken("foreign", "concurs", "", "", never), taken("defence", "concurs", "", "", never)}, never},
		{"while the clock stands still", state(committee, opened(), stopped), past, nil, never},
		{"once it goes again", state(committee, opened(), stopped, restarted), past, []proto.Message{minister("foreign"), minister("defence")}, never},
		{"closed", state(committee, opened(), closed), past, nil, never},
		{"decided", state(committee, opened(), granted), past, nil, never},
		{"no deadline", state(committee, opened(func(o *licensingv1.ConsultationOpened) { o.Due = nil })), past, nil, never},
		{"of another agency", state(committee, others), past, nil, never},
		{"a policy that nobody knows holds up no other", state(committee, opened(func(o *licensingv1.ConsultationOpened) { o.PolicyId = "lost/1" }), second), past, nil, ministerDue.Add(1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, next, err := consultation.Due(given(t, tt.given...), tt.at)
			expect(t, got, err, tt.want, nil)
			if !next.Equal(tt.next) {
				t.Errorf("asks for another turn at %v, want %v", next, tt.next)
			}
		})
	}
}

// Whatever was answered and whenever it is looked at: what is due comes to an end, is said once, and the next turn it asks for
// lies ahead.
func TestDueEnds(t *testing.T) {
	l := ledgertest.Open(t, "licensing")
	rapid.Check(t, func(t *rapid.T) {
		tx, err := l.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		w := ledgertest.NewWriter()
		tell := func(facts ...proto.Message) {
			for _, b := range w.Blocks(facts...) {
				if err := tx.Apply(b.ID, b.Entries...); err != nil {
					t.Fatal(err)
				}
				if err := tx.Fold(b, ledgertest.Position(b)); err != nil {
					t.Fatal(err)
				}
			}
		}
		policy := rapid.SampledFrom([]string{committee, mandatory}).Draw(t, "policy")
		tell(state(policy, opened(func(o *licensingv1.ConsultationOpened) { o.PolicyId = idOf(policy) }))...)
		when, said := now, map[string]bool{}
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			when = when.Add(time.Duration(rapid.IntRange(0, 48).Draw(t, "hours")) * time.Hour)
			if who := rapid.SampledFrom([]string{"", "", "foreign", "defence", "academy"}).Draw(t, "answers"); who != "" {
				tell(voice(who, concur, when))
			}
			for turn := 0; ; turn++ {
				facts, next, err := consultation.Due(tx.View, when)
				if err != nil || turn > 1 {
					t.Fatalf("turn %d: %v, %v", turn, facts, err)
				}
				for _, f := range facts {
					key := prototext.Format(f.(ledger.Dated).Message)
					if said[key] {
						t.Fatalf("said twice: %s", key)
					}
					said[key] = true
					tell(f)
				}
				if len(facts) == 0 {
					if !next.IsZero() && !next.After(when) {
						t.Fatalf("at %v it asks for another turn at %v", when, next)
					}
					break
				}
			}
		}
	})
}
