package knowledge

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

const (
	stated   = queryv1.KnowledgeSource_KNOWLEDGE_SOURCE_STATED
	arrival  = queryv1.KnowledgeSource_KNOWLEDGE_SOURCE_ARRIVAL
	receipts = queryv1.KnowledgeSource_KNOWLEDGE_SOURCE_RECEIPTS
	own      = queryv1.KnowledgeSource_KNOWLEDGE_SOURCE_OWN
)

// reach says how far the agency that decided had each journal when it did.
type reach struct {
	view ledger.View
	*decision
	// states are the positions that the decision states, by journal; nil when it states none. Those that the journals do not have
	// are taken out, and doubted.
	states  map[string]*eventv1.Reach
	doubted map[string]bool
	// given are the receipts of another agency, by journal, in the order that it gave them.
	given map[string][]receipt
}

type receipt struct {
	at          time.Time
	start, ends uint64
}

// source is how it is known of a journal.
func (r *reach) source(of string) queryv1.KnowledgeSource {
	switch {
	case ledger.AgencyOf(of) == r.agency:
		return own
	case r.states != nil && !r.doubted[of]:
		return stated
	case r.agency == r.view.Agency():
		return arrival
	}
	return receipts
}

// had reports whether the agency had received what stands at a place.
func (r *reach) had(e *queryv1.RecordedEvent) bool {
	switch r.source(e.GetJournal()) {
	case own:
		if e.GetJournal() == r.event.GetJournal() && r.event.GetOrigin() == nil {
			return e.GetNumber() < r.event.GetNumber()
		}
		return !existed(e).After(r.moment)
	case stated:
		return e.GetNumber() <= r.states[e.GetJournal()].GetEvents()
	case arrival:
		return !e.GetReceivedAt().AsTime().After(r.moment)
	}
	return slices.ContainsFunc(r.given[e.GetJournal()], func(g receipt) bool { return !g.at.After(r.moment) && g.covers(e.GetNumber()) })
}

func (g receipt) covers(number uint64) bool { return g.start < number && number <= g.ends }

// received is when the agency had what stands at a place, as far as this ledger can tell; nil when it cannot.
func (r *reach) received(e *queryv1.RecordedEvent) *timestamppb.Timestamp {
	switch {
	case ledger.AgencyOf(e.GetJournal()) == r.agency:
		return timestamppb.New(existed(e))
	case r.agency == r.view.Agency():
		return e.GetReceivedAt()
	}
	for _, g := range r.given[e.GetJournal()] {
		if g.covers(e.GetNumber()) {
			return timestamppb.New(g.at)
		}
	}
	return nil
}

// reachOf reads what is known of how far the agency was: its own statement, and the receipts of another agency.
func reachOf(view ledger.View, d *decision) (*reach, error) {
	r := &reach{view: view, decision: d, doubted: map[string]bool{}, given: map[string][]receipt{}}
	if k := d.knowledge(); k != nil {
		r.states = map[string]*eventv1.Reach{}
		for _, s := range k.GetJournals() {
			r.states[s.GetJournal()] = s
		}
	}
	if d.agency == view.Agency() {
		return r, nil
	}
	kind := (&directoryv1.ReceiptGiven{}).ProtoReflect().Descriptor().FullName()
	by := directory.Own(d.agency)
	const atOnce = 256
	for after, more := uint64(0), true; more; {
		entries, err := view.EntriesOfKind(by, kind, after, atOnce)
		if err != nil {
			return nil, fmt.Errorf("read the receipts of %s: %w", d.agency, err)
		}
		for _, e := range entries {
			after = e.Number
			at, err := view.Event(by, e.Number)
			if err != nil {
				return nil, fmt.Errorf("read the receipts of %s: %w", d.agency, err)
			}
			said, _ := e.Fact.(*directoryv1.ReceiptGiven)
			for _, j := range said.GetJournals() {
				r.given[j.GetJournal()] = append(r.given[j.GetJournal()], receipt{at.GetWrittenAt().AsTime(), j.GetStartEvents(), j.GetEvents()})
			}
		}
		more = len(entries) == atOnce
	}
	return r, nil
}

// journals are how far the agency had each journal, by name, and what does not fit together. Stated positions that the journals
// do not have are not relied on from then on.
func (r *reach) journals() (list []*queryv1.KnownJournal, findings []*queryv1.Finding, err error) {
	positions, err := r.view.Positions()
	if err != nil {
		return nil, nil, fmt.Errorf("read how far the journals are: %w", err)
	}
	here := map[string]*ledgerv1.Position{}
	var names []string
	for _, p := range positions {
		here[p.GetJournal()] = p
		names = append(names, p.GetJournal())
	}
	for name := range r.states {
		if here[name] == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		said := r.states[name]
		var check queryv1.KnownRoot
		if said != nil {
			if check, err = r.check(name, said); err != nil {
				return nil, nil, err
			}
		}
		if check == queryv1.KnownRoot_KNOWN_ROOT_DIFFERS {
			r.doubted[name] = true
			findings = append(findings, &queryv1.Finding{Journal: name, Block: said.GetBlock(), Next: "counterfoil verify", What: fmt.Sprintf(
				"the decision states that it rests on %s up to block %d, event %d, with a Merkle root that the journal does not have there; the statement is not relied on for this journal", name, said.GetBlock(), said.GetEvents())})
		}
		j := &queryv1.KnownJournal{Journal: name, Source: r.source(name), Root: check}
		if j.Source == stated {
			j.Block, j.Events = said.GetBlock(), said.GetEvents()
		} else if j.Block, j.Events, err = r.upTo(here[name]); err != nil {
			return nil, nil, fmt.Errorf("find how far %s had %s: %w", r.agency, name, err)
		}
		list = append(list, j)
	}
	return list, findings, nil
}

