package lineage

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/report"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// MostSources is how many events behind a figure are listed.
const MostSources = 1000

// total names all rows of a report in place of one.
const total = "total"

// Cell names a figure.
type Cell struct {
	// Row is a row's id or the beginning of it, a table's name, or "total".
	Row string
	// Measure is "quantity", "value", "licences" or "lines"; empty for all of them.
	Measure string
}

// ParseCell reads "ROW.MEASURE", or "ROW" alone.
func ParseCell(text string) (Cell, error) {
	row, measure, dotted := strings.Cut(text, ".")
	known := measure == "quantity" || measure == "value" || measure == "licences" || measure == "lines"
	if row == "" || dotted && !known {
		return Cell{}, fault.Errorf(fault.Invalid, "name a figure as a row's id, a table or total, and after a dot quantity, value, licences or lines; %q is none", text)
	}
	return Cell{row, measure}, nil
}

// Explain answers which row a cell is of, and the events behind it, each with its proof. Of several rows at once the amounts are
// there only where one table has them on one basis: what is authorized and what moved are never summed (docs/report-forms.md).
func (t *Trees) Explain(view ledger.View, c *reportingv1.Content, cell Cell) (*reportingv1.ExplainFigureResponse, error) {
	row, err := find(c, cell.Row)
	if err != nil {
		return nil, err
	}
	res := &reportingv1.ExplainFigureResponse{Row: only(row, cell.Measure), Measure: cell.Measure}
	if i := slices.IndexFunc(c.GetTables(), func(t *reportingv1.TableHead) bool { return t.GetTable() == row.GetTable() }); i >= 0 {
		res.Table = c.GetTables()[i]
	}
	var listed []*reportingv1.Contribution
	for _, of := range row.GetContributions() {
		amounts := measured(of.GetAmounts(), cell.Measure)
		if cell.Measure != "" && isNothing(amounts) {
			continue
		}
		if res.Count < MostSources {
			of = proto.CloneOf(of)
			of.Amounts = amounts
			listed = append(listed, of)
		}
		res.Count += uint64(len(of.GetEvents()))
	}
	res.Sources, err = t.sources(view, c.GetTitle(), listed)
	return res, err
}

// sources are the events of contributions, at most MostSources of them.
func (t *Trees) sources(view ledger.View, title *reportingv1.Title, listed []*reportingv1.Contribution) (list []*reportingv1.Source, err error) {
	extents := extentsOf(title)
	wanted, n := map[place]bool{}, 0
	for _, of := range listed {
		of.Events = of.GetEvents()[:min(len(of.GetEvents()), MostSources-n)]
		n += len(of.GetEvents())
		for _, number := range of.GetEvents() {
			wanted[place{of.GetJournal(), number}] = true
		}
	}
	found, err := readEvents(view, extents, wanted)
	if err != nil {
		return nil, err
	}
	at := checkpoints{t, view, extents, map[string]*Checkpoint{}}
	for _, of := range listed {
		for i, e := range found.of(of) {
			s := e.source()
			if s.Subject = of.GetSubject(); i == 0 {
				s.Amounts = of.GetAmounts()
			}
			if err := at.prove(s, e); err != nil {
				return nil, err
			}
			list = append(list, s)
		}
	}
	return list, nil
}

func (e *event) source() *reportingv1.Source {
	r := e.recorded
	return &reportingv1.Source{
		Journal: e.journal, Number: e.number, Block: r.GetBlock(), EventId: r.GetId(), Kind: r.GetKind(), OccurredAt: r.GetOccurredAt(),
		RecordedAt: r.GetRecordedAt(), Fact: r.GetFact(),
	}
}

// checkpoints are the ends of a report's journals, each looked for once.
type checkpoints struct {
	trees   *Trees
	view    ledger.View
	extents map[string]*reportingv1.Extent
	known   map[string]*Checkpoint
}

