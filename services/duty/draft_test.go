package duty_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/duty"
)

const draftedID = "reporting/att-annual-2025.1"

// circulated are two drafts: the first went to defence and foreign, the second to foreign.
var circulated = []proto.Message{
	&directoryv1.GroupDefined{Group: "all", Members: []string{"reporting", "foreign", "defence"}},
	&directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{{Group: "all"}}},
	&reportingv1.ReportOpened{ReportId: draftedID, Report: "att-annual", Year: 2025, Revision: 1},
	&reportingv1.ReportDrafted{ReportId: draftedID, Draft: 1}, &reportingv1.DraftCirculated{ReportId: draftedID, Draft: 1, Agencies: []string{"defence", "foreign"}},
	&reportingv1.ReportDrafted{ReportId: draftedID, Draft: 2}, &reportingv1.DraftCirculated{ReportId: draftedID, Draft: 2, Agencies: []string{"foreign"}},
}

func TestAnswerDraft(t *testing.T) {
	answer := func(draft uint32, approved bool, text string) *reportingv1.AnswerDraftRequest {
		return &reportingv1.AnswerDraftRequest{Particulars: answered, ReportId: draftedID, Draft: draft, Approved: approved, Text: text}
	}
	fact := func(approved bool, text string) *reportingv1.DraftAnswered {
		return &reportingv1.DraftAnswered{ReportId: draftedID, Draft: 2, Approved: approved, Text: text}
	}
	recorded := func(approved bool, text string) []proto.Message {
		return []proto.Message{ledger.Dated{Message: fact(approved, text), Group: "all"}}
	}
	with := func(more ...proto.Message) []proto.Message {
		return append(circulated[:len(circulated):len(circulated)], more...)
	}
	objected := ledgertest.By("foreign", fact(false, "one is missing"))
	tests := []struct {
		name    string
		given   []proto.Message
		agency  string
		command *reportingv1.AnswerDraftRequest
		want    []proto.Message
		wantErr error
	}{
		{"approved, the last", circulated, "foreign", answer(0, true, ""), recorded(true, ""), nil},
		{"approved, by its number", circulated, "foreign", answer(2, true, "as agreed"), recorded(true, "as agreed"), nil},
		{"an objection", circulated, "foreign", answer(0, false, "one is missing"), recorded(false, "one is missing"), nil},
		{"an objection to nothing", circulated, "foreign", answer(0, false, ""), nil, fault.Invalid},
		{"the same again", with(objected), "foreign", answer(0, false, "one is missing"), nil, nil},
		{"approved after all", with(objected), "foreign", answer(0, true, ""), recorded(true, ""), nil},
		{"one that was not asked", circulated, "defence", answer(0, true, ""), nil, fault.NotAllowed},
		{"a draft that was replaced", circulated, "defence", answer(1, true, ""), nil, fault.Precondition},
		{"a draft that is none", circulated, "foreign", answer(3, true, ""), nil, fault.NotFound},
		{"a report that is none", circulated[:2], "foreign", answer(0, true, ""), nil, fault.NotFound},
		{"a report without a draft", circulated[:3], "foreign", answer(0, true, ""), nil, fault.Precondition},
		{"after it was frozen", with(&reportingv1.ReportFrozen{ReportId: draftedID, Draft: 2}), "foreign", answer(0, true, ""), nil, fault.Precondition},
		{"where the report's agency would not hear of it", with(&directoryv1.GroupDefined{Group: "all", Members: []string{"foreign"}}), "foreign", answer(0, true, ""), nil, fault.Precondition},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := duty.AnswerDraft(ledgertest.GivenAs(t, tt.agency, tt.given...), tt.command)
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" || !errors.Is(err, tt.wantErr) {
				t.Errorf("AnswerDraft: %v, want %v\n%s", err, tt.wantErr, diff)
			}
		})
	}
}
