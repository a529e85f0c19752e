package report

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Draft is a report as the facts of a ledger stand, and can be kept up with it. It serves one goroutine at a time.
type Draft struct {
	Spec Spec
	// What every row of the ledger adds, by its id.
	facts map[string][]placed
	// rows of each table, by their keys; those that nothing counts in any more are passed over.
	rows []map[string]*row
	// key is where keys are put together.
	key []byte
	// Ids of the returns among them.
	returns []string
	// extent is how many events of each journal it comes of.
	extent map[string]uint64
	// token is how far events were looked at, and incarnation of which file.
	token, incarnation string
	// parked is how many events stood apart: when one is applied later no event tells of it.
	parked int
}

// pageSize is how many rows or events are in memory at once.
const pageSize = 4096

// Build reads everything of the report's year. What it costs grows with that year, not with the ledger's history. It is refused
// where amounts add up to more than a figure can state.
func Build(view ledger.View, spec Spec) (*Draft, error) {
	d := &Draft{Spec: spec}
	return d, d.build(view)
}

func (d *Draft) build(view ledger.View) (err error) {
	d.clear()
	d.incarnation = view.Incarnation()
	if d.token, err = view.WatchToken(); err != nil {
		return err
	}
	if d.parked, err = parked(view); err != nil {
		return err
	}
	if _, err := d.reach(view); err != nil {
		return err
	}
	year := strconv.Itoa(d.Spec.Year)
	for _, of := range []struct {
		table     queryv1.Table
		attribute string
	}{
		{queryv1.Table_TABLE_LICENCES, "year"}, {queryv1.Table_TABLE_DENIALS, "year"},
		{queryv1.Table_TABLE_DECLARATIONS, "moved"}, {queryv1.Table_TABLE_USAGES, "year"},
	} {
		filter := &queryv1.Filter{Conditions: []*queryv1.Condition{{Attribute: of.attribute, Values: []string{year}}}}
		for token, more := "", true; more; more = token != "" {
			rows, next, err := view.List(of.table, filter, token, pageSize)
			if err != nil {
				return fmt.Errorf("read %s of %s: %w", of.table, year, err)
			}
			for _, r := range rows {
				if err := d.read(view, of.table, r); err != nil {
					return err
				}
			}
			token = next
		}
	}
	return d.takeReturns(view)
}

// takeReturns places every return of the report, and none that another request took the place of.
func (d *Draft) takeReturns(view ledger.View) error {
	for _, id := range d.returns {
		if err := d.put(id, nil); err != nil {
			return err
		}
	}
	d.returns = nil
	returns, err := Returns(view, d.Spec.Form.Name, d.Spec.Year)
	if err != nil {
		return err
	}
	for _, r := range returns {
		if r.Submission == nil {
			continue
		}
		d.returns = append(d.returns, r.Submission.GetId())
		if err := d.put(r.Submission.GetId(), d.ofReturn(r.Submission)); err != nil {
			return err
		}
	}
	return nil
}

func (d *Draft) read(view ledger.View, table queryv1.Table, r *queryv1.Row) error {
	found, err := d.place(view, table, r)
	if err != nil {
		return err
	}
	return d.put(idOf(r), found)
}

// place finds what a row of the ledger adds to the report.
func (d *Draft) place(view ledger.View, table queryv1.Table, r *queryv1.Row) ([]placed, error) {
	switch table {
	case queryv1.Table_TABLE_LICENCES:
		return d.ofLicence(r.GetLicence()), nil
	case queryv1.Table_TABLE_DENIALS:
		return d.ofDenial(r.GetDenial()), nil
	case queryv1.Table_TABLE_DECLARATIONS:
		return d.ofDeclaration(view, r.GetDeclaration())
	case queryv1.Table_TABLE_USAGES:
		return d.ofUsage(view, r.GetUsage())
	}
	return nil, nil
}

func idOf(r *queryv1.Row) string {
	switch r := r.GetRow().(type) {
	case *queryv1.Row_Licence:
		return r.Licence.GetId()
	case *queryv1.Row_Denial:
		return r.Denial.GetId()
	case *queryv1.Row_Declaration:
		return r.Declaration.GetId()
	case *queryv1.Row_Usage:
		return r.Usage.GetId()
	}
	return ""
}

// put sets what a row of the ledger adds, in place of what it added before.
func (d *Draft) put(id string, found []placed) error {
	for _, p := range d.facts[id] {
		if err := d.take(p, -1); err != nil {
			return err
		}
	}
	delete(d.facts, id)
	for _, p := range found {
		if err := d.take(p, 1); err != nil {
			return err
		}
	}
	if len(found) > 0 {
		d.facts[id] = found
	}
	return nil
}

// take adds what a fact adds to its row, or takes it away again.
func (d *Draft) take(p placed, times int64) error {
	if p.problem != "" {
		return nil
	}
	if err := p.row.sum.add(p.fact, times); err != nil {
		return fmt.Errorf("add %s to %s: %w", p.fact.subject, strings.Join(p.row.keys, ", "), err)
	}
	if times > 0 {
		p.row.facts = append(p.row.facts, p.fact)
	} else {
		p.row.facts = slices.Delete(p.row.facts, slices.Index(p.row.facts, p.fact), slices.Index(p.row.facts, p.fact)+1)
	}
	return nil
}

func (d *Draft) clear() {
	d.facts, d.returns = map[string][]placed{}, nil
	d.rows = make([]map[string]*row, len(d.Spec.Form.Tables))
	for i := range d.rows {
		d.rows[i] = map[string]*row{}
	}
}

