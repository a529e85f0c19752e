package reconciliation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published/figures"
	"github.com/counterfoil/counterfoil/libs/report"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Measures of a partner's figure.
const (
	licencesOf = "licences"
	licensedOf = "licensed"
	exportedOf = "exported"
)

var measures = []string{licencesOf, licensedOf, exportedOf}

// publication is the edition of a source that counts, and what it says of the own State in the year.
type publication struct {
	source string
	pairs  map[pair][]*ledgerv1.PartnerFigure
}

// partner holds own figures of the year against those that others published of transfers to and from the own State, and
// publications against each other. The latest edition of a source that is closed counts.
func (c *comparing) partner() error {
	state, err := c.ownState()
	if err != nil {
		return err
	}
	editions, err := c.latestEditions()
	if err != nil {
		return err
	}
	var all []publication
	for _, e := range editions {
		p, err := c.read(e, state)
		if err != nil {
			return err
		}
		all = append(all, p)
	}
	mine, err := c.ownFigures()
	if err != nil {
		return err
	}
	for i, p := range all {
		c.editions = append(c.editions, editions[i].GetId())
		if c.asked(p.source) {
			c.against(mine, p)
		}
		for _, earlier := range all[:i] {
			if c.asked(p.source) || c.asked(earlier.source) {
				c.mirror(earlier, p)
			}
		}
	}
	return nil
}

func (c *comparing) asked(source string) bool {
	return c.request.GetSource() == "" || c.request.GetSource() == source
}

// ownState is the State of the agency, or the one that its procedure for reports is of.
func (c *comparing) ownState() (string, error) {
	row, err := c.view.AgencyRow(c.view.Agency())
	if err != nil {
		return "", fmt.Errorf("read agency %s: %w", c.view.Agency(), err)
	}
	if row.GetState() != "" {
		return row.GetState(), nil
	}
	_, p, err := report.ProcedureOf(c.view, int(c.request.GetYear()))
	if err == nil && p.GetState() == "" {
		err = fault.Errorf(fault.Precondition, "which State's figures are own ones is not on record: neither the directory nor the procedure names the State of %s", c.view.Agency())
	}
	return p.GetState(), err
}

