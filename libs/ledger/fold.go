package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Directory is the one journal that directory events are folded from.
var Directory = journal.ID{Agency: "authority", Group: "directory"}

// Apply folds events' rows, all of the events or none, and returns *Unappliable when one breaks an invariant or is of an
// unknown kind, *OutOfStep when one is not the journal's next. Their block has to be folded before the commit. The
// entries belong to the transaction until it ends.
func (tx *Tx) Apply(id journal.ID, entries ...journal.Entry) error {
	if tx.err != nil {
		return tx.err
	}
	h, err := tx.journalHead(id)
	if err != nil {
		return err
	}
	applied, events, repeats := h.applied, len(tx.events), len(tx.repeats)
	tx.undo = tx.undo[:0]
	for _, e := range entries {
		if err := tx.apply(h, e); err != nil {
			tx.takeBack()
			tx.forget(events)
			tx.repeats = tx.repeats[:repeats]
			h.applied = applied
			return err
		}
	}
	return tx.lighten()
}

// apply folds one event. What it wrote before an error has to be taken back.
func (tx *Tx) apply(h *head, e journal.Entry) error {
	if e.Number != h.applied+1 {
		return &OutOfStep{h.id, "event", h.applied + 1, e.Number}
	}
	if e.Number >= 1<<placeBits {
		return fmt.Errorf("event %d of %s: a ledger counts to %d", e.Number, h.name, uint64(1)<<placeBits-1)
	}
	f, err := h.folding(tx, e)
	if err != nil {
		return err
	}
	at, held, err := tx.held(h, f, e)
	if err != nil {
		return err
	}
	switch parked := held && tx.isParked(at); {
	case held && !parked:
		err = f.commandAgain()
	default:
		if err = f.fold(e.Fact); err != nil {
			break
		}
		if parked {
			err = tx.mend(at)
		} else {
			tx.note(h, e)
		}
	}
	if err != nil {
		return err
	}
	tx.noteRepeat(h.number, e.Number, e.Event)
	h.applied = e.Number
	return nil
}

// folding is the event as it is folded: one that repeats another is folded as that one.
func (h *head) folding(tx *Tx, e journal.Entry) (*folding, error) {
	switch {
	case e.Event == nil:
		return nil, unappliable(h.id, e, "it cannot be read")
	case len(e.Event.Id) != 16:
		return nil, unappliable(h.id, e, "its id is not 16 bytes")
	case e.Event.Origin != nil:
		return h.repeating(tx, e)
	}
	return &folding{tx: tx, id: h.id, journal: h.name, number: e.Number, event: e.Event, start: h.start, in: h.number}, nil
}

// note remembers where an event stands, for the indexes over events.
func (tx *Tx) note(h *head, e journal.Entry) {
	c := eventChange{place: placeOf(h.number, e.Number), kind: e.Event.GetKind(), day: dayOf(e.Event.GetRecordedAt())}
	if len(e.Event.GetId()) == 16 {
		c.id = [16]byte(e.Event.Id)
		if _, taken := tx.eventPlace(c.id); !taken {
			c.hasID = true
			if bytes.Compare(c.id[:], tx.highest[:]) > 0 {
				tx.highest = c.id
			}
			if tx.indexed {
				tx.ids[c.id] = c.place
			}
		}
	}
	tx.events = append(tx.events, c)
}

// forget drops the events noted after the first n.
func (tx *Tx) forget(n int) {
	for _, e := range tx.events[n:] {
		if e.hasID {
			delete(tx.ids, e.id)
		}
	}
	tx.events = tx.events[:n]
}

// Fold folds the journal's next block: it applies or parks every event that was not applied in this transaction yet,
// keeps the opened block, and moves the journal's position to pos. A block that is not the next one is *OutOfStep.
// The block belongs to the transaction until it ends.
func (tx *Tx) Fold(b *journal.Block, pos *ledgerv1.Position) error {
	if tx.err != nil {
		return tx.err
	}
	h, err := tx.journalHead(b.ID)
	if err != nil {
		return err
	}
	if err := h.follows(b, pos); err != nil {
		return err
	}
	for _, e := range b.Entries {
		if e.Number <= h.applied {
			continue
		}
		if err := tx.foldEntry(h, e); err != nil {
			tx.err = err
			return err
		}
	}
	if err := tx.keep(h, b, pos); err != nil {
		tx.err = fmt.Errorf("keep block %d of %s: %w", b.Header.Number, h.name, err)
		return tx.err
	}
	h.block, h.events = pos.Block, pos.Events
	return tx.lighten()
}

