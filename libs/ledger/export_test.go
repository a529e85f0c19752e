package ledger

import (
	"errors"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/journal"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Scanned is a row as a reader without indexes sees it.
type Scanned struct {
	Row  row
	Has  map[string][]string // by attribute
	Date *timestamppb.Timestamp
}

// TableNames are all tables.
func TableNames() (names []string) {
	for _, t := range tables {
		names = append(names, t.name)
	}
	return names
}

// TableOf is what a table is asked for as.
func TableOf(name string) queryv1.Table { return named(name).query }

// AttributesOf are the names of a table's attributes.
func AttributesOf(name string) (names []string) {
	for _, a := range named(name).attributes {
		names = append(names, a.String())
	}
	return names
}

// Dated reports whether a table's rows have a date.
func IsDated(name string) bool { return named(name).date != nil }

func named(name string) *table {
	for _, t := range tables {
		if t.name == name {
			return t
		}
	}
	panic("no table " + name)
}

// Scan reads every row of a table, in the order that they came.
func (v View) Scan(name string) (rows []Scanned, err error) {
	if err := v.written(); err != nil {
		return nil, err
	}
	t := named(name)
	err = v.of(t).rows.ForEach(func(_, raw []byte) error {
		r, err := decode(raw, t.fresh())
		if err != nil {
			return err
		}
		s := Scanned{Row: r, Has: map[string][]string{}}
		var x entries
		t.entriesOf(r, &x)
		for _, e := range x.list {
			s.Has[e.attribute.String()] = append(s.Has[e.attribute.String()], e.value)
		}
		if t.owner != all {
			owner, _, _ := strings.Cut(r.GetId(), "#")
			s.Has[t.owner.String()] = []string{owner}
		}
		if t.date != nil {
			if s.Date = t.date(r); s.Date != nil && t.has(byYear) {
				s.Has[byYear.String()] = []string{yearOf(s.Date)}
			}
		}
		rows = append(rows, s)
		return nil
	})
	return rows, err
}

// DateOffTheWire is a row's date as filters read it; nil for a table of which they decode the row.
func DateOffTheWire(name string, r row) (at *timestamppb.Timestamp, ok bool, err error) {
	if named(name).dateField == 0 {
		return nil, false, nil
	}
	raw, err := encode(nil, r)
	if err != nil {
		return nil, true, err
	}
	at, err = timeIn(raw, named(name).dateField)
	return at, true, err
}

// DayOf is what a date is found under.
func DayOf(t *timestamppb.Timestamp) string { return dayOf(t) }

// MergePostings merges with memory of its own.
func MergePostings(p []byte, added, removed []uint16) []byte {
	return merge(p, added, removed, new(set))
}

// PostingNumbers opens a posting.
func PostingNumbers(p []byte) (numbers []uint16) {
	var s set
	s.addPosting(p)
	s.each(0, func(n uint16) bool {
		numbers = append(numbers, n)
		return true
	})
	return numbers
}

// PostingNumbersDown is PostingNumbers from one of them on, falling.
func PostingNumbersDown(p []byte, last uint16) (numbers []uint16) {
	var s set
	s.addPosting(p)
	s.eachDown(last, func(n uint16) bool {
		numbers = append(numbers, n)
		return true
	})
	return numbers
}

// PostingCount counts the numbers of a posting that are in another.
func PostingCount(p, in []byte) int {
	var s set
	s.addPosting(in)
	return s.countIn(p)
}

// BreakPosting drops what is under a value from a table's index, and BreakRow a row from its ids.
func (tx *Tx) BreakPosting(name, attribute, value string) error {
	a, err := named(name).attribute(attribute)
	if err != nil {
		return err
	}
	return tx.of(named(name)).postings.Delete(postingKey(0, a, value))
}

// BreakID drops a row's id.
func (tx *Tx) BreakID(name, id string) error { return tx.of(named(name)).ids.Delete([]byte(id)) }

// CloseWithoutMark closes the file as the end of a killed process does: the mark that it was open stays.
func (l *Ledger) CloseWithoutMark() error { return l.file.db.Close() }

// ApplyLate folds parked events where they are found, after all that came after them: what a retry must not do.
func (l *Ledger) ApplyLate(list []*ledgerv1.ParkedEvent) error {
	tx, err := l.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, p := range list {
		if err := tx.applyLate(p); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (tx *Tx) applyLate(p *ledgerv1.ParkedEvent) error {
	id, err := journal.ParseID(p.Journal)
	if err != nil {
		return err
	}
	h, err := tx.journalHead(id)
	if err != nil {
		return err
	}
	at := placeOf(h.number, p.Number)
	e, err := tx.entry(at)
	if err != nil {
		return err
	}
	f, err := h.folding(tx, e)
	if err == nil {
		tx.undo = tx.undo[:0]
		err = f.fold(e.Fact)
	}
	if why := (*Unappliable)(nil); errors.As(err, &why) {
		tx.takeBack()
		return nil
	}
	if err != nil {
		return err
	}
	return tx.mend(at)
}
