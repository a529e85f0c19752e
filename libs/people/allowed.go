package people

import (
	"fmt"
	"slices"
	"strings"
)

// What calls need, from the role that may do least.
var (
	anybody   = Roles
	reading   = []Role{Viewer, Auditor, Officer, Approver}
	overview  = Roles
	checking  = []Role{Auditor, Operator}
	recording = []Role{Officer, Approver}
	deciding  = []Role{Approver}
	running   = []Role{Operator}
	releasing = []Role{Approver, Operator}
)

// allowed says which roles may make a call: the one place where that is declared. A call that is not here is made by
// nobody, and a node that serves one does not start.
var allowed = table(
	service("counterfoil.query.v1.QueryService", calls{
		"Status": overview, "Directory": overview, "Audience": overview, "Receipts": overview, "Parked": overview,
		"Usage": overview,
		"Count": reading, "List": reading, "Get": reading, "Explain": reading, "Watch": reading, "ParkedEvent": reading, "Custody": reading,
		"RetryParked": running, "Verify": checking, "Doctor": checking, "Access": checking,
	}),
	service("counterfoil.query.v1.ReplayService", calls{
		"PlanReplay": reading, "ReplayBlocks": reading, "ListSnapshots": overview, "TakeSnapshot": running,
	}),
	service("counterfoil.query.v1.BundleService", calls{"MakeBundle": running, "ImportBundle": running, "WaitingBundles": overview}),
	service("counterfoil.query.v1.LinkService", calls{"Links": reading, "AlertFile": reading}),
	service("counterfoil.query.v1.KnowledgeService", calls{"Knew": reading}),
	service("counterfoil.query.v1.ProofService", calls{
		"Consistency": overview, "Checkpoint": overview, "Leaves": overview, "Prove": reading, "Entries": reading,
	}),
	service("counterfoil.query.v1.CompareService", calls{
		"HeldJournals": overview, "RowTree": reading, "RowEvents": reading, "Differences": reading,
	}),
	service("counterfoil.query.v1.WhatIfService", calls{"WhatIf": reading}),
	service("counterfoil.query.v1.FeedService", calls{"FeedStatus": overview}),
	service("counterfoil.query.v1.RebuildService", calls{"Rebuild": running}),
	service("counterfoil.query.v1.WebhookService", calls{
		"ListWebhooks": checking, "ParkedDeliveries": checking,
		"AddWebhook": running, "SwitchWebhook": running, "RemoveWebhook": running, "TestWebhook": running, "RetryDeliveries": running,
		"ReplayWebhook": running, "RotateWebhook": running,
	}),
	service("counterfoil.licensing.v1.LicensingService", calls{
		"SubmitApplication": recording, "RecordEdition": recording, "CloseEdition": recording,
		"GrantLicence": deciding, "DenyLicence": deciding, "AmendLicence": deciding, "SuspendLicence": deciding,
		"ReinstateLicence": deciding, "RevokeLicence": deciding, "ConcludeReassessment": deciding,
		"EditionContents":  reading,
		"AmendApplication": recording, "WithdrawApplication": recording, "ReturnApplication": recording, "ClassifyLine": recording,
		"FileDocument": recording, "FileAuthorization": recording, "VerifyDocument": recording, "CheckProhibitions": recording,
		"AssessRisk": recording, "DeclareConflict": recording, "LodgeAppeal": recording, "MeetObligation": recording,
		"SignDecision": deciding, "DropProposal": deciding, "DecideAppeal": deciding, "SimulatePolicy": reading,
	}),
	service("counterfoil.licensing.v1.ConsultationService", calls{
		"OpenConsultation": recording, "StopClock": recording, "RestartClock": recording, "CloseConsultation": recording,
	}),
	service("counterfoil.licensing.v1.OpinionService", calls{
		"GiveOpinion": deciding, "AddCondition": deciding, "ChangeCondition": deciding, "DropCondition": deciding,
	}),
	service("counterfoil.licensing.v1.DenialService", calls{
		"RecordDenials": recording, "NotifyDenial": deciding, "RevokeDenial": deciding, "JudgeUndercut": recording,
		"ConsultDenial": recording, "RecordReply": recording, "ReplyToConsultation": deciding, "CheckBlindly": recording,
		"BlindCheck": recording, "ConsultationFigures": reading,
	}),
	service("counterfoil.screening.v1.ScreeningService", calls{
		"ScreenName": reading, "ScreenSubject": recording, "JudgeHit": recording,
	}),
	service("counterfoil.screening.v1.ListService", calls{
		"ListContents": reading, "RecordList": recording, "CloseList": recording, "RecordEmbargo": recording, "EndEmbargo": recording,
	}),
	service("counterfoil.customs.v1.CustomsService", calls{
		"LodgeDeclaration": recording, "AcceptDeclaration": recording, "AcceptLodged": recording, "AmendDeclaration": recording,
		"ConfirmExit": recording, "ConfirmArrival": recording, "CancelDeclaration": recording,
		"OpenTransit": recording, "DischargeTransit": recording, "NoteDiscrepancy": recording, "OverrideDiscrepancy": recording, "SettleDiscrepancy": recording,
		"Balance": reading, "CheckDeclaration": reading,
	}),
	service("counterfoil.customs.v1.WriteOffService", calls{"CorrectWriteOff": deciding, "RestoreWriteOff": deciding}),
	service("counterfoil.customs.v1.AllowanceService", calls{
		"GiveAllowance": deciding, "ReturnAllowance": recording, "Allowance": reading,
	}),
	service("counterfoil.customs.v1.ReleaseService", calls{"ReleaseGoods": recording, "HoldGoods": recording, "LiftHold": recording}),
	service("counterfoil.customs.v1.DeliveryService", calls{
		"RequestDelivery": recording, "VerifyDelivery": recording, "DisputeDelivery": recording, "ConfirmDelivery": recording,
		"PlanCheck": recording, "RecordCheck": recording, "ObstructCheck": recording,
	}),
	service("counterfoil.customs.v1.ChiefService", calls{"ReceiveWire": recording, "SendUsage": recording, "Wire": reading}),
	service("counterfoil.enforcement.v1.EnforcementService", calls{
		"RaiseAlert": recording, "CorroborateAlert": recording, "ConfirmAlert": recording, "RefuteAlert": recording, "CloseAlert": recording,
	}),
	service("counterfoil.enforcement.v1.AlertAnswerService", calls{"AcknowledgeAlert": recording}),
	service("counterfoil.enforcement.v1.TracingService", calls{
		"OpenTrace": recording, "SendTrace": recording, "AcknowledgeTrace": recording, "RequestTraceInformation": recording,
		"AnswerTrace": deciding, "RefuseTrace": deciding, "DelayTrace": recording, "WithdrawTrace": recording,
	}),
	service("counterfoil.enforcement.v1.TraceReplyService", calls{"ReplyToTrace": deciding}),
	service("counterfoil.enforcement.v1.IncidentService", calls{
		"ClassifyAlert": recording, "ActOnAlert": recording, "AnswerConsequence": recording, "AddSighting": recording,
		"ProposeCorrection": recording, "AnswerCorrection": recording,
	}),
	service("counterfoil.reporting.v1.ReportingService", calls{"RequestReturn": recording, "Totals": reading}),
	service("counterfoil.reporting.v1.ProcedureService", calls{"AdoptProcedure": deciding, "CompleteStep": recording}),
	service("counterfoil.reporting.v1.CalendarService", calls{"Calendar": overview}),
	service("counterfoil.reporting.v1.ReportService", calls{
		"BuildReport": reading, "CheckReport": reading, "ExplainFigure": reading, "TakeLineage": reading, "ExportReport": reading, "CompareReports": reading,
		"HideRow": deciding, "NoteRow": recording, "CirculateReport": recording, "FreezeReport": deciding, "SubmitReport": deciding,
		"ReviseReport": recording,
	}),
	service("counterfoil.reporting.v1.DraftService", calls{"AnswerDraft": deciding, "ReadDraft": reading}),
	service("counterfoil.reporting.v1.ReconciliationService", calls{
		"RecordPartnerFigures": recording, "ClosePartnerEdition": recording, "Reconcile": reading, "OpenDifferences": recording, "CloseDifference": recording,
	}),
	service("counterfoil.reporting.v1.DifferenceService", calls{"AnswerDifference": recording}),
	service("counterfoil.reporting.v1.NationalService", calls{
		"RecordAnswers": recording, "Questionnaire": reading, "ReportMeasure": recording, "OpenPublicRequest": recording,
		"AnswerPublicRequest": deciding, "ExportSetup": reading, "DraftMeasure": reading, "WriteReport": reading,
	}),
	service("counterfoil.reporting.v1.ReturnService", calls{"PrepareReturn": reading, "SubmitReturn": recording}),
	service("counterfoil.directory.v1.AuthorityService", calls{
		"PlanAgency": checking, "ShowAgency": checking, "Lag": checking,
		"AddAgency": running, "MakeKit": running, "SuspendAgency": running, "ResumeAgency": running, "RemoveAgency": running,
		"RotateAgency": running, "DefineGroup": running, "RekeyGroup": running, "AdoptRules": running, "AdoptPolicy": running,
		"AdoptCalendar": running, "NameContacts": running, "AssignCompetences": running, "EndSigningKey": running,
	}),
	service("counterfoil.directory.v1.DirectoryService", calls{
		"AgreeRelease": releasing, "RefuseRelease": releasing, "EndRelease": releasing,
		"ChangeKey": running, "HandOver": running,
		"Duties": overview, "Withdrawals": overview, "Seen": reading,
		"Withdraw": deciding, "Share": deciding, "Widen": deciding, "EndWidening": deciding, "ReviewWidening": deciding,
	}),
	service("grpc.reflection.v1.ServerReflection", calls{"ServerReflectionInfo": anybody}),
	service("grpc.reflection.v1alpha.ServerReflection", calls{"ServerReflectionInfo": anybody}),
)

