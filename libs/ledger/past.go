package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Standing is where an event stands.
type Standing struct {
	Journal journal.ID
	Number  uint64
	// Header of its block.
	Header *eventv1.Header
	// ReceivedAt is when this agency's server stored the block.
	ReceivedAt time.Time
}

// Within reports whether an event is within a horizon.
type Within func(Standing, *eventv1.Event) bool

// Past folds single rows from those of their events that are within a horizon. Every row names the events that made it, and the
// fold of an event looks at rows by their ids alone, so that the few events of a row, of the rows that their fold looks at,
// and so on, make it what a fold of everything within the horizon would. Safe for concurrent use.
type Past struct {
	mu      sync.Mutex
	scratch *Ledger
	dir     string
}

// ErrReplay says that a row of the past cannot be had by itself, and a replay would have it.
var ErrReplay = errors.New("the row cannot be told from its own events")

const (
	// maxRests is the most events that a row of the past is folded from.
	maxRests = 20_000
	// maxParked is up to how many parked events of a journal are tried again for a row of the past.
	maxParked = 200
)

// OpenPast makes room for a ledger beside the one that is read, in which nothing is ever committed. Close removes it.
func OpenPast(of *Ledger) (*Past, error) {
	dir, err := os.MkdirTemp(filepath.Dir(of.Path()), "asof-")
	if err != nil {
		return nil, fmt.Errorf("make room for rows of the past: %w", err)
	}
	scratch, err := Open(filepath.Join(dir, "ledger.db"), Options{Agency: of.Agency()})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &Past{scratch: scratch, dir: dir}, nil
}

// Close removes what OpenPast made.
func (p *Past) Close() error { return errors.Join(p.scratch.Close(), os.RemoveAll(p.dir)) }

// Row returns a row and the events that made it, in the order of its journal, of those of a view's events that are within a horizon;
// nil when there was none. TABLE_UNSPECIFIED asks every table, as View.Find does. It wraps ErrReplay where only a replay can tell: what
// the view's copy of a journal begins with is missing, the row is a receipt, or it rests on very many events.
func (p *Past) Row(v View, of queryv1.Table, id string, within Within) (queryv1.Table, *queryv1.Row, []*queryv1.RecordedEvent, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked, err := tablesAsked(of)
	if err != nil {
		return 0, nil, nil, err
	}
	past := &pastRow{of: v, within: within, known: map[rowKeyOf]bool{}, places: map[place]bool{}, parked: map[string]bool{}}
	for _, t := range asked {
		if err := past.restsOn(t, id); err != nil {
			return 0, nil, nil, err
		}
	}
	return past.settle(p.scratch, asked, id)
}

func tablesAsked(of queryv1.Table) ([]*table, error) {
	if of != queryv1.Table_TABLE_UNSPECIFIED {
		t, err := tableOf(of)
		return []*table{t}, err
	}
	return slices.DeleteFunc(slices.Clone(tables), func(t *table) bool { return t.wrap == nil }), nil
}

type rowKeyOf struct {
	t  *table
	id string
}

// pastRow gathers the events that a row of the past is folded from.
type pastRow struct {
	of     View
	within Within
	known  map[rowKeyOf]bool
	places map[place]bool
	parked map[string]bool // journals whose parked events are taken in
	events []pastEvent
}

// pastEvent is an event where it stands, in the order of the journal that its rows are of.
type pastEvent struct {
	entry   journal.Entry
	in      journal.ID
	origin  string
	ordinal uint64
}

// restsOn takes in the events of a row. Of one that is not there any more, the events of the row whose part it was.
func (p *pastRow) restsOn(t *table, id string) error {
	key := rowKeyOf{t, id}
	if p.known[key] {
		return nil
	}
	p.known[key] = true
	r, _, err := p.of.peek(t, id)
	if err != nil {
		return err
	}
	if r == nil {
		owner, _, isPart := strings.Cut(id, "#")
		if !isPart {
			return nil
		}
		for _, other := range tables {
			if err := p.restsOn(other, owner); err != nil {
				return err
			}
		}
		return nil
	}
	if t == receipts.table {
		return ErrReplay // it names the last of its events alone
	}
	for _, number := range r.GetEvents() {
		if err := p.takeBoth(r.GetJournal(), number); err != nil {
			return err
		}
	}
	return p.takeParked(r.GetJournal())
}