// check compares a stated position with the signed header of the block that it names.
func (r *reach) check(name string, said *eventv1.Reach) (queryv1.KnownRoot, error) {
	id, err := journal.ParseID(name)
	if err != nil {
		return queryv1.KnownRoot_KNOWN_ROOT_DIFFERS, nil
	}
	p, err := r.view.Position(id)
	if err != nil {
		return 0, err
	}
	if p.GetBlock() < said.GetBlock() || said.GetEvents() <= p.GetStartEvents() {
		return queryv1.KnownRoot_KNOWN_ROOT_NOT_HERE, nil
	}
	b, header, err := r.block(id, said.GetEvents())
	switch {
	case err != nil:
		return 0, err
	case b == nil || header.GetNumber() != said.GetBlock() || header.GetFirstEvent()+uint64(header.GetCount())-1 != said.GetEvents() || !bytes.Equal(header.GetRoot(), said.GetRoot()):
		return queryv1.KnownRoot_KNOWN_ROOT_DIFFERS, nil
	}
	return queryv1.KnownRoot_KNOWN_ROOT_MATCHES, nil
}

// block returns the block that holds an event, with its header; nil when it is not here.
func (r *reach) block(id journal.ID, number uint64) (*ledgerv1.FoldedBlock, *eventv1.Header, error) {
	b, err := r.view.Block(id, number)
	if b == nil || err != nil {
		return nil, nil, err
	}
	header := &eventv1.Header{}
	if err := proto.Unmarshal(b.GetHeader(), header); err != nil {
		return nil, nil, fmt.Errorf("read the header of block %d of %s: %w", b.GetNumber(), id, err)
	}
	return b, header, nil
}

// upTo is the last block, and event, of a journal that the agency had where no statement says so. A journal comes in its order, so
// that it is looked for by halving.
func (r *reach) upTo(p *ledgerv1.Position) (block, events uint64, err error) {
	if p == nil {
		return 0, 0, nil
	}
	id, err := journal.ParseID(p.GetJournal())
	if err != nil {
		return 0, 0, err
	}
	if r.source(p.GetJournal()) == receipts {
		for _, g := range r.given[p.GetJournal()] {
			if !g.at.After(r.moment) {
				events = max(events, g.ends)
			}
		}
	} else {
		start := p.GetStartEvents()
		events = start + uint64(sort.Search(int(p.GetEvents()-start), func(i int) bool {
			had, readErr := r.hadBlock(id, start+1+uint64(i))
			if readErr != nil {
				err = readErr
			}
			return !had
		}))
		if err != nil || events == start {
			return 0, 0, err
		}
	}
	b, err := r.view.Block(id, events)
	return b.GetNumber(), events, err
}

// hadBlock is had for an event whose content may have been withdrawn.
func (r *reach) hadBlock(id journal.ID, number uint64) (bool, error) {
	b, header, err := r.block(id, number)
	if b == nil || err != nil {
		return false, err
	}
	return r.had(&queryv1.RecordedEvent{Journal: id.String(), Number: number, WrittenAt: header.GetRecordedAt(), ReceivedAt: b.GetReceivedAt()}), nil
}

// shares reports whether the agency is given a journal; true for its own.
func (r *reach) shares(name string, known map[string]bool) (bool, error) {
	if is, ok := known[name]; ok {
		return is, nil
	}
	id, err := journal.ParseID(name)
	if err != nil {
		return false, err
	}
	is := r.agency == r.view.Agency() || id.Agency == r.agency || id.Group == directory.Group
	if !is {
		readers, err := directory.Readers(r.view, id)
		if err != nil {
			return false, fmt.Errorf("read who is given %s: %w", name, err)
		}
		is = slices.ContainsFunc(readers, func(x *queryv1.Reader) bool { return x.GetAgency() == r.agency && x.GetReads() })
	}
	known[name] = is
	return is, nil
}

// matched counts the stated positions that are those of the journals here, and all that were stated.
func matched(list []*queryv1.KnownJournal) (matches, all int) {
	for _, j := range list {
		switch j.GetRoot() {
		case queryv1.KnownRoot_KNOWN_ROOT_MATCHES:
			matches++
			all++
		case queryv1.KnownRoot_KNOWN_ROOT_DIFFERS, queryv1.KnownRoot_KNOWN_ROOT_NOT_HERE:
			all++
		}
	}
	return matches, all
}
