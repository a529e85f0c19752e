package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// row is a row of a draft, with what counts in it.
type row struct {
	table int
	keys  []string
	sum   sum
	facts []*fact
}

// RowID is the id of a row: twelve hexadecimal digits of the SHA-256 over its table and keys, each with its length in bytes and a colon
// before it, so that it is the same in every draft.
func RowID(table string, keys []string) string {
	text := fmt.Sprintf("%d:%s", len(table), table)
	for _, k := range keys {
		text += fmt.Sprintf("%d:%s", len(k), k)
	}
	digest := sha256.Sum256([]byte(text))
	return hex.EncodeToString(digest[:6])
}

// MarkID is the id of what is said of a row of a report of a year, by the agency that makes it.
func MarkID(agency, report string, year int, row string) string {
	return fmt.Sprintf("%s/%s-%d#%s", agency, report, year, row)
}

// Content is everything in the draft, with contributions where they are asked for; title and nil tables are as the ledger has them.
// Rows stand in the order of their tables and keys.
func (d *Draft) Content(view ledger.View, contributions bool) (*reportingv1.Content, error) {
	c := &reportingv1.Content{}
	var err error
	if c.Title, err = d.title(view); err != nil {
		return nil, err
	}
	marks, err := marksOf(view, d.Spec)
	if err != nil {
		return nil, err
	}
	filled := make([]bool, len(d.Spec.Form.Tables))
	for _, r := range d.sorted() {
		row := d.shown(r, marks, contributions)
		filled[r.table] = filled[r.table] || !ComesToNothing(row.GetAmounts())
		c.Rows = append(c.Rows, row)
	}
	hide(c.Title, c.Rows)
	returns, err := Returns(view, d.Spec.Form.Name, d.Spec.Year)
	if err != nil {
		return nil, err
	}
	for i, t := range d.Spec.Form.Tables {
		c.Tables = append(c.Tables, d.head(t, filled[i], returns))
	}
	return c, nil
}

// sorted are the rows that something counts in, in order.
func (d *Draft) sorted() (rows []*row) {
	for _, table := range d.rows {
		for _, r := range table {
			if len(r.facts) > 0 {
				rows = append(rows, r)
			}
		}
	}
	slices.SortFunc(rows, func(a, b *row) int { return cmp.Or(cmp.Compare(a.table, b.table), compareKeys(a.keys, b.keys)) })
	return rows
}

func (d *Draft) shown(of *row, marks map[string]*ledgerv1.RowMark, contributions bool) *reportingv1.Row {
	r := &reportingv1.Row{Table: d.Spec.Form.Tables[of.table].Name, Keys: slices.Clone(of.keys), Amounts: of.sum.amounts()}
	r.Id = RowID(r.Table, r.Keys)
	if m := marks[r.Id]; m != nil {
		r.Comment, r.Description = m.GetNoted().GetComment(), m.GetNoted().GetDescription()
		if h := m.GetHidden().GetHidden(); h.GetRow() || h.GetQuantity() || h.GetValue() || h.GetDescription() {
			r.Hidden = proto.CloneOf(h)
		}
	}
	if contributions {
		r.Contributions = make([]*reportingv1.Contribution, len(of.facts))
		for i, f := range of.facts {
			r.Contributions[i] = f.contribution()
		}
		slices.SortFunc(r.Contributions, func(a, b *reportingv1.Contribution) int {
			return cmp.Or(strings.Compare(a.GetSubject(), b.GetSubject()), cmp.Compare(a.GetFigure(), b.GetFigure()))
		})
	}
	return r
}

