package ledger

import (
	"bytes"
	"encoding/binary"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// A watch token says its kind, the file's incarnation, the arrival to go on from, and how far each journal was sent:
// for each its name and the number of the last event. On the file that gave it the arrival is where to look; on one
// that was built anew only the numbers count, and what was sent is passed over.
const watchKind = 'w'

type watch struct {
	arrival uint64
	sent    map[string]uint64
}

// scanLimit is how many events EventsAfter looks at before it returns, also when the filter keeps none.
const scanLimit = 100_000

// EventsAfter returns up to limit events that were folded after those that a token was given for, in the order that
// their blocks arrived, of one journal always in its own order; an empty token starts at the first. Only those that the
// filter keeps (attributes of TABLE_EVENTS) are returned. The next token goes on after them, on this ledger and on one
// that was built anew; more says whether there is more to look at now. An event that was recorded in several journals
// of an agency comes once; without a filter also where the ledger was built anew and has it in another of them first.
func (v View) EventsAfter(token string, f *queryv1.Filter, limit int) (events []*queryv1.RecordedEvent, next string, more bool, err error) {
	w, err := v.parseWatch(token)
	if err != nil {
		return nil, "", false, err
	}
	more, err = v.eachAfter(&w, f, limit, func(e *queryv1.RecordedEvent) error {
		events = append(events, e)
		return nil
	})
	if err != nil {
		return nil, "", false, err
	}
	return events, v.watchToken(w), more, nil
}

// EachAfter calls fn with the events that EventsAfter would return without a filter, each with the token that goes on after it,
// until fn returns an error, which is returned as it is.
func (v View) EachAfter(token string, limit int, fn func(e *queryv1.RecordedEvent, token string) error) (more bool, err error) {
	w, err := v.parseWatch(token)
	if err != nil {
		return false, err
	}
	return v.eachAfter(&w, nil, limit, func(e *queryv1.RecordedEvent) error { return fn(e, v.watchToken(w)) })
}

// eachAfter calls fn with up to limit events after w, which it moves to each before it calls fn, and to the end of what there is.
func (v View) eachAfter(w *watch, f *queryv1.Filter, limit int, fn func(*queryv1.RecordedEvent) error) (more bool, err error) {
	p, err := v.plan(queryv1.Table_TABLE_EVENTS, f)
	if err != nil {
		return false, err
	}
	m, kept, looked := matcher{plan: p}, 0, 0
	c := v.tx.Bucket(bucketArrivals).Cursor()
	k, a := c.Seek(binary.BigEndian.AppendUint64(nil, w.arrival))
	for ; k != nil; k, a = c.Next() {
		w.arrival = binary.BigEndian.Uint64(k)
		first, count := parsePlace(a), uint64(binary.BigEndian.Uint32(a[8:]))
		name, err := v.journalName(first.journal())
		if err != nil {
			return false, err
		}
		for number := max(first.number(), w.sent[name]+1); number < first.number()+count; number++ {
			if kept == limit || looked == scanLimit {
				return true, nil
			}
			e, err := v.wanted(&m, w, f, placeOf(first.journal(), number))
			if err != nil {
				return false, err
			}
			looked++
			w.sent[name] = number
			if e == nil {
				continue
			}
			kept++
			if err := fn(e); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

// wanted returns the event at a place if a watch is to have it, and nil if not.
func (v View) wanted(m *matcher, w *watch, f *queryv1.Filter, at place) (*queryv1.RecordedEvent, error) {
	keep, err := m.keeps(at)
	if !keep || err != nil {
		return nil, err
	}
	e, err := v.event(at)
	if f != nil || e == nil || err != nil {
		return e, err
	}
	had, err := v.hadElsewhere(w, e)
	if had {
		return nil, err
	}
	return e, err
}

// hadElsewhere reports whether a watch was sent the event where it stands in another journal.
func (v View) hadElsewhere(w *watch, e *queryv1.RecordedEvent) (bool, error) {
	origin := &eventv1.Cause{Journal: e.Journal, Number: e.Number}
	if e.Origin != nil {
		origin = e.Origin
		id, err := journal.ParseID(origin.Journal)
		if err != nil {
			return false, err
		}
		at, err := v.Position(id)
		if err != nil {
			return false, err
		}
		if w.sent[origin.Journal] >= origin.Number && origin.Number > at.GetStartEvents() { // what was before this copy began was not sent
			return true, nil
		}
	}
	prefix := repeatPrefix(origin.Journal, origin.Number)
	c := v.tx.Bucket(bucketRepeats).Cursor()
	for k, at := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, at = c.Next() {
		p := parsePlace(at)
		name, err := v.journalName(p.journal())
		if err != nil {
			return false, err
		}
		if name != e.Journal && w.sent[name] >= p.number() {
			return true, nil
		}
	}
	return false, nil
}

// WatchToken returns the token that goes on after everything that is folded now.
func (v View) WatchToken() (string, error) {
	positions, err := v.Positions()
	if err != nil {
		return "", err
	}
	w := watch{v.tx.Bucket(bucketArrivals).Sequence(), map[string]uint64{}}
	for _, p := range positions {
		w.sent[p.Journal] = p.Events
	}
	return v.watchToken(w), nil
}

// EventsLeft is how many events are folded that a token was given before; of an empty one, all.
func (v View) EventsLeft(token string) (left uint64, err error) {
	w, err := v.parseWatch(token)
	if err != nil {
		return 0, err
	}
	positions, err := v.Positions()
	for _, p := range positions {
		left += p.Events - min(p.Events, w.sent[p.Journal])
	}
	return left, err
}

// matcher runs a plan place by place, and keeps the chunk that it matched last.
type matcher struct {
	*plan
	chunk   uint32
	matched *set
}

func (m *matcher) keeps(p place) (bool, error) {
	if m.matched == nil || m.chunk != p.chunk() {
		m.chunk, m.matched = p.chunk(), &set{}
		if err := m.match(m.chunk, m.matched); err != nil {
			return false, err
		}
	}
	return m.matched.has(uint16(p)), nil
}

func (v View) watchToken(w watch) string {
	content := append([]byte{watchKind}, v.file.incarnation[:]...)
	content = binary.AppendUvarint(content, w.arrival)
	for _, name := range sortedKeys(w.sent) {
		content = binary.AppendUvarint(content, uint64(len(name)))
		content = append(content, name...)
		content = binary.AppendUvarint(content, w.sent[name])
	}
	return sealToken(content)
}

func (v View) parseWatch(token string) (watch, error) {
	w := watch{sent: map[string]uint64{}}
	if token == "" {
		return w, nil
	}
	garbled := fault.Errorf(fault.Invalid, "the watch token is garbled; use it as it was given, or start again without one")
	content, ok := openToken(token)
	if !ok || len(content) < 17 || content[0] != watchKind {
		return w, garbled
	}
	same := string(content[1:17]) == string(v.file.incarnation[:])
	content = content[17:]
	number := func() uint64 {
		n, size := binary.Uvarint(content)
		if size <= 0 {
			ok = false
			return 0
		}
		content = content[size:]
		return n
	}
	arrival := number()
	for ok && len(content) > 0 {
		length := number()
		if !ok || length > uint64(len(content)) {
			return w, garbled
		}
		name := string(content[:length])
		content = content[length:]
		if _, err := journal.ParseID(name); err != nil {
			return w, garbled
		}
		w.sent[name] = number()
	}
	if !ok {
		return w, garbled
	}
	if same {
		w.arrival = arrival
	}
	return w, nil
}

// Unsent counts the events of this ledger that stand after a token, those too that EventsAfter would leave out.
func (v View) Unsent(token string) (uint64, error) {
	w, err := v.parseWatch(token)
	if err != nil {
		return 0, err
	}
	positions, err := v.Positions()
	unsent := uint64(0)
	for _, p := range positions {
		unsent += p.Events - min(p.Events, w.sent[p.Journal])
	}
	return unsent, err
}
