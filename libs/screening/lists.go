package screening

import (
	"fmt"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

// lacking returns the required lists that are missing or too old at a time, and a reason for each.
func lacking(on []*ledgerv1.WatchList, lists []Required, at time.Time) (sources, reasons []string) {
	for _, r := range lists {
		if reason := lack(on, r, at); reason != "" {
			sources, reasons = append(sources, r.Source), append(reasons, reason)
		}
	}
	return sources, reasons
}

// Lacked returns why what a screening compared with was not what is required at a time, in sentences for people; none when
// it was.
func Lacked(c *screeningv1.Certificate, lists []Required, at time.Time) []string {
	var on []*ledgerv1.WatchList
	for _, u := range c.GetLists() {
		on = append(on, &ledgerv1.WatchList{Edition: &screeningv1.ListEditionRecorded{Source: u.GetSource(), Edition: u.GetEdition()}})
	}
	_, reasons := lacking(on, lists, at)
	return reasons
}

// lack says what is wrong with what is on record of a list; nothing when it may be used. An edition counts until the end of
// the last day that it may be used on, UTC.
func lack(on []*ledgerv1.WatchList, r Required, at time.Time) string {
	latest := ""
	for _, l := range on {
		if l.GetEdition().GetSource() == r.Source {
			latest = max(latest, l.GetEdition().GetEdition())
		}
	}
	if latest == "" {
		return fmt.Sprintf("list %s is required and no edition of it is on record", r.Source)
	}
	if r.MaxAgeDays == 0 {
		return ""
	}
	day, err := time.Parse(time.DateOnly, latest)
	if err != nil {
		return fmt.Sprintf("list %s is required and the age of its edition %q cannot be told", r.Source, latest)
	}
	if !at.Before(day.AddDate(0, 0, int(r.MaxAgeDays)+1)) {
		return fmt.Sprintf("list %s is of %s and may be %d days old at most", r.Source, latest, r.MaxAgeDays)
	}
	return ""
}

// used are the editions on record, as a certificate names them.
func used(on []*ledgerv1.WatchList) []*screeningv1.ListUsed {
	var all []*screeningv1.ListUsed
	for _, l := range on {
		e := l.GetEdition()
		all = append(all, &screeningv1.ListUsed{Source: e.GetSource(), Edition: e.GetEdition(), Entries: e.GetEntries(), RecordedAt: l.GetRecordedAt()})
	}
	return all
}

// unnamed returns a reason for each party that cannot be compared by name.
func unnamed(deal *licensingv1.Deal) (reasons []string) {
	for i, p := range deal.GetParties() {
		if !named(p) {
			reasons = append(reasons, ofParty(i+1, p)+" has no name that can be compared")
		}
	}
	return reasons
}

func sentence(reasons []string) string { return strings.Join(reasons, "; ") }

// ListsOnRecord are the latest editions of all watch lists on record, as a certificate names them.
func ListsOnRecord(view ledger.View) ([]*screeningv1.ListUsed, error) {
	on, err := view.WatchLists()
	if err != nil {
		return nil, fmt.Errorf("read the watch lists: %w", err)
	}
	return used(on), nil
}