type calls map[string][]Role

func service(name string, of calls) map[string][]Role {
	procedures := map[string][]Role{}
	for method, roles := range of {
		procedures["/"+name+"/"+method] = roles
	}
	return procedures
}

func table(services ...map[string][]Role) map[string][]Role {
	all := map[string][]Role{}
	for _, s := range services {
		for procedure, roles := range s {
			all[procedure] = roles
		}
	}
	return all
}

// Declared fails for a procedure whose roles are not declared, with a sentence for the developer who added it.
func Declared(procedure string) error {
	if _, ok := allowed[procedure]; !ok {
		return fmt.Errorf("nobody may call %s: say which roles may, in the table in libs/people/allowed.go", procedure)
	}
	return nil
}

// Allowed returns the roles that may call a procedure, from the one that may do least; none for one that is not declared.
func Allowed(procedure string) []Role { return slices.Clone(allowed[procedure]) }

// action is a procedure in words, such as "suspend licence".
func action(procedure string) string {
	method := procedure[strings.LastIndexByte(procedure, '/')+1:]
	var words strings.Builder
	for i, r := range method {
		if i > 0 && r >= 'A' && r <= 'Z' {
			words.WriteByte(' ')
		}
		words.WriteRune(r)
	}
	return strings.ToLower(words.String())
}
