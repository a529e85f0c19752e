package knowledge

import (
	"fmt"
	"slices"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/links"
	"github.com/counterfoil/counterfoil/libs/screening"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

const (
	byRecord   = queryv1.KnownRelation_KNOWN_RELATION_RECORD
	byCitation = queryv1.KnownRelation_KNOWN_RELATION_CITED
	byDossier  = queryv1.KnownRelation_KNOWN_RELATION_DOSSIER
	byScreen   = queryv1.KnownRelation_KNOWN_RELATION_SCREENED
	byLink     = queryv1.KnownRelation_KNOWN_RELATION_LINKED
)

const (
	// mostNaming is how many rows of a table that name one row are looked at.
	mostNaming = 200
	// mostRecords is how many rows of a case are looked at.
	mostRecords = 2_000
	// mostWhy is how many links are told of one event.
	mostWhy = 5
	// deepest is how many steps of naming lead from the record to what is still its case: application, consultation, opinion.
	deepest = 3
)

// concern is a row that concerns the case, and why.
type concern struct {
	record
	relation queryv1.KnownRelation
	why      []string
	// named: the decision itself names it.
	named bool
}

// casefile gathers the rows that concern the case of a decision.
type casefile struct {
	view ledger.View
	*decision
	concerns []*concern
	byID     map[string]*concern
	leftOut  []*queryv1.KnowledgeLeftOut
	tooMany  uint64
}

// caseOf gathers what concerns a decision: its record, what that names and what names them (the dossier), what is held against its
// parties, and what has a value in common with it. It reads at most mostNaming rows of each relation and links.DefaultCap of each value;
// what is left out is said.
func caseOf(view ledger.View, d *decision) (*casefile, error) {
	c := &casefile{view: view, decision: d, byID: map[string]*concern{}}
	c.add(d.record, byRecord, "the record that was decided on")
	for _, gather := range []func() error{c.named, c.dossier, c.screened, c.linked} {
		if err := gather(); err != nil {
			return nil, fmt.Errorf("gather what concerns %s: %w", d.GetId(), err)
		}
	}
	if c.tooMany > 0 {
		c.leftOut = append(c.leftOut, &queryv1.KnowledgeLeftOut{What: fmt.Sprintf("records after the first %d", mostRecords), Records: c.tooMany})
	}
	return c, nil
}

// add takes a row in, or adds to why it is there; the closest relation counts. It returns nil when there are too many.
func (c *casefile) add(of record, relation queryv1.KnownRelation, why string) *concern {
	key := fmt.Sprint(int(of.table), " ", of.GetId())
	x := c.byID[key]
	switch {
	case x == nil && len(c.concerns) == mostRecords:
		c.tooMany++
		return nil
	case x == nil:
		x = &concern{record: of, relation: relation}
		c.byID[key], c.concerns = x, append(c.concerns, x)
	case relation < x.relation:
		x.relation, x.why = relation, append([]string{why}, x.why...)
		return x
	}
	if !slices.Contains(x.why, why) && len(x.why) < mostWhy {
		x.why = append(x.why, why)
	}
	return x
}

// named takes in what the decision and its record name. An own record that they name is what it is about.
func (c *casefile) named() error {
	inFact := idsIn(c.fact)
	for _, id := range append(slices.Clone(inFact), idsIn(c.row)...) {
		if id == c.GetId() || id == c.GetJournal() {
			continue
		}
		_, row, err := c.view.Find(id)
		if err != nil {
			return err
		}
		of, ok := recordIn(row)
		if !ok {
			continue
		}
		relation, why := byDossier, fmt.Sprintf("%s names this %s", c.GetId(), noun(of.table))
		if ledger.AgencyOf(of.GetJournal()) == c.agency {
			relation = byRecord
		}
		if x := c.add(of, relation, why); x != nil {
			x.named = x.named || slices.Contains(inFact, id)
		}
	}
	return nil
}

// dossier takes in what names the record, and what names what it names.
func (c *casefile) dossier() error {
	for i, x := range slices.Clone(c.concerns) {
		if err := c.naming(x.record, i == 0, deepest); err != nil {
			return err
		}
	}
	return nil
}

func (c *casefile) naming(of record, itself bool, steps int) error {
	for _, n := range append(slices.Clone(namedBy[of.table]), anyRecord...) {
		if !itself && slices.Contains(moves, n.table) {
			continue
		}
		rows, err := c.rowsNaming(n, of.GetId())
		if err != nil {
			return err
		}
		for _, row := range rows {
			found, ok := recordIn(row)
			if !ok || found.GetId() == c.GetId() {
				continue
			}
			c.add(found, byDossier, fmt.Sprintf("%s that names %s", noun(found.table), of.GetId()))
			if steps > 1 {
				if err := c.naming(found, false, steps-1); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (c *casefile) rowsNaming(n naming, id string) ([]*queryv1.Row, error) {
	filter := &queryv1.Filter{Withdrawn: true, Conditions: []*queryv1.Condition{{Attribute: n.attribute, Values: []string{id}}}}
	rows, next, err := c.view.List(n.table, filter, "", mostNaming)
	if err != nil || next == "" {
		return rows, err
	}
	all, _, err := c.view.Count(n.table, filter, "")
	if err != nil {
		return nil, err
	}
	c.leftOut = append(c.leftOut, &queryv1.KnowledgeLeftOut{What: fmt.Sprintf("%s that names %s, after the first %d", noun(n.table), id, mostNaming), Records: all - uint64(len(rows))})
	return rows, nil
}

// screened takes in what is held against a party as of now, what the screenings of the case came upon, and embargoes on the
// destination.
func (c *casefile) screened() error {
	for _, x := range slices.Clone(c.concerns) {
		if s, ok := x.row.(*ledgerv1.Screening); ok {
			for _, h := range s.GetHits() {
				if err := c.found(h.GetId(), fmt.Sprintf("hit %d of screening %s", h.GetNumber(), s.GetId())); err != nil {
					return err
				}
			}
		}
		if f, ok := x.row.(*ledgerv1.Finding); ok {
			if err := c.found(f.GetFound().GetHit().GetId(), "found against "+f.GetFound().GetSubject()+" by "+f.GetId()); err != nil {
				return err
			}
		}
	}
	parties, destination := c.about()
	for i, p := range parties {
		hits, err := screening.Party(c.view, p, float64(screening.ReviewLine)/1000)
		if err != nil {
			return err
		}
		for _, h := range hits {
			if err := c.found(h.GetId(), fmt.Sprintf("%s that comes near to party %d (%s), %d of 1000", screening.AgainstWord(h.GetAgainst()), i+1, screening.RoleWord(p.GetRole()), h.GetScore())); err != nil {
				return err
			}
		}
	}
	if destination == "" {
		return nil
	}
	rows, err := c.rowsNaming(naming{queryv1.Table_TABLE_EMBARGOES, "destination"}, destination)
	for _, row := range rows {
		if of, ok := recordIn(row); ok {
			c.add(of, byScreen, "embargo on "+destination)
		}
	}
	return err
}

// found takes in a record that something of the case was held against.
func (c *casefile) found(id, why string) error {
	_, row, err := c.view.Find(id)
	if of, ok := recordIn(row); ok && err == nil && of.GetId() != c.GetId() {
		c.add(of, byScreen, why)
	}
	return err
}

// about are the parties and the destination, an ISO code, of the record that was decided on, or of the first that it names which
// has any.
func (c *casefile) about() (parties []*transferv1.Party, destination string) {
	for _, x := range c.concerns {
		if x.relation > byDossier {
			break
		}
		var deal *licensingv1.Deal
		switch row := x.row.(type) {
		case interface{ GetDeal() *licensingv1.Deal }:
			deal = row.GetDeal()
		case *ledgerv1.Declaration:
			return row.GetAccepted().GetParties(), row.GetAccepted().GetDestination()
		}
		if deal != nil {
			return deal.GetParties(), deal.GetDestination().GetCountry()
		}
	}
	return nil, ""
}

// linked takes in what has a value in common with the record; where that has none, with what it names.
func (c *casefile) linked() error {
	from := slices.Clone(c.concerns)
	for i, x := range from {
		if i > 0 && x.relation != byRecord {
			continue
		}
		found, err := links.Of(c.view, x.GetId(), links.Options{})
		if err != nil {
			return err
		}
		for _, v := range found.LeftOut {
			c.leftOut = append(c.leftOut, &queryv1.KnowledgeLeftOut{What: fmt.Sprintf("records with %s %q, which too many have", v.GetAttribute(), v.GetValue()), Records: v.GetRecords()})
		}
		why := map[string][]string{}
		for _, l := range found.Links {
			key := fmt.Sprint(int(l.GetTable()), " ", l.GetId())
			why[key] = append(why[key], fmt.Sprintf("has %s %q in common with %s", l.GetAttribute(), l.GetValue(), x.GetId()))
		}
		for _, row := range found.Rows {
			of, ok := recordIn(row)
			if !ok {
				continue
			}
			for _, w := range why[fmt.Sprint(int(of.table), " ", of.GetId())] {
				c.add(of, byLink, w)
			}
		}
		if i == 0 && len(found.Links)+len(found.LeftOut) > 0 {
			return nil
		}
	}
	return nil
}
