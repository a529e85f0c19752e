package ledger

import (
	"bytes"
	"context"
	"fmt"

	bolt "go.etcd.io/bbolt"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// checkLimit is how many findings Check collects before it gives up.
const checkLimit = 100

// Check reads the whole ledger and returns what is wrong with it, each as a sentence, at most a hundred of them: pages
// that make no sense, index entries that do not follow from the rows or are missing, rows whose events are not there,
// blocks that do not follow on one another. The error is for what kept it from checking.
func (v View) Check(ctx context.Context) (findings []string, err error) {
	if err := v.written(); err != nil {
		return nil, err
	}
	c := &checker{View: v, ctx: ctx, folded: map[string]uint64{}, names: map[string]bool{}}
	c.pages()
	steps := []func() error{c.blocks}
	for _, t := range tables {
		steps = append(steps, func() error { return c.table(t) })
	}
	for _, step := range steps {
		if err := step(); err != nil && err != errStop {
			return c.findings, fmt.Errorf("check ledger %s: %w", v.l.path, err)
		}
	}
	return c.findings, nil
}

type checker struct {
	View
	ctx      context.Context
	findings []string
	folded   map[string]uint64 // events by journal
	names    map[string]bool   // that were looked at
}

// found notes a finding; errStop when there are enough.
func (c *checker) found(format string, args ...any) error {
	if len(c.findings) == checkLimit {
		return errStop
	}
	c.findings = append(c.findings, fmt.Sprintf(format, args...))
	return nil
}

// pages has bbolt check its own. A transaction that writes has pages it cannot check yet.
func (c *checker) pages() {
	if c.write != nil {
		return
	}
	for err := range c.tx.Check() { // to its end, or the goroutine behind it stays
		_ = c.found("the file: %v", err)
	}
}

// blocks checks that every journal's blocks follow on one another up to its position, and the indexes over events.
func (c *checker) blocks() error {
	positions, err := c.Positions()
	if err != nil {
		return err
	}
	x := &expected{checker: c, what: "events", postings: c.tx.Bucket(bucketEventPostings)}
	for _, p := range positions {
		n, ok := c.journal(p.Journal)
		if !ok {
			if err := c.found("journal %s has a position but no number", p.Journal); err != nil {
				return err
			}
			continue
		}
		c.folded[p.Journal] = p.Events
		if err := c.blocksOf(n, p, x); err != nil {
			return err
		}
	}
	return x.end()
}

// blocksOf looks at a journal's blocks from the first event on. What this copy was not given may be missing.
func (c *checker) blocksOf(n uint16, p *ledgerv1.Position, x *expected) error {
	name := p.Journal
	for number := uint64(1); number <= p.Events; {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		b, err := c.openBlock(placeOf(n, number))
		if err != nil {
			return c.found("%s: %v", name, err)
		}
		if (b == nil || b.first.number() != number) && number <= p.StartEvents {
			number = p.StartEvents + 1
			continue
		}
		if b == nil || b.first.number() != number || b.journal != name {
			return c.found("%s: no block begins with event %d", name, number)
		}
		for i, raw := range b.events {
			if b.lacks(b.first + place(i)) {
				continue
			}
			if err := c.event(b.first+place(i), name, raw, x); err != nil {
				return err
			}
		}
		number += uint64(len(b.events))
	}
	return nil
}

// event checks that an event is found by its id, here or where it was folded from another journal of its agency.
func (c *checker) event(at place, name string, raw []byte, x *expected) error {
	e, err := decode(raw, &eventv1.Event{})
	if err != nil {
		return c.found("%s: event %d: %v", name, at.number(), err)
	}
	parked := c.isParked(at)
	if e.Origin != nil && !parked {
		if kept := c.tx.Bucket(bucketRepeats).Get(repeatKey(e.Origin, at.journal())); !bytes.Equal(kept, at.key()) {
			return c.found("%s: event %d is not found as a repetition of event %d of %s", name, at.number(), e.Origin.Number, e.Origin.Journal)
		}
	}
	if len(e.Id) == 16 {
		is, known := c.eventPlace([16]byte(e.Id))
		if !known {
			return c.found("%s: event %d is not found by its id", name, at.number())
		}
		other, err := c.journalName(is.journal())
		if err != nil {
			return c.found("%s: event %d: %v", name, at.number(), err)
		}
		also, err := c.parkedAlso(at, is, name)
		if err != nil {
			return c.found("%s: event %d: %v", name, at.number(), err)
		}
		if other != name && AgencyOf(other) == AgencyOf(name) && (!parked || also) {
			return nil
		}
	}
	return x.add(at, eventEntries(nil, name, e.Kind, dayOf(e.RecordedAt)))
}

// table checks a table's rows, ids and index.
func (c *checker) table(t *table) error {
	b := c.of(t)
	x := &expected{checker: c, what: t.name, postings: b.postings}
	rows := 0
	err := b.rows.ForEach(func(key, raw []byte) error {
		if rows++; rows%1024 == 0 && c.ctx.Err() != nil {
			return c.ctx.Err()
		}
		r, err := decode(raw, t.fresh())
		if err != nil {
			return c.found("%s: row %d: %v", t.name, parseRowKey(key), err)
		}
		if err := c.row(t, key, raw, r); err != nil {
			return err
		}
		var entries entries
		t.entriesOf(r, &entries)
		if err := c.checkNames(t, r.GetId(), entries.names); err != nil {
			return err
		}
		return x.add(parseRowKey(key), entries.list)
	})
	if err != nil {
		return err
	}
	if ids := b.ids.Stats().KeyN; ids != rows && c.write == nil {
		if err := c.found("%s: %d rows have %d ids", t.name, rows, ids); err != nil {
			return err
		}
	}
	return x.end()
}

func (c *checker) row(t *table, key, raw []byte, r row) error {
	if !bytes.Equal(c.of(t).ids.Get([]byte(r.GetId())), key) {
		return c.found("%s: %s is not found by its id", t.name, r.GetId())
	}
	if again, err := encode(nil, r); err != nil || !bytes.Equal(again, raw) {
		return c.found("%s: %s is not kept as it is encoded", t.name, r.GetId())
	}
	for _, e := range r.GetEvents() {
		folded, err := c.rests(r.GetJournal(), e)
		if err != nil {
			return err
		}
		if !folded {
			return c.found("%s: %s rests on event %d of %s, which is not folded", t.name, r.GetId(), e, r.GetJournal())
		}
	}
	return nil
}

// rests reports whether an event is folded, itself or where it is repeated.
func (c *checker) rests(name string, number uint64) (bool, error) {
	if number > 0 && number <= c.folded[name] {
		return true, nil
	}
	repeats, err := c.repeated(name, number)
	return len(repeats) > 0, err
}

// expected is an index as it follows from what it is over, chunk by chunk.
type expected struct {
	*checker
	what     string
	postings *bolt.Bucket
	chunk    uint32
	numbers  map[entry][]uint16
	compared int
}

// add expects a place under its entries. Places rise.
func (x *expected) add(p place, list []entry) error {
	if x.numbers == nil || p.chunk() != x.chunk {
		if err := x.compare(); err != nil {
			return err
		}
		x.chunk, x.numbers = p.chunk(), map[entry][]uint16{}
	}
	for _, e := range list {
		x.numbers[e] = append(x.numbers[e], uint16(p))
	}
	return nil
}

// compare compares the chunk with what the file has.
func (x *expected) compare() error {
	var want, kept set
	for e, numbers := range x.numbers {
		want, kept = set{}, set{}
		for _, n := range numbers {
			want.add(n)
		}
		kept.addPosting(x.postings.Get(postingKey(x.chunk, e.attribute, e.value)))
		if kept != want {
			if err := x.found("%s: the index by %s %q is wrong in chunk %d", x.what, e.attribute, e.value, x.chunk); err != nil {
				return err
			}
		}
	}
	x.compared += len(x.numbers)
	return nil
}

// end compares the last chunk, and that the file has no postings beside those expected.
func (x *expected) end() error {
	if err := x.compare(); err != nil {
		return err
	}
	n := 0
	err := x.postings.ForEach(func(_, _ []byte) error {
		n++
		return nil
	})
	if err == nil && n != x.compared {
		err = x.found("%s: the index has %d postings, %d follow from the rows", x.what, n, x.compared)
	}
	return err
}
