// Package words puts reports in words: what a parliament and a cabinet read beside the figures, the answers of a questionnaire, and
// measures against diversion. Every number is counted over a ledger, and says by which command the records behind it are shown.
package words

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Those who read the national report.
const (
	Parliament = "parliament"
	Cabinet    = "cabinet"
)

// Least is the smallest number of alerts of one class that is told.
const Least = 3

// kinds are those of Article 2(2), each told like the others, also where there was none (docs/national-reports.md).
var kinds = []struct{ kind, word string }{
	{"export", "Export"}, {"import", "Import"}, {"transit", "Transit"}, {"trans_shipment", "Trans-shipment"}, {"brokering", "Brokering"},
}

// writing writes one edition; err is the first that came up.
type writing struct {
	view     ledger.View
	year     int
	at       time.Time
	audience string
	err      error
}

// National is the national report of a year in words, as the ledger stands at a moment, for parliament or cabinet. The cabinet is told
// which agencies did not answer in time; a parliament only how often that was (docs/national-reports.md).
func National(view ledger.View, year int, audience string, at time.Time) (*reportingv1.WrittenReport, error) {
	if audience != Parliament && audience != Cabinet {
		return nil, fault.Errorf(fault.Invalid, "the national report in words is for %s or %s, not for %q", Parliament, Cabinet, audience)
	}
	if year < 1990 || year > 2200 {
		return nil, fault.Errorf(fault.Invalid, "name the year: national/YEAR")
	}
	w := &writing{view: view, year: year, at: at, audience: audience}
	doc := &reportingv1.WrittenReport{Title: fmt.Sprintf("Transfers of conventional arms in %d", year), Report: report.National, Audience: audience}
	doc.Sections = []*reportingv1.WrittenSection{
		section("What this rests on", w.basis()...), section("Decisions by kind of transfer", w.decisions()...), section("Refusals by criterion", w.refusals()...),
		section("Alerts of diversion", w.alerts()...), section("Verification of deliveries", w.deliveries()...),
		section("Reports that were due", w.reports()...), section("Consultations between agencies", w.consultations()...), section("Use of shared information", w.shared()...),
	}
	return doc, w.err
}

func section(heading string, paragraphs ...*reportingv1.WrittenParagraph) *reportingv1.WrittenSection {
	return &reportingv1.WrittenSection{Heading: heading, Paragraphs: paragraphs}
}

func says(shows, format string, args ...any) *reportingv1.WrittenParagraph {
	return &reportingv1.WrittenParagraph{Text: fmt.Sprintf(format, args...), Shows: shows}
}

func (w *writing) basis() []*reportingv1.WrittenParagraph {
	positions, err := w.view.Positions()
	w.err = cmp.Or(w.err, err)
	var last time.Time
	for _, p := range positions {
		if at := p.GetRecordedAt().AsTime(); at.After(last) {
			last = at
		}
	}
	return []*reportingv1.WrittenParagraph{
		says("counterfoil status", "All numbers are counted over the record of %s as it was written until %s.", w.view.Agency(), day(last)),
		says(fmt.Sprintf("counterfoil report build %s/%d", report.National, w.year), "The figures by destination and category are in the national report of %d.", w.year),
	}
}

// condition is one attribute and the values that are asked for.
type condition struct {
	attribute string
	values    []string
}

func is(attribute string, values ...string) condition { return condition{attribute, values} }

// count counts rows by an attribute, and is the command that shows them.
func (w *writing) count(table queryv1.Table, by string, asked ...condition) (counts map[string]uint64, shows string) {
	filter := &queryv1.Filter{}
	shows = "counterfoil count " + strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(table.String(), "TABLE_")), "_", "-") + " --by " + by
	for _, c := range asked {
		filter.Conditions = append(filter.Conditions, &queryv1.Condition{Attribute: c.attribute, Values: c.values})
		for _, v := range c.values {
			shows += " --where " + c.attribute + "=" + v
		}
	}
	counts = map[string]uint64{}
	_, groups, err := w.view.Count(table, filter, by)
	if err != nil {
		w.err = cmp.Or(w.err, fmt.Errorf("count %s: %w", table, err))
	}
	for _, g := range groups {
		counts[g.GetKey()] = g.GetCount()
	}
	return counts, shows
}

func (w *writing) ofYear() condition { return is("year", strconv.Itoa(w.year)) }

func (w *writing) decisions() (list []*reportingv1.WrittenParagraph) {
	granted, shows := w.count(queryv1.Table_TABLE_LICENCES, "kind", w.ofYear(), is("status", "granted", "suspended", "revoked"))
	refused, showsRefused := w.count(queryv1.Table_TABLE_DENIALS, "kind", w.ofYear(), is("status", "refused"))
	for _, k := range kinds {
		list = append(list, says(shows, "%s: %s.", k.word, some(granted[k.kind], "authorized")))
	}
	for _, k := range kinds {
		list = append(list, says(showsRefused, "%s: %s.", k.word, some(refused[k.kind], "refused")))
	}
	return list
}

func (w *writing) refusals() (list []*reportingv1.WrittenParagraph) {
	counts, shows := w.count(queryv1.Table_TABLE_DENIALS, "criterion", w.ofYear(), is("status", "refused"))
	for _, criterion := range sorted(counts) {
		list = append(list, says(shows, "Criterion %s: %s.", cmp.Or(criterion, "not stated"), some(counts[criterion], "refused")))
	}
	return orNone(list, shows, "Nothing was refused under a criterion.")
}

