package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"buf.build/go/protovalidate"
	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/counterfoil/counterfoil/libs/report/questions"
	"github.com/counterfoil/counterfoil/libs/written"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newAnswersCommand(env *Env) *cobra.Command {
	return family("answers", "Fill in the questionnaire of the initial report and keep its versions",
		newExportAnswersCommand(env), newRecordAnswersCommand(env), newShowAnswersCommand(env), newDiffAnswersCommand(env))
}

// questionnaireOf asks for questions with the answers of a version that are for an audience.
func questionnaireOf(ctx context.Context, c *Clients, version uint32, audience string) (*reportingv1.QuestionnaireResponse, error) {
	req := &reportingv1.QuestionnaireRequest{Questionnaire: questions.Initial, Version: version}
	if audience != "" {
		value, err := parseEnum("audience", audience, reportingv1.Audience_AUDIENCE_UNSPECIFIED)
		if err != nil {
			return nil, err
		}
		req.Audience = reportingv1.Audience(value)
	}
	return c.National.Questionnaire(ctx, req)
}

func newExportAnswersCommand(env *Env) *cobra.Command {
	var version uint32
	cmd := &cobra.Command{
		Use:   "export FILE",
		Short: "Write a file to fill in: every question, with the answers of a version",
		Args:  takes("FILE"),
	}
	cmd.Flags().Uint32Var(&version, "version", 0, "answers of this version (default: the last)")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		res, err := questionnaireOf(ctx, c, version, "")
		if err != nil {
			return doing("report answers export", "counterfoil list report-answers", err)
		}
		text, err := answersFile(res)
		if err != nil {
			return doing("report answers export", "", err)
		}
		if err := env.writeNew(args[0], text); err != nil {
			return doing("report answers export", "ls -l "+quote(args[0]), err)
		}
		if args[0] != "-" {
			env.Advise("fill it in, then: counterfoil report answers record %s --reason R", quote(args[0]))
		}
		return nil
	})
	return cmd
}

// writeNew writes a file that is not there yet; "-" is the standard output.
func (env *Env) writeNew(path string, content []byte) error {
	if path == "-" {
		_, err := env.Out.Write(content)
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Close())
}

// answerFields are an answer as it is filled in.
type answerFields struct {
	Question string `yaml:"question"`
	Choice   string `yaml:"choice"`
	Text     string `yaml:"text"`
	Agency   string `yaml:"agency"`
	Audience string `yaml:"audience"`
}

// answersFile has every question as a comment, and what is answered to it.
func answersFile(res *reportingv1.QuestionnaireResponse) ([]byte, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "# Version %d is on record. An answer that has neither choice nor text is left out. audience: AUDIENCE_PUBLIC,\n"+
		"# AUDIENCE_STATES_PARTIES or AUDIENCE_INTERNAL. agency: which one answers for it.\nquestionnaire: %s\nanswers:\n", res.Version, questions.Initial)
	chapter := ""
	for _, q := range res.Questions {
		if chapter != q.Chapter {
			chapter = q.Chapter
			fmt.Fprintf(&b, "\n  # %s\n", chapter)
		}
		choose := ""
		if len(q.Choices) > 0 {
			choose = " choice: " + strings.Join(q.Choices, ", ")
		}
		fmt.Fprintf(&b, "  # %s (%s, Article %s) %s%s\n", q.Id, expectedWord(q.Expected), q.Source, q.Text, choose)
		a := q.Answer
		audience := a.GetAudience()
		if a == nil {
			audience = reportingv1.Audience_AUDIENCE_PUBLIC
		}
		fields, err := yaml.Marshal([]answerFields{{q.Id, a.GetChoice(), a.GetText(), a.GetAgency(), audience.String()}})
		if err != nil {
			return nil, fmt.Errorf("write the answer to %s: %w", q.Id, err)
		}
		b.WriteString("  " + strings.TrimSuffix(strings.ReplaceAll(string(fields), "\n", "\n  "), "  "))
	}
	return []byte(b.String()), nil
}

func expectedWord(expected bool) string {
	if expected {
		return "expected"
	}
	return "voluntary"
}

func newRecordAnswersCommand(env *Env) *cobra.Command {
	req := &reportingv1.RecordAnswersRequest{}
	var reason string
	cmd := &cobra.Command{
		Use:   "record FILE",
		Short: "Put the next version of the answers on record, in whole",
		Args:  takes("FILE"),
	}
	cmd.Flags().StringVar(&reason, "reason", "", "what changed (required from the second version on)")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		data, err := env.readFile(args[0])
		if err != nil {
			return nil, err
		}
		filled, err := readAnswers(args[0], data)
		if err != nil {
			return nil, err
		}
		req.Questionnaire, req.Answers, req.Reason = filled.Questionnaire, filled.Answers, orElse(reason, filled.Reason)
		return c.National.RecordAnswers(ctx, req)
	})
}