// row finds the row of a table with some keys, or makes it.
func (d *Draft) row(table int, keys []string) *row {
	d.key = d.key[:0]
	for _, k := range keys {
		d.key = append(binary.AppendUvarint(d.key, uint64(len(k))), k...)
	}
	r := d.rows[table][string(d.key)]
	if r == nil {
		r = &row{table: table, keys: slices.Clone(keys)}
		d.rows[table][string(d.key)] = r
	}
	return r
}

// Update brings the draft up with what was recorded since it was built or updated last, and says how many rows of the ledger it
// looked at again; all of them where it had to be built anew. Otherwise what it costs grows with what was recorded since, not with
// the report.
func (d *Draft) Update(view ledger.View) (looked int, err error) {
	n, err := parked(view)
	if err != nil {
		return 0, err
	}
	older, err := d.reach(view)
	if err != nil {
		return 0, err
	}
	changed, err := d.since(view)
	switch {
	case err != nil:
		return 0, err
	case older || changed.all || n != d.parked || d.incarnation != view.Incarnation():
		err = d.build(view)
		return len(d.facts), err
	case changed.returns:
		if err := d.takeReturns(view); err != nil {
			return 0, err
		}
		looked = len(d.returns)
	}
	for _, id := range sortedKeys(changed.ids) {
		more, err := d.look(view, id, changed.ids[id])
		if err != nil {
			return looked, err
		}
		looked += more
	}
	return looked, nil
}

// reach notes how far a view is in each journal, and says whether that is less far than the draft was: callers that read at the same
// time may come in another order than their views.
func (d *Draft) reach(view ledger.View) (older bool, err error) {
	positions, err := view.Positions()
	if err != nil {
		return false, err
	}
	extent := map[string]uint64{}
	for _, p := range positions {
		extent[p.GetJournal()] = p.GetEvents()
	}
	for journal, events := range d.extent {
		older = older || extent[journal] < events
	}
	d.extent = extent
	return older, nil
}

// changes are what newer events may have changed.
type changes struct {
	// Ids of rows of the ledger, and of each whether what moved under it may count otherwise.
	ids map[string]bool
	// Which returns count, and what they say; or everything.
	returns, all bool
}

// since looks at the events that were recorded since the draft was built or updated last.
func (d *Draft) since(view ledger.View) (changes, error) {
	c := changes{ids: map[string]bool{}}
	for more := true; more; {
		var events []*queryv1.RecordedEvent
		var err error
		if events, d.token, more, err = view.EventsAfter(d.token, nil, pageSize); err != nil {
			return c, err
		}
		for _, e := range events {
			c.note(e)
		}
	}
	return c, nil
}

func (c *changes) note(e *queryv1.RecordedEvent) {
	service, kind, _ := strings.Cut(strings.TrimPrefix(e.GetKind(), "counterfoil."), ".v1.")
	switch {
	case service == "directory" && (kind == "WithdrawalCarriedOut" || kind == "EventWithdrawn"):
		c.all = true
	case service == "reporting" && (kind == "AgencyReturnSubmitted" || kind == "AgencyReturnRequested"):
		c.returns = true
	case service == "licensing", service == "customs":
		licence := service == "licensing" || strings.HasPrefix(kind, "LicenceOnFile")
		for _, id := range idsIn(e) {
			c.ids[id] = c.ids[id] || licence
		}
	}
}

// look places anew the row of the ledger that has an id, if it is of a table that counts, and what moved under it where that is asked
// for.
func (d *Draft) look(view ledger.View, id string, movements bool) (looked int, err error) {
	table, r, err := view.Find(id)
	if r == nil || err != nil {
		return 0, err
	}
	found, err := d.place(view, table, r)
	if err != nil {
		return 0, err
	}
	if err := d.put(id, found); err != nil || table != queryv1.Table_TABLE_LICENCES || !movements {
		return 1, err
	}
	declarations, err := view.DeclarationsWith("licence", id)
	if err != nil {
		return 1, err
	}
	usages, err := view.UsagesWith("licence", id)
	if err != nil {
		return 1, err
	}
	for _, r := range declarations {
		found, err := d.ofDeclaration(view, r)
		if err != nil {
			return 1, err
		}
		if err := d.put(r.GetId(), found); err != nil {
			return 1, err
		}
	}
	for _, r := range usages {
		found, err := d.ofUsage(view, r)
		if err != nil {
			return 1, err
		}
		if err := d.put(r.GetId(), found); err != nil {
			return 1, err
		}
	}
	return 1 + len(declarations) + len(usages), nil
}

// idsIn are the ids that an event's fact names in its own fields.
func idsIn(e *queryv1.RecordedEvent) (ids []string) {
	for raw := e.GetFact().GetValue(); len(raw) > 0; {
		_, wire, n := protowire.ConsumeTag(raw)
		if n < 0 {
			return ids
		}
		raw = raw[n:]
		if n = protowire.ConsumeFieldValue(1, wire, raw); n < 0 {
			return ids
		}
		if wire == protowire.BytesType {
			if text, _ := protowire.ConsumeBytes(raw); len(text) <= maxID && strings.IndexByte(string(text), '/') > 0 {
				ids = append(ids, string(text))
			}
		}
		raw = raw[n:]
	}
	return ids
}

// maxID is longer than every id.
const maxID = 200

func parked(view ledger.View) (int, error) {
	events, err := view.ParkedEvents()
	return len(events), err
}
