package lineage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Take makes the lineage file of an edition. content is the whole report, with what its rows are made of. The same state of the ledger
// makes the same bytes. Nothing of what is hidden from the audience is in it; the tree has the hashes of other events, as every
// proof does, and they tell nothing: each event has random bytes of its own.
func (t *Trees) Take(view ledger.View, content *reportingv1.Content, audience reportingv1.Audience) ([]byte, error) {
	edition, err := report.Edition(content, audience)
	if err != nil {
		return nil, fmt.Errorf("make an edition: %w", err)
	}
	m := maker{internal: audience == reportingv1.Audience_AUDIENCE_INTERNAL, used: map[place]*event{}}
	m.at = checkpoints{t, view, extentsOf(edition.GetTitle()), map[string]*Checkpoint{}}
	m.file.Format, m.file.Audience = Format, strings.ToLower(strings.TrimPrefix(audience.String(), "AUDIENCE_"))
	wanted := map[place]bool{}
	for _, r := range edition.GetRows() {
		for _, c := range r.GetContributions() {
			for _, n := range c.GetEvents() {
				wanted[place{c.GetJournal(), n}] = true
			}
		}
	}
	if m.found, err = readEvents(view, m.at.extents, wanted); err != nil {
		return nil, err
	}
	if err := m.heads(edition); err != nil {
		return nil, err
	}
	for _, r := range edition.GetRows() {
		if err := m.row(r); err != nil {
			return nil, fmt.Errorf("row %s of %s: %w", r.GetId(), r.GetTable(), err)
		}
	}
	if err := m.journals(); err != nil {
		return nil, err
	}
	return encode(&m.file)
}

// maker makes a file.
type maker struct {
	file     File
	internal bool
	found    events
	at       checkpoints
	used     map[place]*event
}

func (m *maker) heads(c *reportingv1.Content) (err error) {
	if m.file.Title, err = jsonOf(c.GetTitle()); err != nil {
		return err
	}
	m.file.Tables, m.file.Rows, m.file.Journals = []json.RawMessage{}, []Row{}, []Journal{}
	for _, t := range c.GetTables() {
		head, err := jsonOf(t)
		if err != nil {
			return err
		}
		m.file.Tables = append(m.file.Tables, head)
	}
	return nil
}

func (m *maker) row(r *reportingv1.Row) (err error) {
	row := Row{
		ID: r.GetId(), Table: r.GetTable(), Keys: r.GetKeys(), Amounts: amounts(r.GetAmounts()), Comment: r.GetComment(),
		Description: r.GetDescription(), Contributions: []Contribution{},
	}
	if r.GetHidden() != nil {
		if row.Hidden, err = jsonOf(r.GetHidden()); err != nil {
			return err
		}
	}
	for _, c := range r.GetContributions() {
		if !m.internal && isNothing(c.GetAmounts()) {
			continue
		}
		made, err := m.contribution(c)
		if err != nil {
			return err
		}
		row.Contributions = append(row.Contributions, made)
	}
	if !m.internal { // by subject they would tell more than others may know
		slices.SortStableFunc(row.Contributions, func(a, b Contribution) int { return bytes.Compare(a.order, b.order) })
	}
	m.file.Rows = append(m.file.Rows, row)
	return nil
}

func (m *maker) contribution(c *reportingv1.Contribution) (Contribution, error) {
	made := Contribution{Amounts: amounts(c.GetAmounts())}
	terms, by, err := m.found.terms(c)
	if err != nil {
		return made, err
	}
	behind := m.found.of(c)
	switch {
	case m.internal:
		made.Subject, made.Figure, made.Terms = c.GetSubject(), c.GetFigure(), terms
	case by != nil:
		behind = []*event{by}
	}
	for _, e := range behind {
		made.Events = append(made.Events, e.String())
		m.used[e.place] = e
	}
	if len(behind) == 0 {
		return made, fmt.Errorf("no event is behind what %s adds", c.GetSubject())
	}
	leaf, err := m.leaf(behind[0].place)
	if err != nil {
		return made, err
	}
	said, err := json.Marshal(made.Amounts)
	made.order = append(leaf[:], said...)
	return made, err
}

func (m *maker) leaf(p place) (Hash, error) {
	at, err := m.at.of(p.journal)
	if err != nil {
		return Hash{}, err
	}
	return at.Leaf(p.number)
}

func (m *maker) journals() error {
	numbers := map[string][]uint64{}
	for _, p := range slices.SortedFunc(maps.Keys(m.used), place.compare) {
		numbers[p.journal] = append(numbers[p.journal], p.number)
	}
	for _, name := range slices.Sorted(maps.Keys(numbers)) {
		at, err := m.at.of(name)
		if err != nil {
			return err
		}
		j := Journal{Journal: name, Key: at.Key, Header: at.HeaderBytes, Signature: at.Signature}
		if j.Nodes, err = at.Prune(numbers[name]); err != nil {
			return err
		}
		for _, n := range numbers[name] {
			leaf := Leaf{Number: n}
			if leaf.Hash, err = at.Leaf(n); err != nil {
				return err
			}
			if m.internal {
				leaf.Bytes = m.used[place{name, n}].recorded.GetRaw()
			}
			j.Leaves = append(j.Leaves, leaf)
		}
		m.file.Journals = append(m.file.Journals, j)
	}
	return nil
}