// foldEntry applies an event of a block, or parks it; one that was withdrawn is passed over.
func (tx *Tx) foldEntry(h *head, e journal.Entry) error {
	if e.Withdrawn() {
		return tx.passOver(h, e)
	}
	tx.undo = tx.undo[:0]
	err := tx.apply(h, e)
	if why := (*Unappliable)(nil); errors.As(err, &why) {
		tx.takeBack()
		err = tx.park(h, e, why)
	}
	if err != nil {
		return fmt.Errorf("fold event %d of %s: %w", e.Number, h.name, err)
	}
	return nil
}

// follows checks that the block is the journal's next and that pos is its end.
func (h *head) follows(b *journal.Block, pos *ledgerv1.Position) error {
	n := uint64(len(b.Entries))
	switch {
	case b.Header.Number != h.block+1:
		return &OutOfStep{h.id, "block", h.block + 1, b.Header.Number}
	case b.Header.FirstEvent != h.events+1:
		return &OutOfStep{h.id, "event", h.events + 1, b.Header.FirstEvent}
	case n == 0 || uint64(b.Header.Count) != n:
		return fmt.Errorf("block %d of %s has %d events, its header says %d", b.Header.Number, h.id, n, b.Header.Count)
	case h.applied > h.events+n:
		return fmt.Errorf("block %d of %s ends at event %d, applied were %d", b.Header.Number, h.id, h.events+n, h.applied)
	case pos.Journal != h.name || pos.Block != b.Header.Number || pos.Events != h.events+n:
		return fmt.Errorf("block %d of %s, to event %d, does not lead to position %s %d, event %d",
			b.Header.Number, h.id, h.events+n, pos.Journal, pos.Block, pos.Events)
	}
	for i, e := range b.Entries {
		if want := h.events + 1 + uint64(i); e.Number != want {
			return &OutOfStep{h.id, "event", want, e.Number}
		}
	}
	return nil
}

// park keeps an event aside that could not be applied.
func (tx *Tx) park(h *head, e journal.Entry, why *Unappliable) error {
	raw, err := encode(nil, &ledgerv1.ParkedEvent{
		Journal: h.name, Number: e.Number, Id: e.Event.GetId(), Kind: e.Event.GetKind(), Reason: why.Reason, Unknown: why.Unknown,
		BeforeStart: why.Missing && (h.start > 0 || h.withdrawn) || tx.lost(h, why.Since, e.Number), RowId: why.Row,
	})
	if err != nil {
		return err
	}
	at, again, err := tx.parkedAs(h, e)
	switch {
	case err != nil:
		return err
	case again:
		err = tx.parkAlso(at, h, e)
	default:
		tx.note(h, e)
	}
	if err != nil {
		return err
	}
	h.applied = e.Number
	return tx.tx.Bucket(bucketParked).Put(placeOf(h.number, e.Number).key(), raw)
}

// keep stores the opened block, its arrival and the position after it.
func (tx *Tx) keep(h *head, b *journal.Block, pos *ledgerv1.Position) error {
	first := placeOf(h.number, b.Header.FirstEvent).key()
	var withdrawn []*ledgerv1.WithdrawnLeaf
	for _, e := range b.Entries {
		if e.Withdrawn() {
			withdrawn = append(withdrawn, &ledgerv1.WithdrawnLeaf{Number: e.Number, Leaf: e.Leaf})
		}
	}
	block, err := encode(make([]byte, 0, len(b.Plain)+len(b.HeaderBytes)+len(b.Signature)+64), &ledgerv1.FoldedBlock{
		Number: b.Header.Number, Header: b.HeaderBytes, Signature: b.Signature, Body: b.Plain, ReceivedAt: timestamppb.New(b.ReceivedAt),
		Sequence: b.Sequence, Withdrawn: withdrawn,
	})
	if err != nil {
		return err
	}
	position, err := encode(nil, pos)
	if err != nil {
		return err
	}
	arrivals := tx.tx.Bucket(bucketArrivals)
	arrival, err := arrivals.NextSequence()
	if err != nil {
		return err
	}
	return errors.Join(
		tx.tx.Bucket(bucketBlocks).Put(first, block),
		arrivals.Put(binary.BigEndian.AppendUint64(nil, arrival), binary.BigEndian.AppendUint32(slices.Clone(first), b.Header.Count)),
		tx.tx.Bucket(bucketPositions).Put(binary.BigEndian.AppendUint16(nil, h.number), position))
}

func unappliable(id journal.ID, e journal.Entry, reason string) error {
	return &Unappliable{Journal: id, Number: e.Number, Kind: e.Event.GetKind(), Reason: reason}
}

