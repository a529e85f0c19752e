package duty

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/screening"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

// News is a record that is new, or says something new of whom it is about.
type News struct {
	Against screeningv1.Against
	// ID of the row.
	ID string
	// At is when it was recorded.
	At    time.Time
	Cause *eventv1.Cause
}

// news are the events that bring it. What a row's events are about is their first field.
var news = []struct {
	kind    proto.Message
	against screeningv1.Against
}{
	{&screeningv1.ListEntryAdded{}, screeningv1.Against_AGAINST_LIST},
	{&screeningv1.ListEntryAmended{}, screeningv1.Against_AGAINST_LIST},
	{&licensingv1.LicenceDenied{}, screeningv1.Against_AGAINST_DENIAL},
	{&licensingv1.DenialAmended{}, screeningv1.Against_AGAINST_DENIAL},
	{&licensingv1.DenialNotified{}, screeningv1.Against_AGAINST_NOTICE},
	{&licensingv1.DenialNoticeAmended{}, screeningv1.Against_AGAINST_NOTICE},
	{&enforcementv1.DiversionAlertRaised{}, screeningv1.Against_AGAINST_ALERT},
}

// OnNews are reactions that hear of watch lists, denials, notices of denials and alerts, from whichever agency.
func OnNews(name string, react func(ledger.View, News) ([]proto.Message, error)) []desk.Reaction {
	var all []desk.Reaction
	for _, n := range news {
		kind := n.kind.ProtoReflect().Descriptor()
		all = append(all, desk.Reaction{
			Name: name + " on " + string(kind.Name()),
			Kind: kind.FullName(),
			React: func(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
				if e.Fact == nil || e.Fact.ProtoReflect().Descriptor().FullName() != kind.FullName() {
					return nil, fmt.Errorf("event %d of %s is a %s and no %s", e.Number, id, e.Event.GetKind(), kind.Name())
				}
				return react(view, News{
					Against: n.against, ID: e.Fact.ProtoReflect().Get(kind.Fields().ByNumber(1)).String(), At: e.Event.GetRecordedAt().AsTime(),
					Cause: e.Cause(id),
				})
			},
		})
	}
	return all
}

// ScreenAgain are reactions that run every new record against what the agency watches, and record who is near it.
func ScreenAgain(watching screening.Watching) []desk.Reaction {
	return OnNews("screen again", func(view ledger.View, n News) ([]proto.Message, error) {
		facts, err := screening.Again(view, n.Against, n.ID, watching, n.At)
		for i, f := range facts {
			facts[i] = ledger.Dated{Message: f, Causes: []*eventv1.Cause{n.Cause}}
		}
		return facts, err
	})
}
