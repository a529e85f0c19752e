package duty_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/duty"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
)

const differenceID = "reporting/X-2026-000001"

var (
	differs   = &reportingv1.DifferenceFound{DifferenceId: differenceID, Difference: &reportingv1.Difference{Owner: "customs", Measure: "licences", Ours: 1, Theirs: 2}}
	answering = &reportingv1.AnswerDifferenceRequest{Particulars: today, DifferenceId: differenceID, Finding: reportingv1.Finding_FINDING_OURS_WRONG, Text: "weighed again"}
)

func TestAnswerDifference(t *testing.T) {
	said := &reportingv1.DifferenceAnswered{DifferenceId: differenceID, Finding: answering.Finding, Text: answering.Text}
	before := ledgertest.By("customs", ledgertest.In("border", with(said, func(a *reportingv1.DifferenceAnswered) { a.Text = "looking" })))
	closed := &reportingv1.DifferenceClosed{DifferenceId: differenceID, Finding: reportingv1.Finding_FINDING_UNEXPLAINED, Reason: "no answer came"}
	deaf := &directoryv1.GroupDefined{Group: "all", Members: []string{"licensing", "customs"}}
	of := func(change func(*reportingv1.AnswerDifferenceRequest)) *reportingv1.AnswerDifferenceRequest {
		return with(answering, change)
	}
	tests := []struct {
		name    string
		agency  string
		given   []proto.Message
		cmd     *reportingv1.AnswerDifferenceRequest
		want    []proto.Message
		wantErr error
	}{
		{"first", "customs", []proto.Message{differs}, answering, []proto.Message{said}, nil},
		{"later", "customs", []proto.Message{differs, before}, answering, []proto.Message{said}, nil},
		{"again", "customs", []proto.Message{differs, ledgertest.By("customs", said)}, answering, nil, nil},
		{"again, after it was closed", "customs", []proto.Message{differs, ledgertest.By("customs", said), closed}, answering, nil, nil},
		{"after it was closed", "customs", []proto.Message{differs, closed}, answering, nil, fault.Precondition},
		{"not by its owner", "licensing", []proto.Message{differs}, answering, nil, fault.NotAllowed},
		{"without a finding", "customs", []proto.Message{differs}, of(func(c *reportingv1.AnswerDifferenceRequest) { c.Finding = 0 }), nil, fault.Invalid},
		{"without a word", "customs", []proto.Message{differs}, of(func(c *reportingv1.AnswerDifferenceRequest) { c.Text = "" }), nil, fault.Invalid},
		{"never heard of", "customs", nil, answering, nil, fault.NotFound},
		{"where reporting would not hear of it", "customs", []proto.Message{deaf, differs}, answering, nil, fault.Precondition},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := duty.AnswerDifference(ledgertest.GivenAs(t, tt.agency, shared(tt.given...)...), tt.cmd)
			for i, fact := range got {
				dated := fact.(ledger.Dated)
				if group := map[bool]string{true: "border", false: "all"}[tt.name == "later"]; dated.Group != group {
					t.Errorf("recorded for %s", dated.Group)
				}
				got[i] = dated.Message
			}
			expect(t, got, err, tt.want, tt.wantErr)
		})
	}
}

func TestAnyAnswerToADifference(t *testing.T) {
	anycommand.Check(t, "customs", shared(differs), []string{differenceID, "customs", ""}, map[string]anycommand.Rule{
		"answer difference": anycommand.Of(duty.AnswerDifference, answering),
	})
}
