package lineage

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Measures that terms are of; lines and licences are counted and stated nowhere.
const (
	quantity = "quantity"
	value    = "value"
)

// Term is a number in an event's fact that a contribution is the sum of.
type Term struct {
	// Event is "agency/group/number".
	Event string `json:"event"`
	// Path leads from the fact to the number: the fact's kind, then each field with its number in the contract and, of a repeated one,
	// the index from 0, such as "LicenceGranted.deal(3).lines(6)[1].quantity(6).thousandths(1)". UnitPath leads to its unit.
	Path     string `json:"path"`
	UnitPath string `json:"unit_path"`
	Measure  string `json:"measure"`
	Unit     string `json:"unit"`
	// Sign is 1, or -1 where the number is taken away.
	Sign int `json:"sign"`
	// Zigzag says that the number is encoded as sint64.
	Zigzag bool `json:"zigzag,omitempty"`

	amount int64
}

// statedBy are the terms that an event's fact has for a contribution; false where it states nothing of it.
func statedBy(e *event, c *reportingv1.Contribution) ([]Term, bool, error) {
	fact, err := e.read()
	if fact == nil || err != nil {
		return nil, false, err
	}
	terms, ok := termsIn(fact, c)
	for i := range terms {
		terms[i].Event = e.String()
	}
	return terms, ok, nil
}

func termsIn(fact proto.Message, c *reportingv1.Contribution) ([]Term, bool) {
	at := cursor{fact.ProtoReflect(), string(fact.ProtoReflect().Descriptor().Name())}
	switch f := fact.(type) {
	case *licensingv1.LicenceGranted:
		return line(at, f.GetDeal(), f.GetLicenceId(), c)
	case *licensingv1.LicenceAmended:
		return line(at, f.GetDeal(), f.GetLicenceId(), c)
	case *customsv1.LicenceOnFile:
		return line(at, f.GetDeal(), f.GetLicenceId(), c)
	case *customsv1.LicenceOnFileReplaced:
		return line(at, f.GetDeal(), f.GetLicenceId(), c)
	case *licensingv1.LicenceDenied:
		return line(at, f.GetDeal(), f.GetDenialId(), c)
	case *licensingv1.DenialAmended:
		return line(at, f.GetDeal(), f.GetDenialId(), c)
	case *customsv1.LicenceQuantityCommitted:
		return slices.Concat(at.quantity(1), at.value(1)), c.GetSubject() == entryID(f.GetDeclarationId(), f.GetItem(), ledgerv1.Effect_EFFECT_COMMITTED, f.GetVersion())
	case *customsv1.LicenceQuantityRestored:
		return slices.Concat(at.quantity(1), at.value(1)), c.GetSubject() == entryID(f.GetDeclarationId(), f.GetItem(), ledgerv1.Effect_EFFECT_RESTORED, f.GetSequence())
	case *customsv1.LicenceQuantityCorrected:
		return at.change(), c.GetSubject() == entryID(f.GetDeclarationId(), f.GetItem(), ledgerv1.Effect_EFFECT_CORRECTED, f.GetSequence())
	case *customsv1.LicenceUsageReported:
		return usage(at, f, c)
	case *reportingv1.AgencyReturnSubmitted:
		if i := int(c.GetFigure()) - 1; i >= 0 && i < len(f.GetFigures()) {
			return figure(at.item("figures", i)), true
		}
	}
	return nil, false
}

// entryID is the id of an entry against a licence line (ledgerv1.WriteOff).
func entryID(of string, item uint32, effect ledgerv1.Effect, version uint32) string {
	id := fmt.Sprintf("%s#%d#%d", of, item, effect)
	if version > 0 {
		id += "#" + strconv.FormatUint(uint64(version), 10)
	}
	return id
}

// line finds the line of a decision that a contribution is of.
func line(at cursor, d *licensingv1.Deal, id string, c *reportingv1.Contribution) ([]Term, bool) {
	for i, l := range d.GetLines() {
		if c.GetSubject() == id+"#"+strconv.FormatUint(uint64(l.GetNumber()), 10) {
			deal, _ := at.down("deal")
			at := deal.item("lines", i)
			return slices.Concat(at.quantity(1), at.value(1)), true
		}
	}
	return nil, false
}

// usage finds the entry of a usage that a contribution is of.
func usage(at cursor, f *customsv1.LicenceUsageReported, c *reportingv1.Contribution) ([]Term, bool) {
	for i, e := range f.GetEntries() {
		at := at.item("entries", i)
		switch c.GetSubject() {
		case entryID(f.GetUsageId(), e.GetItem(), ledgerv1.Effect_EFFECT_COMMITTED, 0):
			if e.GetChange() == nil {
				return slices.Concat(at.quantity(1), at.value(1)), true
			}
		case entryID(f.GetUsageId(), e.GetItem(), ledgerv1.Effect_EFFECT_CORRECTED, 0):
			if e.GetChange() != nil {
				return at.change(), true
			}
		}
	}
	return nil, false
}

