package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/refdata"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// readsOnly marks a command that records nothing among those that do.
var readsOnly = map[string]string{"reads": "only"}

func newFiguresCommand(env *Env) *cobra.Command {
	req := &licensingv1.ConsultationFiguresRequest{}
	cmd := &cobra.Command{
		Use:   "figures",
		Short: "Count consultations on denials by year, State and destination",
		Long: "As CSV it has the shape of the table in the European Union's annual reports on arms exports: year, State's code and\n" +
			"name, destination's code and name, consultations initiated, received, and concerning the destination.",
		Args:        takes(),
		Annotations: readsOnly,
	}
	cmd.Flags().Uint32Var(&req.Year, "year", 0, "count one year (default: all)")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		res, err := c.Denial.ConsultationFigures(ctx, req)
		if err != nil {
			return doing("denial figures", "", err)
		}
		if env.Format == output.CSV {
			return writeFigures(env.Out, res.Figures)
		}
		grid := output.Grid{Heads: []string{"year", "State", "destination", "initiated", "received", "concerning"}}
		for _, f := range res.Figures {
			grid.Add(count(int(f.Year)), f.State, f.Destination, number(f.Initiated), number(f.Received), number(f.Concerning))
		}
		return env.Print(output.Document{Value: res, ItemType: res, Sections: []output.Section{{Grid: grid}}})
	})
	return cmd
}

// writeFigures writes the figures without a header and with CRLF, as they are published: a row fills the columns of a State or
// those of a destination, never both.
func writeFigures(to io.Writer, figures []*licensingv1.ConsultationFigure) error {
	w := csv.NewWriter(to)
	w.UseCRLF = true
	for _, f := range figures {
		row := []string{count(int(f.Year)), f.State, countryName(f.State), "", "", number(f.Initiated), number(f.Received), ""}
		if f.State == "" {
			code := f.Destination
			if _, named := refdata.CountryName(code); !named && !refdata.ValidCountry(code) { // it is of no State and goes by its name
				code = ""
			}
			row = []string{count(int(f.Year)), "", "", code, countryName(f.Destination), "", "", number(f.Concerning)}
		}
		if err := w.Write(row); err != nil {
			return fmt.Errorf("write the figures: %w", err)
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	return nil
}

// countryName is a country's name; what is no code goes by itself, and a fictional State has no name but its code.
func countryName(code string) string {
	if name, ok := refdata.CountryName(code); ok {
		return name
	}
	return code
}
