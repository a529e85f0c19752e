package consultation

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/policy"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/dossier"
)

// Due says, of open consultations of this agency whose deadline has passed, what it meant that agencies were silent that
// its policy waits for; or, when there is none, when the next deadline will have passed (zero: none is set). Where silence
// escalates it says it again for each next step. While a clock stands still, and once the application is decided, nobody is
// silent. A consultation whose policy or calendar cannot be read is passed over.
func Due(view ledger.View, now time.Time) (facts []proto.Message, next time.Time, err error) {
	open, err := view.ConsultationsWith("open", "true")
	if err != nil {
		return nil, time.Time{}, err
	}
	var due ledger.Together
	for _, row := range open {
		if !view.Owns(row.GetId()) || row.GetDue() == nil || lasting(row) != nil {
			continue
		}
		facts, passes, err := silent(view, row, now)
		switch {
		case fault.As(err) != nil:
			continue
		case err != nil:
			return nil, time.Time{}, err
		case len(facts) > 0:
			due.Add(row, facts)
		case next.IsZero() || !passes.IsZero() && passes.Before(next):
			next = passes
		}
	}
	return due.Facts, next, nil
}

// silent says what silence means in a consultation now and is not on record, and when more may pass.
func silent(view ledger.View, row *ledgerv1.Consultation, now time.Time) (facts []proto.Message, next time.Time, err error) {
	due := row.GetDue().AsTime()
	if !now.After(due) {
		return nil, after(due), nil
	}
	if _, err := running(view, row.GetId()); err != nil {
		return nil, time.Time{}, err
	}
	f, err := dossier.Of(view, row)
	if err != nil {
		return nil, time.Time{}, err
	}
	c, err := dossier.With(view, row)
	if err != nil {
		return nil, time.Time{}, err
	}
	before, err := f.Tally(view, c, due)
	if err != nil {
		return nil, time.Time{}, err
	}
	result, err := f.Tally(view, c, now)
	if err != nil {
		return nil, time.Time{}, err
	}
	for _, taken := range meanings(row, before, result) {
		if !isTaken(row, taken) {
			facts = append(facts, ledger.Beside(row, taken))
		}
		if step := taken.GetDue(); step != nil && step.AsTime().After(now) && (next.IsZero() || step.AsTime().Before(next)) {
			next = after(step.AsTime())
		}
	}
	return facts, next, nil
}

// after is the first moment at which a deadline has passed.
func after(due time.Time) time.Time { return due.Add(time.Nanosecond) }

// meanings are what silence means of each agency that was waited for when the deadline passed: before is the tally of that
// moment, result the one of now. Where policies differ, the meaning that stands most against a grant.
func meanings(row *ledgerv1.Consultation, before, result policy.Result) []*licensingv1.SilenceTaken {
	var list []*licensingv1.SilenceTaken
	for i, s := range result.Standings {
		if before.Standings[i].How != policy.Waited {
			continue
		}
		taken := &licensingv1.SilenceTaken{ConsultationId: row.GetId(), Agency: s.Agency}
		switch s.How {
		case policy.Silent:
			taken.Silence = map[string]string{policy.Concur: "concurs", policy.Object: "objects", "no_view": "no_view"}[s.Counts]
		case policy.Escalating:
			escalate(taken, result.Escalate)
		default:
			continue
		}
		j := slices.IndexFunc(list, func(o *licensingv1.SilenceTaken) bool { return o.GetAgency() == s.Agency })
		switch {
		case j < 0:
			list = append(list, taken)
		case gravest(list[j].GetSilence(), taken.GetSilence()) != list[j].GetSilence():
			list[j] = taken
		}
	}
	return list
}

func escalate(taken *licensingv1.SilenceTaken, escalated []policy.Escalated) {
	taken.Silence = "escalates"
	for _, e := range escalated {
		if e.Agency != taken.GetAgency() {
			continue
		}
		taken.EscalatedTo, taken.Role = e.To, e.Role
		if !e.Due.IsZero() {
			taken.Due = timestamppb.New(e.Due)
		}
		return
	}
}

// isTaken reports whether it is on record what an agency's silence means: as it is now, or as something that does not move on.
func isTaken(row *ledgerv1.Consultation, taken *licensingv1.SilenceTaken) bool {
	return slices.ContainsFunc(row.GetSilences(), func(s *licensingv1.SilenceTaken) bool {
		return s.GetAgency() == taken.GetAgency() && (s.GetSilence() != "escalates" || proto.Equal(s, taken))
	})
}
