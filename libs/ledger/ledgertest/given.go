// Package ledgertest gives tests a real ledger in which some facts are on record.
package ledgertest

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Start is when the first of the given facts was true, unless At says otherwise; each further one is a second later.
var Start = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

type by struct {
	proto.Message
	agency string
}

type in struct {
	proto.Message
	group string
}

// By has an agency record the fact. Without it a fact is recorded by the agency that its package is named for, and one
// of the directory by the authority.
func By(agency string, fact proto.Message) proto.Message { return by{fact, agency} }

// In has the fact recorded for a sharing group. Without it that is "all", and for facts of the directory "directory".
func In(group string, fact proto.Message) proto.Message { return in{fact, group} }

// At has the fact be true, and recorded, at a time.
func At(t time.Time, fact proto.Message) proto.Message {
	return ledger.Dated{Message: fact, OccurredAt: t, RecordedAt: t}
}

// Given returns a view of licensing's ledger, with the facts on record in the order given, each as an event in a block
// of its own. A fact that cannot be applied fails the test. The view is of a transaction that stays open until the test
// ends, when it is rolled back.
func Given(t testing.TB, facts ...proto.Message) ledger.View {
	t.Helper()
	return GivenAs(t, "licensing", facts...)
}

// GivenAs is Given for another agency's ledger.
func GivenAs(t testing.TB, agency string, facts ...proto.Message) ledger.View {
	t.Helper()
	return Begin(t, Open(t, agency), facts...).View
}

// Open opens a new ledger of the agency in a temporary folder, and closes it when the test ends.
func Open(t testing.TB, agency string) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(filepath.Join(t.TempDir(), "ledger"), ledger.Options{Agency: agency})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// Begin starts a transaction on the ledger and puts the facts on record in it. It is rolled back when the test ends,
// unless the test ended it.
func Begin(t testing.TB, l *ledger.Ledger, facts ...proto.Message) *ledger.Tx {
	t.Helper()
	tx, err := l.Begin()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tx.Rollback)
	w := NewWriter()
	for _, b := range w.Blocks(facts...) {
		if err := tx.Apply(b.ID, b.Entries...); err != nil {
			t.Fatal(err)
		}
		if err := tx.Fold(b, Position(b)); err != nil {
			t.Fatal(err)
		}
	}
	return tx
}

// Writer makes blocks of facts as their agencies would, but without signatures and hashes. The same facts make the same
// blocks.
type Writer struct {
	made      uint64 // events
	positions map[journal.ID]*ledgerv1.Position
}

// NewWriter returns a Writer whose journals are empty.
func NewWriter() *Writer { return &Writer{positions: map[journal.ID]*ledgerv1.Position{}} }

// After has the writer go on with a journal after a block that another writer made of fewer than 65,536 events.
func (w *Writer) After(b *journal.Block) {
	w.made = max(w.made, 1<<16)
	w.positions[b.ID] = Position(b)
}

// Redacted returns a block as it is read when these of its events were withdrawn.
func Redacted(b *journal.Block, numbers ...uint64) *journal.Block {
	left := must(journal.Parse(must(journal.Redact(b, numbers, nil))))
	if err := left.Open(nil); err != nil {
		panic(errors.Join(errors.New("ledgertest"), err))
	}
	left.Sequence, left.ReceivedAt = b.Sequence, b.ReceivedAt
	return left
}

// Blocks makes a block of each fact.
func (w *Writer) Blocks(facts ...proto.Message) []*journal.Block {
	var blocks []*journal.Block
	for _, f := range facts {
		id, e := w.Event(f)
		blocks = append(blocks, w.Block(id, e))
	}
	return blocks
}

// Facts are facts, plain or wrapped.
type Facts []proto.Message

// Together makes one block of several facts, in this journal whatever agency they are said to be by.
func (w *Writer) Together(id journal.ID, facts ...proto.Message) *journal.Block {
	var events []*eventv1.Event
	for _, f := range facts {
		_, e := w.Event(f)
		events = append(events, e)
	}
	return w.Block(id, events...)
}

// Event makes an event of a fact, and says which journal it belongs in.
func (w *Writer) Event(fact proto.Message) (journal.ID, *eventv1.Event) {
	when := Start.Add(time.Duration(w.made) * time.Second)
	e := &eventv1.Event{OccurredAt: timestamppb.New(when), RecordedAt: timestamppb.New(when)}
	var id journal.ID
	for wrapped := true; wrapped; {
		switch f := fact.(type) {
		case by:
			id.Agency, fact = f.agency, f.Message
		case in:
			id.Group, fact = f.group, f.Message
		case ledger.Dated:
			if !f.OccurredAt.IsZero() {
				e.OccurredAt = timestamppb.New(f.OccurredAt)
			}
			if !f.RecordedAt.IsZero() {
				e.RecordedAt = timestamppb.New(f.RecordedAt)
			}
			e.Causes, fact = f.Causes, f.Message
		default:
			wrapped = false
		}
	}
	e.Kind = string(fact.ProtoReflect().Descriptor().FullName())
	family := strings.Split(e.Kind, ".")[1]
	if id.Agency == "" {
		if id.Agency = family; family == "directory" {
			id.Agency = ledger.Directory.Agency
		}
	}
	if id.Group == "" {
		if id.Group = "all"; family == "directory" {
			id.Group = ledger.Directory.Group
		}
	}
	w.made++
	random := sha256.Sum256(binary.BigEndian.AppendUint64(nil, w.made))
	e.Id = append(binary.BigEndian.AppendUint64(nil, uint64(when.UnixMilli())<<16|0x7000), random[:8]...)
	e.Id[8] = e.Id[8]&0x3f | 0x80
	e.Salt = random[8:24]
	e.Fact = must(proto.MarshalOptions{Deterministic: true}.Marshal(fact))
	return id, e
}

// Block makes the journal's next block of events.
func (w *Writer) Block(id journal.ID, events ...*eventv1.Event) *journal.Block {
	p := w.positions[id]
	if p == nil {
		p = &ledgerv1.Position{}
		w.positions[id] = p
	}
	p.Block++
	b := &journal.Block{ID: id, Sequence: p.Block, ReceivedAt: Start}
	body := &eventv1.Body{}
	b.Header = &eventv1.Header{
		Agency: id.Agency, Group: id.Group, Number: p.Block, FirstEvent: p.Events + 1, Count: uint32(len(events)),
		RecordedAt: events[len(events)-1].RecordedAt, KeyId: []byte("testkey8"), Codec: eventv1.Codec_CODEC_PLAIN,
	}
	for _, e := range events {
		p.Events++
		raw := must(proto.MarshalOptions{Deterministic: true}.Marshal(e))
		body.Events = append(body.Events, raw)
		b.Entries = append(b.Entries, journal.Entry{Number: p.Events, Raw: raw, Event: e, Fact: factOf(e)})
	}
	b.Plain = must(proto.Marshal(body))
	b.HeaderBytes = must(proto.MarshalOptions{Deterministic: true}.Marshal(b.Header))
	b.Digest = sha256.Sum256(b.HeaderBytes)
	return b
}

// Position is how far the journal is after the block.
func Position(b *journal.Block) *ledgerv1.Position {
	return &ledgerv1.Position{
		Journal: b.ID.String(), Block: b.Header.Number, Events: b.Header.FirstEvent + uint64(b.Header.Count) - 1,
		HeaderDigest: b.Digest[:], Sequence: b.Sequence, RecordedAt: b.Header.RecordedAt, ReceivedAt: timestamppb.New(b.ReceivedAt),
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(errors.Join(errors.New("ledgertest"), err))
	}
	return v
}
