// Package questions has the questions of reports that are answered in words, and what is wrong with answers to them.
package questions

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Initial is the questionnaire of the initial report (Article 13(1)).
const Initial = "att-initial"

// Choices are what may be chosen beside the words, where a question lets it.
var Choices = []string{"yes", "no", "under_conditions"}

// Question is one question.
type Question struct {
	// Such as "A3.2": section, chapter, number.
	ID string `yaml:"id"`
	// Of the Treaty, such as "7(4)".
	Article string `yaml:"article"`
	Text    string `yaml:"text"`
	// One of Choices may be chosen.
	Choose bool `yaml:"choose"`
}

// Expected reports whether an answer is expected (section A); otherwise it is voluntary (section B).
func (q Question) Expected() bool { return strings.HasPrefix(q.ID, "A") }

// Chapter is a part of a questionnaire.
type Chapter struct {
	Number    int        `yaml:"number"`
	Title     string     `yaml:"title"`
	Questions []Question `yaml:"questions"`
}

// Heading is a chapter as people read it.
func (c Chapter) Heading() string { return fmt.Sprintf("%d. %s", c.Number, c.Title) }

// Questionnaire is what a report in words asks.
type Questionnaire struct {
	Name     string    `yaml:"questionnaire"`
	Title    string    `yaml:"title"`
	Chapters []Chapter `yaml:"chapters"`
}

// All are its questions in order.
func (q Questionnaire) All() (all []Question) {
	for _, c := range q.Chapters {
		all = append(all, c.Questions...)
	}
	return all
}

//go:embed att-initial.yaml
var initial []byte

var known = loaded(initial)

func loaded(text []byte) Questionnaire {
	q, err := Parse(text)
	if err != nil {
		panic("questions: " + err.Error()) // it is compiled in, and tested
	}
	return q
}

// Of returns the questionnaire with a name.
func Of(name string) (Questionnaire, bool) { return known, name == known.Name }

var (
	questionID = regexp.MustCompile(`^[AB]([1-9][0-9]?)\.[1-9][0-9]?$`)
	article    = regexp.MustCompile(`^[1-9][0-9]?(\([1-9]\))?$`)
)

// Parse reads a questionnaire in YAML. What is unknown, a question that stands twice, in a chapter of another number or without article
// or text, and a chapter without questions are refused.
func Parse(text []byte) (Questionnaire, error) {
	var q Questionnaire
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&q); err != nil {
		return q, fmt.Errorf("read a questionnaire: %w", err)
	}
	var seen []string
	for i, c := range q.Chapters {
		if c.Number != i+1 || c.Title == "" || len(c.Questions) == 0 {
			return q, fmt.Errorf("chapter %d of %s has another number, no title or no questions", i+1, q.Name)
		}
		for _, question := range c.Questions {
			id := questionID.FindStringSubmatch(question.ID)
			if id == nil || id[1] != strconv.Itoa(c.Number) || slices.Contains(seen, question.ID) || !article.MatchString(question.Article) || question.Text == "" {
				return q, fmt.Errorf("question %q of chapter %d of %s stands twice, is of another chapter, or has no article or text", question.ID, c.Number, q.Name)
			}
			seen = append(seen, question.ID)
		}
	}
	if q.Name == "" || q.Title == "" || len(q.Chapters) == 0 {
		return q, fmt.Errorf("a questionnaire needs a name, a title and chapters")
	}
	return q, nil
}
