package annual

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

const (
	errorCorrected = reportingv1.ChangeCause_CHANGE_CAUSE_ERROR_CORRECTED
	lateData       = reportingv1.ChangeCause_CHANGE_CAUSE_LATE_DATA
	methodChanged  = reportingv1.ChangeCause_CHANGE_CAUSE_METHOD_CHANGED
)

// causes finds why contributions differ between an earlier report and a later one.
type causes struct {
	view ledger.View
	// The second of the two that are compared was drawn before the first.
	turned bool
	// How far each journal was read for either.
	before, after map[string]uint64
	earlier, now  report.Spec
	// Where facts stand as they are now by either procedure: table, row and contribution. Nil where that is the same one.
	byEarlier, byNow map[string]bool
}

func newCauses(view ledger.View, a, b *reportingv1.Content) (*causes, error) {
	c := &causes{view: view, before: extents(a), after: extents(b)}
	for journal, events := range c.before {
		c.turned = c.turned || events > c.after[journal]
	}
	if c.turned {
		a, b, c.before, c.after = b, a, c.after, c.before
	}
	if a.GetTitle().GetProcedureId() == b.GetTitle().GetProcedureId() {
		return c, nil
	}
	var err error
	if c.earlier, c.byEarlier, err = placements(view, a.GetTitle()); err != nil {
		return nil, err
	}
	c.now, c.byNow, err = placements(view, b.GetTitle())
	return c, err
}

func extents(c *reportingv1.Content) map[string]uint64 {
	m := map[string]uint64{}
	for _, e := range c.GetTitle().GetExtents() {
		m[e.GetJournal()] = e.GetEvents()
	}
	return m
}

// placements are where the facts stand as they are now by the procedure of a title page.
func placements(view ledger.View, t *reportingv1.Title) (report.Spec, map[string]bool, error) {
	spec, err := report.SpecOf(view, t)
	if err != nil {
		return spec, nil, err
	}
	draft, err := report.Build(view, spec)
	if err != nil {
		return spec, nil, err
	}
	content, err := draft.Content(view, true)
	if err != nil {
		return spec, nil, err
	}
	at := map[string]bool{}
	for _, r := range content.GetRows() {
		for _, of := range r.GetContributions() {
			at[rowKey(r)+" "+contributionKey(of)] = true
		}
	}
	return spec, at, nil
}

// of is the cause of one contribution to a row, and what was recorded since or what the procedure says otherwise. Data that came late
// is that whatever the procedure says of it. Of what was known and has not changed since, the procedure is the cause. Where both
// changed, it is the procedure if that alone would have moved it in or out of the row.
func (c *causes) of(row *reportingv1.Row, of change) (reportingv1.ChangeCause, string, error) {
	was, is := of.a, of.b
	if c.turned {
		was, is = is, was
	}
	found, err := recordOf(c.view, of.subject())
	if err != nil {
		return 0, "", err
	}
	if was == nil {
		e, late, err := c.late(found, is)
		if err != nil {
			return 0, "", err
		}
		if late {
			text, err := c.tell(e)
			return lateData, text, err
		}
	}
	since, changed := c.since(found)
	if c.byNow != nil && (!changed || c.moves(row, was, is)) {
		return methodChanged, terms(c.earlier, c.now, row), nil
	}
	if !changed {
		return errorCorrected, "a record that it rests on was changed or withdrawn", nil
	}
	text, err := c.tell(since)
	return errorCorrected, text, err
}

// late reports whether a contribution that is new tells of what first came on record after the earlier report was drawn, and by which
// event: the first of its record, the movement of goods that were declared before, or the licence that they moved under. The correction
// of an entry that was known is an error corrected.
func (c *causes) late(r record, is *reportingv1.Contribution) (event, bool, error) {
	first := event{is.GetJournal(), is.GetEvents()[0]}
	if first.number > c.before[first.journal] {
		corrects := r.corrected.number > 0 && r.corrected.number <= c.before[r.corrected.journal]
		return first, !corrects, nil
	}
	switch {
	case r.declaration == "":
		return event{}, false, nil
	case r.granted.number > c.before[r.granted.journal]:
		return r.granted, true, nil
	}
	for _, n := range slices.Sorted(slices.Values(is.GetEvents())) {
		e := event{is.GetJournal(), n}
		kind, _, err := c.look(e)
		if err != nil {
			return event{}, false, err
		}
		if kind == "ExitConfirmed" || kind == "ArrivalRecorded" { // the first movement is what counts
			return e, n > c.before[e.journal], nil
		}
	}
	return event{}, false, nil
}

// since is the last event by which a record changed between the two reports, its own first.
func (c *causes) since(r record) (last event, changed bool) {
	for _, e := range r.events {
		if e.number <= c.before[e.journal] || e.number > c.after[e.journal] {
			continue
		}
		if !changed || e.journal == last.journal && e.number > last.number {
			last, changed = e, true
		}
	}
	return last, changed
}

// moves reports whether the procedure alone moves a contribution in or out of a row: as its record stands now, it is there by the one
// procedure and not by the other, as it was.
func (c *causes) moves(row *reportingv1.Row, was, is *reportingv1.Contribution) bool {
	of := is
	if of == nil {
		of = was
	}
	at := rowKey(row) + " " + contributionKey(of)
	return (was == nil) != (is == nil) && c.byEarlier[at] == (was != nil) && c.byNow[at] == (is != nil)
}

// tell says what an event was and when it was recorded.
func (c *causes) tell(e event) (string, error) {
	kind, at, err := c.look(e)
	if kind == "" || err != nil {
		return fmt.Sprintf("%s event %d", e.journal, e.number), err
	}
	return fmt.Sprintf("%s, %s event %d, recorded on %s", kind, e.journal, e.number, at.Format(time.DateOnly)), nil
}

// look returns what kind an event is of and when it was recorded; nothing where its content is gone.
func (c *causes) look(e event) (kind string, at time.Time, err error) {
	row, err := c.view.Get(queryv1.Table_TABLE_EVENTS, fmt.Sprintf("%s/%d", e.journal, e.number))
	found := row.GetEvent()
	switch {
	case errors.Is(err, fault.NotFound), err == nil && found == nil:
		return "", at, nil
	case err != nil:
		return "", at, fmt.Errorf("read event %d of %s: %w", e.number, e.journal, err)
	}
	return found.GetKind()[strings.LastIndexByte(found.GetKind(), '.')+1:], found.GetRecordedAt().AsTime(), nil
}
