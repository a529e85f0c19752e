package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/refdata"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// InForce reports whether an embargo holds at a moment, by days in UTC: from its first day through its last, and until the day
// that it was ended on. A date that is none bounds nothing.
func InForce(e *ledgerv1.Embargo, at time.Time) bool {
	today := at.UTC().Format(time.DateOnly)
	return !(isDay(e.GetRecorded().GetValidFrom()) && today < e.GetRecorded().GetValidFrom()) &&
		!(isDay(e.GetRecorded().GetValidUntil()) && today > e.GetRecorded().GetValidUntil()) &&
		!(isDay(e.GetEnded().GetOn()) && today >= e.GetEnded().GetOn())
}

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// Reach says by what an embargo on a State reaches a deal, such as "its destination"; empty when it does not: Article 6(1) is
// about where goods go, come from and pass through, and about every party. An embargo that is limited to categories reaches
// their goods, and those of which it is not known what they are. Whether it is in force is another matter (InForce), and
// embargoes on groups are found by screening the parties.
func Reach(e *ledgerv1.Embargo, d *licensingv1.Deal) string { return reach(e, d, nil) }

// reach passes over the lines that were found to fall under no category.
func reach(e *ledgerv1.Embargo, d *licensingv1.Deal, none []uint32) string {
	country := e.GetRecorded().GetCountry()
	covers := func(l *transferv1.Line) bool { return covered(e.GetRecorded().GetCategories(), l, none) }
	if country == "" || !slices.ContainsFunc(d.GetLines(), covers) {
		return ""
	}
	there := func(p *licensingv1.Place) bool { return p.GetCountry() == country }
	switch {
	case there(d.GetDestination()):
		return "its destination"
	case slices.ContainsFunc(d.GetOnward(), there):
		return "a further destination"
	case slices.ContainsFunc(d.GetSources(), there):
		return "where its goods come from"
	case slices.ContainsFunc(d.GetRoute(), there):
		return "its route"
	}
	for _, p := range d.GetParties() {
		if p.GetCountry() == country {
			return "its " + strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(p.GetRole().String(), "ROLE_"), "_", " "))
		}
	}
	return ""
}

func covered(categories []transferv1.Category, l *transferv1.Line, none []uint32) bool {
	switch {
	case len(categories) == 0 || slices.Contains(categories, l.GetCategory()):
		return true
	case l.GetCategory() != transferv1.Category_CATEGORY_UNSPECIFIED || slices.Contains(none, l.GetNumber()):
		return false
	}
	table := refdata.Classify(l.GetRating(), l.GetParameters())
	return !table.Certain || slices.Contains(categories, table.Fired[0].Category)
}

// noneOf are the lines of an application that were found to fall under no category.
func noneOf(a *ledgerv1.Application) (lines []uint32) {
	for _, c := range a.GetClassified() {
		if c.GetNone() {
			lines = append(lines, c.GetLine())
		}
	}
	return lines
}

// reaching are the embargoes in force at a moment that reach a deal, with the sentences that say so.
func reaching(view ledger.View, d *licensingv1.Deal, none []uint32, at time.Time) (embargoes []*ledgerv1.Embargo, sentences []string, err error) {
	all, err := view.Embargoes()
	if err != nil {
		return nil, nil, fmt.Errorf("read the embargoes: %w", err)
	}
	for _, e := range all {
		by := reach(e, d, none)
		if by == "" || !InForce(e, at) {
			continue
		}
		embargoes = append(embargoes, e)
		sentences = append(sentences, fmt.Sprintf("embargo %s on %s (%s) reaches the deal by %s", e.GetId(), e.GetRecorded().GetCountry(), e.GetRecorded().GetResolution(), by))
	}
	return embargoes, sentences, nil
}

// lookAtEmbargoes puts the embargoes that reach a deal on the finding on 6(1). It is a prohibition where the finding's reason
// names no exemption of one of them, whatever else it says.
func lookAtEmbargoes(view ledger.View, a *ledgerv1.Application, finding *licensingv1.ProhibitionFinding, at time.Time) error {
	embargoes, _, err := reaching(view, a.GetDeal(), noneOf(a), at)
	if err != nil {
		return err
	}
	for _, e := range embargoes {
		finding.Embargoes = append(finding.Embargoes, e.GetId())
		if !exempted(e, finding.GetReason()) {
			finding.Result = resultProhibited
		}
	}
	return nil
}

// Prohibited is a fresh look at the embargoes in force at a moment, with a sentence for each that reaches the deal. One that
// the check had before it, and of which it named an exemption, is left out; check may be nil.
func Prohibited(view ledger.View, d *licensingv1.Deal, check *ledgerv1.ProhibitionCheck, at time.Time) ([]string, error) {
	a, err := view.Application(check.GetChecked().GetApplicationId())
	if err != nil {
		return nil, fmt.Errorf("read the application of check %s: %w", check.GetId(), err)
	}
	embargoes, sentences, err := reaching(view, d, noneOf(a), at)
	if err != nil {
		return nil, err
	}
	var stand []string
	for i, e := range embargoes {
		if !Exempted(e, check) {
			stand = append(stand, sentences[i])
		}
	}
	return stand, nil
}

// Exempted reports whether a check had an embargo before it and named an exemption of it; check may be nil.
func Exempted(e *ledgerv1.Embargo, check *ledgerv1.ProhibitionCheck) bool {
	return slices.ContainsFunc(check.GetChecked().GetFindings(), func(f *licensingv1.ProhibitionFinding) bool {
		return f.GetParagraph() == measures && slices.Contains(f.GetEmbargoes(), e.GetId()) && exempted(e, f.GetReason())
	})
}

// ReachOf is Reach for the deal of an application, of which it is known what its lines were classified as.
func ReachOf(e *ledgerv1.Embargo, a *ledgerv1.Application) string {
	return reach(e, a.GetDeal(), noneOf(a))
}

// exempted reports whether a reason names an exemption of an embargo, as the embargo words it.
func exempted(e *ledgerv1.Embargo, reason string) bool {
	return slices.ContainsFunc(e.GetRecorded().GetExemptions(), func(x string) bool { return names(reason, x) })
}

// names reports whether a text has another in it as whole words, in any case and spacing.
func names(text, what string) bool {
	text, what = plain(text), plain(what)
	for what != "" {
		i := strings.Index(text, what)
		if i < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+len(what):])
		if !inWord(before) && !inWord(after) {
			return true
		}
		_, first := utf8.DecodeRuneInString(text[i:])
		text = text[i+first:]
	}
	return false
}

func plain(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
