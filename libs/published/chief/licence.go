package chief

import (
	"regexp"

	"github.com/counterfoil/counterfoil/libs/refdata"
)

// LicenceTransaction puts one licence on customs' record, replaces it there, or cancels it. Its records stand in the order of
// the fields. A cancellation has the first and the last only; others have at least one trader and one line.
type LicenceTransaction struct {
	Licence        Licence
	Traders        []Trader
	Countries      []Country
	ForeignTraders []ForeignTrader
	Restrictions   []Restrictions
	Lines          []Line
	End            End
}

func (t *LicenceTransaction) records(list []record) []record {
	list = collect(append(list, &t.Licence), t.Traders)
	list = collect(list, t.Countries)
	list = collect(list, t.ForeignTraders)
	list = collect(list, t.Restrictions)
	return append(collect(list, t.Lines), &t.End)
}

func (t *LicenceTransaction) opening() (record, *string) { return &t.Licence, &t.Licence.Ref }

func (t *LicenceTransaction) ending() *End { return &t.End }

func (t *LicenceTransaction) member(name string) record {
	later := len(t.Lines)
	switch {
	case t.Licence.Action == Cancel:
		return nil
	case name == "line":
		return extend(&t.Lines)
	case name == "restrictions" && later == 0:
		return extend(&t.Restrictions)
	}
	later += len(t.Restrictions)
	if name == "foreignTrader" && later == 0 {
		return extend(&t.ForeignTraders)
	}
	later += len(t.ForeignTraders)
	if name == "country" && later == 0 {
		return extend(&t.Countries)
	}
	later += len(t.Countries)
	if name == "trader" && later == 0 {
		return extend(&t.Traders)
	}
	return nil
}

// extend appends a zero element and returns it.
func extend[T any](list *[]T) *T {
	*list = append(*list, *new(T))
	return &(*list)[len(*list)-1]
}

func (t *LicenceTransaction) finish(p *parser) {
	if t.Licence.Action == Cancel {
		return
	}
	if len(t.Traders) == 0 {
		p.fault(FieldMissing, "the licence has no trader who may use it")
	}
	if len(t.Lines) == 0 {
		p.fault(FieldMissing, "the licence has no line")
	}
}

// Actions of a licence transaction.
const (
	Insert  = "insert"
	Replace = "replace"
	Cancel  = "cancel"
)

// Licence is the record licence.
type Licence struct {
	Record
	// Ref is the transaction's own reference, at most 17 characters.
	Ref string
	// Action is insert, replace or cancel.
	Action string
	// LicenceRef is the licence's number with the licensing authority.
	LicenceRef string
	// Type is in LicenceTypes, and Usage E for export or I for import; a cancellation may leave out these and the dates.
	Type, Usage string
	// Start and End are the first and the last day of validity; End may be empty, or NoEnd.
	Start, End Date
}

func (l *Licence) layout() (string, int, []field) {
	return "licence", 9, []field{
		{"transaction reference", &l.Ref, upTo17, true}, {"action", &l.Action, actionForm, true},
		{"licence reference", &l.LicenceRef, anyText, true}, {"licence type", &l.Type, licenceTypeForm, false},
		{"usage", &l.Usage, tradeForm, false}, {"start date", (*string)(&l.Start), dateForm, false},
		{"end date", (*string)(&l.End), dateForm, false},
	}
}

func (l *Licence) check(p *parser) {
	if l.Action != Cancel {
		for _, must := range []struct{ name, text string }{{"licence type", l.Type}, {"usage", l.Usage}, {"start date", string(l.Start)}} {
			if must.text == "" {
				p.fault(FieldMissing, "record licence has no %s", must.name)
			}
		}
	}
	if t, ok := licenceTypes[l.Type]; ok && l.Usage != "" && l.Usage != t.Usage {
		p.fault(FieldsContradict, "a licence of type %s has the usage %s", l.Type, show(l.Usage))
	}
	checkPeriod(p, l.Start, l.End)
}

func checkPeriod(p *parser, start, end Date) {
	if from, err := start.Time(); err == nil {
		if to, err := end.Time(); err == nil && to.Before(from) {
			p.fault(FieldsContradict, "it ends %s, before it starts %s", end, start)
		}
	}
}

// Trader is the record trader: who may use the licence.
type Trader struct {
	Record
	// TURN is customs' number of the trader, and TraderID the EORI number or that of the licensing authority; one is given.
	TURN, TraderID string
	// Start and End are when the trader may use the licence.
	Start, End Date
	// Name has up to 80 characters, each line of Address up to 35.
	Name     string
	Address  [5]string
	Postcode string
}

