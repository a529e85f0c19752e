package ledger

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	bolterrors "go.etcd.io/bbolt/errors"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Tx is the one write transaction of a ledger. What it reads through its View includes what it wrote. It keeps changed
// rows in memory and writes them to bbolt, sorted, when an index is read or it commits. It serves one goroutine.
type Tx struct {
	View
	heads map[journal.ID]*head
	undo  []undone // what takes the Apply under way back
	*desk
	lastID *[16]byte // the highest event id in the file, nil while it is not known; ids beyond it need no looking up
	done   bool
	err    error // why writing failed, after which nothing commits
	// missed is told of rows that were looked for and are not there; nil for nobody.
	missed func(*table, string)
}

// desk is the memory that a transaction works with. There is one transaction at a time, so the file hands the same
// desk to each, cleared.
type desk struct {
	tables []tableChanges // by table's slot
	events []eventChange
	// repeats are where events are repeated.
	repeats []repeat
	// ids finds the events by id; it is filled only once an id comes that is not above all before it.
	ids     map[[16]byte]place
	indexed bool
	highest [16]byte
	rows    slab[pending]
	deltas  deltas
	// names are what parties of rows that are written go by, and may be new.
	names map[string]bool
}

func newDesk() *desk {
	return &desk{tables: make([]tableChanges, len(tables)), ids: map[[16]byte]place{}, names: map[string]bool{}}
}

func (d *desk) clear() {
	for i := range d.tables {
		d.tables[i].clear()
	}
	clear(d.events)
	d.events = d.events[:0]
	clear(d.repeats)
	d.repeats = d.repeats[:0]
	d.forgetIDs()
	d.rows.reset()
	d.deltas.clear()
	d.names = map[string]bool{}
}

// head is where a journal stands in the transaction.
type head struct {
	id      journal.ID
	name    string
	number  uint16
	events  uint64 // folded with their block
	block   uint64
	applied uint64 // the last event applied, whose block may not be there yet
	start   uint64 // events before the copy begins
	// withdrawn: events were left out that others may rest on
	withdrawn bool
}

func (d *desk) forgetIDs() {
	clear(d.ids)
	d.indexed, d.highest = false, [16]byte{}
}

// noted is where an event stands that is not written yet.
func (d *desk) noted(id [16]byte) (place, bool) {
	if bytes.Compare(id[:], d.highest[:]) > 0 {
		return 0, false
	}
	if !d.indexed {
		for i := range d.events {
			if e := &d.events[i]; e.hasID {
				d.ids[e.id] = e.place
			}
		}
		d.indexed = true
	}
	p, ok := d.ids[id]
	return p, ok
}

// undone is one change to a table as it was before.
type undone struct {
	t       *table
	p       *pending
	row     row
	created bool // the transaction had not changed the row before
}

type eventChange struct {
	place     place
	id        [16]byte
	hasID     bool
	kind, day string
}

// pendingLimit is how many changed rows are kept in memory before they are written.
const pendingLimit = 1 << 17

// Begin starts the write transaction. It waits for the one that is open; end it with Commit or Rollback.
func (l *Ledger) Begin() (*Tx, error) {
	l.settle()
	f, btx, err := l.beginWriting()
	if err != nil {
		return nil, fmt.Errorf("begin on ledger %s: %w", l.path, err)
	}
	tx := &Tx{heads: map[journal.ID]*head{}, desk: f.desk}
	tx.View = View{l.reader(f, btx, tx)}
	return tx, nil
}

// Commit makes everything the transaction wrote visible. It fails, and writes nothing, when an event was applied whose
// block was not folded.
func (tx *Tx) Commit() error {
	if tx.done {
		return bolterrors.ErrTxClosed
	}
	if err := tx.finish(); err != nil {
		tx.Rollback()
		return fmt.Errorf("commit to ledger %s: %w", tx.l.path, err)
	}
	tx.done = true
	tx.desk.clear() // bbolt has it all; after its commit the desk is the next transaction's
	if err := tx.tx.Commit(); err != nil {
		return fmt.Errorf("commit to ledger %s: %w", tx.l.path, err)
	}
	tx.l.committed(tx.heads)
	return nil
}

func (tx *Tx) finish() error {
	for _, h := range tx.heads {
		if h.applied > h.events {
			return fmt.Errorf("event %d of %s was applied without its block", h.applied, h.name)
		}
	}
	return tx.flush()
}

// Rollback ends the transaction without a trace. After Commit it does nothing.
func (tx *Tx) Rollback() {
	if tx.done {
		return
	}
	tx.done = true
	tx.desk.clear()
	_ = tx.tx.Rollback() // fails only when it has ended
}

// PutLocal keeps a value that is of this agency alone, such as a cursor; nil removes it. It is no part of the root hash.
func (tx *Tx) PutLocal(key string, value []byte) error {
	b := tx.tx.Bucket(bucketLocal)
	if value == nil {
		return b.Delete([]byte(key))
	}
	return b.Put([]byte(key), slices.Clone(value))
}

