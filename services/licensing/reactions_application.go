package licensing

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/desk"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/licensing/application"
)

// applicationReactions take applications on by themselves: lines are classified where the table is certain, and sent to
// those who decide them, who open cases.
func applicationReactions() []desk.Reaction {
	return []desk.Reaction{
		{Name: "take a new application on", Kind: (&licensingv1.ApplicationSubmitted{}).ProtoReflect().Descriptor().FullName(), React: takeOn},
		{Name: "take an amended application on", Kind: (&licensingv1.ApplicationAmended{}).ProtoReflect().Descriptor().FullName(), React: takeOn},
		{Name: "take a classified application on", Kind: (&licensingv1.ClassificationAssigned{}).ProtoReflect().Descriptor().FullName(), React: takeOn},
		{Name: "take applications on by a new policy", Kind: (&directoryv1.PolicyAdopted{}).ProtoReflect().Descriptor().FullName(), React: takeAllOn},
		{Name: "open routed cases", Kind: (&licensingv1.ApplicationRouted{}).ProtoReflect().Descriptor().FullName(), React: openCase},
	}
}

// takeOn goes on with an application of this agency that something new is known of. What others have is theirs to go on with.
func takeOn(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
	about, ok := e.Fact.(interface{ GetApplicationId() string })
	if !ok {
		return nil, fmt.Errorf("event %d of %s is a %s and about no application", e.Number, id, e.Event.GetKind())
	}
	return application.Proceed(view, about.GetApplicationId(), e.Event.GetOccurredAt().AsTime())
}

// takeAllOn looks at every application again when a policy was adopted.
func takeAllOn(view ledger.View, _ journal.ID, e journal.Entry) ([]proto.Message, error) {
	return application.ProceedAll(view, e.Event.GetOccurredAt().AsTime())
}

func openCase(view ledger.View, id journal.ID, e journal.Entry) ([]proto.Message, error) {
	routed, ok := e.Fact.(*licensingv1.ApplicationRouted)
	if !ok {
		return nil, fmt.Errorf("event %d of %s is a %s and no route", e.Number, id, e.Event.GetKind())
	}
	return application.OpenCase(view, routed, e.Event.GetOccurredAt().AsTime())
}
