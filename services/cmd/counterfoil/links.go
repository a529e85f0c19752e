package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newLinksCommand(env *Env) *cobra.Command {
	req := &queryv1.LinksRequest{}
	var then horizonFlags
	cmd := &cobra.Command{
		Use:   "links ID",
		Short: "Show which records have a party, serial, lot, vessel, container, paper or route in common with one",
		Long: "Each link names the value, and the events of both records that say it. A value that very many records have says\n" +
			"nothing of any of them: it is listed and not followed.",
		Example: "counterfoil links enforcement/D-2026-000001\n" +
			"counterfoil links customs/26XA0001 --by serial --by container --cap 10\n" +
			"counterfoil links enforcement/D-2026-000001 --as-of 2026-03-01",
		Args: takes("ID"),
	}
	cmd.Flags().Uint32Var(&req.Cap, "cap", 50, "leave out what more records than this have in common, at most 1000")
	cmd.Flags().StringSliceVar(&req.By, "by", nil, "only this: party, serial, lot, vessel, container, certificate, ucr, document or route; may be given more than once")
	complete(cmd, "by", "party", "serial", "lot", "vessel", "container", "certificate", "ucr", "document", "route")
	then.add(cmd)
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) (err error) {
		if req.Horizon, err = then.horizon(); err != nil {
			return err
		}
		req.Id = args[0]
		res, err := c.Link.Links(ctx, req)
		if err != nil {
			return doing("links "+args[0], "", err)
		}
		env.adviseHorizon(req.Horizon)
		env.adviseBasis(res.Basis)
		return env.Print(linksDocument(res))
	})
	return cmd
}

func linksDocument(res *queryv1.LinksResponse) output.Document {
	doc := output.Document{Value: res, Items: []any{}, ItemType: &queryv1.Link{}}
	grid := output.Grid{Heads: []string{"by", "value", "table", "record", "said by", "and by"}}
	for _, l := range res.Links {
		doc.Items = append(doc.Items, l)
		grid.Add(l.Attribute, l.Value, enum(l.Table), l.Id, places(l.Here), places(l.There))
	}
	links := output.Section{Grid: grid}
	if len(res.Links) == 0 {
		links = output.Section{Text: "no other record has anything in common with " + res.Id}
	}
	doc.Sections = []output.Section{links}
	if len(res.LeftOut) > 0 {
		common := output.Grid{Heads: []string{"by", "value", "records"}}
		for _, v := range res.LeftOut {
			common.Add(v.Attribute, v.Value, number(v.Records))
		}
		doc.Sections = append(doc.Sections, output.Section{Title: "too common to follow; raise --cap to", Grid: common})
	}
	return doc
}

// places are events by journal and number, as "get event" takes them.
func places(all []*queryv1.EventPlace) string {
	list := make([]string, len(all))
	for i, p := range all {
		list[i] = fmt.Sprintf("%s/%d", p.Journal, p.Number)
	}
	return strings.Join(list, " ")
}