// folding is one event on its way into the rows, under the journal and the number that it goes by.
type folding struct {
	tx      *Tx
	id      journal.ID
	journal string
	number  uint64
	event   *eventv1.Event
	// start is where the copy of the journal begins that the event came in, and in that journal's number in this file.
	start uint64
	in    uint16
}

// errUnknown is what the fold of a family of events says to one that it does not know.
var errUnknown = errors.New("unknown kind")

// fold writes the rows of one fact.
func (f *folding) fold(fact proto.Message) error {
	if fact == nil {
		return f.unknown()
	}
	for _, family := range families {
		if err := family(f, fact); err != errUnknown {
			if err != nil {
				return err
			}
			return f.command()
		}
	}
	return f.unknown()
}

var families = []func(*folding, proto.Message) error{
	(*folding).licensing, (*folding).cases, (*folding).consultations, (*folding).denials, (*folding).screening, (*folding).customs, (*folding).writeOffs, (*folding).enforcement,
	(*folding).deliveries, (*folding).wires, (*folding).tracing, (*folding).reporting, (*folding).directory, (*folding).statements,
}

func (f *folding) unknown() error {
	return &Unappliable{Journal: f.id, Number: f.number, Kind: f.event.GetKind(), Reason: "this program does not know events of its kind", Unknown: true}
}

func (f *folding) refuse(format string, args ...any) error {
	return &Unappliable{Journal: f.id, Number: f.number, Kind: f.event.GetKind(), Reason: fmt.Sprintf(format, args...)}
}

func (f *folding) missing(id string) error {
	return &Unappliable{Journal: f.id, Number: f.number, Kind: f.event.GetKind(), Reason: id + " is not on record", Row: id, Missing: true}
}

// about says which row a refusal is about.
func about(id string, err error) error {
	if why := (*Unappliable)(nil); errors.As(err, &why) && why.Row == "" {
		why.Row = id
	}
	return err
}

// command keeps what the event's idempotency key stands for.
func (f *folding) command() error {
	c := f.event.Command
	if c == nil || f.event.Origin != nil {
		return nil
	}
	err := put(f, commands, &ledgerv1.KeptCommand{Id: f.id.Agency + "/" + c.Key, Digest: c.Digest, Count: c.Events})
	if why := (*Unappliable)(nil); errors.As(err, &why) {
		why.Row = "" // a key is no row for anybody to look at
	}
	return err
}

// owns refuses a row id that does not begin with the journal's agency.
func (f *folding) owns(id string) error {
	if n := len(f.id.Agency); len(id) <= n+1 || id[n] != '/' || id[:n] != f.id.Agency {
		return f.refuse("id %q does not begin with %s/", id, f.id.Agency)
	}
	return nil
}

// put adds a new row of the agency's own.
func put[R row](f *folding, t rowsOf[R], r R) error {
	if err := f.owns(r.GetId()); err != nil {
		return about(r.GetId(), err)
	}
	return f.create(t.table, r)
}

// create adds a new row.
func (f *folding) create(t *table, r row) error {
	switch before, _, err := f.tx.peek(t, r.GetId()); {
	case err != nil:
		return err
	case before != nil:
		return about(r.GetId(), f.refuse("%s is on record already", r.GetId()))
	}
	h := t.head(r)
	*h.journal, *h.events = f.journal, []uint64{f.number}
	return f.tx.write(t, r.GetId(), r, true)
}

// own returns the row, to look at, or refuses the event when it is not there or of another journal.
func own[R row](f *folding, t rowsOf[R], id string) (R, error) {
	var none R
	r, _, err := f.tx.peek(t.table, id)
	switch {
	case err != nil:
		return none, err
	case r == nil:
		return none, f.missing(id)
	case r.GetJournal() != f.journal:
		return none, about(id, f.refuse("%s is of journal %s", id, r.GetJournal()))
	case f.beforeStart(r):
		return none, f.missing(id)
	}
	return r.(R), nil
}

// change changes a row that this journal wrote; fn gets a copy of its own.
func change[R row](f *folding, t rowsOf[R], id string, fn func(R) error) error {
	r, err := own(f, t, id)
	if err != nil {
		return err
	}
	r = proto.Clone(r).(R)
	h := t.head(r)
	if err := fn(r); err != nil {
		if why := (*Unappliable)(nil); errors.As(err, &why) {
			why.Since = slices.Max(*h.events)
		}
		return about(id, err)
	}
	*h.events = append(*h.events, f.number)
	return f.tx.write(t.table, id, r, false)
}
