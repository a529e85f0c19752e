package citations_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/citations"
	"github.com/counterfoil/counterfoil/libs/ledger"
)

// others are the kinds that decide nothing: steps on the way, answers, notices, and what others are told.
var others = strings.Fields(`
	customs.v1.AllowanceGiven customs.v1.AllowanceReturned customs.v1.ArrivalRecorded customs.v1.DeclarationAmended
	customs.v1.DeclarationCancelled customs.v1.DeclarationLodged customs.v1.DeliveryConfirmed customs.v1.DeliveryOverdue
	customs.v1.DeliveryReminded customs.v1.DeliveryVerificationRequested customs.v1.DiscrepancyRaised customs.v1.ExitConfirmed
	customs.v1.LicenceQuantityCommitted customs.v1.LicenceQuantityCorrected customs.v1.LicenceQuantityReleased
	customs.v1.LicenceQuantityReserved customs.v1.LicenceQuantityRestored customs.v1.MovementOverdue
	customs.v1.PostDeliveryCheckDone customs.v1.PostDeliveryCheckObstructed customs.v1.PostDeliveryCheckPlanned
	customs.v1.LicenceOnFile customs.v1.LicenceOnFileCancelled customs.v1.LicenceOnFileReplaced customs.v1.LicenceUsageReported
	customs.v1.TransitDischarged customs.v1.TransitOpened customs.v1.WireAnswered customs.v1.WireLinesKept customs.v1.WireReceived
	customs.v1.WireSent customs.v1.WireTransactionRejected
	enforcement.v1.AlertAcknowledged enforcement.v1.AlertClassified enforcement.v1.AlertClosed enforcement.v1.AlertCorroborated
	enforcement.v1.AlertEscalated enforcement.v1.ConsequenceOffered enforcement.v1.CorrectionProposed
	enforcement.v1.DiversionAlertRaised enforcement.v1.SightingAdded enforcement.v1.TraceAcknowledged enforcement.v1.TraceDelayed
	enforcement.v1.TraceHit enforcement.v1.TraceInformationRequested enforcement.v1.TraceOpened enforcement.v1.TraceOverdue
	enforcement.v1.TraceReplied enforcement.v1.TraceSent enforcement.v1.TraceWithdrawn
	licensing.v1.AppealLodged licensing.v1.ApplicationAmended licensing.v1.ApplicationReturned licensing.v1.ApplicationRouted
	licensing.v1.ApplicationSubmitted licensing.v1.ApplicationWithdrawn licensing.v1.AuthorizationFiled licensing.v1.BlindCheckAnswered
	licensing.v1.BlindCheckAsked licensing.v1.BlindCheckConcluded licensing.v1.ClassificationAssigned licensing.v1.ConditionAsked
	licensing.v1.ConditionChanged licensing.v1.ConditionDropped licensing.v1.ConflictDeclared licensing.v1.ConsultationClockRestarted
	licensing.v1.ConsultationClockStopped licensing.v1.ConsultationClosed licensing.v1.ConsultationOpened licensing.v1.DecisionDropped
	licensing.v1.DecisionProposed licensing.v1.DecisionSigned licensing.v1.DenialAmended licensing.v1.DenialNoticeAmended
	licensing.v1.DenialNotified licensing.v1.DenialTokensPublished licensing.v1.DocumentFiled licensing.v1.DocumentVerified
	licensing.v1.EditionRecorded licensing.v1.EntryWithdrawn licensing.v1.Heartbeat licensing.v1.ObligationMet licensing.v1.ObligationSet
	licensing.v1.OpinionGiven licensing.v1.ProhibitionChecked licensing.v1.ReassessmentOpened licensing.v1.RiskAssessed
	licensing.v1.SilenceTaken licensing.v1.UndercutClosed licensing.v1.UndercutConsultationOpened licensing.v1.UndercutDecided
	licensing.v1.UndercutFound licensing.v1.UndercutJudged licensing.v1.UndercutReplied licensing.v1.UndercutReplyReceived
	reporting.v1.AgencyReturnRequested reporting.v1.AgencyReturnSubmitted reporting.v1.AnswersRecorded reporting.v1.DifferenceAnswered
	reporting.v1.DifferenceClosed reporting.v1.DifferenceFound reporting.v1.DraftAnswered reporting.v1.DraftCirculated reporting.v1.FactsUsed
	reporting.v1.MeasureReported reporting.v1.PartnerEditionClosed reporting.v1.PartnerFiguresRecorded reporting.v1.ProcedureAdopted
	reporting.v1.PublicRequestAnswered reporting.v1.PublicRequestOpened reporting.v1.ReportDrafted reporting.v1.ReportFrozen
	reporting.v1.ReportOpened reporting.v1.ReportPartKept reporting.v1.ReportSubmitted reporting.v1.RowHidden reporting.v1.RowNoted
	reporting.v1.StepAlarmed reporting.v1.StepDone
	screening.v1.EmbargoEnded screening.v1.EmbargoRecorded screening.v1.HitJudged screening.v1.ListEditionRecorded screening.v1.ListEntryAdded
	screening.v1.ListEntryAmended screening.v1.ListEntryRemoved screening.v1.PartyFound screening.v1.ScreeningNotPerformed
	screening.v1.ScreeningPerformed`)

// Of every kind of event it was thought about whether it is a decision.
func TestEveryKindIsADecisionOrNone(t *testing.T) {
	known := map[string]bool{}
	for _, k := range ledger.Kinds() {
		known[string(k.FullName())] = true
		none := slices.Contains(others, strings.TrimPrefix(string(k.FullName()), "counterfoil."))
		if decides := citations.IsDecision(k.FullName()); decides == none {
			t.Errorf("%s: a decision %v, none %v; add it to the decisions or to the others", k.FullName(), decides, none)
		}
	}
	for _, k := range citations.Decisions() {
		if !known[string(k)] {
			t.Errorf("%s is a decision and no kind that is folded", k)
		}
	}
}