func (t *Trader) layout() (string, int, []field) {
	fields := []field{
		{"TURN", &t.TURN, anyText, false}, {"trader id", &t.TraderID, anyText, false},
		{"start date", (*string)(&t.Start), dateForm, false}, {"end date", (*string)(&t.End), dateForm, false},
		{"name", &t.Name, upTo80, false},
	}
	return "trader", 13, append(addressFields(fields, &t.Address), field{"postcode", &t.Postcode, anyText, false})
}

func addressFields(fields []field, address *[5]string) []field {
	for i := range address {
		fields = append(fields, field{"address line " + string(rune('1'+i)), &address[i], upTo35, false})
	}
	return fields
}

var (
	postcode = regexp.MustCompile(`^(?i)[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}$`)
	eori     = regexp.MustCompile(`^[A-Z]{2}[0-9A-Z]{10,15}$`)
)

func (t *Trader) check(p *parser) {
	switch {
	case t.TURN == "" && t.TraderID == "":
		p.fault(FieldMissing, "the trader has neither a TURN nor an id")
	case t.TURN != "" && t.TraderID != "":
		p.remark("a trader with both a TURN and an id")
	}
	if t.TraderID != "" && !eori.MatchString(t.TraderID) {
		p.remark("a trader id that is no EORI number")
	}
	if digits(t.TURN, len(t.TURN)) {
		p.remark("a TURN without the letters of the country")
	}
	checkPeriod(p, t.Start, t.End)
	switch {
	case t.Address == [5]string{}:
	case t.Postcode != "" && !postcode.MatchString(t.Postcode):
		p.remark("a postcode that is no British one")
	case t.Postcode == "" && hasPostcode(t.Address):
		p.remark("the trader's postcode stands in an address field")
	case t.Postcode == "":
		p.remark("a trader without a postcode")
	}
}

func hasPostcode(address [5]string) bool {
	for _, a := range address {
		if postcode.MatchString(a) {
			return true
		}
	}
	return false
}

// Country is the record country: where the goods may or may not come from, pass or go.
type Country struct {
	Record
	// Code is of ISO 3166-1 and Group of customs' own list, such as G012; one of them is given.
	Code, Group string
	// Use is in CountryUses.
	Use string
}

func (c *Country) layout() (string, int, []field) {
	return "country", 5, []field{
		{"country code", &c.Code, countryForm, false}, {"country group", &c.Group, anyText, false},
		{"use", &c.Use, countryUseForm, true},
	}
}

func (c *Country) check(p *parser) {
	switch {
	case c.Code == "" && c.Group == "":
		p.fault(FieldMissing, "record country has neither a country nor a group")
	case c.Code != "" && c.Group != "":
		p.fault(FieldsContradict, "record country has both the country %s and the group %s", show(c.Code), show(c.Group))
	case c.Code != "" && !refdata.ValidCountry(c.Code):
		p.remark("%s is no country that is known", show(c.Code))
	}
}

// ForeignTrader is the record foreignTrader: the one abroad to whom, or from whom, the goods go.
type ForeignTrader struct {
	Record
	// Name has up to 80 characters, each line of Address up to 35, Postcode up to 8.
	Name     string
	Address  [5]string
	Postcode string
	// Country is of ISO 3166-1.
	Country string
}

func (t *ForeignTrader) layout() (string, int, []field) {
	fields := addressFields([]field{{"name", &t.Name, upTo80, true}}, &t.Address)
	return "foreignTrader", 10, append(fields, field{"postcode", &t.Postcode, upTo8, false}, field{"country", &t.Country, countryForm, true})
}

func (t *ForeignTrader) check(p *parser) {
	if len(t.Country) == 2 && !refdata.ValidCountry(t.Country) {
		p.remark("%s is no country that is known", show(t.Country))
	}
	for _, a := range t.Address {
		if code, ok := refdata.Country(a); ok && code != t.Country {
			p.remark("a foreign trader whose address says %s, which is %s, and whose country is %s", show(a), code, show(t.Country))
		}
	}
}

// Restrictions is the record restrictions.
type Restrictions struct {
	Record
	// Text may be empty; a vertical bar in it stands for a line break.
	Text string
}

func (r *Restrictions) layout() (string, int, []field) {
	return "restrictions", 3, []field{{"text", &r.Text, anyText, false}}
}
