package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// newCustodyCommand is `trace SERIAL`, which reads; what records is added to it.
func newCustodyCommand(env *Env) *cobra.Command {
	mark := &transferv1.Mark{}
	var then horizonFlags
	cmd := &cobra.Command{
		Use:   "trace SERIAL",
		Short: "Say who had an item, who had it lawfully last, and which step is open; and record traces",
		Long: "Say who had an item, by what is on record here: each item that shares the serial, or a reading of it, apart. A record\n" +
			"counts for an item only when serial, maker, model and country are the same; others are shown. Nobody is named where\n" +
			"the records can be read in several ways.",
		Example: "counterfoil trace KA-12340\ncounterfoil trace KA-12340 --maker 'Arsenal XA' --model M12 -o json\n" +
			"counterfoil trace KA-12340 --as-of 2026-03-01",
		Args: takes("SERIAL"),
	}
	cmd.Flags().StringVar(&mark.Maker, "maker", "", "only of this maker")
	cmd.Flags().StringVar(&mark.Model, "model", "", "only of this model")
	cmd.Flags().StringVar(&mark.Calibre, "calibre", "", "only of this calibre")
	cmd.Flags().StringVar(&mark.Country, "country", "", "only of this country of manufacture, by its code")
	then.add(cmd)
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		h, err := then.horizon()
		if err != nil {
			return err
		}
		mark.Serial = args[0]
		res, err := c.Query.Custody(ctx, &queryv1.CustodyRequest{Mark: mark, Horizon: h})
		if err != nil {
			return doing("trace "+args[0], "", err)
		}
		doc := output.Document{Value: res, Items: []any{}, ItemType: &queryv1.Custody{}}
		for _, item := range res.Items {
			doc.Items = append(doc.Items, item)
			doc.Sections = append(doc.Sections, custodySections(item)...)
		}
		if len(res.Items) == 0 {
			doc.Sections = []output.Section{{Text: "no record here has an item with this serial"}}
		}
		if err := env.Print(doc); err != nil {
			return err
		}
		env.adviseHorizon(h)
		env.adviseBasis(res.Basis)
		return nil
	})
	return cmd
}

func custodySections(c *queryv1.Custody) []output.Section {
	grid := output.Grid{Heads: []string{"at", "what", "where", "from", "to", "record", "mark"}}
	for _, s := range c.Steps {
		grid.Add(date(s.At), s.What, strings.TrimSpace(s.Country+" "+s.Place), s.From, s.To, s.RecordId, s.Match)
	}
	facts := output.Grid{Heads: []string{"conclusion", "by these records"}}
	facts.Add("mark asked for", c.Match)
	facts.Add("last lawful custodian", custodian(c))
	facts.Add("open step", openStep(c.Open))
	facts.Add("stage", orElse(stageCode(c), "none"))
	facts.Add("because", c.Reason)
	return []output.Section{{Title: markText(c.Mark), Grid: grid}, {Grid: facts}}
}

func markText(m *transferv1.Mark) string {
	parts := []string{orElse(m.GetMaker(), "maker unknown"), m.GetModel(), m.GetCalibre(), m.GetCountry(), "serial " + m.GetSerial()}
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

func custodian(c *queryv1.Custody) string {
	l := c.LastLawful
	if l == nil {
		return "cannot be told"
	}
	return fmt.Sprintf("%s (%s), %s by %s on %s", l.Party.GetName(), enum(l.Party.GetRole()), l.Step, l.RecordId, date(l.At))
}

func openStep(o *queryv1.OpenStep) string {
	switch {
	case o == nil:
		return "none"
	case o.Indicator == "":
		return fmt.Sprintf("%s, awaited since %s (%s)", o.Step, date(o.Since), o.RecordId)
	}
	return fmt.Sprintf("%s, since %s (%s, %s)", o.Step, date(o.Since), o.Indicator, o.RecordId)
}

// stageCode is the code that people say, with how sure it is: "D2, medium".
func stageCode(c *queryv1.Custody) string {
	code, _, _ := strings.Cut(enum(c.Stage), "_")
	switch {
	case c.CannotBeTold:
		return "cannot be told"
	case c.Stage == 0:
		return ""
	}
	return strings.ToUpper(code) + ", " + enum(c.Confidence)
}
