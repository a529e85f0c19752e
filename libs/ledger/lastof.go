package ledger

import (
	"slices"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/journal"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// notYet is later than every event whose block is written.
var notYet = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// LastOf returns when the last event of a kind that made a row was recorded; zero when none was, or it was withdrawn. An
// event that was applied in this transaction and is in no block yet counts as one of that kind, later than all others.
func (v View) LastOf(r interface {
	GetJournal() string
	GetEvents() []uint64
}, kind protoreflect.FullName) (time.Time, error) {
	if len(r.GetEvents()) == 0 {
		return time.Time{}, nil
	}
	id, err := journal.ParseID(r.GetJournal())
	if err != nil {
		return time.Time{}, err
	}
	position, err := v.Position(id)
	if err != nil {
		return time.Time{}, err
	}
	for _, number := range slices.Backward(r.GetEvents()) {
		if number > position.GetEvents() {
			return notYet, nil
		}
		e, err := v.eventOrRepeat(id, number)
		if err != nil {
			return time.Time{}, err
		}
		if e.GetKind() == string(kind) {
			return e.GetRecordedAt().AsTime(), nil
		}
	}
	return time.Time{}, nil
}

// Latest returns when the last event that made a row was recorded; later than all others where it is in no block yet, zero where
// its content was withdrawn.
func (v View) Latest(r interface {
	GetJournal() string
	GetEvents() []uint64
}) (time.Time, error) {
	id, err := journal.ParseID(r.GetJournal())
	if err != nil {
		return time.Time{}, err
	}
	position, err := v.Position(id)
	if err != nil {
		return time.Time{}, err
	}
	number := slices.Max(r.GetEvents())
	if number > position.GetEvents() {
		return notYet, nil
	}
	e, err := v.eventOrRepeat(id, number)
	if e == nil || err != nil {
		return time.Time{}, err
	}
	return e.GetRecordedAt().AsTime(), nil
}

// CopyOf returns how far this ledger is in the journal that a row is of, and whether it applies the journal's own changes of the
// row: it does not where it is not given the journal (nil), or only from a later block on than the row's first event, so that
// repeated events brought the row.
func (v View) CopyOf(r interface {
	GetJournal() string
	GetEvents() []uint64
}) (p *ledgerv1.Position, applied bool, err error) {
	id, err := journal.ParseID(r.GetJournal())
	if err != nil {
		return nil, false, err
	}
	if p, err = v.Position(id); p == nil || err != nil {
		return nil, false, err
	}
	first := r.GetEvents()[0]
	if first > p.GetStartEvents() {
		return p, true, nil
	}
	e, err := v.Event(id, first)
	return p, e != nil, err
}
