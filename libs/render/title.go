package render

import (
	"strconv"
	"strings"
	"time"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// fact is a line that says one thing: on the title page, and over a table.
type fact struct {
	label, value string
	// code: the value reads from left to right everywhere.
	code bool
	// head: it begins a part.
	head bool
}

// titleFacts are the title page (docs/report-forms.md).
func titleFacts(c *reportingv1.Content, o Options, w words) []fact {
	t := c.GetTitle()
	list := []fact{
		{label: w.of("state"), value: stateName(c, o)},
		{label: w.of("year"), value: strconv.Itoa(int(t.GetYear())), code: true},
		{label: w.of("submitted"), value: clean(o.Submitted), code: true},
		{label: w.of("cut_off"), value: day(t), code: true},
		{label: w.of("authority"), value: clean(t.GetAuthority())},
		{label: w.of("contact"), value: clean(t.GetContact())},
	}
	if t.GetRevises() != "" {
		list = append(list, fact{label: w.of("revises"), value: clean(t.GetRevises()), code: true}, fact{label: w.of("reason"), value: clean(t.GetRevisionReason())})
	}
	return append(append(append(list, forms(c, w)...), withheld(t, w)...), audiences(c, w)...)
}

// stateName is the reporting State with its code: "France (FR)".
func stateName(c *reportingv1.Content, o Options) string {
	code := clean(c.GetTitle().GetState())
	if name := Country(code, o); name != code {
		return name + " (" + code + ")"
	}
	return code
}

func day(t *reportingv1.Title) string {
	if t.GetCutOff() == nil {
		return ""
	}
	return t.GetCutOff().AsTime().Format(time.DateOnly)
}

func ticked(is bool) string {
	if is {
		return tick
	}
	return ""
}

// forms tick which forms are included.
func forms(c *reportingv1.Content, w words) []fact {
	included, none := map[string]bool{}, map[string]bool{}
	defined, any := false, false
	for _, h := range c.GetTables() {
		included[h.GetTable()] = !h.GetNil()
		none[h.GetTable()] = h.GetNil()
		defined = defined || len(h.GetDefinitions()) > 0
		any = any || isForm(h.GetTable())
	}
	if !any {
		return nil
	}
	return []fact{
		{label: w.of("included"), head: true},
		{label: w.of("form.exports"), value: ticked(included["exports"])}, {label: w.of("form.imports"), value: ticked(included["imports"])},
		{label: w.of("nil.exports"), value: ticked(none["exports"])}, {label: w.of("nil.imports"), value: ticked(none["imports"])},
		{label: w.of("definitions"), value: ticked(defined)},
	}
}

func withheld(t *reportingv1.Title, w words) []fact {
	return []fact{
		{label: w.of("withheld"), head: true},
		{label: w.of("withheld.commercial"), value: ticked(t.GetWithheldCommercial())},
		{label: w.of("withheld.security"), value: ticked(t.GetWithheldSecurity())},
	}
}

func audiences(c *reportingv1.Content, w words) []fact {
	list := []fact{{label: w.of("audience"), head: true}}
	for _, h := range c.GetTables() {
		list = append(list, fact{label: w.or("table."+h.GetTable(), clean(h.GetTable())), value: audience(h, w)})
	}
	return list
}

func audience(h *reportingv1.TableHead, w words) string {
	name := strings.TrimPrefix(h.GetAudience().String(), "AUDIENCE_")
	return w.of("audience." + strings.ToLower(name))
}

// tableFacts stand over a table: the cut-off date, what the State means by an export or import, who may read it, whose returns are
// awaited (in editions of the agencies alone: others' do not have them).
func tableFacts(c *reportingv1.Content, g *grid, w words) []fact {
	list := []fact{{label: w.of("cut_off"), value: day(c.GetTitle()), code: true}}
	if means := clean(g.head.GetMeans()); means != "" {
		list = append(list, fact{label: w.or("means."+g.name, clean(g.name)), value: means})
	}
	list = append(list, fact{label: w.of("audience"), value: audience(g.head, w)})
	if awaited := g.head.GetAwaited(); len(awaited) > 0 {
		list = append(list, fact{label: w.of("awaited"), value: clean(strings.Join(awaited, ", ")), code: true})
	}
	return list
}

// statement is what a table without data says in place of it; nothing, of one with data. That there are no rows is no nil report: that
// takes the word of every agency (rule R4).
func statement(c *reportingv1.Content, g *grid, o Options, w words) string {
	switch {
	case len(g.data()) > 0:
		return ""
	case g.head.GetNil():
		text := w.or("nil.statement."+g.name, w.of("empty"))
		return strings.NewReplacer("{state}", stateName(c, o), "{year}", strconv.Itoa(int(c.GetTitle().GetYear()))).Replace(text)
	case isForm(g.name):
		return w.of("empty.form")
	}
	return w.of("empty")
}

// definition is a category that the State defines itself.
type definition struct {
	table string
	of    *reportingv1.NationalDefinition
}

// definitions are Annex 2: every table's, each once.
func definitions(list []*grid) (all []definition) {
	for _, g := range list {
		for _, d := range g.head.GetDefinitions() {
			all = append(all, definition{g.title, d})
		}
	}
	return all
}

// reportTitle is what a report is called.
func reportTitle(c *reportingv1.Content, o Options, w words) string {
	name := o.reportName(c)
	return w.or("report."+name, clean(name))
}
