// Package knowledge looks back at a decision: what its agency had received by then of what concerns the case, what existed elsewhere
// and had not arrived, and what had arrived and was not used. It says what the records show; what a person read they cannot say.
package knowledge

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Review is what can be said of a decision from a view: of the last one on the row with this id, or the one that is event number of
// its journal; or of the event with this id, then number is 0. The table is that of its record. The answer's basis is left to the
// caller. It is refused when there is no such decision.
//
// What the agency had received is told, for each journal, by the position that the decision states where the journal has it; else,
// on its own ledger, by when the block arrived, the moment of the decision included; else by the receipts that it had given, which is
// a lower bound. Its own journals it had as far as they were written. What it cites it had.
func Review(view ledger.View, id string, number uint64) (*queryv1.KnewResponse, queryv1.Table, error) {
	d, err := find(view, id, number)
	if err != nil {
		return nil, 0, err
	}
	r, err := reachOf(view, d)
	if err != nil {
		return nil, 0, err
	}
	res := &queryv1.KnewResponse{Agency: d.agency, External: d.knowledge().GetExternal()}
	if res.Journals, res.Findings, err = r.journals(); err != nil {
		return nil, 0, err
	}
	res.Source = sourceOf(r)
	c, err := caseOf(view, d)
	if err != nil {
		return nil, 0, err
	}
	f, err := factsOf(c)
	if err != nil {
		return nil, 0, err
	}
	res.LeftOut = c.leftOut
	s := &sorting{reach: r, res: res, shared: map[string]bool{}}
	if err := s.sort(f); err != nil {
		return nil, 0, err
	}
	res.Findings = append(res.Findings, s.findings(f)...)
	res.Decision = s.known(&fact{event: d.event, record: d.record, relation: byRecord})
	res.Summary = summary(d, res)
	return res, d.table, nil
}

// sourceOf is how it is known of the journals of others.
func sourceOf(r *reach) queryv1.KnowledgeSource {
	switch {
	case r.states != nil:
		return stated
	case r.agency == r.view.Agency():
		return arrival
	}
	return receipts
}

// fact is an event that concerns the case.
type fact struct {
	// event where it stands itself, or where this ledger was not given that, where it is repeated; elsewhere is where else it stands.
	event     *queryv1.RecordedEvent
	elsewhere []*queryv1.RecordedEvent
	record
	relation queryv1.KnownRelation
	why      []string
	use      queryv1.KnownUse
	parked   bool
}

// facts are the events that concern a case, each once, by id.
type facts struct {
	*casefile
	all  []*fact
	byID map[string]*fact
	// missing are the events that the decision cites and that are not on record here.
	missing []*eventv1.Cause
}

func factsOf(c *casefile) (*facts, error) {
	f := &facts{casefile: c, byID: map[string]*fact{}}
	for _, x := range c.concerns {
		events, err := c.view.EventsOf(x)
		if err != nil {
			return nil, fmt.Errorf("read the events of %s: %w", x.GetId(), err)
		}
		for _, e := range events {
			if err := f.add(e, x); err != nil {
				return nil, err
			}
		}
	}
	if err := f.cited(); err != nil {
		return nil, err
	}
	return f, f.setAside()
}

// add takes in an event of a row; that the row is closer, or named, counts.
func (f *facts) add(e *queryv1.RecordedEvent, of *concern) error {
	if e.GetId() == f.event.GetId() {
		return nil
	}
	x := f.byID[e.GetId()]
	if x == nil {
		var err error
		if x, err = f.standing(e); err != nil {
			return err
		}
		x.record, x.relation, x.use = of.record, of.relation, queryv1.KnownUse_KNOWN_USE_NONE
	}
	x.relation = min(x.relation, of.relation)
	for _, w := range of.why {
		if !slices.Contains(x.why, w) && len(x.why) < mostWhy {
			x.why = append(x.why, w)
		}
	}
	switch {
	case of.named:
		x.use = min(x.use, queryv1.KnownUse_KNOWN_USE_NAMED)
	case of.relation == byRecord:
		x.use = min(x.use, queryv1.KnownUse_KNOWN_USE_RECORD)
	}
	return nil
}

// standing takes in an event with the places that it stands at.
func (f *facts) standing(e *queryv1.RecordedEvent) (*fact, error) {
	x := &fact{event: e}
	f.byID[e.GetId()], f.all = x, append(f.all, x)
	original := e
	if e.GetOrigin() != nil {
		original = &queryv1.RecordedEvent{Journal: e.GetOrigin().GetJournal(), Number: e.GetOrigin().GetNumber()}
	}
	repeats, err := f.view.RepeatsOf(original)
	if err != nil {
		return nil, fmt.Errorf("read where event %d of %s is repeated: %w", original.GetNumber(), original.GetJournal(), err)
	}
	for _, again := range repeats {
		if again.GetJournal() != e.GetJournal() {
			x.elsewhere = append(x.elsewhere, again)
		}
	}
	return x, nil
}

// cited marks what the decision cites, and takes in what is of no row of the case.
func (f *facts) cited() error {
	for _, c := range f.event.GetCauses() {
		e, err := f.view.Cited(c)
		if err != nil {
			return err
		}
		if e == nil {
			f.missing = append(f.missing, c)
			continue
		}
		x := f.byID[e.GetId()]
		if x == nil {
			if x, err = f.standing(e); err != nil {
				return err
			}
			x.relation, x.why = byCitation, []string{"the decision cites it"}
			if e.GetFact() != nil {
				if of, err := recordMade(f.view, e); err == nil {
					x.record = of
				}
			}
		}
		x.use = queryv1.KnownUse_KNOWN_USE_CITED
	}
	return nil
}

// setAside takes in the events that would have changed a row of the case and could not be applied here.
func (f *facts) setAside() error {
	parked, err := f.view.ParkedEvents()
	if err != nil {
		return fmt.Errorf("read which events could not be applied: %w", err)
	}
	rows := map[string]*concern{}
	for _, x := range f.concerns {
		rows[x.GetId()] = x
	}
	for _, p := range parked {
		of := rows[p.GetRowId()]
		id, err := uuid.FromBytes(p.GetId())
		if of == nil || err != nil {
			continue
		}
		e, err := f.view.EventByID(id)
		if err != nil {
			return err
		}
		if e == nil {
			continue
		}
		if err := f.add(e, of); err != nil {
			return err
		}
		if x := f.byID[e.GetId()]; x != nil {
			x.parked = true
		}
	}
	return nil
}
