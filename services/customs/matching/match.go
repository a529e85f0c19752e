package matching

import (
	"fmt"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/refdata"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Outcome is what a comparison came to.
type Outcome string

const (
	// Matched: a licence was found, a line for every item, and nothing differs.
	Matched Outcome = "matched"
	// WithDiscrepancies: a licence was found, and something differs, or an item has no line.
	WithDiscrepancies Outcome = "matched with discrepancies"
	// Unmatched: no licence was found.
	Unmatched Outcome = "unmatched"
)

// Result is a comparison.
type Result struct {
	// Licence that the declaration is made under; nil when none was found. It may not be in force (DX02).
	Licence *ledgerv1.Licence
	// Lines of the licence by item; an item of which none was found, or several were, is not among them.
	Lines map[uint32]uint32
	// Suggestions are what may be meant where nothing was found. They are never taken by themselves.
	Suggestions []*customsv1.Suggestion
	// Discrepancies are without ids, in the order of their codes for each part that was compared.
	Discrepancies []*customsv1.DiscrepancyRaised
}

// Outcome sums the result up.
func (r *Result) Outcome(d *customsv1.DeclarationAccepted) Outcome {
	switch {
	case r.Licence == nil:
		return Unmatched
	case len(r.Discrepancies) > 0 || len(r.Lines) < len(d.GetItems()):
		return WithDiscrepancies
	}
	return Matched
}

// match is a comparison under way.
type match struct {
	*Result
	view ledger.View
	d    *customsv1.DeclarationAccepted
	at   time.Time
}

// Match compares what a declaration says, lodged or to be accepted, with the licence of its licence_id or, where that is empty, of its
// licence_reference, as things stand at a moment. An item's licence_line is taken as it is; 0 has the line found. What the
// declaration itself has written off is left out of the account. It fails only when the ledger cannot be read.
func Match(view ledger.View, d *customsv1.DeclarationAccepted, at time.Time) (*Result, error) {
	m := &match{Result: &Result{Lines: map[uint32]uint32{}}, view: view, d: d, at: at}
	if err := m.findLicence(); err != nil {
		return nil, err
	}
	m.identifiers()
	if m.Licence == nil {
		return m.Result, nil
	}
	m.findLines()
	m.parties()
	m.conditions()
	m.goods()
	for _, look := range []func() error{m.places, m.balance, m.others, m.twice} {
		if err := look(); err != nil {
			return nil, err
		}
	}
	return m.Result, nil
}

// raise adds a discrepancy. item 0 is the declaration as a whole.
func (m *match) raise(code string, item uint32, expected, found, sentence string, args ...any) {
	m.Discrepancies = append(m.Discrepancies, New(m.d.GetDeclarationId(), m.Licence.GetId(), code, item, expected, found, fmt.Sprintf(sentence, args...)))
}

// New makes a discrepancy without an id, of the severity that its code has by default (docs/border.md).
func New(declaration, licence, code string, item uint32, expected, found, text string) *customsv1.DiscrepancyRaised {
	c, _ := refdata.Discrepancy(code)
	severity := map[refdata.Severity]customsv1.Severity{
		refdata.Low: customsv1.Severity_SEVERITY_LOW, refdata.Medium: customsv1.Severity_SEVERITY_MEDIUM, refdata.High: customsv1.Severity_SEVERITY_HIGH,
	}[c.Severity]
	return &customsv1.DiscrepancyRaised{
		DeclarationId: declaration, LicenceId: licence, Code: code, Item: item, Severity: severity, Expected: expected, Found: found, Text: text,
	}
}

// lineOf is the licence line of an item; nil when it has none.
func (m *match) lineOf(item *customsv1.Item) *transferv1.Line {
	number, found := m.Lines[item.GetNumber()]
	if !found {
		return nil
	}
	for _, l := range m.Licence.GetDeal().GetLines() {
		if l.GetNumber() == number {
			return l
		}
	}
	return nil
}

// KindWord is a kind of transfer as a sentence says it.
func KindWord(k transferv1.Kind) string {
	switch k {
	case transferv1.Kind_KIND_EXPORT:
		return "an export"
	case transferv1.Kind_KIND_IMPORT:
		return "an import"
	case transferv1.Kind_KIND_TRANSIT:
		return "a transit"
	case transferv1.Kind_KIND_TRANS_SHIPMENT:
		return "a trans-shipment"
	case transferv1.Kind_KIND_BROKERING:
		return "brokering"
	default:
		return "no known kind of transfer"
	}
}
