package inquiry_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
	"github.com/counterfoil/counterfoil/services/reporting/inquiry"
)

const id, reportID = "reporting/PR-2026-000001", "reporting/att-annual-2025.1"

var (
	particulars = &eventv1.Particulars{OccurredAt: timestamppb.New(ledgertest.Start)}
	due         = timestamppb.New(ledgertest.Start.AddDate(0, 1, 0))
	opening     = &reportingv1.OpenPublicRequestRequest{Particulars: particulars, From: "citizen", Reference: "7/26", Text: "how many rifles went to XB?", Due: due}
	opened      = &reportingv1.PublicRequestOpened{RequestId: id, From: "citizen", Reference: "7/26", Text: opening.Text, Due: due}

	answering = &reportingv1.AnswerPublicRequestRequest{
		Particulars: particulars, RequestId: id, Text: "see the report of 2025", ReportIds: []string{reportID},
		Redactions: []*reportingv1.Redaction{{What: "the value of one row", Ground: "Arms Act, section 12"}}, Files: map[string][]byte{"report.pdf": make([]byte, 32)},
	}
	answered = &reportingv1.PublicRequestAnswered{RequestId: id, Text: answering.Text, ReportIds: answering.ReportIds, Redactions: answering.Redactions, Files: answering.Files}
)

func row(id string, hidden *reportingv1.Hidden, pieces, cents int64, description string) *reportingv1.Row {
	return &reportingv1.Row{
		Id: id, Table: "exports", Keys: []string{"VIII small arms 4", "actual", "XB", "", "", description, ""}, Hidden: hidden, Amounts: &reportingv1.Amounts{
			Quantities: []*reportingv1.UnitSum{{Unit: "H87", Thousandths: pieces * 1000}}, Values: []*reportingv1.CurrencySum{{Currency: "EUR", Minor: cents}},
		},
	}
}

// annual is a report on record; frozen or not.
func annual(audience reportingv1.Audience, frozen bool) []proto.Message {
	facts := []proto.Message{
		&reportingv1.ReportOpened{ReportId: reportID, Report: "att-annual", Year: 2025, Revision: 1},
		&reportingv1.ReportPartKept{ReportId: reportID, Draft: 1, Part: 1, Rows: []*reportingv1.Row{row("0000000000aa", &reportingv1.Hidden{Value: true}, 40, 1_234_567_00, "rifle")}},
		&reportingv1.ReportPartKept{ReportId: reportID, Draft: 1, Part: 2, Rows: []*reportingv1.Row{row("0000000000bb", nil, 777, 999_00, "pistol")}},
		&reportingv1.ReportDrafted{ReportId: reportID, Draft: 1, Parts: 2, Rows: 2, Tables: []*reportingv1.TableHead{{Table: "exports", Audience: audience}}},
	}
	if frozen {
		facts = append(facts, &reportingv1.ReportFrozen{ReportId: reportID, Draft: 1})
	}
	return facts
}

func with[M proto.Message](m M, change func(M)) M {
	m = proto.CloneOf(m)
	change(m)
	return m
}

func TestOpen(t *testing.T) {
	of := func(change func(*reportingv1.OpenPublicRequestRequest)) *reportingv1.OpenPublicRequestRequest {
		return with(opening, change)
	}
	second := with(opened, func(o *reportingv1.PublicRequestOpened) { o.RequestId = "reporting/PR-2026-000002" })
	for _, tt := range []struct {
		name    string
		given   []proto.Message
		command *reportingv1.OpenPublicRequestRequest
		want    []proto.Message
		wantErr error
	}{
		{"the first", nil, opening, []proto.Message{opened}, nil},
		{"the same again", []proto.Message{opened}, opening, nil, nil},
		{"the same after an answer", []proto.Message{opened, answered}, opening, []proto.Message{second}, nil},
		{"by nobody", nil, of(func(c *reportingv1.OpenPublicRequestRequest) { c.From = "" }), nil, fault.Invalid},
		{"of nothing", nil, of(func(c *reportingv1.OpenPublicRequestRequest) { c.Text = " " }), nil, fault.Invalid},
		{"never due", nil, of(func(c *reportingv1.OpenPublicRequestRequest) { c.Due = nil }), nil, fault.Invalid},
		{"due at once", nil, of(func(c *reportingv1.OpenPublicRequestRequest) { c.Due = particulars.OccurredAt }), nil, fault.Invalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := inquiry.Open(ledgertest.GivenAs(t, "reporting", tt.given...), tt.command)
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" || !errors.Is(err, tt.wantErr) {
				t.Errorf("Open: %v, want %v\n%s", err, tt.wantErr, diff)
			}
		})
	}
}

