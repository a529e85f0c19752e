package ledger

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Event returns event number of the journal; nil when it is not folded, or was withdrawn.
func (v View) Event(id journal.ID, number uint64) (*queryv1.RecordedEvent, error) {
	n, ok := v.journal(id.String())
	if !ok || number == 0 || number >= 1<<placeBits {
		return nil, nil
	}
	return v.event(placeOf(n, number))
}

// EventByID returns the event with this UUID, 16 bytes; nil when it is not folded.
func (v View) EventByID(id [16]byte) (*queryv1.RecordedEvent, error) {
	if err := v.written(); err != nil {
		return nil, err
	}
	p, ok := v.eventPlace(id)
	if !ok {
		return nil, nil
	}
	return v.event(p)
}

// EventsOf returns the events that made a row, in the order of its journal. One that this ledger was not given itself is
// shown where it is repeated.
func (v View) EventsOf(r interface {
	GetJournal() string
	GetEvents() []uint64
}) ([]*queryv1.RecordedEvent, error) {
	id, err := journal.ParseID(r.GetJournal())
	if err != nil {
		return nil, err
	}
	var events []*queryv1.RecordedEvent
	for _, number := range r.GetEvents() {
		e, err := v.eventOrRepeat(id, number)
		switch {
		case err != nil:
			return nil, err
		case e == nil:
			return nil, fmt.Errorf("event %d of %s is not in the ledger", number, id)
		}
		events = append(events, e)
	}
	return events, nil
}

// Block returns the block of the journal that holds event number, as folded; nil when it is not there.
func (v View) Block(id journal.ID, number uint64) (*ledgerv1.FoldedBlock, error) {
	n, ok := v.journal(id.String())
	if !ok || number == 0 || number >= 1<<placeBits {
		return nil, nil
	}
	b, err := v.openBlock(placeOf(n, number))
	if b == nil || err != nil {
		return nil, err
	}
	return decode(b.raw, &ledgerv1.FoldedBlock{})
}

// EachBlock calls fn with every folded block of the journal in order, until fn returns an error, which is returned as it
// is.
func (v View) EachBlock(id journal.ID, fn func(*ledgerv1.FoldedBlock) error) error {
	return v.EachBlockAfter(id, 0, fn)
}

func (v View) getEvent(id string) (*queryv1.Row, error) {
	var e *queryv1.RecordedEvent
	var err error
	if uuid, ok := parseUUID(id); ok {
		e, err = v.EventByID(uuid)
	} else {
		i := strings.LastIndexByte(id, '/')
		if i < 0 {
			i = 0
		}
		of, idErr := journal.ParseID(id[:i])
		number, numberErr := strconv.ParseUint(strings.TrimPrefix(id[i:], "/"), 10, 64)
		if idErr != nil || numberErr != nil {
			return nil, fault.Errorf(fault.Invalid, "name an event by its UUID or as agency/group/number; %q is neither", id)
		}
		e, err = v.Event(of, number)
		if gone, goneErr := v.Withdrawn(of, number); gone || goneErr != nil {
			return nil, errors.Join(goneErr, fault.Errorf(fault.NotFound, "event %s was withdrawn; its leaf hash is kept, its content is gone", id))
		}
	}
	if e == nil || err != nil {
		return nil, err
	}
	return eventRow(e), nil
}

func eventRow(e *queryv1.RecordedEvent) *queryv1.Row {
	return &queryv1.Row{Row: &queryv1.Row_Event{Event: e}}
}

// eventPlace is where the event with this id stands.
func (r *reader) eventPlace(id [16]byte) (place, bool) {
	if r.write != nil {
		if p, ok := r.write.noted(id); ok {
			return p, true
		}
		if r.write.lastID == nil {
			r.write.lastID = new([16]byte)
			last, _ := r.tx.Bucket(bucketEventIDs).Cursor().Last()
			copy(r.write.lastID[:], last)
		}
		if bytes.Compare(id[:], r.write.lastID[:]) > 0 {
			return 0, false
		}
	}
	b := r.tx.Bucket(bucketEventIDs).Get(id[:])
	if b == nil {
		return 0, false
	}
	return parsePlace(b), true
}

// journalName is the name of a journal by its number in this file.
func (r *reader) journalName(number uint16) (string, error) {
	if r.write != nil {
		for _, h := range r.write.heads {
			if h.number == number {
				return h.name, nil
			}
		}
	}
	raw := r.tx.Bucket(bucketPositions).Get(binary.BigEndian.AppendUint16(nil, number))
	if raw == nil {
		return "", fmt.Errorf("journal number %d has no position", number)
	}
	p, err := decode(raw, &ledgerv1.Position{})
	return p.GetJournal(), err
}

// blockCache is the block that was read last: events are mostly read in runs.
type blockCache struct{ last *openedBlock }

// openedBlock is a folded block with its events taken apart, but not decoded.
type openedBlock struct {
	first   place
	raw     []byte // ledgerv1.FoldedBlock; the transaction's
	journal string
	header  *eventv1.Header
	events  [][]byte
	at      *timestamppb.Timestamp
	// withdrawn are the numbers of events that are empty because they were withdrawn.
	withdrawn []uint64
}

func (b *openedBlock) lacks(p place) bool { return slices.Contains(b.withdrawn, p.number()) }

func (b *openedBlock) holds(p place) bool {
	return p >= b.first && p < b.first+place(len(b.events))
}

