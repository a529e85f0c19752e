package ledger

import (
	"slices"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/journal"
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