// alerts tells of classes and never of a sum: a small class could be taken from it.
func (w *writing) alerts() (list []*reportingv1.WrittenParagraph) {
	raised, shows := w.count(queryv1.Table_TABLE_ALERTS, "stage", w.ofYear())
	for _, stage := range sorted(raised) {
		list = append(list, says(shows, "Raised, diversion %s: %s.", stageWord(stage), few(raised[stage])))
	}
	list = orNone(list, shows, "No alert was raised.")
	closed, shows := w.count(queryv1.Table_TABLE_ALERTS, "stage", w.ofYear(), is("status", "closed"))
	for _, stage := range sorted(closed) {
		list = append(list, says(shows, "Of these closed, diversion %s: %s.", stageWord(stage), few(closed[stage])))
	}
	return list
}

// few is a number of alerts, where it is not so small that it may tell of one case.
func few(n uint64) string {
	if n < Least {
		return fmt.Sprintf("fewer than %d", Least)
	}
	return strconv.FormatUint(n, 10)
}

func (w *writing) deliveries() (list []*reportingv1.WrittenParagraph) {
	counts, shows := w.count(queryv1.Table_TABLE_DELIVERIES, "status", is("open", "true"))
	for _, s := range []struct{ status, text string }{
		{"requested", "asked for, and not due yet"}, {"overdue", "overdue"}, {"disputed", "disputed"},
	} {
		list = append(list, says(shows, "Verifications of delivery that are %s: %d.", s.text, counts[s.status]))
	}
	return list
}

// shared is how facts of others were used, as agencies told it in the year (lesson L5).
func (w *writing) shared() (list []*reportingv1.WrittenParagraph) {
	shows := w.listed("facts-used")
	times := map[string]uint64{}
	w.each(queryv1.Table_TABLE_FACTS_USED, func(r *queryv1.Row) {
		for _, u := range r.GetFactsUsed().GetUsed().GetUses() {
			times[u.GetPublisher()] += uint64(u.GetCount())
		}
	})
	for _, publisher := range sorted(times) {
		list = append(list, says(shows, "Decisions of others cited what %s shared %d times.", publisher, times[publisher]))
	}
	return orNone(list, shows, "No agency told that it used what others shared.")
}

// each reads all rows of a table that are dated in the year.
func (w *writing) each(table queryv1.Table, fn func(*queryv1.Row)) {
	from := time.Date(w.year, 1, 1, 0, 0, 0, 0, time.UTC)
	filter := &queryv1.Filter{From: timestamppb.New(from), Until: timestamppb.New(from.AddDate(1, 0, 0))}
	for token, more := "", w.err == nil; more; more = token != "" {
		rows, next, err := w.view.List(table, filter, token, 1000)
		if err != nil {
			w.err = cmp.Or(w.err, fmt.Errorf("read %s: %w", table, err))
			return
		}
		for _, r := range rows {
			fn(r)
		}
		token = next
	}
}

// listed is the command that shows what each reads.
func (w *writing) listed(table string) string {
	return fmt.Sprintf("counterfoil list %s --from %d-01-01 --until %d-01-01", table, w.year, w.year+1)
}

// consultations tells how long they took, and how many changed nothing (docs/national-reports.md).
func (w *writing) consultations() (list []*reportingv1.WrittenParagraph) {
	shows := w.listed("consultations")
	var opened, idle int
	var took []float64
	silent := map[string]uint64{}
	w.each(queryv1.Table_TABLE_CONSULTATIONS, func(r *queryv1.Row) {
		c := r.GetConsultation()
		opened++
		for _, s := range c.GetSilences() {
			silent[s.GetAgency()]++
		}
		if c.GetClosed() != nil {
			took = append(took, c.GetClosedAt().AsTime().Sub(c.GetOpened().GetOpenedAt().AsTime()).Hours()/24)
			if changedNothing(c) {
				idle++
			}
		}
	})
	if opened == 0 {
		return orNone(nil, shows, "Agencies were not consulted on any application.")
	}
	list = append(list, says(shows, "Opened: %d, of which %d have ended.", opened, len(took)))
	if len(took) > 0 {
		list = append(list, says(shows, "Half of them took no longer than %.1f days.", median(took)),
			says(shows, "In %d of %d nobody objected or asked for a condition, so that they changed nothing.", idle, len(took)))
	}
	var sum uint64
	for _, agency := range sorted(silent) {
		if sum += silent[agency]; w.audience == Cabinet {
			list = append(list, says(shows, "%s did not answer in time: %d.", agency, silent[agency]))
		}
	}
	return append(list, says(shows, "An agency that was asked did not answer in time: %d.", sum))
}

// changedNothing reports whether a consultation that ended left the decision as it would have been without it.
func changedNothing(c *ledgerv1.Consultation) bool {
	return c.GetClosed().GetMayGrant() && !c.GetClosed().GetAgainst() && !slices.ContainsFunc(c.GetClosed().GetVoices(), objectsOrAsks)
}

// median of a list that has at least one; of an even number the lower of the two in the middle, so that it is one that there was.
func median(list []float64) float64 {
	slices.Sort(list)
	return list[(len(list)-1)/2]
}