// figure is what a return states, less what the report has of it from the agency's own journals.
func figure(at cursor) []Term {
	terms := at.quantity(1)
	if at.m.Get(at.field("currency")).String() != "" {
		terms = append(terms, at.term(value, "value", "currency", 1))
	}
	before, ok := at.down("prefilled")
	if !ok {
		return terms
	}
	for i := range before.m.Get(before.field("quantities")).List().Len() {
		terms = append(terms, before.item("quantities", i).term(quantity, "thousandths", "unit", -1))
	}
	for i := range before.m.Get(before.field("values")).List().Len() {
		terms = append(terms, before.item("values", i).term(value, "minor", "currency", -1))
	}
	return terms
}

// cursor is a message in a fact, and the path to it.
type cursor struct {
	m    protoreflect.Message
	path string
}

func (c cursor) field(name protoreflect.Name) protoreflect.FieldDescriptor {
	return c.m.Descriptor().Fields().ByName(name)
}

func (c cursor) step(f protoreflect.FieldDescriptor) string {
	return fmt.Sprintf("%s.%s(%d)", c.path, f.Name(), f.Number())
}

// down goes to a message field; false where it is absent.
func (c cursor) down(name protoreflect.Name) (cursor, bool) {
	f := c.field(name)
	return cursor{c.m.Get(f).Message(), c.step(f)}, c.m.Has(f)
}

func (c cursor) item(name protoreflect.Name, i int) cursor {
	f := c.field(name)
	return cursor{c.m.Get(f).List().Get(i).Message(), fmt.Sprintf("%s[%d]", c.step(f), i)}
}

func (c cursor) term(measure string, amount, unit protoreflect.Name, sign int) Term {
	a, u := c.field(amount), c.field(unit)
	return Term{
		Path: c.step(a), UnitPath: c.step(u), Measure: measure, Unit: c.m.Get(u).String(), Sign: sign, Zigzag: a.Kind() == protoreflect.Sint64Kind,
		amount: c.m.Get(a).Int(),
	}
}

func (c cursor) quantity(sign int) []Term {
	if q, ok := c.down("quantity"); ok {
		return []Term{q.term(quantity, "thousandths", "unit", sign)}
	}
	return nil
}

func (c cursor) value(sign int) []Term {
	if v, ok := c.down("value"); ok {
		return []Term{v.term(value, "minor", "currency", sign)}
	}
	return nil
}

func (c cursor) change() []Term {
	change, ok := c.down("change")
	if !ok {
		return nil
	}
	return []Term{change.term(quantity, "thousandths", "unit", 1), change.term(value, "minor", "currency", 1)}
}

// terms are the numbers that a contribution is the sum of, out of the newest of its events that states them, and that event. Without
// such an event there are none: what is counted is stated nowhere, and what was withdrawn is stated no longer.
func (found events) terms(c *reportingv1.Contribution) (terms []Term, by *event, err error) {
	withdrawn := false
	for _, n := range slices.Backward(slices.Sorted(slices.Values(c.GetEvents()))) {
		e := found[place{c.GetJournal(), n}]
		if e.recorded == nil {
			withdrawn = true
			continue
		}
		terms, ok, err := statedBy(e, c)
		if err != nil {
			return nil, nil, err
		}
		if ok {
			terms, err = visible(terms, c)
			return terms, e, err
		}
	}
	if !withdrawn && len(c.GetAmounts().GetQuantities())+len(c.GetAmounts().GetValues()) > 0 {
		return nil, nil, fmt.Errorf("no event of %s states what it adds to a row", c.GetSubject())
	}
	return nil, nil, nil
}

// visible are the terms of what amounts have, which they must come to.
func visible(terms []Term, c *reportingv1.Contribution) (seen []Term, err error) {
	left := map[string]int64{}
	for _, q := range c.GetAmounts().GetQuantities() {
		left[quantity+" "+q.GetUnit()] += q.GetThousandths()
	}
	for _, v := range c.GetAmounts().GetValues() {
		left[value+" "+v.GetCurrency()] += v.GetMinor()
	}
	for _, t := range terms {
		key := t.Measure + " " + t.Unit
		if _, shown := left[key]; shown {
			left[key] -= int64(t.Sign) * t.amount
			seen = append(seen, t)
		}
	}
	for key, n := range left {
		if n != 0 {
			return nil, fmt.Errorf("what %s adds to a row is not what its events state: %d of %s are left", c.GetSubject(), n, strings.ReplaceAll(key, " ", " in "))
		}
	}
	return seen, nil
}
