package chief

import "regexp"

// UsageTransaction says what was used of one licence since the file before.
type UsageTransaction struct {
	Licence LicenceUsage
	Lines   []UsageLine
	End     End
}

func (t *UsageTransaction) records(list []record) []record {
	list = append(list, &t.Licence)
	for i := range t.Lines {
		l := &t.Lines[i]
		list = append(collect(append(list, l), l.Usages), &l.End)
	}
	return append(list, &t.End)
}

func (t *UsageTransaction) opening() (record, *string) { return &t.Licence, &t.Licence.Ref }

func (t *UsageTransaction) ending() *End { return &t.End }

func (t *UsageTransaction) member(name string) record {
	l := t.openLine()
	switch {
	case name == "line" && l == nil:
		return extend(&t.Lines)
	case name == "usage" && l != nil:
		return extend(&l.Usages)
	}
	return nil
}

// openLine returns the line that has no end yet, or nil.
func (t *UsageTransaction) openLine() *UsageLine {
	if n := len(t.Lines); n > 0 && t.Lines[n-1].End.Of == "" {
		return &t.Lines[n-1]
	}
	return nil
}

func (t *UsageTransaction) finish(p *parser) {
	if t.openLine() != nil {
		p.fault(EndMissing, "the last line of the usage has no end record")
	}
}

// LicenceUsage is the record licenceUsage.
type LicenceUsage struct {
	Record
	// Ref is LU, a number, a slash and the transaction's own number; at most 17 characters.
	Ref string
	// Action is insert.
	Action     string
	LicenceRef string
	// Status is in Statuses.
	Status string
	// Completed is empty while there may be more use.
	Completed Date
}

func (l *LicenceUsage) layout() (string, int, []field) {
	return "licenceUsage", 7, []field{
		{"transaction reference", &l.Ref, upTo17, true}, {"action", &l.Action, insertForm, true},
		{"licence reference", &l.LicenceRef, anyText, true}, {"licence status", &l.Status, statusForm, true},
		{"completion date", (*string)(&l.Completed), dateForm, false},
	}
}

var usageRef = regexp.MustCompile(`^LU[0-9]+/[0-9]+$`)

func (l *LicenceUsage) check(p *parser) {
	if !usageRef.MatchString(l.Ref) {
		p.remark("a usage whose reference is not of the form LU<run>/<number>")
	}
	if l.Status == "O" && l.Completed != "" {
		p.remark("an open licence with a completion date")
	}
}

// UsageLine is the record line of a usage, with what follows it up to its end.
type UsageLine struct {
	Record
	// Number of the line in the licence.
	Number Number
	// Quantity and Value are all that was ever used of the line, not only in this file.
	Quantity Quantity
	Value    Money
	Currency string
	Usages   []Usage
	End      End
}

func (l *UsageLine) layout() (string, int, []field) {
	return "line", 6, []field{
		{"line number", (*string)(&l.Number), upTo5Digits, true}, {"quantity used", (*string)(&l.Quantity), quantityForm, false},
		{"value used", (*string)(&l.Value), moneyForm, false}, {"currency", &l.Currency, currencyForm, false},
	}
}

func (l *UsageLine) check(p *parser) {
	p.once(l.Number)
	l.Value.check(p, l.Currency)
}

// Usage is the record usage: one use of a licence line by a declaration.
type Usage struct {
	Record
	// Type is in UsageTypes.
	Type string
	// Declaration is the declaration's unique consignment reference, and Part its part.
	Declaration, Part string
	// Controlled is when the goods came under control at the office of export or import.
	Controlled Date
	Quantity   Quantity
	Value      Money
	Currency   string
	TraderID   string
	// ClaimRef is of refund claims, Origin a country, of imports only.
	ClaimRef, Origin string
	// MIC is a code that a check asked for, with its Message.
	MIC, Message string
	// Consignee, MRN and Departure are for some agricultural licences only.
	Consignee, MRN, Departure string
}

func (u *Usage) layout() (string, int, []field) {
	return "usage", 14, []field{
		{"usage type", &u.Type, usageTypeForm, true}, {"declaration reference", &u.Declaration, anyText, true},
		{"declaration part", &u.Part, anyText, false}, {"control date", (*string)(&u.Controlled), dateForm, true},
		{"quantity used", (*string)(&u.Quantity), quantityForm, false}, {"value used", (*string)(&u.Value), moneyForm, false},
		{"currency", &u.Currency, currencyForm, false}, {"trader id", &u.TraderID, anyText, false}, {"claim reference", &u.ClaimRef, anyText, false},
		{"origin", &u.Origin, countryForm, false}, {"MIC", &u.MIC, anyText, false}, {"message", &u.Message, anyText, false},
		{"consignee", &u.Consignee, anyText, false}, {"MRN", &u.MRN, anyText, false}, {"departure", &u.Departure, anyText, false},
	}
}

func (u *Usage) check(p *parser) { u.Value.check(p, u.Currency) }
