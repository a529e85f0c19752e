package questions

import (
	"fmt"
	"slices"
	"strings"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Wrong is what cannot be recorded of an answer.
type Wrong struct {
	// Index in the list that was checked.
	Index int
	// Field of the answer.
	Field    string
	Sentence string
}

// Check says everything that is wrong with answers: an unknown question, one that is answered twice, a choice where there is none to
// make, nothing said, and no audience.
func (q Questionnaire) Check(answers []*reportingv1.Answer) (wrong []Wrong) {
	asked := map[string]Question{}
	for _, question := range q.All() {
		asked[question.ID] = question
	}
	seen := map[string]bool{}
	for i, a := range answers {
		id := a.GetQuestion()
		question, known := asked[id]
		add := func(field, format string, args ...any) {
			wrong = append(wrong, Wrong{i, field, fmt.Sprintf(format, args...)})
		}
		switch {
		case !known:
			add("question", "%s has no question %q", q.Name, id)
			continue
		case seen[id]:
			add("question", "%s is answered twice", id)
		case !question.Choose && a.GetChoice() != "":
			add("choice", "%s has nothing to choose; answer it in words", id)
		case question.Choose && a.GetChoice() != "" && !slices.Contains(Choices, a.GetChoice()):
			add("choice", "the answer to %s is one of %s", id, strings.Join(Choices, ", "))
		case a.GetChoice() == "" && strings.TrimSpace(a.GetText()) == "":
			add("text", "the answer to %s says nothing; leave it out", id)
		}
		if a.GetAudience() == reportingv1.Audience_AUDIENCE_UNSPECIFIED {
			add("audience", "say who may read the answer to %s", id)
		}
		seen[id] = true
	}
	return wrong
}

// Sorted are answers in the order of their questions.
func (q Questionnaire) Sorted(answers []*reportingv1.Answer) []*reportingv1.Answer {
	at := map[string]int{}
	for i, question := range q.All() {
		at[question.ID] = i
	}
	return slices.SortedStableFunc(slices.Values(answers), func(a, b *reportingv1.Answer) int { return at[a.GetQuestion()] - at[b.GetQuestion()] })
}

// Asked are the questions with the answers that are for an audience. One that is not is left out as if it had not been given.
func (q Questionnaire) Asked(answers []*reportingv1.Answer, audience reportingv1.Audience) (list []*reportingv1.Question) {
	given := map[string]*reportingv1.Answer{}
	for _, a := range answers {
		if For(a.GetAudience(), audience) {
			given[a.GetQuestion()] = a
		}
	}
	for _, c := range q.Chapters {
		for _, question := range c.Questions {
			asked := &reportingv1.Question{
				Id: question.ID, Chapter: c.Heading(), Text: question.Text, Expected: question.Expected(), Source: question.Article, Answer: given[question.ID],
			}
			if question.Choose {
				asked.Choices = Choices
			}
			list = append(list, asked)
		}
	}
	return list
}

// For reports whether what is for some may be read by an audience: all of it by the agencies that made it, which is also meant where no
// audience is named, and what is public by everybody.
func For(of, audience reportingv1.Audience) bool {
	switch audience {
	case reportingv1.Audience_AUDIENCE_UNSPECIFIED, reportingv1.Audience_AUDIENCE_INTERNAL:
		return true
	case reportingv1.Audience_AUDIENCE_STATES_PARTIES:
		return of == audience || of == reportingv1.Audience_AUDIENCE_PUBLIC
	}
	return of == audience
}