// head is what a table says beside its rows; filled, whether one of them comes to anything. It is nil only where every agency that
// contributes confirmed that: silence is not nil (rule R4).
func (d *Draft) head(t Table, filled bool, returns []Return) *reportingv1.TableHead {
	terms := d.Spec.table(t.Name)
	h := &reportingv1.TableHead{Table: t.Name, Dimensions: t.Dimensions, Audience: cmp.Or(terms.GetAudience(), reportingv1.Audience_AUDIENCE_PUBLIC), Means: terms.GetMeans()}
	for _, v := range terms.GetVoluntary() {
		h.Definitions = append(h.Definitions, &reportingv1.NationalDefinition{Category: v.GetCategory(), Title: v.GetTitle(), Text: v.GetText()})
	}
	if !t.returns {
		return h
	}
	wanted := d.Spec.wanted(returns)
	for _, r := range wanted {
		switch {
		case r.Submission == nil:
			h.Awaited = append(h.Awaited, r.Agency)
		case r.saysNil(t.Name):
			h.NilConfirmedBy = append(h.NilConfirmedBy, r.Agency)
		}
	}
	h.Nil = !filled && len(wanted) > 0 && len(h.NilConfirmedBy) == len(wanted)
	return h
}

// title is the title page as far as a draft knows it.
func (d *Draft) title(view ledger.View) (*reportingv1.Title, error) {
	positions, err := view.Positions()
	if err != nil {
		return nil, err
	}
	t := &reportingv1.Title{
		Report: d.Spec.Form.Name, Year: uint32(d.Spec.Year), State: d.Spec.Procedure.GetState(), Authority: d.Spec.Procedure.GetAuthority(),
		Contact: d.Spec.Terms.GetRole(), ProcedureId: d.Spec.ProcedureID,
	}
	for _, p := range positions {
		t.Extents = append(t.Extents, &reportingv1.Extent{Journal: p.GetJournal(), Block: p.GetBlock(), Events: p.GetEvents(), Root: p.GetRoot()})
		if at := p.GetRecordedAt(); t.CutOff == nil || at.AsTime().After(t.CutOff.AsTime()) {
			t.CutOff = timestamppb.New(at.AsTime())
		}
	}
	return t, nil
}

// hide sets the ticks of the title page for what stays out of editions for others.
func hide(t *reportingv1.Title, rows []*reportingv1.Row) {
	for _, r := range rows {
		switch r.GetHidden().GetReason() {
		case reportingv1.HiddenReason_HIDDEN_REASON_COMMERCIAL:
			t.WithheldCommercial = true
		case reportingv1.HiddenReason_HIDDEN_REASON_NATIONAL_SECURITY:
			t.WithheldSecurity = true
		}
	}
}

// marksOf are what was said of the report's rows, by row.
func marksOf(view ledger.View, s Spec) (map[string]*ledgerv1.RowMark, error) {
	list, err := view.RowMarksWith("form", s.Form.Name)
	if err != nil {
		return nil, fmt.Errorf("read marks of rows of %s: %w", s.Form.Name, err)
	}
	marks := map[string]*ledgerv1.RowMark{}
	for _, m := range list {
		if int(max(m.GetHidden().GetYear(), m.GetNoted().GetYear())) == s.Year {
			_, row, _ := strings.Cut(m.GetId(), "#")
			marks[row] = m
		}
	}
	return marks, nil
}

// compareKeys orders rows of a table: categories as people read them (IV before IX), then the rest.
func compareKeys(a, b []string) int {
	for i := range min(len(a), len(b)) {
		if c := cmp.Or(cmp.Compare(rank(a[i]), rank(b[i])), strings.Compare(a[i], b[i])); c != 0 {
			return c
		}
	}
	return 0
}

// rank is where a category of Article 2(1) stands; 0 for every other text.
func rank(key string) int {
	head, _, _ := strings.Cut(key, " ")
	return max(0, slices.Index(numerals, head))
}

// Digest is the SHA-256 over a report's title, tables and rows, each with its length before it.
func Digest(c *reportingv1.Content) ([]byte, error) {
	h := sha256.New()
	write := func(m proto.Message) error {
		raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
		if err != nil {
			return err
		}
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(raw))))
		h.Write(raw)
		return nil
	}
	if err := write(c.GetTitle()); err != nil {
		return nil, err
	}
	for _, t := range c.GetTables() {
		if err := write(t); err != nil {
			return nil, err
		}
	}
	for _, r := range c.GetRows() {
		if err := write(r); err != nil {
			return nil, err
		}
	}
	return h.Sum(nil), nil
}