// takeBoth takes in an event where it was recorded and where it is repeated.
func (p *pastRow) takeBoth(name string, number uint64) error {
	if n, ok := p.of.journal(name); ok {
		if err := p.take(placeOf(n, number)); err != nil {
			return err
		}
	}
	prefix := repeatPrefix(name, number)
	c := p.of.tx.Bucket(bucketRepeats).Cursor()
	for key, at := c.Seek(prefix); len(key) > len(prefix) && string(key[:len(prefix)]) == string(prefix); key, at = c.Next() {
		if err := p.take(parsePlace(at)); err != nil {
			return err
		}
	}
	return nil
}

// takeParked takes in what of a journal could not be applied: within another horizon it may be.
func (p *pastRow) takeParked(name string) error {
	if p.parked[name] {
		return nil
	}
	p.parked[name] = true
	n, ok := p.of.journal(name)
	if !ok {
		return nil
	}
	id, err := journal.ParseID(name)
	if err != nil {
		return err
	}
	position, err := p.of.Position(id)
	if err != nil {
		return err
	}
	if position.GetStartEvents() > 0 {
		return ErrReplay
	}
	c, taken := p.of.tx.Bucket(bucketParked).Cursor(), 0
	for key, _ := c.Seek(placeOf(n, 0).key()); len(key) == 8 && parsePlace(key).journal() == n; key, _ = c.Next() {
		if taken++; taken > maxParked {
			return ErrReplay
		}
		if err := p.take(parsePlace(key)); err != nil {
			return err
		}
	}
	return nil
}

// take takes in the event at a place, if it is within the horizon.
func (p *pastRow) take(at place) error {
	if p.places[at] {
		return nil
	}
	p.places[at] = true
	if len(p.events) == maxRests {
		return ErrReplay
	}
	b, err := p.of.openBlock(at)
	if b == nil || err != nil || b.lacks(at) {
		return err
	}
	id, err := journal.ParseID(b.journal)
	if err != nil {
		return err
	}
	entry, err := journal.DecodeEntry(at.number(), b.events[at-b.first])
	if err != nil {
		return err
	}
	if !p.within(Standing{id, at.number(), b.header, b.at.AsTime()}, entry.Event) {
		return nil
	}
	e := pastEvent{entry, id, b.journal, at.number()}
	if o := entry.Event.GetOrigin(); o != nil {
		e.origin, e.ordinal = o.Journal, o.Number
	}
	p.events = append(p.events, e)
	return nil
}

// settle folds what was taken in, takes in what the fold looked for and did not find, and so on until it finds all that there is.
func (p *pastRow) settle(scratch *Ledger, asked []*table, id string) (queryv1.Table, *queryv1.Row, []*queryv1.RecordedEvent, error) {
	for {
		before := len(p.events)
		slices.SortFunc(p.events, func(a, b pastEvent) int {
			return cmp.Or(strings.Compare(a.origin, b.origin), cmp.Compare(a.ordinal, b.ordinal), strings.Compare(a.in.String(), b.in.String()))
		})
		of, found, missed, err := p.fold(scratch, asked, id)
		if err != nil {
			return 0, nil, nil, err
		}
		for _, m := range missed {
			if err := p.restsOn(m.t, m.id); err != nil {
				return 0, nil, nil, err
			}
		}
		if len(p.events) > before {
			continue
		}
		if found == nil {
			return 0, nil, nil, nil
		}
		events, err := p.of.EventsOf(found)
		return of.query, of.wrap(found), events, err
	}
}

// fold folds the events into a ledger that stays empty, and returns the row, and the rows that were looked for and not found.
func (p *pastRow) fold(scratch *Ledger, asked []*table, id string) (*table, row, []rowKeyOf, error) {
	tx, err := scratch.Begin()
	if err != nil {
		return nil, nil, nil, err
	}
	defer tx.Rollback()
	var missed []rowKeyOf
	tx.missed = func(t *table, id string) { missed = append(missed, rowKeyOf{t, id}) }
	for _, e := range p.events {
		if err := tx.applyAlone(e); err != nil {
			return nil, nil, nil, fmt.Errorf("fold event %d of %s: %w", e.entry.Number, e.in, err)
		}
	}
	for _, t := range asked {
		if changed := tx.pendingRow(t, id); changed != nil && changed.row != nil {
			return t, proto.Clone(changed.row).(row), missed, nil
		}
	}
	return nil, nil, missed, nil
}

// applyAlone applies an event without those before it. One that cannot be applied is left out.
func (tx *Tx) applyAlone(e pastEvent) error {
	h, err := tx.journalHead(e.in)
	if err != nil {
		return err
	}
	h.applied = e.entry.Number - 1
	tx.undo = tx.undo[:0]
	err = tx.apply(h, e.entry)
	if why := (*Unappliable)(nil); errors.As(err, &why) {
		tx.takeBack()
		return nil
	}
	return err
}
