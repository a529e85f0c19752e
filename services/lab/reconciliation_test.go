package lab_test

import (
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1/reportingv1connect"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/lab"
)

// Customs wrote rifles off that went elsewhere than their licence says. The reporting office finds that, customs answers, and the
// office closes it. No figure is changed by any of it.
func TestADifferenceIsOpenedAnsweredAndClosed(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	folder := lab.Folder(t.TempDir())
	l := start(t, folder, lab.Options{})
	licensing, customs, reporting := l.Agencies["licensing"].Node, l.Agencies["customs"].Node, l.Agencies["reporting"].Node
	const id, declaration = "licensing/L-2026-000001", "customs/26XA0007"
	record(t, licensing, &licensingv1.LicenceGranted{LicenceId: id, Deal: &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: &licensingv1.Place{Country: "XB"}, Lines: []*transferv1.Line{{Number: 1, Rating: "ML1.a", Quantity: pieces(200)}},
	}})
	at := timestamppb.Now()
	moved := record(t, customs,
		&customsv1.DeclarationAccepted{DeclarationId: declaration, Kind: transferv1.Kind_KIND_EXPORT, LicenceId: id, Destination: "XC", AcceptedAt: at, Items: []*customsv1.Item{{Number: 1, LicenceLine: 1, Quantity: pieces(20)}}},
		&customsv1.LicenceQuantityReserved{DeclarationId: declaration, Item: 1, LicenceId: id, LicenceLine: 1, Quantity: pieces(20)},
		&customsv1.ExitConfirmed{DeclarationId: declaration, At: at},
		&customsv1.LicenceQuantityCommitted{DeclarationId: declaration, Item: 1, LicenceId: id, LicenceLine: 1, Quantity: pieces(20)},
	)
	wait(t, reporting, journal.ID{Agency: "customs", Group: "border"}, moved.FirstEvent+3)
	comesTo(t, reporting, "the licence is known", func(v ledger.View) bool { row, err := v.Licence(id); return err == nil && row != nil })

	office := reportingv1connect.NewReconciliationServiceClient(caller(t, folder, "reporting", "officer"))
	year := uint32(at.AsTime().Year())
	ask := &reportingv1.ReconcileRequest{Comparison: reportingv1.Comparison_COMPARISON_CUSTOMS_LICENSING, Year: year}
	before, err := office.Reconcile(ctx, ask)
	if err != nil || len(before.Differences) != 1 || before.Differences[0].DifferenceId != "" {
		t.Fatalf("%v, %v", before, err)
	}
	opening := &reportingv1.OpenDifferencesRequest{Comparison: ask.Comparison, Year: year, Due: timestamppb.New(time.Now().AddDate(0, 1, 0))}
	opened, err := office.OpenDifferences(ctx, opening)
	if err != nil || len(opened.DifferenceIds) != 1 {
		t.Fatalf("%v, %v", opened, err)
	}
	task := opened.DifferenceIds[0]
	if again, err := office.OpenDifferences(ctx, opening); err != nil || len(again.DifferenceIds) != 0 || again.Receipt.GetEvents() != 0 {
		t.Errorf("opened again: %v, %v", again, err)
	}

	comesTo(t, customs, "the task is known", func(v ledger.View) bool { row, err := v.Difference(task); return err == nil && row != nil })
	answer := &reportingv1.AnswerDifferenceRequest{DifferenceId: task, Finding: reportingv1.Finding_FINDING_OURS_WRONG, Text: "XC was typed for XB; the waybill says XB"}
	comesTo(t, licensing, "the task is known", func(v ledger.View) bool { row, err := v.Difference(task); return err == nil && row != nil })
	if _, err := reportingv1connect.NewDifferenceServiceClient(caller(t, folder, "licensing", "officer")).AnswerDifference(ctx, answer); connect.CodeOf(err) != connect.CodePermissionDenied {
		t.Errorf("licensing answers for customs: %v", err)
	}
	if _, err := reportingv1connect.NewDifferenceServiceClient(caller(t, folder, "customs", "officer")).AnswerDifference(ctx, answer); err != nil {
		t.Fatal(err)
	}
	comesTo(t, reporting, "the answer is known", func(v ledger.View) bool {
		row, err := v.DifferenceAnswer("customs/" + task)
		return err == nil && row.GetAnswered().GetText() == answer.Text
	})
	if _, err := office.CloseDifference(ctx, &reportingv1.CloseDifferenceRequest{DifferenceId: task, Finding: answer.Finding, Reason: "customs corrects it"}); err != nil {
		t.Fatal(err)
	}
	after, err := office.Reconcile(ctx, ask)
	if err != nil || len(after.Differences) != 1 || after.Differences[0].DifferenceId != task || after.Differences[0].Theirs != before.Differences[0].Theirs {
		t.Errorf("after it was closed: %v, %v", after, err)
	}
}