// Stop records that a journal is not followed any further, and why.
func (tx *Tx) Stop(s *ledgerv1.Stop) error {
	raw, err := encode(nil, s)
	if err != nil {
		return err
	}
	return tx.tx.Bucket(bucketStops).Put([]byte(s.Journal), raw)
}

// ClearStop forgets why a journal was stopped, if it was.
func (tx *Tx) ClearStop(id journal.ID) error {
	return tx.tx.Bucket(bucketStops).Delete([]byte(id.String()))
}

// journalHead returns where the journal stands, and gives a new one its number.
func (tx *Tx) journalHead(id journal.ID) (*head, error) {
	if h := tx.heads[id]; h != nil {
		return h, nil
	}
	if !id.Valid() {
		return nil, fmt.Errorf("journal %q is not agency/group", id)
	}
	h := &head{id: id, name: id.String()}
	position, err := tx.Position(id)
	if err != nil {
		return nil, err
	}
	if position != nil {
		h.number, _ = tx.journal(h.name)
		h.events, h.block, h.applied, h.start = position.Events, position.Block, position.Events, position.StartEvents
		h.withdrawn = tx.Local(withdrawnKey(h.name)) != nil
	} else if err := tx.numberJournal(h); err != nil {
		return nil, err
	}
	tx.heads[id] = h
	return h, nil
}

// BeginAt has the copy of a journal go on after a block that this agency is not given, so that the next block to fold is the
// one after it. pos is the journal's position there; what lies between it and what the copy holds stays out. It fails when
// the copy holds that block, or events were applied whose block is not folded.
func (tx *Tx) BeginAt(id journal.ID, pos *ledgerv1.Position) error {
	h, err := tx.journalHead(id)
	if err != nil {
		return err
	}
	if h.applied > h.events || pos.Block <= h.block || pos.Events <= h.events {
		return fmt.Errorf("the copy of %s is at block %d, event %d, and cannot begin after block %d", id, h.block, h.applied, pos.Block)
	}
	h.events, h.block, h.applied, h.start = pos.Events, pos.Block, pos.Events, pos.Events
	return nil
}

func (tx *Tx) numberJournal(h *head) error {
	b := tx.tx.Bucket(bucketJournals)
	n, err := b.NextSequence()
	switch {
	case err != nil:
		return err
	case n > 1<<16-1:
		return fmt.Errorf("journal %s is one too many for a ledger: it has %d", h.name, n-1)
	}
	h.number = uint16(n)
	return b.Put([]byte(h.name), binary.BigEndian.AppendUint16(nil, h.number))
}

// pendingRow returns what the transaction knows of a row; nil when it has not changed it.
func (tx *Tx) pendingRow(t *table, id string) *pending { return tx.tables[t.slot].pending[id] }

// write puts or, with a nil row, deletes the row with this id. fresh says that no such row can exist.
func (tx *Tx) write(t *table, id string, r row, fresh bool) error {
	changes := &tx.tables[t.slot]
	p := changes.pending[id]
	if p != nil {
		tx.undo = append(tx.undo, undone{t, p, p.row, false})
		p.row = r
		return nil
	}
	p = tx.rows.new()
	p.id, p.row = id, r
	if !fresh {
		number, ok := tx.number(t, id)
		if ok {
			before, err := tx.stored(t, number)
			if err != nil {
				return err
			}
			var x entries
			t.entriesOf(before, &x)
			p.number, p.stored, p.was = number, true, x.list
		}
	}
	if !p.stored {
		if r == nil {
			return nil // nothing to delete
		}
		if err := tx.newNumber(t, changes, p); err != nil {
			return err
		}
	}
	if changes.pending == nil {
		changes.pending = map[string]*pending{}
	}
	changes.pending[id] = p
	changes.order = append(changes.order, p)
	tx.undo = append(tx.undo, undone{t, p, nil, true})
	return nil
}

func (tx *Tx) newNumber(t *table, changes *tableChanges, p *pending) error {
	if changes.next == 0 {
		changes.next = place(tx.of(t).rows.Sequence()) + 1
	}
	if changes.next >= 1<<placeBits {
		return fmt.Errorf("table %s is full", t.name)
	}
	p.number = changes.next
	changes.next++
	return nil
}

// takeBack undoes what was written since undo was empty.
func (tx *Tx) takeBack() {
	for _, u := range slices.Backward(tx.undo) {
		if !u.created {
			u.p.row = u.row
			continue
		}
		changes := &tx.tables[u.t.slot]
		delete(changes.pending, u.p.id)
		changes.order = changes.order[:len(changes.order)-1]
		if u.p.number == changes.next-1 {
			changes.next--
		}
	}
	tx.undo = tx.undo[:0]
}

// encode appends a message as it is kept: the same bytes for the same content, which the root hash relies on.
func encode(to []byte, m proto.Message) ([]byte, error) {
	raw, err := proto.MarshalOptions{Deterministic: true}.MarshalAppend(to, m)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", m.ProtoReflect().Descriptor().Name(), err)
	}
	return raw, nil
}
