package words

import (
	"cmp"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/report/questions"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// DiversionMeasures is the report on measures against diversion (Articles 11(6) and 13(2)).
const DiversionMeasures = "diversion-measures"

// Answered is a questionnaire in words: every question that is expected, and of the others those with an answer, as an audience reads
// them.
func Answered(q questions.Questionnaire, asked []*reportingv1.Question, audience string) *reportingv1.WrittenReport {
	doc := &reportingv1.WrittenReport{Title: q.Title, Report: q.Name, Audience: audience}
	var chapter *reportingv1.WrittenSection
	for _, a := range asked {
		if chapter == nil || chapter.Heading != a.GetChapter() {
			chapter = section(a.GetChapter())
			doc.Sections = append(doc.Sections, chapter)
		}
		switch answer := a.GetAnswer(); {
		case answer != nil:
			choice := strings.ReplaceAll(answer.GetChoice(), "_", " ")
			chapter.Paragraphs = append(chapter.Paragraphs, says("", "%s %s (Article %s)", a.GetId(), a.GetText(), a.GetSource()),
				says("", "%s", strings.Trim(choice+". "+answer.GetText(), ". ")+"."))
		case a.GetExpected():
			chapter.Paragraphs = append(chapter.Paragraphs, says("", "%s %s (Article %s)", a.GetId(), a.GetText(), a.GetSource()), says("", "Not answered."))
		}
	}
	return doc
}

// releases are the classes that a measure may be released in, as people write them. Each is a report of its own: what is in one is never
// in another (docs/reports.md).
var releases = map[string]reportingv1.ReleaseClass{
	"case_exchange":  reportingv1.ReleaseClass_RELEASE_CLASS_CASE_EXCHANGE,
	"states_parties": reportingv1.ReleaseClass_RELEASE_CLASS_STATES_PARTIES,
	"public":         reportingv1.ReleaseClass_RELEASE_CLASS_PUBLIC,
}

// Release is the release class with a name.
func Release(name string) (reportingv1.ReleaseClass, error) {
	class, ok := releases[strings.ReplaceAll(name, "-", "_")]
	if !ok {
		return class, fault.Errorf(fault.Invalid, "a measure is released as case_exchange, states_parties or public, not as %q", name)
	}
	return class, nil
}

// Measures is the report on those measures that are of one release class. titles are names of agencies as others know them. The alerts
// that they come of are not in it.
func Measures(rows []*ledgerv1.Measure, titles map[string]string, release string) (*reportingv1.WrittenReport, error) {
	class, err := Release(release)
	if err != nil {
		return nil, err
	}
	doc := &reportingv1.WrittenReport{Title: "Measures against diversion", Report: DiversionMeasures, Audience: release}
	for _, r := range rows {
		m := r.GetReported().GetMeasure()
		if m.GetRelease() != class {
			continue
		}
		s := section(m.GetTitle())
		var agencies []string
		for _, a := range m.GetAgencies() {
			agencies = append(agencies, cmp.Or(titles[a], a))
		}
		for _, f := range [][2]string{
			{"Date", m.GetDate()}, {"Categories", strings.Join(m.GetCategories(), "; ")}, {"Stage of the transfer", stageWord(m.GetStage())}, {"Method", m.GetMethod()},
			{"Detected by", m.GetDetectedBy()}, {"Measures taken", m.GetTaken()}, {"Result", m.GetResult()}, {"Lessons", m.GetLessons()},
			{"Agencies", strings.Join(agencies, "; ")},
		} {
			if f[1] != "" {
				s.Paragraphs = append(s.Paragraphs, says("", "%s: %s", f[0], f[1]))
			}
		}
		doc.Sections = append(doc.Sections, s)
	}
	return doc, nil
}
