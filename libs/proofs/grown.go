package proofs

import (
	"fmt"
	"sort"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/lineage"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// end is where a block of a journal ends.
type end struct {
	events uint64
	// root is that of a checkpoint that was kept; nil where the ledger is asked for it.
	root *lineage.Hash
}

// Consistency returns the proof that a journal, from one of its blocks to a later one, was only added to. It was checked. That the
// journal is not the one that a checkpoint of earlier was signed for is a finding in what is returned, and no error.
func (s *Source) Consistency(view ledger.View, req *queryv1.ConsistencyRequest) (*queryv1.ConsistencyResponse, error) {
	id, err := journalMeant(req)
	if err != nil {
		return nil, err
	}
	p, err := view.Position(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the position of %s: %w", id, err)
	case p == nil:
		return nil, fault.Errorf(fault.NotFound, "nothing of journal %s is on record at %s; what is there shows: counterfoil status", id, view.Agency())
	}
	var ends [2]end
	for i, point := range []*queryv1.JournalPoint{req.GetFrom(), req.GetTo()} {
		var lost string
		if ends[i], lost, err = findEnd(view, id, p, point); lost != "" || err != nil {
			return &queryv1.ConsistencyResponse{Finding: lost}, err
		}
	}
	from, to := ends[0], ends[1]
	if from.events > to.events {
		return nil, fault.Errorf(fault.Invalid, "give the earlier one first: that of event %d comes after that of event %d", from.events, to.events)
	}
	res := &queryv1.ConsistencyResponse{}
	later, err := s.trees.At(view, &reportingv1.Extent{Journal: id.String(), Events: to.events})
	if err != nil {
		return nil, err
	}
	if res.Finding = to.other(id, lineage.Hash(later.Header.GetRoot())); res.Finding != "" {
		return res, nil
	}
	root, hashes, err := later.Consistency(from.events)
	if err != nil {
		return nil, err
	}
	if res.Finding = from.other(id, root); res.Finding != "" {
		return res, nil
	}
	earlier, err := lineage.SignedAt(view, id, from.events)
	if err != nil {
		return nil, err
	}
	res.From, res.To = headOf(earlier), headOf(&later.Signed)
	for _, h := range hashes {
		res.Hashes = append(res.Hashes, h[:])
	}
	return res, nil
}

// other says that what was kept is of another journal than the one that is here.
func (e end) other(id journal.ID, root lineage.Hash) string {
	if e.root == nil || *e.root == root {
		return ""
	}
	return fmt.Sprintf("%s signed that the first %d events of %s hash to %x, and those that are here hash to %x: they are not the same journal", id.Agency, e.events, id, e.root[:], root[:])
}

// journalMeant is the journal that a request names, itself or by its files.
func journalMeant(req *queryv1.ConsistencyRequest) (id journal.ID, err error) {
	named := req.GetJournal()
	for _, p := range []*queryv1.JournalPoint{req.GetFrom(), req.GetTo()} {
		if len(p.GetFile()) == 0 {
			continue
		}
		of, err := keptOf(p.GetFile())
		switch {
		case err != nil:
			return id, fault.Errorf(fault.Invalid, "%v", err)
		case named != "" && named != of.String():
			return id, fault.Errorf(fault.Invalid, "the checkpoint is of %s, not of %s", of, named)
		}
		named = of.String()
	}
	if named == "" {
		return id, fault.Errorf(fault.Invalid, "say of which journal, as agency/group: with --journal")
	}
	if id, err = journal.ParseID(named); err != nil {
		return id, fault.Errorf(fault.Invalid, "%v", err)
	}
	return id, nil
}

// keptOf is the journal that a kept checkpoint says it is of.
func keptOf(file []byte) (journal.ID, error) {
	if _, id, err := NoteOf(file); err == nil {
		return id, nil
	}
	h, err := decode[Header](file)
	if err != nil {
		return journal.ID{}, fmt.Errorf("this is neither a signed note nor a file with a signed header: %w", err)
	}
	return journal.ParseID(h.Head.Journal)
}

// findEnd finds the end of the block that a point means. lost says that the journal here has no such end although its agency signed it.
func findEnd(view ledger.View, id journal.ID, p *ledgerv1.Position, point *queryv1.JournalPoint) (e end, lost string, err error) {
	switch at := point.GetAt().(type) {
	case *queryv1.JournalPoint_Block:
		e.events, err = endOfBlock(view, id, p, at.Block)
		return e, "", err
	case *queryv1.JournalPoint_Events:
		e.events = at.Events
	case *queryv1.JournalPoint_File:
		if e, err = kept(view, id, at.File); err != nil {
			return e, "", fault.Errorf(fault.Invalid, "%v", err)
		}
	default:
		e.events = p.GetEvents()
	}
	missing, err := noEnd(view, id, p, e.events)
	switch {
	case missing == "" || err != nil:
		return e, "", err
	case e.root == nil || e.events <= p.GetStartEvents():
		return e, "", fault.Errorf(fault.Precondition, "%s", missing)
	case id.Agency != view.Agency() && e.events > p.GetEvents(): // it may only not have arrived yet
		return e, "", fault.Errorf(fault.Precondition, "%s; the checkpoint is of later: ask again when that has come", missing)
	}
	return e, fmt.Sprintf("%s signed a checkpoint of %s at event %d, and here %s", id.Agency, id, e.events, missing), nil
}

// kept reads a checkpoint that was kept, by the keys of its agency that the directory has.
func kept(view ledger.View, id journal.ID, file []byte) (e end, err error) {
	keys, err := lineage.Keys(view, id.Agency)
	if err != nil {
		return e, err
	}
	if _, _, err := NoteOf(file); err == nil {
		n, err := OpenNote(file, keys)
		if err != nil {
			return e, err
		}
		root := lineage.Hash(n.Root)
		return end{n.Events, &root}, nil
	}
	trust := Trust{id.Agency: nil}
	for _, k := range keys {
		trust[id.Agency] = append(trust[id.Agency], k)
	}
	_, s, err := openHeader(file, trust)
	if err != nil {
		return e, err
	}
	return end{s.Events, &s.Root}, nil
}

// noEnd says why no block of a journal ends at an event; nothing where one does.
func noEnd(view ledger.View, id journal.ID, p *ledgerv1.Position, events uint64) (string, error) {
	switch {
	case events == 0:
		return "nothing was signed before the first event: give an event that a block ends at", nil
	case events > p.GetEvents():
		return fmt.Sprintf("%s has %d events", id, p.GetEvents()), nil
	case events <= p.GetStartEvents():
		return fmt.Sprintf("the copy of %s begins after event %d: only %s can prove what is before", id, p.GetStartEvents(), id.Agency), nil
	}
	h, err := headerAt(view, id, events)
	if err != nil || h.GetSize() == events {
		return "", err
	}
	return fmt.Sprintf("no block of %s ends at event %d: block %d ends at event %d, and the one before at %d", id, events, h.GetNumber(), h.GetSize(), h.GetFirstEvent()-1), nil
}

// endOfBlock is the last event of a block, by its number.
func endOfBlock(view ledger.View, id journal.ID, p *ledgerv1.Position, number uint64) (uint64, error) {
	switch {
	case number == 0 || number > p.GetBlock():
		return 0, fault.Errorf(fault.Precondition, "%s has %d blocks here", id, p.GetBlock())
	case number <= p.GetStartBlock():
		return 0, fault.Errorf(fault.Precondition, "the copy of %s begins after block %d: only %s can prove what is before", id, p.GetStartBlock(), id.Agency)
	}
	first, all := p.GetStartEvents(), int(p.GetEvents()-p.GetStartEvents())
	var found *eventv1.Header
	var err error
	sort.Search(all, func(i int) bool { // blocks are numbered as their events are
		if err != nil {
			return true
		}
		h, readErr := headerAt(view, id, first+uint64(i)+1)
		if err = readErr; err == nil && h.GetNumber() == number {
			found = h
		}
		return h.GetNumber() >= number
	})
	if err == nil && found == nil {
		err = fmt.Errorf("block %d of %s is not in the ledger", number, id)
	}
	return found.GetSize(), err
}

func headerAt(view ledger.View, id journal.ID, event uint64) (*eventv1.Header, error) {
	b, err := view.Block(id, event)
	if err != nil {
		return nil, fmt.Errorf("read the block of event %d of %s: %w", event, id, err)
	}
	h := &eventv1.Header{}
	if err := proto.Unmarshal(b.GetHeader(), h); err != nil {
		return nil, fmt.Errorf("read the header at event %d of %s: %w", event, id, err)
	}
	return h, nil
}

// ConsistencyOf is the file of a proof that came from a node. It is not checked.
func ConsistencyOf(res *queryv1.ConsistencyResponse) (p *Consistency, err error) {
	p = &Consistency{Format: ConsistencyFormat}
	if p.From, err = SignedHeadOf(res.GetFrom()); err != nil {
		return nil, err
	}
	if p.To, err = SignedHeadOf(res.GetTo()); err != nil {
		return nil, err
	}
	p.Hashes, err = hashesOf(res.GetHashes())
	return p, err
}
