package ledger

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// ErrUnreadable is wrapped by what is said of a row whose bytes are not those of a row.
var ErrUnreadable = errors.New("the row cannot be read")

// Made is what every row says of how it came about.
type Made interface {
	proto.Message
	GetId() string
	GetJournal() string
	GetEvents() []uint64
}

// Unwrap takes a row out of its wrapping and says which table it is of; nil where there is none. The numbers of the tables are those of
// the row's fields. Every row but an event is Made.
func Unwrap(row *queryv1.Row) (queryv1.Table, proto.Message) {
	m := row.ProtoReflect()
	field := m.WhichOneof(m.Descriptor().Oneofs().ByName("row"))
	if field == nil {
		return queryv1.Table_TABLE_UNSPECIFIED, nil
	}
	return queryv1.Table(field.Number()), m.Get(field).Message().Interface()
}

// RowNamed returns the row with this id of a table by the table's own name, of those too that nobody lists; nil when it is not there. The
// error wraps ErrUnreadable where the file has damaged bytes for it.
func (v View) RowNamed(name, id string) (Made, error) {
	for _, t := range tables {
		if t.name != name {
			continue
		}
		number, ok := v.number(t, id)
		if !ok {
			return nil, nil
		}
		r, err := v.stored(t, number)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
		case r.GetId() != id:
			return nil, fmt.Errorf("%w: it says that it is %s", ErrUnreadable, r.GetId())
		}
		return r, nil
	}
	return nil, nil
}

// Has reports whether the ledger has the content of an event, itself or repeated.
func (v View) Has(id journal.ID, number uint64) (bool, error) {
	e, err := v.eventOrRepeat(id, number)
	return e != nil, err
}

// Note returns an event without what it states, by where its row says that it stands. Of one whose content is not there, it says only that.
func (v View) Note(id journal.ID, number uint64) (*queryv1.EventNote, error) {
	e, err := v.eventOrRepeat(id, number)
	if e == nil || err != nil {
		return &queryv1.EventNote{Journal: id.String(), Number: number}, err
	}
	return NoteOf(e), nil
}

// NoteOf is an event without what it states.
func NoteOf(e *queryv1.RecordedEvent) *queryv1.EventNote {
	officer := e.GetOfficer().GetRole()
	if person := e.GetOfficer().GetPerson(); person != "" {
		officer += " " + person
	}
	return &queryv1.EventNote{
		Journal: e.Journal, Number: e.Number, Kind: e.Kind, OccurredAt: e.OccurredAt, RecordedAt: e.RecordedAt, Signer: e.Signer,
		Officer: officer, Id: e.Id,
	}
}
