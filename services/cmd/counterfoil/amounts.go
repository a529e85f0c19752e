package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/plain"
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
	q, ok := plain.ParseQuantity(text, unit)
	if !ok {
		return nil, usage(`--quantity is a number without separators between thousands, of at most three decimals, and a unit, such as "12.5 KGM", not %q`, text)
	}
	return q, nil
}

func parseMoney(text, currency string) (*transferv1.Money, error) {
	if text == "" {
		return nil, nil
	}
	m, ok := plain.ParseMoney(text, currency)
	if !ok {
		return nil, usage(`--value is an amount and a currency, such as "1200.50 EUR", not %q`, text)
	}
	return m, nil
}
