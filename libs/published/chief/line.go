package chief

// Line is the record line of a licence: goods, and how much of them.
type Line struct {
	Record
	// Number is what usage refers to; no two lines of a licence have the same.
	Number Number
	// Commodity is a tariff code with its supplements, or CommodityGroup one of customs' groups; Description is given where
	// neither is.
	Commodity, Supplement1, Supplement2, CommodityGroup, Description string
	// ControlledBy is in Controls. An open licence may leave it out, which is then O.
	ControlledBy string
	// Currency is of ISO 4217, for ValueIssued and SubPeriodValue.
	Currency string
	// Unit is customs' own code of three digits; Rec20 knows what it is.
	Unit           string
	ValueIssued    Money
	QuantityIssued Quantity
	// SubPeriod is in days: in any such period no more than the quantity and the value after it may be used.
	SubPeriod         Number
	SubPeriodQuantity Quantity
	SubPeriodValue    Money
	// AFCRate is an amount of AFCCurrency for each AFCUnit.
	AFCRate              Money
	AFCUnit, AFCCurrency string
}

func (l *Line) layout() (string, int, []field) {
	return "line", 19, []field{
		{"line number", (*string)(&l.Number), upTo5Digits, true}, {"commodity", &l.Commodity, anyText, false},
		{"first supplement", &l.Supplement1, anyText, false}, {"second supplement", &l.Supplement2, anyText, false},
		{"commodity group", &l.CommodityGroup, anyText, false}, {"goods description", &l.Description, anyText, false},
		{"control", &l.ControlledBy, controlForm, false}, {"currency", &l.Currency, currencyForm, false},
		{"quantity unit", &l.Unit, unitForm, false}, {"value issued", (*string)(&l.ValueIssued), moneyForm, false},
		{"quantity issued", (*string)(&l.QuantityIssued), quantityForm, false}, {"sub-period", (*string)(&l.SubPeriod), upTo5Digits, false},
		{"sub-period quantity", (*string)(&l.SubPeriodQuantity), quantityForm, false},
		{"sub-period value", (*string)(&l.SubPeriodValue), moneyForm, false}, {"AFC rate", (*string)(&l.AFCRate), moneyForm, false},
		{"AFC unit", &l.AFCUnit, unitForm, false}, {"AFC currency", &l.AFCCurrency, currencyForm, false},
	}
}

func (l *Line) check(p *parser) {
	p.once(l.Number)
	l.checkGoods(p)
	l.checkControl(p)
	l.ValueIssued.check(p, l.Currency)
	l.SubPeriodValue.check(p, l.Currency)
	l.AFCRate.check(p, l.AFCCurrency)
	if l.Unit == "" {
		return
	}
	if _, known := Rec20(l.Unit); !known {
		p.remark("a quantity in the unit %s, which is not known here", show(l.Unit))
	}
	if len(l.Unit) < 3 {
		p.remark("a unit that is not of three digits")
	}
}

// once notes a line of the licence that the transaction had already.
func (p *parser) once(number Number) {
	n := number.Int()
	if n != 0 && p.lines[n] {
		p.fault(FieldsContradict, "line %d of the licence is there twice", n)
	}
	p.lines[n] = true
}

func (l *Line) checkGoods(p *parser) {
	switch {
	case l.Commodity != "" && l.CommodityGroup != "":
		p.fault(FieldsContradict, "record line has both a commodity and a commodity group")
	case l.Commodity == "" && l.CommodityGroup == "" && l.Description == "":
		p.fault(FieldMissing, "record line has no goods: neither a commodity, a group nor a description")
	case l.Commodity == "" && l.Supplement1+l.Supplement2 != "":
		p.fault(FieldsContradict, "record line has a supplement without a commodity")
	}
}

func (l *Line) checkControl(p *parser) {
	t, _ := p.open.(*LicenceTransaction)
	switch {
	case l.ControlledBy == "" && t != nil && licenceTypes[t.Licence.Type].Open:
		p.remark("a line of an open licence that does not say how it is controlled: taken as open")
	case l.ControlledBy == "":
		p.fault(FieldMissing, "record line is cut short: it does not say how it is controlled")
	}
	byQuantity, byValue := l.ControlledBy == "Q" || l.ControlledBy == "B", l.ControlledBy == "V" || l.ControlledBy == "B"
	if byQuantity && (l.QuantityIssued == "" || l.Unit == "") {
		p.fault(FieldMissing, "record line is controlled by quantity and has no quantity, or no unit")
	}
	if byValue && (l.ValueIssued == "" || l.Currency == "") {
		p.fault(FieldMissing, "record line is controlled by value and has no value, or no currency")
	}
	if !byQuantity && l.QuantityIssued != "" || !byValue && l.ValueIssued != "" {
		p.remark("a line with a quantity or a value that it is not controlled by")
	}
	if l.AFCRate != "" && (l.AFCUnit == "" || l.AFCCurrency == "") {
		p.fault(FieldMissing, "record line has an AFC rate without its unit, or without its currency")
	}
}
