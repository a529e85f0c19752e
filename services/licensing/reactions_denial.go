package licensing

import (
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/denial"
)

// denialReactions look for denials that applications would undercut, and carry consultations on them to their end.
func denialReactions() []desk.Reaction {
	return []desk.Reaction{
		onFact("find what an application undercuts", findForSubmitted),
		onFact("find what an amended application undercuts", findForAmended),
		onFact("find who undercuts a denial told of", findAgainstNotice),
		onFact("find who undercuts a denial told anew", findAgainstAmendedNotice),
		onFact("find who undercuts a denial", findAgainstDenial),
		onFact("find who undercuts an amended denial", findAgainstAmendedDenial),
		onFact("revoke what others were told", revokeNotices),
		onFact("close what was replied to", closeReplied),
		{Name: "close what nobody replied to", Due: denial.CloseLapsed},
		{Name: "tell what was decided", Due: denial.Tell},
	}
}

// heard is an event that a reaction hears: where it stands, when it was true, and as the cause of what is recorded.
type heard struct {
	id    journal.ID
	at    time.Time
	cause *eventv1.Cause
}

// onFact makes a reaction to the events of a fact's kind.
func onFact[F proto.Message](name string, react func(ledger.View, F, heard) ([]proto.Message, error)) desk.Reaction {
	var kind F
	return desk.Reaction{Name: name, Kind: kind.ProtoReflect().Descriptor().FullName(),
		React: func(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
			fact, ok := e.Fact.(F)
			if !ok {
				return nil, nil // it was withdrawn
			}
			return react(view, fact, heard{id, e.Event.GetOccurredAt().AsTime(), e.Cause(id)})
		}}
}

func findForSubmitted(view ledger.View, f *licensingv1.ApplicationSubmitted, h heard) ([]proto.Message, error) {
	return denial.FindFor(view, f.GetApplicationId(), h.at, h.cause)
}

func findForAmended(view ledger.View, f *licensingv1.ApplicationAmended, h heard) ([]proto.Message, error) {
	return denial.FindFor(view, f.GetApplicationId(), h.at, h.cause)
}

func findAgainstNotice(view ledger.View, f *licensingv1.DenialNotified, h heard) ([]proto.Message, error) {
	return denial.FindAgainst(view, f.GetNoticeId(), h.at, h.cause)
}

func findAgainstAmendedNotice(view ledger.View, f *licensingv1.DenialNoticeAmended, h heard) ([]proto.Message, error) {
	return denial.FindAgainst(view, f.GetNoticeId(), h.at, h.cause)
}

func findAgainstDenial(view ledger.View, f *licensingv1.LicenceDenied, h heard) ([]proto.Message, error) {
	if h.id.Agency == view.Agency() {
		return nil, nil
	}
	return denial.FindAgainst(view, f.GetDenialId(), h.at, h.cause)
}

func findAgainstAmendedDenial(view ledger.View, f *licensingv1.DenialAmended, h heard) ([]proto.Message, error) {
	if h.id.Agency == view.Agency() {
		return nil, nil
	}
	return denial.FindAgainst(view, f.GetDenialId(), h.at, h.cause)
}

func revokeNotices(view ledger.View, f *licensingv1.DenialRevoked, h heard) ([]proto.Message, error) {
	if h.id.Agency != view.Agency() {
		return nil, nil
	}
	return denial.RevokeNotices(view, f, h.cause)
}

func closeReplied(view ledger.View, f *licensingv1.UndercutReplied, h heard) ([]proto.Message, error) {
	return denial.CloseReplied(view, h.id.Agency, f, h.cause)
}

// blindReactions publish what this agency holds denials about, and answer who asks. A service that has no key of its own does
// neither.
func (s *Service) blindReactions() []desk.Reaction {
	if s == nil || s.blind == nil {
		return nil
	}
	return []desk.Reaction{
		onOwn[*licensingv1.LicenceDenied](s, "publish tokens after a denial"),
		onOwn[*licensingv1.DenialAmended](s, "publish tokens after an amended denial"),
		onOwn[*licensingv1.DenialRevoked](s, "publish tokens after a revoked denial"),
		onOwn[*licensingv1.EntryWithdrawn](s, "publish tokens after a withdrawn entry"),
		onOwn[*directoryv1.SharingRuleAdopted](s, "publish tokens by the sharing rules"),
		{Name: "answer blind checks", Due: func(view ledger.View, now time.Time) ([]proto.Message, time.Time, error) {
			keys, err := s.blind()
			if err != nil {
				return nil, time.Time{}, err
			}
			return denial.Answer(view, keys.Holder, now, s.checksPerDay)
		}},
	}
}

// onOwn makes a reaction that publishes the tokens of denials after the last of this agency's events of a kind, or of the
// directory's: an import of thousands publishes once.
func onOwn[F proto.Message](s *Service, name string) desk.Reaction {
	var fact F
	kind := fact.ProtoReflect().Descriptor().FullName()
	return desk.Reaction{Name: name, Kind: kind,
		React: func(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
			if id.Agency != view.Agency() && id != ledger.Directory {
				return nil, nil
			}
			later, err := view.EntriesOfKind(id, kind, e.Number, 1)
			if len(later) > 0 || err != nil {
				return nil, err
			}
			keys, err := s.blind()
			if err != nil {
				return nil, err
			}
			return denial.PublishTokens(view, keys)
		}}
}