func (c checkpoints) of(journal string) (*Checkpoint, error) {
	if at := c.known[journal]; at != nil {
		return at, nil
	}
	extent := c.extents[journal]
	if extent == nil {
		return nil, fmt.Errorf("the report does not say how far it read journal %s", journal)
	}
	at, err := c.trees.At(c.view, extent)
	if err == nil {
		c.known[journal] = at
	}
	return at, err
}

// prove adds the proof of an event whose content is there.
func (c checkpoints) prove(s *reportingv1.Source, e *event) error {
	if e.recorded == nil {
		return nil
	}
	at, err := c.of(e.journal)
	if err == nil {
		s.Proof, err = at.Prove(e.number)
	}
	return err
}

// find is the row that a cell names, or one that stands for several.
func find(c *reportingv1.Content, name string) (*reportingv1.Row, error) {
	table := slices.ContainsFunc(c.GetTables(), func(t *reportingv1.TableHead) bool { return t.GetTable() == name })
	if name == total || table {
		return several(c, name)
	}
	var found []*reportingv1.Row
	for _, r := range c.GetRows() {
		if strings.HasPrefix(r.GetId(), name) {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 0:
		return nil, fault.Errorf(fault.NotFound, "the report has no row or table %s; counterfoil report build shows those that it has", name)
	case 1:
		return found[0], nil
	}
	var ids []string
	for _, r := range found[:min(len(found), 10)] {
		ids = append(ids, r.GetId())
	}
	return nil, fault.Errorf(fault.Invalid, "%d rows begin with %s: %s; give more of it", len(found), name, strings.Join(ids, ", "))
}

// several is a row that stands for all of a table, or of the report.
func several(c *reportingv1.Content, name string) (*reportingv1.Row, error) {
	row := &reportingv1.Row{Id: name}
	if name != total {
		row.Table = name
	}
	kinds := map[string]bool{}
	var amounts []*reportingv1.Amounts
	for _, r := range c.GetRows() {
		if name != total && r.GetTable() != name {
			continue
		}
		kinds[r.GetTable()+" "+basisOf(c, r)] = true
		amounts = append(amounts, r.GetAmounts())
		row.Contributions = append(row.Contributions, r.GetContributions()...)
	}
	if len(kinds) > 1 {
		return row, nil
	}
	var err error
	row.Amounts, err = report.Total(amounts...)
	return row, err
}

// basisOf is whether a row is authorized or actual; empty in a table that does not tell.
func basisOf(c *reportingv1.Content, r *reportingv1.Row) string {
	for _, t := range c.GetTables() {
		if i := slices.Index(t.GetDimensions(), "basis"); t.GetTable() == r.GetTable() && i >= 0 && i < len(r.GetKeys()) {
			return r.GetKeys()[i]
		}
	}
	return ""
}

// only is a row with one of its measures, or all, and without what it is made of.
func only(r *reportingv1.Row, measure string) *reportingv1.Row {
	return &reportingv1.Row{
		Id: r.GetId(), Table: r.GetTable(), Keys: r.GetKeys(), Amounts: measured(r.GetAmounts(), measure), Comment: r.GetComment(),
		Description: r.GetDescription(), Hidden: r.GetHidden(),
	}
}

func measured(a *reportingv1.Amounts, measure string) *reportingv1.Amounts {
	switch {
	case a == nil:
		return nil
	case measure == "quantity":
		return &reportingv1.Amounts{Quantities: a.GetQuantities()}
	case measure == "value":
		return &reportingv1.Amounts{Values: a.GetValues()}
	case measure == "licences":
		return &reportingv1.Amounts{Licences: a.GetLicences()}
	case measure == "lines":
		return &reportingv1.Amounts{Lines: a.GetLines()}
	}
	return a
}

// isNothing reports whether amounts state nothing at all; a stated 0 is something.
func isNothing(a *reportingv1.Amounts) bool {
	return a.GetLines() == 0 && a.GetLicences() == 0 && len(a.GetQuantities())+len(a.GetValues()) == 0
}
