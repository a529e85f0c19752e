// Package widening is emergency widenings: a larger audience for some events, for a while, and what it saw: pure rules.
package widening

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	"github.com/counterfoil/counterfoil/services/statement/share"
)

// reviewDays is how many days after its end a widening has to be reviewed, where the command does not say.
const reviewDays = 14

// Widen lets another group read the agency's events of some kinds for a while.
func Widen(view ledger.View, cmd *directoryv1.WidenRequest) ([]proto.Message, error) {
	if err := share.Audience(view, cmd.GetToGroup()); err != nil {
		return nil, err
	}
	for _, kind := range cmd.GetKinds() {
		if !slices.ContainsFunc(ledger.Kinds(), func(k protoreflect.MessageDescriptor) bool { return string(k.FullName()) == kind }) {
			return nil, fault.Errorf(fault.Invalid, "%q is no kind of event, such as counterfoil.licensing.v1.LicenceSuspended", kind)
		}
	}
	id, err := view.NextID("widening")
	if err != nil {
		return nil, err
	}
	days := cmd.GetReviewDays()
	if days == 0 {
		days = reviewDays
	}
	until := cmd.GetParticulars().GetOccurredAt().AsTime().Add(time.Duration(cmd.GetSeconds()) * time.Second)
	return []proto.Message{&directoryv1.AudienceWidened{
		WideningId: id, Kinds: cmd.GetKinds(), ToGroup: cmd.GetToGroup(), Until: timestamppb.New(until),
		Reason: cmd.GetReason(), LegalBasis: cmd.GetLegalBasis(), ReviewBy: timestamppb.New(until.AddDate(0, 0, int(days))),
	}}, nil
}

// End ends a widening before its time. Ending it twice decides nothing.
func End(view ledger.View, cmd *directoryv1.EndWideningRequest) ([]proto.Message, error) {
	w, err := own(view, cmd.GetWideningId())
	switch {
	case err != nil:
		return nil, err
	case w.EndedAt != nil:
		return nil, nil
	case over(w, cmd.GetParticulars().GetOccurredAt().AsTime()):
		return nil, fault.Errorf(fault.Precondition, "%s was over on %s; review it: counterfoil widening review %s", w.Id, day(w.Widened.GetUntil()), w.Id)
	}
	return []proto.Message{&directoryv1.WideningEnded{WideningId: w.Id, Reason: cmd.GetReason()}}, nil
}

// Review closes a widening that is over. The same again decides nothing.
func Review(view ledger.View, cmd *directoryv1.ReviewWideningRequest) ([]proto.Message, error) {
	w, err := own(view, cmd.GetWideningId())
	switch {
	case err != nil:
		return nil, err
	case w.Review != nil && w.Review.Outcome == cmd.GetOutcome() && w.Review.Note == cmd.GetNote():
		return nil, nil
	case w.Review != nil:
		return nil, fault.Errorf(fault.Conflict, "%s was reviewed on %s with another outcome, which stands", w.Id, day(w.ReviewedAt))
	case !over(w, cmd.GetParticulars().GetOccurredAt().AsTime()):
		return nil, fault.Errorf(fault.Precondition, "%s is in force until %s; end it first: counterfoil widening end %s", w.Id, w.Widened.GetUntil().AsTime().Format(time.RFC3339), w.Id)
	}
	open, _, err := Due(view, nil)
	if err != nil {
		return nil, err
	}
	if len(open) > 0 {
		return nil, fault.Errorf(fault.Precondition, "events are still being shared under a widening; try again in a moment")
	}
	events, _, err := Seen(view, w.Id)
	if err != nil {
		return nil, err
	}
	return []proto.Message{&directoryv1.WideningReviewed{
		WideningId: w.Id, Events: uint64(len(events)), Outcome: cmd.GetOutcome(), Note: cmd.GetNote(),
	}}, nil
}

func own(view ledger.View, id string) (*ledgerv1.Widening, error) {
	w, err := view.Widening(id)
	switch {
	case err != nil:
		return nil, err
	case w == nil:
		return nil, fault.Errorf(fault.NotFound, "no widening %s is on record; see: counterfoil widening list", id)
	case !view.Owns(w.Journal):
		return nil, fault.Errorf(fault.NotAllowed, "%s is of %s", id, w.Journal)
	}
	return w, nil
}

func over(w *ledgerv1.Widening, now time.Time) bool {
	return w.EndedAt != nil || !now.Before(w.Widened.GetUntil().AsTime())
}

func day(t *timestamppb.Timestamp) string { return t.AsTime().Format(time.DateOnly) }
