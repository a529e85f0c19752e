package ledger

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	enforcementv1 "github.com/counterfoil/counterfoil/proto/counterfoil/enforcement/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

var kinds = []proto.Message{
	&customsv1.DeclarationAccepted{},
	&customsv1.ExitConfirmed{},
	&customsv1.ArrivalRecorded{},
	&customsv1.DeclarationCancelled{},
	&customsv1.LicenceQuantityReserved{},
	&customsv1.LicenceQuantityCommitted{},
	&customsv1.LicenceQuantityReleased{},
	&enforcementv1.DiversionAlertRaised{},
	&enforcementv1.AlertCorroborated{},
	&enforcementv1.AlertConfirmed{},
	&enforcementv1.AlertRefuted{},
	&enforcementv1.AlertClosed{},
	&enforcementv1.AlertAcknowledged{},
	&enforcementv1.AlertEscalated{},
	&licensingv1.ApplicationSubmitted{},
	&licensingv1.LicenceGranted{},
	&licensingv1.LicenceDenied{},
	&licensingv1.LicenceAmended{},
	&licensingv1.DenialAmended{},
	&licensingv1.LicenceSuspended{},
	&licensingv1.LicenceReinstated{},
	&licensingv1.LicenceRevoked{},
	&licensingv1.EntryWithdrawn{},
	&licensingv1.EditionRecorded{},
	&licensingv1.ReassessmentOpened{},
	&licensingv1.ReassessmentConcluded{},
	&licensingv1.ApplicationAmended{},
	&licensingv1.ApplicationWithdrawn{},
	&licensingv1.ApplicationReturned{},
	&licensingv1.ApplicationRouted{},
	&licensingv1.ClassificationAssigned{},
	&licensingv1.DocumentFiled{},
	&licensingv1.AuthorizationFiled{},
	&licensingv1.DocumentVerified{},
	&licensingv1.ConflictDeclared{},
	&licensingv1.ProhibitionChecked{},
	&licensingv1.RiskAssessed{},
	&licensingv1.DecisionProposed{},
	&licensingv1.DecisionSigned{},
	&licensingv1.DecisionDropped{},
	&licensingv1.AppealLodged{},
	&licensingv1.AppealDecided{},
	&licensingv1.ObligationSet{},
	&licensingv1.ObligationMet{},
	&licensingv1.ConsultationOpened{},
	&licensingv1.ConsultationClockStopped{},
	&licensingv1.ConsultationClockRestarted{},
	&licensingv1.SilenceTaken{},
	&licensingv1.ConsultationClosed{},
	&licensingv1.OpinionGiven{},
	&licensingv1.ConditionAsked{},
	&licensingv1.ConditionChanged{},
	&licensingv1.ConditionDropped{},
	&licensingv1.DenialNotified{},
	&licensingv1.DenialNoticeAmended{},
	&licensingv1.DenialRevoked{},
	&licensingv1.UndercutFound{},
	&licensingv1.UndercutJudged{},
	&licensingv1.UndercutConsultationOpened{},
	&licensingv1.UndercutReplied{},
	&licensingv1.UndercutReplyReceived{},
	&licensingv1.UndercutClosed{},
	&licensingv1.UndercutDecided{},
	&licensingv1.DenialTokensPublished{},
	&licensingv1.BlindCheckAsked{},
	&licensingv1.BlindCheckAnswered{},
	&licensingv1.BlindCheckConcluded{},
	&reportingv1.AgencyReturnRequested{},
	&reportingv1.AgencyReturnSubmitted{},
	&screeningv1.ListEntryAdded{},
	&screeningv1.ListEntryAmended{},
	&screeningv1.ListEntryRemoved{},
	&screeningv1.ListEditionRecorded{},
	&screeningv1.EmbargoRecorded{},
	&screeningv1.EmbargoEnded{},
	&screeningv1.ScreeningPerformed{},
	&screeningv1.ScreeningNotPerformed{},
	&screeningv1.HitJudged{},
	&screeningv1.PartyFound{},
}

// Kinds are the kinds of event that this program folds into rows, but for those of the directory, grouped by package.
func Kinds() []protoreflect.MessageDescriptor {
	all := make([]protoreflect.MessageDescriptor, len(kinds))
	for i, k := range kinds {
		all[i] = k.ProtoReflect().Descriptor()
	}
	return all
}
