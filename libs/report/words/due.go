package words

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/refdata"
	"github.com/counterfoil/counterfoil/libs/report"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// reports tells of every report on the year that the procedure has with a date by law, whether it was submitted, and in time.
func (w *writing) reports() (list []*reportingv1.WrittenParagraph) {
	_, p, err := report.ProcedureOf(w.view, w.year)
	w.err = cmp.Or(w.err, err)
	for _, terms := range p.GetReports() {
		due := legalDay(terms, w.year)
		if due == "" {
			continue
		}
		shows := fmt.Sprintf("counterfoil list reports --where form=%s --where year=%d", terms.GetReport(), w.year)
		rows, err := w.view.ReportsWith("form", terms.GetReport())
		w.err = cmp.Or(w.err, err)
		list = append(list, says(shows, "%s on %d, due by law on %s: %s.", terms.GetReport(), w.year, due, w.submission(rows, due)))
	}
	return orNone(list, "counterfoil list procedures", "The procedure for reports names none that is due by law.")
}

// submission is what became of a report by its date.
func (w *writing) submission(rows []*ledgerv1.Report, due string) string {
	var first *reportingv1.ReportSubmitted
	for _, r := range rows {
		for _, s := range r.GetSubmitted() {
			if int(r.GetOpened().GetYear()) == w.year && (first == nil || s.GetAt().AsTime().Before(first.GetAt().AsTime())) {
				first = s
			}
		}
	}
	switch {
	case first == nil && day(w.at) > due:
		return "not submitted, and its date has passed"
	case first == nil:
		return "not submitted yet"
	case day(first.GetAt().AsTime()) > due:
		return fmt.Sprintf("submitted to %s on %s, which was late", first.GetTo(), day(first.GetAt().AsTime()))
	}
	return fmt.Sprintf("submitted to %s on %s, in time", first.GetTo(), day(first.GetAt().AsTime()))
}

// legalDay is the day by which a report on a year has to be submitted by treaty or law; empty where the procedure has none that comes
// every year.
func legalDay(terms *reportingv1.ReportTerms, year int) string {
	for _, s := range terms.GetSteps() {
		if s.GetStep() != "submit" || !s.GetLegal() || strings.HasPrefix(s.GetDay(), "+") {
			continue
		}
		month, last := strings.CutSuffix(s.GetDay(), "-last")
		if !last {
			return fmt.Sprintf("%d-%s", year+1, s.GetDay())
		}
		first, err := time.Parse("2006-01", fmt.Sprintf("%d-%s", year+1, month))
		if err != nil {
			return ""
		}
		return day(first.AddDate(0, 1, -1))
	}
	return ""
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// some is a number of decisions in words.
func some(n uint64, what string) string {
	if n == 0 {
		return "none " + what
	}
	return fmt.Sprintf("%d %s", n, what)
}

// orNone is the list, or a sentence where it is empty.
func orNone(list []*reportingv1.WrittenParagraph, shows, none string) []*reportingv1.WrittenParagraph {
	if len(list) == 0 {
		return []*reportingv1.WrittenParagraph{says(shows, "%s", none)}
	}
	return list
}

func sorted(counts map[string]uint64) []string { return slices.Sorted(maps.Keys(counts)) }

// stageWord is a stage of diversion as people read it, of an index's "d3_at_delivery".
func stageWord(stage string) string {
	code, _, _ := strings.Cut(strings.ToUpper(stage), "_")
	if c, ok := refdata.CodeOf(refdata.DiversionStages, code); ok {
		return c.Says
	}
	return cmp.Or(stage, "at a stage that is not known")
}

func objectsOrAsks(v *licensingv1.CountedVoice) bool {
	return v.GetView() == licensingv1.OpinionView_OPINION_VIEW_OBJECT || v.GetView() == licensingv1.OpinionView_OPINION_VIEW_CONCUR_WITH_CONDITIONS
}
