package lab_test

import (
	"crypto/sha256"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/screening"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/licensing/licensingtest"
)

// listed is who is on a watch list.
const listed = "Ostrava Meridian Logistics"

// lists leaves a watch list of one entry, and an embargo that has ended.
func (r rehearsed) lists() {
	entry := &screeningv1.ListEntry{Source: "un", Key: "QE.1", Type: "entity", Names: []*screeningv1.ListName{{Text: listed, Kind: "primary"}}, Countries: []string{"XC"}}
	r.do("licensing", &screeningv1.RecordListRequest{Source: "un", Edition: "2026-01-02", Entries: []*screeningv1.ListEntry{entry}})
	digest := screening.ListDigest([][]byte{screening.EntryDigest(entry)})
	r.do("licensing", &screeningv1.CloseListRequest{Source: "un", Edition: "2026-01-02", Entries: 1, Digest: digest})
	embargo := r.do("licensing", &screeningv1.RecordEmbargoRequest{Embargo: &screeningv1.EmbargoRecorded{Country: "XC", Measure: "arms", ValidFrom: "2020-01-01"}})
	r.do("licensing", &screeningv1.EndEmbargoRequest{EmbargoId: embargo, On: "2021-01-01", Reason: "lifted"})
}

// transfer is rifles that an exporter sends to an end user.
func transfer(kind transferv1.Kind, endUser string) *licensingv1.DealInput {
	return &licensingv1.DealInput{
		Kind: kind, Destination: "XB", EndUse: "police equipment",
		Parties: []*transferv1.Party{
			consignee, {Role: transferv1.Role_ROLE_EXPORTER, Name: "Northgate Arms XA", Country: "XA"}, {Role: transferv1.Role_ROLE_END_USER, Name: endUser},
		},
		Lines: []*transferv1.Line{{Number: 1, Rating: "ML1.a", HsCode: "930190", Quantity: pieces(500)}},
	}
}

// apply rehearses an application, and waits until its parties were screened by themselves.
func (r rehearsed) apply(agency string, deal *licensingv1.DealInput) string {
	r.Helper()
	id := r.do(agency, &licensingv1.SubmitApplicationRequest{Deal: deal})
	r.screened(agency, id, 1)
	return id
}

// screened waits until an application was screened so many times, and returns the last.
func (r rehearsed) screened(agency, application string, times int) (last *ledgerv1.Screening) {
	r.Helper()
	comesTo(r.T, r.node(agency), application+" is screened", func(v ledger.View) bool {
		rows, err := v.ScreeningsWith("subject", application)
		if err == nil && len(rows) == times {
			last = rows[times-1]
		}
		return last != nil
	})
	return last
}

// applications leaves one that was withdrawn and one that was sent back.
func (r rehearsed) applications() {
	transit := transferv1.Kind_KIND_TRANSIT
	id := r.apply("licensing", transfer(transit, "Border Guard of XB"))
	r.do("licensing", &licensingv1.AmendApplicationRequest{ApplicationId: id, Deal: transfer(transit, "Coast Guard of XB"), Reason: "another end user"})
	r.screened("licensing", id, 2)
	r.do("licensing", &licensingv1.ClassifyLineRequest{ApplicationId: id, Line: 1, Category: transferv1.Category_CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS, Reason: "rifles"})
	paper := sha256.Sum256([]byte("certificate"))
	r.do("licensing", &licensingv1.FileDocumentRequest{ApplicationId: id, Document: &licensingv1.Document{Kind: "end_user_certificate", Number: "EUC 7", Sha256: paper[:]}})
	r.do("licensing", &licensingv1.VerifyDocumentRequest{ApplicationId: id, Kind: "end_user_certificate", Number: "EUC 7", Method: "embassy", Genuine: true})
	r.do("licensing", &licensingv1.FileAuthorizationRequest{ApplicationId: id, Authorization: &licensingv1.ExternalAuthorization{
		Kind: "import_authorization", Reference: "I 7", Issuer: "Import office of XB",
	}})
	r.do("licensing", &licensingv1.WithdrawApplicationRequest{ApplicationId: id, Reason: "no longer wanted"})
	returned := r.apply("licensing", transfer(transit, "Port Police of XB"))
	r.do("licensing", &licensingv1.ReturnApplicationRequest{ApplicationId: returned, Reason: "no certificate"})
}

