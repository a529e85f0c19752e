package ledger

import (
	"google.golang.org/protobuf/proto"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// consultations keeps the rows of asking other agencies and of what they answer, each in its own journal.
func (f *folding) consultations(fact proto.Message) error {
	switch e := fact.(type) {
	case *licensingv1.ConsultationOpened:
		return put(f, consultations, &ledgerv1.Consultation{Id: e.ConsultationId, Opened: e, Due: e.Due})
	case *licensingv1.ConsultationClockStopped:
		return f.consultation(e.ConsultationId, func(r *ledgerv1.Consultation) error {
			if n := len(r.Stops); n > 0 && r.Stops[n-1].Until == nil {
				return f.refuse("the clock of %s stands still already", r.Id)
			}
			r.Stops = append(r.Stops, &ledgerv1.ClockStop{From: f.event.OccurredAt, Reason: e.Reason})
			return nil
		})
	case *licensingv1.ConsultationClockRestarted:
		return f.consultation(e.ConsultationId, func(r *ledgerv1.Consultation) error {
			n := len(r.Stops)
			if n == 0 || r.Stops[n-1].Until != nil {
				return f.refuse("the clock of %s goes already", r.Id)
			}
			r.Stops[n-1].Until, r.Due = f.event.OccurredAt, e.Due
			return nil
		})
	case *licensingv1.SilenceTaken:
		return f.consultation(e.ConsultationId, func(r *ledgerv1.Consultation) error {
			r.Silences = append(r.Silences, e)
			return nil
		})
	case *licensingv1.ConsultationClosed:
		return f.consultation(e.ConsultationId, func(r *ledgerv1.Consultation) error {
			r.Closed, r.ClosedAt = e, f.event.OccurredAt
			return nil
		})
	case *licensingv1.OpinionGiven: // the consultation is of another agency and may not be here yet
		id := OpinionID(f.id.Agency, e.ConsultationId, e.InPlaceOf)
		return upsert(f, opinions, id, func() *ledgerv1.Opinion {
			return &ledgerv1.Opinion{Id: id, ConsultationId: e.ConsultationId, Agency: f.id.Agency}
		}, func(r *ledgerv1.Opinion) { r.Given, r.At = e, f.event.OccurredAt })
	case *licensingv1.ConditionAsked:
		return put(f, conditions, &ledgerv1.Condition{
			Id: e.ConditionId, ApplicationId: e.ApplicationId, ConsultationId: e.ConsultationId, Agency: f.id.Agency, Text: e.Text, AskedAt: f.event.OccurredAt,
		})
	case *licensingv1.ConditionChanged:
		return f.condition(e.ConditionId, func(r *ledgerv1.Condition) {
			if r.Asked == "" {
				r.Asked = r.Text
			}
			r.Text, r.Reason = e.Text, e.Reason
		})
	case *licensingv1.ConditionDropped:
		return f.condition(e.ConditionId, func(r *ledgerv1.Condition) { r.Dropped, r.Reason = true, e.Reason })
	}
	return errUnknown
}

// consultation changes a consultation that is open.
func (f *folding) consultation(id string, edit func(*ledgerv1.Consultation) error) error {
	return change(f, consultations, id, func(r *ledgerv1.Consultation) error {
		if r.Closed != nil {
			return f.refuse("%s is closed", id)
		}
		return edit(r)
	})
}

func (f *folding) condition(id string, edit func(*ledgerv1.Condition)) error {
	return change(f, conditions, id, func(r *ledgerv1.Condition) error {
		if r.Dropped {
			return f.refuse("%s was let go", id)
		}
		r.ChangedAt = f.event.OccurredAt
		edit(r)
		return nil
	})
}

// OpinionID names an agency's answer to a consultation, its own or in another's place.
func OpinionID(agency, consultation, inPlaceOf string) string {
	id := agency + "/" + consultation
	if inPlaceOf != "" {
		id += "#" + inPlaceOf
	}
	return id
}
