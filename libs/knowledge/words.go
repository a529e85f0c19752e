package knowledge

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// phrase is a kind of event in words, such as "licence granted".
func phrase(kind string) string {
	var words strings.Builder
	for i, r := range kind[strings.LastIndexByte(kind, '.')+1:] {
		if i > 0 && unicode.IsUpper(r) {
			words.WriteByte(' ')
		}
		words.WriteRune(unicode.ToLower(r))
	}
	return words.String()
}

// noun is what a row of a table is called.
func noun(t queryv1.Table) string {
	if n, ok := nouns[t]; ok {
		return n
	}
	name := strings.ToLower(strings.TrimPrefix(t.String(), "TABLE_"))
	return strings.ReplaceAll(strings.TrimSuffix(name, "s"), "_", " ")
}

// span is how long something took, in its largest unit, rounded down.
func span(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if d >= unit.of {
			return fmt.Sprintf("%d %s", d/unit.of, unit.name)
		}
	}
	return "less than 1 s"
}

// summary is an answer as a paragraph.
func summary(d *decision, res *queryv1.KnewResponse) string {
	sentences := []string{
		fmt.Sprintf("%s: event %d of %s, recorded by %s and written at %s.", res.Decision.GetWords(), d.event.GetNumber(), d.event.GetJournal(), res.GetAgency(), d.moment.UTC().Format("2006-01-02 15:04:05 MST")),
		basisWords(res), receivedWords(res), missingWords(res), unusedWords(d, res),
	}
	if len(res.GetLeftOut()) > 0 {
		sentences = append(sentences, "Not everything that might concern the case was looked at; what was left out is listed.")
	}
	if n := len(res.GetFindings()); n > 0 {
		sentences = append(sentences, fmt.Sprintf("%s.", many(n, "thing does not fit together", "things do not fit together")))
	}
	return strings.Join(slices.DeleteFunc(sentences, func(s string) bool { return s == "" }), " ")
}

func basisWords(res *queryv1.KnewResponse) string {
	switch res.GetSource() {
	case stated:
		matches, all := matched(res.GetJournals())
		return fmt.Sprintf("It states how far it had %s, %d of which are the same here.", many(all, "journal", "journals"), matches)
	case receipts:
		return fmt.Sprintf("What %s had is told by the receipts that it had given: it had that much at least.", res.GetAgency())
	}
	return "It states no positions; what had been received is told by when it arrived."
}

func receivedWords(res *queryv1.KnewResponse) string {
	uses := map[queryv1.KnownUse]int{}
	for _, k := range res.GetReceived() {
		uses[k.GetUse()]++
	}
	s := fmt.Sprintf("%s knew of %s and cites %d", res.GetAgency(), many(len(res.GetReceived()), "fact that concerns the case", "facts that concern the case"), uses[queryv1.KnownUse_KNOWN_USE_CITED])
	if n := uses[queryv1.KnownUse_KNOWN_USE_NAMED]; n > 0 {
		s += fmt.Sprintf("; it names the record of %d", n)
	}
	if n := uses[queryv1.KnownUse_KNOWN_USE_RECORD]; n > 0 {
		s += fmt.Sprintf("; %d %s of the record that was decided on", n, verb(n))
	}
	return s + "."
}

func missingWords(res *queryv1.KnewResponse) string {
	var existed, later, withheld int
	var first *queryv1.KnownEvent
	for _, k := range res.GetNotArrived() {
		switch {
		case k.GetStatedLater():
			later++
			continue
		case k.GetNotShared():
			withheld++
		}
		existed++
		if k.GetReceivedAt() != nil && (first == nil || k.GetReceivedAt().AsTime().Before(first.GetReceivedAt().AsTime())) {
			first = k
		}
	}
	var parts []string
	if existed > 0 {
		s := fmt.Sprintf("%d existed and had not arrived", existed)
		if res.GetSource() == receipts || existed > 0 && first == nil {
			s = fmt.Sprintf("%d existed and %s not confirmed to have arrived", existed, verb(existed))
		}
		if withheld > 0 {
			s += fmt.Sprintf(" (%d in journals that %s is not given)", withheld, res.GetAgency())
		}
		if first != nil {
			s += fmt.Sprintf(", the first came %s", after(first.GetCameAfterSeconds()))
		}
		parts = append(parts, s)
	}
	if later > 0 {
		parts = append(parts, fmt.Sprintf("%d had happened and %s stated only afterwards", later, wasWere(later)))
	}
	if len(parts) == 0 {
		return "Nothing is on record here that existed and had not arrived."
	}
	return strings.Join(parts, "; ") + "."
}

// after is how long after the decision something came.
func after(seconds int64) string {
	if seconds < 0 {
		return span(time.Duration(-seconds)*time.Second) + " before and was not taken in yet"
	}
	return span(time.Duration(seconds)*time.Second) + " later"
}

func unusedWords(d *decision, res *queryv1.KnewResponse) string {
	var last *queryv1.KnownEvent
	n := 0
	for _, k := range res.GetReceived() {
		if k.GetUse() != queryv1.KnownUse_KNOWN_USE_NONE {
			continue
		}
		n++
		if k.GetReceivedAt() != nil && (last == nil || k.GetReceivedAt().AsTime().After(last.GetReceivedAt().AsTime())) {
			last = k
		}
	}
	if n == 0 {
		return ""
	}
	s := fmt.Sprintf("%d had arrived and %s not cited", n, verb(n))
	if last != nil && !last.GetReceivedAt().AsTime().After(d.moment) {
		s += fmt.Sprintf(", the last %s before", span(d.moment.Sub(last.GetReceivedAt().AsTime())))
	}
	return s + "; not cited is not the same as ignored: the records cannot say what a person read."
}

func many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

func verb(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func wasWere(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}