// openBlock returns the block that holds the event at this place; nil when there is none.
func (r *reader) openBlock(p place) (*openedBlock, error) {
	if b := r.blocks.last; b != nil && b.holds(p) {
		return b, nil
	}
	key := p.key()
	c := r.tx.Bucket(bucketBlocks).Cursor()
	k, raw := c.Seek(key)
	if !bytes.Equal(k, key) {
		k, raw = c.Prev()
	}
	if len(k) != 8 || parsePlace(k).journal() != p.journal() {
		return nil, nil
	}
	b, err := takeApart(parsePlace(k), raw)
	if err != nil {
		return nil, fmt.Errorf("read the block at event %d of journal number %d: %w", p.number(), p.journal(), err)
	}
	if !b.holds(p) {
		return nil, nil
	}
	r.blocks.last = b
	return b, nil
}

// takeApart reads a folded block off the wire without decoding its events.
func takeApart(first place, raw []byte) (*openedBlock, error) {
	b := &openedBlock{first: first, raw: raw, header: &eventv1.Header{}, at: &timestamppb.Timestamp{}}
	err := eachField(raw, func(field protowire.Number, value []byte) (err error) {
		switch field {
		case 2:
			b.header, err = decode(value, b.header)
		case 4:
			return eachField(value, func(_ protowire.Number, event []byte) error {
				b.events = append(b.events, event)
				return nil
			})
		case 5:
			b.at, err = decode(value, b.at)
		case 6:
			var w *ledgerv1.WithdrawnLeaf
			w, err = decode(value, &ledgerv1.WithdrawnLeaf{})
			b.withdrawn = append(b.withdrawn, w.Number)
		}
		return err
	})
	b.journal = b.header.GetAgency() + "/" + b.header.GetGroup()
	return b, err
}

// eachField calls fn with every length-delimited field of an encoded message.
func eachField(raw []byte, fn func(protowire.Number, []byte) error) error {
	for len(raw) > 0 {
		field, kind, n := protowire.ConsumeTag(raw)
		if n < 0 {
			return protowire.ParseError(n)
		}
		raw = raw[n:]
		if kind != protowire.BytesType {
			if n = protowire.ConsumeFieldValue(field, kind, raw); n < 0 {
				return protowire.ParseError(n)
			}
			raw = raw[n:]
			continue
		}
		value, n := protowire.ConsumeBytes(raw)
		if n < 0 {
			return protowire.ParseError(n)
		}
		if err := fn(field, value); err != nil {
			return err
		}
		raw = raw[n:]
	}
	return nil
}

// event returns the event at a place; nil when it is not there, or not any more.
func (v View) event(p place) (*queryv1.RecordedEvent, error) {
	b, err := v.openBlock(p)
	if b == nil || err != nil || b.lacks(p) {
		return nil, err
	}
	raw := bytes.Clone(b.events[p-b.first])
	e, err := decode(raw, &eventv1.Event{})
	if err != nil {
		return nil, fmt.Errorf("event %d of %s: %w", p.number(), b.journal, err)
	}
	return &queryv1.RecordedEvent{
		Journal: b.journal, Number: p.number(), Block: b.header.Number, Id: formatUUID(e.Id), Kind: e.Kind,
		OccurredAt: e.OccurredAt, RecordedAt: e.RecordedAt, WrittenAt: b.header.RecordedAt, ReceivedAt: b.at,
		Officer: e.Officer, Purpose: e.Purpose, Correlation: e.Correlation, Causes: e.Causes,
		Signer: b.header.Agency, KeyId: hex.EncodeToString(b.header.KeyId), Fact: factOf(e), Raw: raw,
		Origin: e.Origin, WideningId: e.WideningId,
	}, nil
}

// factOf returns the event's fact, or nil when this program does not know its kind.
func factOf(e *eventv1.Event) *anypb.Any {
	if _, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(e.Kind)); err != nil {
		return nil
	}
	return &anypb.Any{TypeUrl: "type.googleapis.com/" + e.Kind, Value: e.Fact}
}

// fieldOf reads one length-delimited field off the wire, the first where there are several; nil when there is none.
func fieldOf(raw []byte, wanted protowire.Number) (found []byte, err error) {
	err = eachField(raw, func(field protowire.Number, value []byte) error {
		if field == wanted {
			found = value
			return errStop
		}
		return nil
	})
	if err == errStop {
		err = nil
	}
	return found, err
}

// timeIn reads a timestamp field off the wire; nil when there is none.
func timeIn(raw []byte, field protowire.Number) (*timestamppb.Timestamp, error) {
	value, err := fieldOf(raw, field)
	if value == nil || err != nil {
		return nil, err
	}
	return decode(value, &timestamppb.Timestamp{})
}

// eventRecordedAt is the field of recorded_at in an event.
const eventRecordedAt = 4

func formatUUID(id []byte) string {
	s := hex.EncodeToString(id)
	if len(s) != 32 {
		return s
	}
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

func parseUUID(s string) (id [16]byte, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id, false
	}
	b, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	if err != nil || len(b) != 16 {
		return id, false
	}
	return [16]byte(b), true
}

// LastCause points at the event that changed a row last.
func (v View) LastCause(r interface {
	GetJournal() string
	GetEvents() []uint64
}) (*eventv1.Cause, error) {
	events, err := v.EventsOf(r)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	last := events[len(events)-1]
	id, err := uuid.Parse(last.GetId())
	if err != nil {
		return nil, fmt.Errorf("event %d of %s: %w", last.GetNumber(), last.GetJournal(), err)
	}
	return &eventv1.Cause{Journal: last.GetJournal(), Number: last.GetNumber(), Id: id[:]}, nil
}
