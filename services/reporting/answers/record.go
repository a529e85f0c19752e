// Package answers is how answers to questionnaires come on record: a pure function of a ledger view and a command.
package answers

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report/questions"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Record puts the next version of the answers to a questionnaire on record, in whole and in the order of the questions. The same answers
// again decide nothing. Everything that is wrong with them is named at once. From the second version on it says why.
func Record(view ledger.View, cmd *reportingv1.RecordAnswersRequest) ([]proto.Message, error) {
	q, ok := questions.Of(cmd.GetQuestionnaire())
	if !ok {
		return nil, unknown(cmd.GetQuestionnaire())
	}
	if err := check(view, q, cmd.GetAnswers()); err != nil {
		return nil, err
	}
	last, err := Version(view, q.Name, 0)
	if err != nil {
		return nil, err
	}
	version := last.GetRecorded().GetVersion() + 1
	next := &reportingv1.AnswersRecorded{
		AnswersId: ID(view.Agency(), q.Name, version), Questionnaire: q.Name, Version: version, Answers: q.Sorted(cmd.GetAnswers()), Reason: cmd.GetReason(),
	}
	switch {
	case slices.EqualFunc(last.GetRecorded().GetAnswers(), next.Answers, func(a, b *reportingv1.Answer) bool { return proto.Equal(a, b) }):
		return nil, nil
	case version > 1 && strings.TrimSpace(cmd.GetReason()) == "":
		return nil, fault.Errorf(fault.Invalid, "say what changed since version %d: --reason", version-1)
	}
	return []proto.Message{next}, nil
}

// check names everything that is wrong.
func check(view ledger.View, q questions.Questionnaire, answers []*reportingv1.Answer) error {
	var wrong []string
	for _, w := range q.Check(answers) {
		wrong = append(wrong, w.Sentence)
	}
	for _, a := range answers {
		if a.GetAgency() == "" {
			continue
		}
		switch agency, err := view.AgencyRow(a.GetAgency()); {
		case err != nil:
			return fmt.Errorf("read agency %s: %w", a.GetAgency(), err)
		case agency == nil:
			wrong = append(wrong, fmt.Sprintf("%s is answered by %s, which is not in the directory", a.GetQuestion(), a.GetAgency()))
		}
	}
	switch {
	case len(answers) == 0:
		return fault.Errorf(fault.Invalid, "answer at least one question of %s", q.Name)
	case len(wrong) > 0:
		return fault.Errorf(fault.Invalid, "%s", strings.Join(wrong, "\n"))
	}
	return nil
}

// ID is the id of a version of answers.
func ID(agency, questionnaire string, version uint32) string {
	return fmt.Sprintf("%s/%s.%d", agency, questionnaire, version)
}

// Version returns a version of this agency's answers, 0: the last; nil when there is none.
func Version(view ledger.View, questionnaire string, version uint32) (found *ledgerv1.ReportAnswers, err error) {
	if version > 0 {
		return view.ReportAnswers(ID(view.Agency(), questionnaire, version))
	}
	rows, err := view.ReportAnswersWith("form", questionnaire)
	if err != nil {
		return nil, fmt.Errorf("read answers to %s: %w", questionnaire, err)
	}
	for _, r := range rows {
		if view.Owns(r.GetId()) && r.GetRecorded().GetVersion() > found.GetRecorded().GetVersion() {
			found = r
		}
	}
	return found, nil
}

// Questionnaire is the questions with those answers of a version that are for an audience; where none is, it is as if nothing had been
// answered. A version that is not on record is refused.
func Questionnaire(view ledger.View, req *reportingv1.QuestionnaireRequest) (*reportingv1.QuestionnaireResponse, error) {
	q, ok := questions.Of(req.GetQuestionnaire())
	if !ok {
		return nil, unknown(req.GetQuestionnaire())
	}
	row, err := Version(view, q.Name, req.GetVersion())
	if err != nil {
		return nil, err
	}
	if row == nil && req.GetVersion() > 0 {
		return nil, fault.Errorf(fault.NotFound, "version %d of the answers to %s is not on record: counterfoil list report-answers", req.GetVersion(), q.Name)
	}
	res := &reportingv1.QuestionnaireResponse{Questions: q.Asked(row.GetRecorded().GetAnswers(), req.GetAudience())}
	if slices.ContainsFunc(res.Questions, func(q *reportingv1.Question) bool { return q.Answer != nil }) {
		res.Version = row.GetRecorded().GetVersion()
	}
	return res, nil
}

func unknown(name string) error {
	return fault.Errorf(fault.NotFound, "there is no questionnaire %s; there is %s", name, questions.Initial)
}
