package questions_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/report/questions"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// articles are those of the Treaty that oblige to something or encourage it.
var articles = strings.Fields(`2 3 4 5(1) 5(2) 5(3) 5(4) 5(5) 5(6) 6(1) 6(2) 6(3) 7(1) 7(2) 7(3) 7(4) 7(5) 7(6) 7(7) 8(1) 8(2) 8(3) 9 10
	11(1) 11(2) 11(3) 11(4) 11(5) 11(6) 12(1) 12(2) 12(3) 12(4) 13(1) 13(2) 13(3) 14 15(1) 15(2) 15(3) 15(4) 15(5) 15(6) 15(7) 16`)

func TestInitialReport(t *testing.T) {
	q, ok := questions.Of(questions.Initial)
	if !ok || len(q.Chapters) != 12 {
		t.Fatalf("%d chapters", len(q.Chapters))
	}
	served := map[string]bool{}
	for _, c := range q.Chapters {
		for _, question := range c.Questions {
			if !slices.Contains(articles, question.Article) {
				t.Errorf("%s serves Article %s, which is none", question.ID, question.Article)
			}
			served[question.Article] = true
		}
	}
	for _, a := range articles {
		// 11(6) is the report on measures itself; 15(2) and 15(4) say again how States cooperate.
		if !served[a] && !slices.Contains([]string{"11(6)", "15(2)", "15(4)"}, a) {
			t.Errorf("no question serves Article %s", a)
		}
	}
	if _, ok := questions.Of("other"); ok {
		t.Error("there is a questionnaire that there is not")
	}
}

func TestCheck(t *testing.T) {
	q, _ := questions.Of(questions.Initial)
	public := reportingv1.Audience_AUDIENCE_PUBLIC
	var got []string
	for _, w := range q.Check([]*reportingv1.Answer{
		{Question: "A1.1", Choice: "yes", Audience: public},
		{Question: "A1.2", Choice: "yes", Text: "the Arms Act", Audience: public},
		{Question: "A1.1", Choice: "no", Audience: public},
		{Question: "A1.3", Text: " ", Audience: public},
		{Question: "A1.5", Choice: "perhaps", Audience: public},
		{Question: "C9", Text: "x", Audience: public},
		{Question: "A1.4", Text: "by law"},
	}) {
		got = append(got, w.Field+": "+w.Sentence)
	}
	want := []string{
		"choice: A1.2 has nothing to choose; answer it in words", "question: A1.1 is answered twice", "text: the answer to A1.3 says nothing; leave it out",
		"choice: the answer to A1.5 is one of yes, no, under_conditions", `question: att-initial has no question "C9"`, "audience: say who may read the answer to A1.4",
	}
	if !slices.Equal(got, want) {
		t.Errorf("wrong is\n%s", strings.Join(got, "\n"))
	}
}

// What an audience does not read is as if it had not been answered.
func TestAsked(t *testing.T) {
	q, _ := questions.Of(questions.Initial)
	answers := []*reportingv1.Answer{
		{Question: "A1.1", Text: "p", Audience: reportingv1.Audience_AUDIENCE_PUBLIC},
		{Question: "A1.2", Text: "s", Audience: reportingv1.Audience_AUDIENCE_STATES_PARTIES},
		{Question: "A1.3", Text: "i", Audience: reportingv1.Audience_AUDIENCE_INTERNAL},
		{Question: "A1.4", Text: "u"},
	}
	for audience, want := range map[reportingv1.Audience]string{
		reportingv1.Audience_AUDIENCE_PUBLIC: "p", reportingv1.Audience_AUDIENCE_STATES_PARTIES: "ps",
		reportingv1.Audience_AUDIENCE_INTERNAL: "psiu", reportingv1.Audience_AUDIENCE_UNSPECIFIED: "psiu",
	} {
		var got string
		for _, asked := range q.Asked(answers, audience) {
			got += asked.GetAnswer().GetText()
		}
		if got != want {
			t.Errorf("%s reads %q, want %q", audience, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	head := "questionnaire: q\ntitle: t\nchapters:\n  - number: 1\n    title: c\n    questions:\n"
	for name, text := range map[string]string{
		"nothing":           "",
		"no chapters":       "questionnaire: q\ntitle: t\n",
		"no question":       head,
		"an unknown field":  head + "      - {id: A1.1, article: \"9\", text: x, kind: y}\n",
		"a question twice":  head + "      - {id: A1.1, article: \"9\", text: x}\n      - {id: A1.1, article: \"9\", text: x}\n",
		"another chapter's": head + "      - {id: A2.1, article: \"9\", text: x}\n",
		"another section":   head + "      - {id: C1.1, article: \"9\", text: x}\n",
		"no article":        head + "      - {id: A1.1, text: x}\n",
		"no text":           head + "      - {id: A1.1, article: \"9\"}\n",
	} {
		if _, err := questions.Parse([]byte(text)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// What is read has every question once, whatever the text.
func FuzzParse(f *testing.F) {
	f.Add([]byte("questionnaire: q\ntitle: t\nchapters:\n  - number: 1\n    title: c\n    questions:\n      - {id: A1.1, article: \"9\", text: x}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		q, err := questions.Parse(text)
		if err != nil {
			return
		}
		ids := map[string]bool{}
		for _, question := range q.All() {
			if ids[question.ID] || question.Text == "" {
				t.Errorf("%q is read with question %q", text, question.ID)
			}
			ids[question.ID] = true
		}
		if len(ids) == 0 {
			t.Errorf("%q is read without questions", text)
		}
	})
}
