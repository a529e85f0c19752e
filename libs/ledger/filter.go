package ledger

import (
	"bytes"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// shelf is what a filter runs over: a table's rows or the events, by place.
type shelf struct {
	name       string
	query      queryv1.Table
	attributes []attribute
	postings   *bolt.Bucket
	chunks     []uint32
	dated      bool // and the year attribute is the date's
	// date reads the date at a place.
	date func(place) (*timestamppb.Timestamp, error)
	// owner is the attribute that is found by id, as table has it; owned and ownerOf find it.
	owner   attribute
	owned   func(value string) []place
	ownerOf func(place) (string, error)
	// show reads what is at a place.
	show func(place) (*queryv1.Row, error)
}

var eventAttributes = []attribute{byKind, byYear, byJournal}

// tableOf returns a table by what it is asked for as.
func tableOf(of queryv1.Table) (*table, error) {
	for _, t := range tables {
		if t.query == of && t.wrap != nil {
			return t, nil
		}
	}
	return nil, fault.Errorf(fault.Invalid, "there is no table %s", of)
}

func (v View) shelfOf(of queryv1.Table) (*shelf, error) {
	if err := v.written(); err != nil {
		return nil, err
	}
	if of == queryv1.Table_TABLE_EVENTS {
		return v.eventShelf()
	}
	t, err := tableOf(of)
	if err != nil {
		return nil, err
	}
	b := v.of(t)
	s := &shelf{name: t.name, query: of, attributes: t.attributes, postings: b.postings, dated: t.date != nil}
	s.owner = t.owner
	s.owned = func(value string) []place { return v.ownedBy(t, value) }
	s.ownerOf = func(p place) (string, error) {
		id, err := fieldOf(b.rows.Get(rowKey(p)), 1)
		owner, _, _ := strings.Cut(string(id), "#")
		return owner, err
	}
	s.date = func(p place) (*timestamppb.Timestamp, error) {
		if t.dateField > 0 {
			return timeIn(b.rows.Get(rowKey(p)), t.dateField)
		}
		r, err := v.stored(t, p)
		if err != nil {
			return nil, err
		}
		return t.date(r), nil
	}
	s.show = func(p place) (*queryv1.Row, error) {
		r, err := v.stored(t, p)
		if err != nil {
			return nil, err
		}
		return t.wrap(r), nil
	}
	for chunk := uint32(0); chunk <= place(b.rows.Sequence()).chunk(); chunk++ {
		s.chunks = append(s.chunks, chunk)
	}
	return s, nil
}

func (v View) eventShelf() (*shelf, error) {
	s := &shelf{name: "events", query: queryv1.Table_TABLE_EVENTS, attributes: eventAttributes, postings: v.tx.Bucket(bucketEventPostings), dated: true}
	s.date = func(p place) (*timestamppb.Timestamp, error) {
		b, err := v.openBlock(p)
		if b == nil || err != nil {
			return nil, err
		}
		return timeIn(b.events[p-b.first], eventRecordedAt)
	}
	s.show = func(p place) (*queryv1.Row, error) {
		e, err := v.event(p)
		if e == nil || err != nil {
			return nil, err
		}
		return eventRow(e), nil
	}
	positions, err := v.Positions()
	if err != nil {
		return nil, err
	}
	for _, p := range positions {
		n, _ := v.journal(p.Journal)
		for chunk := placeOf(n, 0).chunk(); chunk <= placeOf(n, p.Events).chunk(); chunk++ {
			s.chunks = append(s.chunks, chunk)
		}
	}
	slices.Sort(s.chunks)
	return s, nil
}

// attribute returns the attribute with this name, or refuses it and names those that there are.
func (t *table) attribute(name string) (attribute, error) {
	return attributeIn(t.name, t.attributes, name)
}

func attributeIn(what string, attributes []attribute, name string) (attribute, error) {
	for _, a := range attributes {
		if a.String() == name {
			return a, nil
		}
	}
	names := make([]string, len(attributes))
	for i, a := range attributes {
		names[i] = a.String()
	}
	return 0, fault.Errorf(fault.Invalid, "%s have no attribute %q; there are %s", what, name, strings.Join(names, ", "))
}

// plan is a filter made ready for a shelf.
type plan struct {
	*shelf
	conditions    []condition
	hideWithdrawn bool
	from, until   *timestamppb.Timestamp
	scratch       set
}

type condition struct {
	attribute attribute
	values    []string
	// short are the kinds that were named without their package.
	short []string
	// days are those of the years that are asked for.
	days []span
	// places are those under the values, where there are no postings of them.
	places []place
}

func (v View) plan(of queryv1.Table, f *queryv1.Filter) (*plan, error) {
	s, err := v.shelfOf(of)
	if err != nil {
		return nil, err
	}
	p := &plan{shelf: s, from: f.GetFrom(), until: f.GetUntil()}
	if (p.from != nil || p.until != nil) && !s.dated {
		return nil, fault.Errorf(fault.Invalid, "%s have no date of their own to filter by", s.name)
	}
	p.hideWithdrawn = !f.GetWithdrawn() && slices.Contains(s.attributes, byStatus)
	for _, c := range f.GetConditions() {
		a, err := attributeIn(s.name, s.attributes, c.Attribute)
		if err != nil {
			return nil, err
		}
		if a == byStatus {
			p.hideWithdrawn = false
		}
		p.conditions = append(p.conditions, v.condition(s, a, c.Values))
	}
	return p, nil
}

func (v View) condition(s *shelf, a attribute, values []string) condition {
	c := condition{attribute: a}
	for _, value := range values {
		switch {
		case a == s.owner:
			c.places = append(c.places, s.owned(value)...)
		case a == byYear && s.dated:
			if year, ok := spanOfYear(value); ok {
				c.days = append(c.days, year)
			}
		case a == byDestination:
			c.values = append(c.values, v.destinations(value)...)
		case a == byKind && s.query == queryv1.Table_TABLE_EVENTS && !strings.Contains(value, "."):
			c.short = append(c.short, "."+value)
		default:
			c.values = append(c.values, value)
		}
	}
	return c
}

// destinations returns what a destination is indexed as, given its code or a name that it went by in this ledger.
func (v View) destinations(value string) []string {
	indexed := []string{value}
	if len(value) == 2 {
		indexed = append(indexed, strings.ToUpper(value))
	}
	prefix := append([]byte(FoldName(value)), 0)
	c := v.tx.Bucket(bucketPlaces).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		indexed = append(indexed, string(k[len(prefix):]))
	}
	return indexed
}

