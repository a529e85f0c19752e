// Package citations is what decisions rest on: which events a decision cites, and how often the facts that others shared were
// cited, for which kind of decision.
package citations

import (
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// decisions are the kinds of event by which an agency settles something for somebody. Steps on the way to one (proposals,
// assessments, screenings, judgements of hits, opinions) are none: the decision that follows cites what they were about.
var decisions = kindsOf(
	&licensingv1.LicenceGranted{}, &licensingv1.LicenceDenied{}, &licensingv1.LicenceAmended{}, &licensingv1.LicenceSuspended{},
	&licensingv1.LicenceReinstated{}, &licensingv1.LicenceRevoked{}, &licensingv1.ReassessmentConcluded{}, &licensingv1.AppealDecided{},
	&licensingv1.DenialRevoked{},
	&customsv1.DeclarationAccepted{}, &customsv1.GoodsHeld{}, &customsv1.HoldLifted{}, &customsv1.GoodsReleased{}, &customsv1.DiscrepancySettled{},
	&customsv1.DeliveryVerified{}, &customsv1.DeliveryDisputed{},
	&enforcementv1.AlertConfirmed{}, &enforcementv1.AlertRefuted{}, &enforcementv1.AlertActed{}, &enforcementv1.ConsequenceAnswered{},
	&enforcementv1.CorrectionAnswered{}, &enforcementv1.TraceAnswered{}, &enforcementv1.TraceRefused{},
)

func kindsOf(facts ...proto.Message) map[protoreflect.FullName]bool {
	kinds := map[protoreflect.FullName]bool{}
	for _, f := range facts {
		kinds[f.ProtoReflect().Descriptor().FullName()] = true
	}
	return kinds
}

// IsDecision reports whether an event of this kind decides something, so that what it cites was used.
func IsDecision(kind protoreflect.FullName) bool { return decisions[kind] }

// Decisions are the kinds of which IsDecision is true, in the order of their names.
func Decisions() []protoreflect.FullName { return slices.Sorted(maps.Keys(decisions)) }