// examined leaves a licence whose application was consulted on and passed the gates.
func (r rehearsed) examined() (licence string) {
	id := r.apply("licensing", transfer(transferv1.Kind_KIND_TRANSIT, listed))
	consultation := r.do("licensing", &licensingv1.OpenConsultationRequest{ApplicationId: id, With: []*licensingv1.Addressee{{Agency: "reporting"}}})
	r.do("licensing", &licensingv1.StopClockRequest{ConsultationId: consultation, Reason: "information requested"})
	r.do("licensing", &licensingv1.RestartClockRequest{ConsultationId: consultation})
	r.do("reporting", &licensingv1.GiveOpinionRequest{
		ConsultationId: consultation, View: licensingv1.OpinionView_OPINION_VIEW_CONCUR_WITH_CONDITIONS, Conditions: []string{"report the delivery"},
	})
	condition := r.do("reporting", &licensingv1.AddConditionRequest{ApplicationId: id, Text: "within 60 days"})
	r.do("reporting", &licensingv1.ChangeConditionRequest{ConditionId: condition, Text: "within 90 days", Reason: "the route is long"})
	r.do("reporting", &licensingv1.DropConditionRequest{ConditionId: condition, Reason: "the law says so"})
	r.do("licensing", &licensingv1.CloseConsultationRequest{ConsultationId: consultation})

	hit := r.screened("licensing", id, 1)
	r.as("1").do("licensing", &screeningv1.JudgeHitRequest{ScreeningId: hit.Id, Hit: 1, Judgement: screeningv1.Judgement_JUDGEMENT_ANOTHER, Reason: "of another State"})
	r.do("licensing", &licensingv1.CheckProhibitionsRequest{ApplicationId: id, Findings: licensingtest.Clear()})
	r.do("licensing", &licensingv1.AssessRiskRequest{ApplicationId: id, Findings: licensingtest.Low()})
	licence = r.do("licensing", &licensingv1.GrantLicenceRequest{ApplicationId: id})
	r.do("licensing", &licensingv1.AmendLicenceRequest{LicenceId: licence, ValidUntil: timestamppb.New(inTwoYears), Reason: "longer"})
	r.do("licensing", &screeningv1.ScreenSubjectRequest{Subject: licence})
	return licence
}

// ready is an import that passed the gates and that two persons have to sign for.
func (r rehearsed) ready(endUser string) string {
	r.Helper()
	deal := transfer(transferv1.Kind_KIND_IMPORT, endUser)
	deal.Destination, deal.Sources = "XA", []string{"XB"}
	id := r.apply("licensing", deal)
	licensingtest.Ready(r.T, client(r.node("licensing"), tokenOf(r.T, r.node("licensing"))), id)
	return id
}