// match returns the places of a chunk that the filter keeps. The set is good until the next call.
func (p *plan) match(chunk uint32, into *set) error {
	*into = set{}
	into.addPosting(p.postings.Get(postingKey(chunk, all, "")))
	for i := range p.conditions {
		c := &p.conditions[i]
		p.scratch = set{}
		for _, value := range c.values {
			p.scratch.addPosting(p.postings.Get(postingKey(chunk, c.attribute, value)))
		}
		if len(c.short) > 0 {
			p.eachValue(chunk, c.attribute, func(value string, posting []byte) {
				if slices.ContainsFunc(c.short, func(s string) bool { return strings.HasSuffix(value, s) }) {
					p.scratch.addPosting(posting)
				}
			})
		}
		for _, days := range c.days {
			days.each(p.postings, chunk, func(_ day, posting []byte) { p.scratch.addPosting(posting) })
		}
		for _, at := range c.places {
			if at.chunk() == chunk {
				p.scratch.add(uint16(at))
			}
		}
		into.and(&p.scratch)
	}
	if p.hideWithdrawn {
		p.scratch = set{}
		p.scratch.addPosting(p.postings.Get(postingKey(chunk, byStatus, withdrawn)))
		into.andNot(&p.scratch)
	}
	if (p.from == nil && p.until == nil) || into.empty() {
		return nil
	}
	return p.between(chunk, into)
}

// between keeps the places whose date lies in the filter's bounds: by the index where a whole day does, by reading where a bound is
// within the day.
func (p *plan) between(chunk uint32, into *set) error {
	days := span{0, lastDay}
	if p.from != nil {
		days.first = dayAt(p.from.Seconds)
	}
	if p.until != nil {
		days.last = dayAt(p.until.Seconds)
		if p.until.Nanos == 0 {
			days.last = dayAt(p.until.Seconds - 1)
		}
	}
	var inside, unsure set
	days.each(p.postings, chunk, func(d day, posting []byte) {
		if p.whole(d, days) {
			inside.addPosting(posting)
		} else {
			unsure.addPosting(posting)
		}
	})
	inside.and(into)
	unsure.and(into)
	var err error
	unsure.each(0, func(n uint16) bool {
		var at *timestamppb.Timestamp
		if at, err = p.date(place(chunk)<<16 | place(n)); err == nil && p.covers(at) {
			inside.add(n)
		}
		return err == nil
	})
	*into = inside
	return err
}

// whole reports whether all of a day lies within the bounds, which lie in or at the ends of the first and the last of the days.
func (p *plan) whole(d day, days span) bool {
	return (p.from == nil || d > days.first || p.from.Seconds == d.begins() && p.from.Nanos == 0) &&
		(p.until == nil || d < days.last || p.until.Seconds == d.begins()+daySeconds)
}

// covers reports whether from <= at < until; what has no date is not covered.
func (p *plan) covers(at *timestamppb.Timestamp) bool {
	return at != nil && (p.from == nil || !before(at, p.from)) && (p.until == nil || before(at, p.until))
}

func before(x, y *timestamppb.Timestamp) bool {
	return x.GetSeconds() < y.GetSeconds() || x.GetSeconds() == y.GetSeconds() && x.GetNanos() < y.GetNanos()
}

// eachValue calls fn with every value of an attribute that places of the chunk have.
func (s *shelf) eachValue(chunk uint32, a attribute, fn func(value string, posting []byte)) {
	prefix := postingKey(chunk, a, "")
	c := s.postings.Cursor()
	for k, posting := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, posting = c.Next() {
		fn(string(k[len(prefix):]), posting)
	}
}
