package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/plain"
	"github.com/counterfoil/counterfoil/libs/refdata"
	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// amountFlags are a quantity and a value of a licence line: "12.5 KGM", or "12.5" in the line's own unit.
type amountFlags struct{ quantity, value string }

func (a *amountFlags) add(cmd *cobra.Command, quantity, value string) {
	cmd.Flags().StringVar(&a.quantity, "quantity", "", quantity+`, such as "40" or "12.5 KGM" (default unit: the line's)`)
	cmd.Flags().StringVar(&a.value, "value", "", value+`, such as "1200.50" or "1200.50 EUR" (default currency: the line's)`)
}

// of reads the flags for a line of a licence; what was not given is nil.
func (a *amountFlags) of(ctx context.Context, c *Clients, licence string, line uint32) (*transferv1.Quantity, *transferv1.Money, error) {
	unit, currency, err := unitsOf(ctx, c, licence, line)
	if err != nil {
		return nil, nil, err
	}
	q, err := parseQuantity(a.quantity, unit)
	if err != nil {
		return nil, nil, err
	}
	v, err := parseMoney(a.value, currency)
	return q, v, err
}

// unitsOf are the unit and the currency that a licence line is limited in; empty where it sets no limit.
func unitsOf(ctx context.Context, c *Clients, licence string, line uint32) (unit, currency string, err error) {
	res, err := c.Customs.Balance(ctx, &customsv1.BalanceRequest{LicenceId: licence})
	if err != nil {
		return "", "", err
	}
	for _, l := range res.Lines {
		if l.LicenceLine == line {
			return l.GetAuthorized().GetUnit(), l.GetAuthorizedValue().GetCurrency(), nil
		}
	}
	return "", "", usage("licence %s has no line %d; see: counterfoil balance %s", licence, line, licence)
}

func parseQuantity(text, unit string) (*transferv1.Quantity, error) {
	if text == "" {
		return nil, nil
	}
	number, unit := withUnit(text, unit)
	n, ok := plain.ParseDecimal(number, 3)
	if !ok || unit == "" {
		return nil, usage(`--quantity is a number of at most three decimals and a unit, such as "12.5 KGM", not %q`, text)
	}
	return &transferv1.Quantity{Thousandths: n, Unit: unit}, nil
}

func parseMoney(text, currency string) (*transferv1.Money, error) {
	if text == "" {
		return nil, nil
	}
	number, currency := withUnit(text, currency)
	scale, known := refdata.CurrencyExponent(currency)
	n, ok := plain.ParseDecimal(number, scale)
	if !ok || !known {
		return nil, usage(`--value is an amount and a currency, such as "1200.50 EUR", not %q`, text)
	}
	return &transferv1.Money{Minor: n, Currency: currency}, nil
}

// withUnit takes a number and its unit apart; the unit is otherwise where none is written.
func withUnit(text, otherwise string) (number, unit string) {
	number, unit, found := strings.Cut(strings.TrimSpace(text), " ")
	if !found {
		return number, otherwise
	}
	return number, strings.ToUpper(strings.TrimSpace(unit))
}
