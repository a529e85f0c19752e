package denial_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
	"github.com/counterfoil/counterfoil/services/licensing/denial"
)

func TestAnyCommand(t *testing.T) {
	numbered := func(fact proto.Message, id string) proto.Message {
		m := proto.Clone(fact).ProtoReflect()
		m.Set(m.Descriptor().Fields().ByNumber(1), protoString(id))
		return m.Interface()
	}
	const confirmed, asked, answered, theirs2 = "licensing/U-2026-000002", "licensing/U-2026-000003", "licensing/U-2026-000004", theirAgency + "/U-2026-000001"
	given := []proto.Message{
		registered, theirs, submitted, ownDenied, toldByThem, theyPublished(t, deniedDeal()), aloneGroup, aloneRule,
		found, numbered(found, confirmed), numbered(isIdentical, confirmed), numbered(found, asked), numbered(isIdentical, asked), numbered(opened, asked),
		numbered(found, answered), numbered(isIdentical, answered), numbered(opened, answered), numbered(closed, answered),
		with(sent(), func(n *licensingv1.DenialNotified) { n.NoticeId = receivedID }),
		ledgertest.By(theirAgency, with(found, func(f *licensingv1.UndercutFound) { f.UndercutId, f.Agency = theirs2, "licensing" })),
		ledgertest.By(theirAgency, numbered(isIdentical, theirs2)), ledgertest.By(theirAgency, numbered(opened, theirs2)),
	}
	words := []string{"XA", "XB", "", applicationID, ownDenialID, receivedID, theirNoticeID, undercutID, confirmed, asked, answered, theirs2, "DN-7"}
	anycommand.Check(t, "licensing", given, words, map[string]anycommand.Rule{
		"record":       anycommand.Of(denial.Record, &licensingv1.RecordDenialsRequest{Particulars: particulars, Notices: []*licensingv1.DenialNotified{sent()}}),
		"notify":       anycommand.Of(denial.Notify, &licensingv1.NotifyDenialRequest{Particulars: particulars, DenialId: ownDenialID}),
		"revoke":       anycommand.Of(denial.Revoke, &licensingv1.RevokeDenialRequest{Particulars: particulars, DenialId: ownDenialID, Reason: "mistaken"}),
		"judge":        anycommand.Of(denial.Judge, &licensingv1.JudgeUndercutRequest{Particulars: particulars, UndercutId: undercutID, Identical: true, Reason: "the same"}),
		"consult":      anycommand.Of(denial.Consult, &licensingv1.ConsultDenialRequest{Particulars: particulars, UndercutId: confirmed, Question: "why?"}),
		"record reply": anycommand.Of(denial.RecordReply, &licensingv1.RecordReplyRequest{Particulars: particulars, UndercutId: asked, Text: "no", Paper: "note"}),
		"reply":        anycommand.Of(denial.Reply, &licensingv1.ReplyToConsultationRequest{Particulars: particulars, UndercutId: theirs2, Text: "no"}),
		"check blindly": anycommand.Of(func(view ledger.View, c *licensingv1.CheckBlindlyRequest) ([]proto.Message, error) {
			return denial.CheckBlindly(view, c, secret)
		}, &licensingv1.CheckBlindlyRequest{Particulars: particulars, ApplicationId: applicationID}),
	})
}
