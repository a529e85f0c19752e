package answers_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/duty/anycommand"
	"github.com/counterfoil/counterfoil/services/reporting/answers"
)

var (
	directory = ledgertest.Registered("reporting", "licensing")
	system    = &reportingv1.Answer{Question: "A1.1", Choice: "yes", Audience: reportingv1.Audience_AUDIENCE_PUBLIC, Agency: "licensing"}
	laws      = &reportingv1.Answer{Question: "A1.2", Text: "the Arms Act", Audience: reportingv1.Audience_AUDIENCE_STATES_PARTIES}
	command   = &reportingv1.RecordAnswersRequest{
		Particulars: &eventv1.Particulars{OccurredAt: timestamppb.New(ledgertest.Start)}, Questionnaire: "att-initial", Answers: []*reportingv1.Answer{laws, system},
	}
	first = recorded(1, "", system, laws)
)

func recorded(version uint32, reason string, list ...*reportingv1.Answer) *reportingv1.AnswersRecorded {
	return &reportingv1.AnswersRecorded{
		AnswersId: answers.ID("reporting", "att-initial", version), Questionnaire: "att-initial", Version: version, Answers: list, Reason: reason,
	}
}

func with(change func(*reportingv1.RecordAnswersRequest)) *reportingv1.RecordAnswersRequest {
	c := proto.CloneOf(command)
	change(c)
	return c
}

func TestRecord(t *testing.T) {
	changed := func(reason string) *reportingv1.RecordAnswersRequest {
		return with(func(c *reportingv1.RecordAnswersRequest) { c.Answers, c.Reason = c.Answers[1:], reason })
	}
	tests := []struct {
		name    string
		given   []proto.Message
		command *reportingv1.RecordAnswersRequest
		want    []proto.Message
		wantErr error
	}{
		{"the first", nil, command, []proto.Message{first}, nil},
		{"the same again", []proto.Message{first}, command, nil, nil},
		{"the same in another order", []proto.Message{first}, with(func(c *reportingv1.RecordAnswersRequest) { c.Answers[0], c.Answers[1] = c.Answers[1], c.Answers[0] }), nil, nil},
		{"others", []proto.Message{first}, changed("repealed"), []proto.Message{recorded(2, "repealed", system)}, nil},
		{"others, and not why", []proto.Message{first}, changed(" "), nil, fault.Invalid},
		{"those before the last", []proto.Message{first, recorded(2, "repealed", system)}, with(func(c *reportingv1.RecordAnswersRequest) { c.Reason = "back" }),
			[]proto.Message{recorded(3, "back", system, laws)}, nil},
		{"to other questions", nil, with(func(c *reportingv1.RecordAnswersRequest) { c.Questionnaire = "other" }), nil, fault.NotFound},
		{"none", nil, with(func(c *reportingv1.RecordAnswersRequest) { c.Answers = nil }), nil, fault.Invalid},
		{"by an agency that is none", nil, with(func(c *reportingv1.RecordAnswersRequest) { c.Answers[0].Agency = "nobody" }), nil, fault.Invalid},
		{"to a question that is none", nil, with(func(c *reportingv1.RecordAnswersRequest) { c.Answers[0].Question = "A99.1" }), nil, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := answers.Record(ledgertest.GivenAs(t, "reporting", append(directory[:2:2], tt.given...)...), tt.command)
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" || !errors.Is(err, tt.wantErr) {
				t.Errorf("Record: %v, want %v\n%s", err, tt.wantErr, diff)
			}
		})
	}
}

// Everything that is wrong is named at once.
func TestRecordNamesAll(t *testing.T) {
	_, err := answers.Record(ledgertest.GivenAs(t, "reporting", directory...), with(func(c *reportingv1.RecordAnswersRequest) {
		c.Answers = []*reportingv1.Answer{{Question: "C1.1", Text: "x"}, {Question: "A1.2", Choice: "no"}, {Question: "A1.3", Text: "x", Audience: 1, Agency: "nobody"}}
	}))
	for _, want := range []string{`"C1.1"`, "A1.2 has nothing to choose", "A1.3 is answered by nobody"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
}

func TestQuestionnaire(t *testing.T) {
	view := ledgertest.GivenAs(t, "reporting", append(directory[:2:2], first, recorded(2, "new", laws),
		ledgertest.By("reporting-b", &reportingv1.AnswersRecorded{AnswersId: answers.ID("reporting-b", "att-initial", 9), Questionnaire: "att-initial", Version: 9}))...)
	ask := func(version uint32, audience reportingv1.Audience) (string, uint32) {
		res, err := answers.Questionnaire(view, &reportingv1.QuestionnaireRequest{Questionnaire: "att-initial", Version: version, Audience: audience})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, q := range res.Questions {
			if q.Answer != nil {
				ids = append(ids, q.Id)
			}
		}
		return strings.Join(ids, " "), res.Version
	}
	for _, tt := range []struct {
		version     uint32
		audience    reportingv1.Audience
		want        string
		wantVersion uint32
	}{
		{0, 0, "A1.2", 2}, {1, 0, "A1.1 A1.2", 1}, {1, reportingv1.Audience_AUDIENCE_PUBLIC, "A1.1", 1}, {1, reportingv1.Audience_AUDIENCE_STATES_PARTIES, "A1.1 A1.2", 1},
		{2, reportingv1.Audience_AUDIENCE_PUBLIC, "", 0}, // as if nothing had been answered
	} {
		if got, version := ask(tt.version, tt.audience); got != tt.want || version != tt.wantVersion {
			t.Errorf("version %d for %s: %q of %d, want %q of %d", tt.version, tt.audience, got, version, tt.want, tt.wantVersion)
		}
	}
	for _, req := range []*reportingv1.QuestionnaireRequest{{Questionnaire: "other"}, {Questionnaire: "att-initial", Version: 3}} {
		if _, err := answers.Questionnaire(view, req); !errors.Is(err, fault.NotFound) {
			t.Errorf("%v: %v", req, err)
		}
	}
}

func TestAnyCommand(t *testing.T) {
	anycommand.Check(t, "reporting", directory, []string{"att-initial", "A1.1", "A1.2", "licensing", "yes"}, map[string]anycommand.Rule{
		"record": anycommand.Of(answers.Record, command),
	})
}