func TestAnswer(t *testing.T) {
	public, parties := reportingv1.Audience_AUDIENCE_PUBLIC, reportingv1.Audience_AUDIENCE_STATES_PARTIES
	given := append([]proto.Message{opened}, annual(public, true)...)
	text := func(text string) *reportingv1.AnswerPublicRequestRequest {
		return with(answering, func(c *reportingv1.AnswerPublicRequestRequest) { c.Text = text })
	}
	hiddenSince := &reportingv1.RowHidden{
		MarkId: "reporting/att-annual-2025#0000000000bb", Report: "att-annual", Year: 2025, RowId: "0000000000bb", Hidden: &reportingv1.Hidden{Quantity: true, Description: true},
	}
	for _, tt := range []struct {
		name    string
		given   []proto.Message
		command *reportingv1.AnswerPublicRequestRequest
		wantErr error
		says    string
		none    bool
	}{
		{name: "with a report", given: given, command: answering},
		{name: "the same again", given: append(given[:6:6], answered), command: answering, none: true},
		{name: "twice", given: append(given[:6:6], answered), command: text("another"), wantErr: fault.Conflict, says: "was answered"},
		{name: "to a request that is none", command: answering, wantErr: fault.NotFound, says: "request list"},
		{name: "of another agency", given: []proto.Message{ledgertest.By("reporting-b", with(opened, func(o *reportingv1.PublicRequestOpened) { o.RequestId = "reporting-b/PR-1" }))},
			command: with(answering, func(c *reportingv1.AnswerPublicRequestRequest) { c.RequestId = "reporting-b/PR-1" }), wantErr: fault.NotAllowed, says: "reporting-b"},
		{name: "without words", given: given, command: text(" "), wantErr: fault.Invalid},
		{name: "without a ground", given: given, command: with(answering, func(c *reportingv1.AnswerPublicRequestRequest) { c.Redactions[0].Ground = " " }), wantErr: fault.Invalid, says: "legal ground"},
		{name: "with a report that is none", given: given[:1], command: answering, wantErr: fault.NotFound, says: "list reports"},
		{name: "with a draft", given: append([]proto.Message{opened}, annual(public, false)...), command: answering, wantErr: fault.Precondition, says: "not frozen"},
		{name: "with a report for others", given: append([]proto.Message{opened}, annual(parties, true)...), command: answering, wantErr: fault.Precondition, says: "no table that is for the public"},
		{name: "to parliament, with a report for others", given: append([]proto.Message{with(opened, func(o *reportingv1.PublicRequestOpened) { o.From = "parliament" })}, annual(parties, true)...), command: answering},
		{name: "with what is shown", given: given, command: text("40 rifles, and 777 pistols for EUR 999")},
		{name: "with what is hidden", given: given, command: text("EUR 1,234,567 in all"), wantErr: fault.Invalid, says: "the value of row 0000000000aa of " + reportID},
		{name: "with what is hidden in what is left out", given: given, command: with(answering, func(c *reportingv1.AnswerPublicRequestRequest) {
			c.Redactions[0].What = "the value of 1 234 567 EUR"
		}), wantErr: fault.Invalid, says: "row 0000000000aa"},
		{name: "with what is hidden in a file's name", given: given, command: with(answering, func(c *reportingv1.AnswerPublicRequestRequest) {
			c.Files = map[string][]byte{"1234567.pdf": make([]byte, 32)}
		}), wantErr: fault.Invalid, says: "row 0000000000aa"},
		{name: "with what was hidden since", given: append(given[:6:6], hiddenSince), command: text("777 pistols"), wantErr: fault.Invalid,
			says: "the quantity of row 0000000000bb of " + reportID + ";"},
		{name: "without the report that hides it", given: given, command: with(answering, func(c *reportingv1.AnswerPublicRequestRequest) { c.Text, c.ReportIds = "1,234,567", nil })},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := inquiry.Answer(ledgertest.GivenAs(t, "reporting", tt.given...), tt.command)
			if !errors.Is(err, tt.wantErr) || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("Answer: %v, want %v, %q", err, tt.wantErr, tt.says)
			}
			if (len(got) == 0) != (tt.none || tt.wantErr != nil) {
				t.Fatalf("decided %v", got)
			}
			if len(got) == 0 {
				return
			}
			c := tt.command
			want := &reportingv1.PublicRequestAnswered{RequestId: id, Text: c.Text, ReportIds: c.ReportIds, Redactions: c.Redactions, Files: c.Files}
			if diff := cmp.Diff(want, got[0].(ledger.Dated).Message, protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnyCommand(t *testing.T) {
	given := append([]proto.Message{opened}, annual(reportingv1.Audience_AUDIENCE_PUBLIC, true)...)
	words := []string{id, reportID, "citizen", "1,234,567", "7/26"}
	anycommand.Check(t, "reporting", given, words, map[string]anycommand.Rule{
		"open":   anycommand.Of(inquiry.Open, with(opening, func(c *reportingv1.OpenPublicRequestRequest) { c.Reference = "8/26" })),
		"answer": anycommand.Of(inquiry.Answer, answering),
	})
}
