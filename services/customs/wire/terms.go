package wire

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/published/chief"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// terms are what a licence allows, as a ledger has it.
type terms struct {
	deal        *licensingv1.Deal
	from, until *timestamppb.Timestamp
	conditions  []string
	onFile      *customsv1.OnFile
}

// termsOf reads the terms of a licence that is inserted or replaced. state is the agency's own, where imports go.
func termsOf(p chief.Part, t *chief.LicenceTransaction, state string) (terms, []*customsv1.WireDefect) {
	o := &customsv1.OnFile{Reference: text(t.Licence.LicenceRef), Type: t.Licence.Type}
	for _, c := range t.Countries {
		o.Countries = append(o.Countries, &customsv1.CountryUse{Country: c.Code, Group: text(c.Group), Use: c.Use})
	}
	out := terms{deal: &licensingv1.Deal{Kind: transferv1.Kind_KIND_EXPORT}, onFile: o}
	if t.Licence.Usage == "I" {
		out.deal.Kind = transferv1.Kind_KIND_IMPORT
	}
	out.places(state)
	out.deal.Parties = partiesOf(t, out.deal.Kind)
	out.from = day(t.Licence.Start, 0)
	if t.Licence.End != chief.NoEnd {
		out.until = day(t.Licence.End, 1)
	}
	for _, r := range t.Restrictions {
		if r.Text != "" {
			out.conditions = append(out.conditions, strings.ReplaceAll(text(r.Text), "|", "\n"))
		}
	}
	return out, out.lines(p, t.Lines)
}

// text is a text of a file as UTF-8.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// day is the beginning of a day, or of one after it; nil where none is given.
func day(d chief.Date, after int) *timestamppb.Timestamp {
	t, err := d.Time()
	if err != nil {
		return nil
	}
	return timestamppb.New(time.Date(t.Year(), t.Month(), t.Day()+after, 0, 0, 0, 0, london))
}

// places are where the goods go, where that is one State, come from and pass.
func (t *terms) places(state string) {
	var to []string
	for _, c := range t.onFile.Countries {
		switch {
		case c.Country == "":
		case c.Use == "D":
			to = append(to, c.Country)
		case c.Use == "O":
			t.deal.Sources = append(t.deal.Sources, &licensingv1.Place{Country: c.Country})
		}
	}
	alone := len(to) == 1 && !slices.ContainsFunc(t.onFile.Countries, func(c *customsv1.CountryUse) bool { return c.Use == "D" && c.Group != "" })
	switch {
	case alone:
		t.deal.Destination = &licensingv1.Place{Country: to[0]}
	case len(to) == 0 && t.deal.Kind == transferv1.Kind_KIND_IMPORT && state != "":
		t.deal.Destination = &licensingv1.Place{Country: state}
	}
}

// partiesOf are the traders, who export or import, and those abroad.
func partiesOf(t *chief.LicenceTransaction, kind transferv1.Kind) (parties []*transferv1.Party) {
	here, abroad := transferv1.Role_ROLE_EXPORTER, transferv1.Role_ROLE_CONSIGNEE
	if kind == transferv1.Kind_KIND_IMPORT {
		here, abroad = transferv1.Role_ROLE_IMPORTER, transferv1.Role_ROLE_EXPORTER
	}
	for _, tr := range t.Traders {
		party := &transferv1.Party{Role: here, Name: text(tr.Name), Identifiers: identifiers(tr), Address: address(tr.Address, tr.Postcode)}
		if party.Name == "" && len(party.Identifiers) > 0 {
			party.Name = party.Identifiers[0]
		}
		parties = append(parties, party)
	}
	for _, tr := range t.ForeignTraders {
		parties = append(parties, &transferv1.Party{Role: abroad, Name: text(tr.Name), Country: tr.Country, Address: address(tr.Address, tr.Postcode)})
	}
	return parties
}

var eori = regexp.MustCompile(`^[A-Z]{2}[0-9A-Z]{10,15}$`)

func identifiers(t chief.Trader) (ids []string) {
	if t.TURN != "" {
		ids = append(ids, "turn:"+text(t.TURN))
	}
	switch {
	case eori.MatchString(t.TraderID):
		ids = append(ids, "eori:"+t.TraderID)
	case t.TraderID != "":
		ids = append(ids, "trader-id:"+text(t.TraderID))
	}
	return ids
}

func address(lines [5]string, postcode string) string {
	all := append(lines[:], postcode)
	return text(strings.Join(slices.DeleteFunc(all, func(l string) bool { return l == "" }), ", "))
}

var hsCode = regexp.MustCompile(`^[0-9]{6}([0-9]{2,6})?$`)

// lines reads the lines, and says what of them cannot be counted. A limit within a period is a condition that officers read.
func (t *terms) lines(p chief.Part, from []chief.Line) (wrong []*customsv1.WireDefect) {
	for _, l := range from {
		n := uint32(l.Number.Int())
		if n == 0 {
			wrong = append(wrong, defect(p, chief.NumberInvalid, "a line has the number 0"))
		}
		line := &transferv1.Line{Number: n, Description: text(l.Description)}
		if hsCode.MatchString(l.Commodity) {
			line.HsCode = l.Commodity
		} else if l.Commodity+l.CommodityGroup != "" {
			line.Description = strings.TrimSpace(text(l.Commodity+l.CommodityGroup) + " " + line.Description)
		}
		unit, known := chief.Rec20(l.Unit)
		if l.ControlledBy == "Q" || l.ControlledBy == "B" {
			thousandths, _ := l.QuantityIssued.Thousandths() // which Parse could read
			line.Quantity = &transferv1.Quantity{Thousandths: thousandths, Unit: unit}
			if !known {
				wrong = append(wrong, defect(p, chief.CodeUnknown, "line %d is counted in the unit %s, which is not in the list", n, text(l.Unit)))
			}
		}
		if l.ControlledBy == "V" || l.ControlledBy == "B" {
			minor, _ := l.ValueIssued.Minor(l.Currency)
			line.Value = &transferv1.Money{Minor: minor, Currency: l.Currency}
		}
		if l.SubPeriod != "" {
			t.conditions = append(t.conditions, strings.Join(strings.Fields(fmt.Sprintf("line %d: no more than %s %s %s %s in any %s days",
				n, l.SubPeriodQuantity, orNothing(string(l.SubPeriodQuantity), unit), l.SubPeriodValue, orNothing(string(l.SubPeriodValue), l.Currency), l.SubPeriod)), " "))
		}
		t.deal.Lines = append(t.deal.Lines, line)
	}
	return wrong
}

func orNothing(amount, unit string) string {
	if amount == "" {
		return ""
	}
	return unit
}