// latestEditions are the latest closed editions of all sources, by source.
func (c *comparing) latestEditions() (list []*ledgerv1.PartnerEdition, err error) {
	latest := map[string]*ledgerv1.PartnerEdition{}
	err = each(c.view, queryv1.Table_TABLE_PARTNER_EDITIONS, nil, func(r *queryv1.Row) error {
		e := r.GetPartnerEdition()
		if before := latest[e.GetClosed().GetSource()]; c.view.Owns(e.GetId()) && e.GetClosed().GetEdition() > before.GetClosed().GetEdition() {
			latest[e.GetClosed().GetSource()] = e
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if source := c.request.GetSource(); len(latest) == 0 || source != "" && latest[source] == nil {
		return nil, fault.Errorf(fault.NotFound, "no edition of a partner's figures%s is on record and closed; counterfoil import partner-figures records one", strings.TrimSuffix(" from "+source, " from "))
	}
	for _, e := range latest {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b *ledgerv1.PartnerEdition) int {
		return strings.Compare(a.GetClosed().GetSource(), b.GetClosed().GetSource())
	})
	return list, nil
}

// read reads what an edition says of the State in the year.
func (c *comparing) read(e *ledgerv1.PartnerEdition, state string) (publication, error) {
	p := publication{source: e.GetClosed().GetSource(), pairs: map[pair][]*ledgerv1.PartnerFigure{}}
	rows, err := figuresWith(c.view, "source", p.source, "edition", e.GetClosed().GetEdition(), "year", strconv.FormatUint(uint64(c.request.GetYear()), 10))
	for _, r := range rows {
		f := r.GetFigure()
		of := pair{transferv1.Kind_KIND_EXPORT, f.GetImporter()}
		switch {
		case f.GetExporter() == state:
		case f.GetImporter() == state:
			of = pair{transferv1.Kind_KIND_IMPORT, f.GetExporter()}
		default:
			continue
		}
		if of.counterpart == "" {
			c.skip("figures whose other State is not known by its name")
			continue
		}
		p.pairs[of] = append(p.pairs[of], r)
	}
	return p, err
}

// stated is what a figure states of a measure; unit is the currency of a value.
func stated(r *ledgerv1.PartnerFigure, measure string) (amount int64, unit string, is bool) {
	f := r.GetFigure()
	switch measure {
	case licencesOf:
		return int64(f.GetLicences()), "", f.Licences != nil
	case licensedOf:
		return f.GetLicensedMinor(), f.GetCurrency(), f.LicensedMinor != nil
	}
	return f.GetExportedMinor(), f.GetCurrency(), f.ExportedMinor != nil
}

// comparable are the figures of a pair that a measure is compared by: those of categories, and the total only where no category
// states it, so that nothing is added up twice. What stands twice is left out.
func (c *comparing) comparable(rows []*ledgerv1.PartnerFigure, measure string) (list []*ledgerv1.PartnerFigure) {
	var categories, totals []*ledgerv1.PartnerFigure
	times := map[string]int{}
	for _, r := range rows {
		if _, _, is := stated(r, measure); !is {
			c.skip("figures that the source does not state, which is not zero")
			continue
		}
		times[categoryOf(r)]++
		if figures.IsTotal(r.GetFigure()) {
			totals = append(totals, r)
		} else {
			categories = append(categories, r)
		}
	}
	if len(categories) > 0 {
		totals = nil
	}
	for _, r := range append(categories, totals...) {
		if times[categoryOf(r)] > 1 {
			c.skip("figures that the source states twice")
			continue
		}
		list = append(list, r)
	}
	return list
}

func categoryOf(r *ledgerv1.PartnerFigure) string {
	if figures.IsTotal(r.GetFigure()) {
		return allCategories
	}
	return r.GetFigure().GetCategory()
}

// against holds own figures against a publication.
func (c *comparing) against(mine own, p publication) {
	for of, rows := range p.pairs {
		for _, measure := range measures {
			for _, r := range c.comparable(rows, measure) {
				category := categoryOf(r)
				if _, ok := munitions(category); !ok && category != allCategories {
					c.skip("figures of categories that own figures are not kept by")
					continue
				}
				ours := &sums{}
				if category == allCategories {
					ours = mine.total(of)
				} else if s := mine[of][category]; s != nil {
					ours = s
				}
				c.one(of, category, measure, ours, r)
			}
		}
	}
	c.unsaid(mine, p)
}

// unsaid counts own figures that a publication has nothing of: that is no difference.
func (c *comparing) unsaid(mine own, p publication) {
	for of, categories := range mine {
		said := map[string]bool{}
		for _, r := range p.pairs[of] {
			said[categoryOf(r)] = true
		}
		for category := range categories {
			if !said[category] && !said[allCategories] {
				c.skip("own figures that the source has nothing of")
			}
		}
	}
}

// one holds one figure of a publication against own ones, where both are in the same currency.
func (c *comparing) one(of pair, category, measure string, ours *sums, r *ledgerv1.PartnerFigure) {
	theirs, currency, _ := stated(r, measure)
	p := pairing{
		keys: []string{"kind=" + enumName(of.kind, "KIND_"), "counterpart=" + of.counterpart, "category=" + category}, measure: strings.TrimSpace(measure + " " + currency),
		theirs: figure{theirs, []string{r.GetId()}}, owner: c.view.Agency(), source: r.GetSource(), text: explain(of, r),
	}
	if measure == licencesOf {
		p.ours = ours.licences
		c.hold(p)
		return
	}
	values, unvalued := ours.licensed, ours.unvalued
	if measure == exportedOf {
		values, unvalued = ours.exported, 0
	}
	switch {
	case len(values) > 1 || len(values) == 1 && values[currency] == nil:
		c.skip("values that are not in the same currency; none is converted")
		return
	case unvalued > 0:
		c.skip("values that own licences do not state")
		return
	case len(values) == 1:
		p.ours = *values[currency]
	}
	c.hold(p)
}

// explain says what may explain that a figure differs.
func explain(of pair, r *ledgerv1.PartnerFigure) string {
	text := "the same exports as another publishes them: it may count licences and their values otherwise, or in another year"
	if of.kind == transferv1.Kind_KIND_IMPORT {
		text = "what the other State licensed and exported, against licences to import and what arrived here: definitions and years may differ"
	}
	if odd := r.GetFigure().GetOddities(); len(odd) > 0 {
		text += "; odd about the figure: " + strings.Join(odd, ", ")
	}
	return text
}

// mirror holds what two publications say of the same pair against each other: ours is of the first, theirs of the second.
func (c *comparing) mirror(first, second publication) {
	for of, rows := range second.pairs {
		for _, measure := range measures {
			for _, theirs := range rows {
				t, currency, is := stated(theirs, measure)
				if !is {
					continue
				}
				for _, ours := range first.pairs[of] {
					o, other, is := stated(ours, measure)
					switch {
					case !is || categoryOf(ours) != categoryOf(theirs):
						continue
					case other != currency:
						c.skip("values that are not in the same currency; none is converted")
						continue
					}
					c.hold(pairing{
						keys:    []string{"kind=" + enumName(of.kind, "KIND_"), "counterpart=" + of.counterpart, "category=" + categoryOf(theirs), "as-told-by=" + first.source},
						measure: strings.TrimSpace(measure + " " + currency), ours: figure{o, []string{ours.GetId()}}, theirs: figure{t, []string{theirs.GetId()}},
						owner: c.view.Agency(), source: second.source,
						text: strings.TrimSuffix("two publications of the same figure: ours is of "+first.source+"; odd about theirs: "+strings.Join(theirs.GetFigure().GetOddities(), ", "), "; odd about theirs: "),
					})
				}
			}
		}
	}
}
