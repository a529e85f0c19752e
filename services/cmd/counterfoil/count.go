package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newCountCommand(env *Env) *cobra.Command {
	var filter filterFlags
	var then horizonFlags
	var by string
	cmd := &cobra.Command{
		Use:   "count TABLE",
		Short: "Count rows, in all and by an attribute",
		Example: "counterfoil count licences --by destination --year 2008\n" +
			"counterfoil count denials --criterion 7 --by year -o json",
		Args:              oneTable(),
		ValidArgsFunction: completeTable,
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		table, err := parseTable(args[0])
		if err != nil {
			return err
		}
		req := &queryv1.CountRequest{Table: table, By: strings.ReplaceAll(by, "-", "_")}
		if req.Filter, err = filter.filter(); err != nil {
			return err
		}
		if req.Horizon, err = then.horizon(); err != nil {
			return err
		}
		res, err := c.Query.Count(ctx, req)
		if err != nil {
			return doing("count "+args[0], "", err)
		}
		env.adviseHorizon(req.Horizon)
		env.adviseBasis(res.Basis)
		return env.Print(countDocument(req.By, res))
	})
	cmd.Flags().StringVar(&by, "by", "", "attribute to count by, such as destination, rating, year, status")
	filter.add(cmd)
	then.add(cmd)
	return cmd
}

// counted is a count as JSON; its numbers are plain ones.
type counted struct {
	Total  uint64      `json:"total"`
	Groups []group     `json:"groups"`
	Basis  basisOfJSON `json:"basis"`
}

type group struct {
	Key   string `json:"key"`
	Count uint64 `json:"count"`
}

type basisOfJSON struct {
	Positions []positionOfJSON `json:"positions"`
}

type positionOfJSON struct {
	Journal    string     `json:"journal"`
	Block      uint64     `json:"block"`
	Events     uint64     `json:"events"`
	RecordedAt *time.Time `json:"recorded_at"`
}

func basisJSON(basis *queryv1.Basis) basisOfJSON {
	b := basisOfJSON{[]positionOfJSON{}}
	for _, p := range basis.GetPositions() {
		b.Positions = append(b.Positions, positionOfJSON{p.Journal, p.Block, p.Events, instant(p.RecordedAt)})
	}
	return b
}

func countDocument(by string, res *queryv1.CountResponse) output.Document {
	value := counted{Total: res.Total, Groups: []group{}, Basis: basisJSON(res.Basis)}
	doc := output.Document{Flat: &output.Grid{Heads: []string{"total"}, Rows: [][]string{{number(res.Total)}}}}
	if by == "" {
		doc.Value = value
		doc.Sections = []output.Section{{Text: number(res.Total)}}
		return doc
	}
	doc.Flat = &output.Grid{Heads: []string{by, "count"}}
	for _, g := range res.Groups {
		value.Groups = append(value.Groups, group{g.Key, g.Count})
		doc.Items = append(doc.Items, group{g.Key, g.Count})
		doc.Flat.Add(g.Key, number(g.Count))
	}
	doc.Value = value
	if doc.Items == nil {
		doc.Items = []any{}
	}
	doc.Sections = []output.Section{{Grid: *doc.Flat, Text: fmt.Sprintf("\n%d groups, %d in all", len(res.Groups), res.Total)}}
	return doc
}