// decisions leaves a licence by two signatures whose obligation was met, a proposal that was dropped, and a denial that was
// overturned.
func (r rehearsed) decisions() {
	proposal := r.as("1").do("licensing", &licensingv1.GrantLicenceRequest{ApplicationId: r.ready("Palace Guard of XA")})
	licence := r.as("2").do("licensing", &licensingv1.SignDecisionRequest{ProposalId: proposal})
	var obligation string
	comesTo(r.T, r.node("licensing"), "customs has to say whether the goods came", func(v ledger.View) bool {
		set, err := v.ObligationsWith("subject", licence)
		if err == nil && len(set) == 1 {
			obligation = set[0].Id
		}
		return obligation != ""
	})
	r.do("licensing", &licensingv1.MeetObligationRequest{ObligationId: obligation, How: "seen in the port"})

	deny := &licensingv1.DenyLicenceRequest{ApplicationId: r.ready("River Guard of XA"), Criteria: []string{"7"}, Reason: "risk of diversion"}
	r.do("licensing", &licensingv1.DropProposalRequest{ProposalId: r.as("1").do("licensing", deny), Reason: "a paper came"})
	r.as("1").do("licensing", &licensingv1.DeclareConflictRequest{ApplicationId: deny.ApplicationId, Reason: "a relative works there"})

	other := r.apply("licensing", transfer(transferv1.Kind_KIND_TRANSIT, "Lake Guard of XB"))
	denial := r.as("1").do("licensing", &licensingv1.DenyLicenceRequest{ApplicationId: other, Criteria: []string{"7"}, Reason: "risk of diversion"})
	r.do("licensing", &licensingv1.NotifyDenialRequest{DenialId: denial})
	appeal := r.do("licensing", &licensingv1.LodgeAppealRequest{DecisionId: denial, Grounds: "there is no risk"})
	r.as("3").do("licensing", &licensingv1.DecideAppealRequest{AppealId: appeal, Outcome: licensingv1.AppealOutcome_APPEAL_OUTCOME_OVERTURNED, Reason: "there is none"})
	r.do("licensing", &licensingv1.RevokeDenialRequest{DenialId: denial, Reason: "overturned"})
}

// denials leaves an application that is like two denials of others, which were both asked: one on paper, and one that takes
// part itself and was asked blindly before.
func (r rehearsed) denials() {
	export := transfer(transferv1.Kind_KIND_EXPORT, "Desert Guard of XC")
	export.Destination = "XC"
	r.do("licensing", &licensingv1.RecordDenialsRequest{Notices: []*licensingv1.DenialNotified{{
		State: "XB", Reference: "D 7", DeniedAt: timestamppb.New(time.Now().AddDate(0, -1, 0)), Criteria: []string{"2"},
		Deal: &licensingv1.Deal{Kind: export.Kind, Parties: export.Parties[2:], Destination: &licensingv1.Place{Country: "XC"}, Lines: export.Lines},
	}}})
	id := r.apply("licensing", export)
	onPaper := r.undercut(id, 1)
	r.judgeAndAsk(onPaper)
	r.do("licensing", &licensingv1.RecordReplyRequest{UndercutId: onPaper, Identical: true, Text: "it stands", Paper: "note 7"})

	abroad := r.apply("abroad", export)
	denied := r.do("abroad", &licensingv1.DenyLicenceRequest{ApplicationId: abroad, Criteria: []string{"2"}, Reason: "what they did"})
	comesTo(r.T, r.node("licensing"), "XB published what it denied", func(v ledger.View) bool {
		tokens, err := v.DenialTokens()
		return err == nil && len(tokens) > 0
	})
	check := r.do("licensing", &licensingv1.CheckBlindlyRequest{ApplicationId: id})
	comesTo(r.T, r.node("licensing"), "XB answers", func(v ledger.View) bool {
		a, err := v.BlindAnswer("abroad/" + check)
		return err == nil && a != nil
	})
	r.do("licensing", &licensingv1.BlindCheckRequest{CheckId: check})
	r.do("abroad", &licensingv1.NotifyDenialRequest{DenialId: denied})
	told := r.undercut(id, 2)
	r.judgeAndAsk(told)
	r.do("abroad", &licensingv1.ReplyToConsultationRequest{UndercutId: told, Identical: true, Text: "it stands"})
}

// undercut waits for the nth denial that an application is like.
func (r rehearsed) undercut(application string, n int) (id string) {
	r.Helper()
	comesTo(r.T, r.node("licensing"), application+" is like a denial", func(v ledger.View) bool {
		found, err := v.UndercutsWith("application", application)
		if err == nil && len(found) == n {
			id = found[n-1].Id
		}
		return id != ""
	})
	return id
}

func (r rehearsed) judgeAndAsk(undercut string) {
	r.Helper()
	r.do("licensing", &licensingv1.JudgeUndercutRequest{UndercutId: undercut, Identical: true, Reason: "the same guard and rifle"})
	r.do("licensing", &licensingv1.ConsultDenialRequest{UndercutId: undercut, Question: "does it stand?"})
}