// readAnswers reads answers that were filled in, without those that say nothing. Everything that is wrong is a problem found, with its
// line.
func readAnswers(name string, data []byte) (*reportingv1.RecordAnswersRequest, error) {
	req := &reportingv1.RecordAnswersRequest{}
	text, wrong := written.Read(name, data, req)
	if len(wrong) == 0 {
		var err error
		if wrong, err = text.Broken(protovalidate.Validate(req)); err != nil {
			return nil, err
		}
	}
	var given []*reportingv1.Answer
	var at []int
	for i, a := range req.Answers {
		if a.Choice != "" || strings.TrimSpace(a.Text) != "" {
			given, at = append(given, a), append(at, i)
		}
	}
	if q, ok := questions.Of(req.Questionnaire); ok {
		for _, w := range q.Check(given) {
			wrong = append(wrong, text.At(fmt.Sprintf("answers[%d].%s", at[w.Index], w.Field), w.Sentence))
		}
	}
	if len(wrong) > 0 {
		return nil, problems("", strings.Join(wrong, "\n"), "counterfoil report answers export FILE")
	}
	req.Answers = given
	return req, nil
}

func newShowAnswersCommand(env *Env) *cobra.Command {
	var version uint32
	var audience string
	var missing bool
	cmd := &cobra.Command{
		Use:         "show",
		Short:       "Show the questions with the answers that an audience reads, or those that are expected and missing",
		Args:        takes(),
		Annotations: readsOnly,
	}
	cmd.Flags().Uint32Var(&version, "version", 0, "answers of this version (default: the last)")
	cmd.Flags().StringVar(&audience, "audience", "", "as it is for public, states_parties or internal (default: everything)")
	cmd.Flags().BoolVar(&missing, "missing", false, "only questions that an answer is expected to and that have none")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		res, err := questionnaireOf(ctx, c, version, audience)
		if err != nil {
			return doing("report answers show", "counterfoil list report-answers", err)
		}
		awaited := 0
		var shown []*reportingv1.Question
		for _, q := range res.Questions {
			lacks := q.Expected && q.Answer == nil
			if lacks {
				awaited++
			}
			if lacks || !missing {
				shown = append(shown, q)
			}
		}
		res.Questions = shown
		doc := output.Document{Value: res, Items: []any{}, ItemType: &reportingv1.Question{}}
		grid := output.Grid{Heads: []string{"question", "", "article", "text", "choice", "answer", "agency", "for"}}
		for _, q := range shown {
			doc.Items = append(doc.Items, q)
			a := q.Answer
			grid.Add(q.Id, expectedWord(q.Expected), q.Source, q.Text, a.GetChoice(), a.GetText(), a.GetAgency(), audienceWord(a))
		}
		doc.Sections = []output.Section{{Grid: grid, Text: fmt.Sprintf("version %d; %d expected answers are missing", res.Version, awaited)}}
		return env.Print(doc)
	})
	return cmd
}

// answerChange is what differs of the answer to a question.
type answerChange struct {
	Question string `json:"question"`
	Field    string `json:"field"`
	A        string `json:"a"`
	B        string `json:"b"`
}

func newDiffAnswersCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:         "diff A B",
		Short:       "Show which answers two versions give otherwise",
		Args:        takes("A", "B"),
		Annotations: readsOnly,
		RunE: env.online(func(ctx context.Context, c *Clients, args []string) error {
			var sides [2]*reportingv1.QuestionnaireResponse
			for i, arg := range args {
				version, err := strconv.ParseUint(arg, 10, 32)
				if err != nil || version == 0 {
					return usage("%q is no version of the answers; they are numbered from 1", arg)
				}
				if sides[i], err = questionnaireOf(ctx, c, uint32(version), ""); err != nil {
					return doing("report answers diff", "counterfoil list report-answers", err)
				}
			}
			changes := answerChanges(sides[0], sides[1])
			doc := output.Document{Value: changes, Items: []any{}}
			grid := output.Grid{Heads: []string{"question", "field", args[0], args[1]}}
			for _, ch := range changes {
				doc.Items = append(doc.Items, ch)
				grid.Add(ch.Question, ch.Field, ch.A, ch.B)
			}
			doc.Flat, doc.Sections = &grid, []output.Section{{Grid: grid}}
			if len(changes) == 0 {
				doc.Sections = []output.Section{{Text: "they say the same"}}
			}
			return env.Print(doc)
		}),
	}
}

// answerChanges compares two versions, which have the same questions in the same order.
func answerChanges(a, b *reportingv1.QuestionnaireResponse) []answerChange {
	changes := []answerChange{}
	for i, q := range a.Questions {
		x, y := q.Answer, b.Questions[i].Answer
		for _, f := range []answerChange{
			{q.Id, "choice", x.GetChoice(), y.GetChoice()}, {q.Id, "text", x.GetText(), y.GetText()}, {q.Id, "agency", x.GetAgency(), y.GetAgency()},
			{q.Id, "audience", audienceWord(x), audienceWord(y)},
		} {
			if f.A != f.B {
				changes = append(changes, f)
			}
		}
	}
	return changes
}

// audienceWord is who an answer is for; nothing where there is none.
func audienceWord(a *reportingv1.Answer) string {
	if a == nil {
		return ""
	}
	return enum(a.Audience)
}
