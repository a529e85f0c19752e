package main

import (
	"context"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// maxPage is the most rows that the API gives at once.
const maxPage = 1000

func newListCommand(env *Env) *cobra.Command {
	var filter filterFlags
	var then horizonFlags
	var pageSize uint32
	var pageToken string
	var all, newest bool
	cmd := &cobra.Command{
		Use:   "list TABLE",
		Short: "List rows, page by page or all of them",
		Example: "counterfoil list licences --status granted --as-of 2009-01-01\n" +
			"counterfoil list licences --destination XB --from 2008-01-01 --until 2009-01-01\n" +
			"counterfoil list alerts --newest --page-size 5\n" +
			"counterfoil list lines --rating ML1.a --all -o csv > lines.csv",
		Args:              oneTable(),
		ValidArgsFunction: completeTable,
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		table, err := parseTable(args[0])
		if err != nil {
			return err
		}
		if pageSize > maxPage {
			return usage("--page-size is at most %d; --all gives every page", maxPage)
		}
		req := &queryv1.ListRequest{Table: table, PageSize: pageSize, PageToken: pageToken}
		if newest {
			req.Order = queryv1.Order_ORDER_NEWEST_FIRST
		}
		if req.Filter, err = filter.filter(); err != nil {
			return err
		}
		if req.Horizon, err = then.horizon(); err != nil {
			return err
		}
		if !all {
			return doing("list "+args[0], "", env.listPage(ctx, c, req))
		}
		if !cmd.Flags().Changed("page-size") {
			req.PageSize = maxPage
		}
		return doing("list "+args[0], "", env.listAll(ctx, c, req))
	})
	filter.add(cmd)
	then.add(cmd)
	cmd.Flags().Uint32Var(&pageSize, "page-size", 50, "rows of a page, at most 1000")
	cmd.Flags().StringVar(&pageToken, "page-token", "", "go on where an earlier page ended")
	cmd.Flags().BoolVar(&all, "all", false, "every page, one after the other")
	cmd.Flags().BoolVar(&newest, "newest", false, "newest first: in the other order than they came to the ledger")
	return cmd
}

func (env *Env) listPage(ctx context.Context, c *Clients, req *queryv1.ListRequest) error {
	res, err := c.Query.List(ctx, req)
	if err != nil {
		return err
	}
	if err := env.Print(listDocument(env.Format, req.Table, res)); err != nil {
		return err
	}
	env.adviseHorizon(req.Horizon)
	env.adviseBasis(res.Basis)
	if res.NextPageToken != "" {
		env.Advise("there is more: %s", env.again("--page-token", res.NextPageToken))
	}
	return nil
}

// listAll prints line by line where the format allows it, and gathers the rows otherwise.
func (env *Env) listAll(ctx context.Context, c *Clients, req *queryv1.ListRequest) error {
	var lines *output.Lines
	if env.Format == output.JSONL || env.Format == output.CSV {
		var err error
		if lines, err = output.NewLines(env.Out, env.Format, rowType(req.Table)); err != nil {
			return err
		}
	}
	whole := &queryv1.ListResponse{}
	for {
		res, err := c.Query.List(ctx, req)
		if err != nil {
			return err
		}
		whole.Basis = res.Basis
		if lines == nil {
			whole.Rows = append(whole.Rows, res.Rows...)
		}
		for _, row := range res.Rows {
			if lines == nil {
				break
			}
			if err := lines.Write(item(env.Format, row)); err != nil {
				return err
			}
		}
		if res.NextPageToken == "" {
			break
		}
		req.PageToken = res.NextPageToken
	}
	env.adviseHorizon(req.Horizon)
	env.adviseBasis(whole.Basis)
	if lines != nil {
		return nil
	}
	return env.Print(listDocument(env.Format, req.Table, whole))
}

func listDocument(format output.Format, table queryv1.Table, res *queryv1.ListResponse) output.Document {
	doc := output.Document{Value: res, Items: []any{}, ItemType: rowType(table)}
	grid := output.Grid{Heads: heads(table)}
	for _, row := range res.Rows {
		doc.Items = append(doc.Items, item(format, row))
		grid.Add(cells(row)...)
	}
	doc.Sections = []output.Section{{Grid: grid}}
	return doc
}

// item returns a row as it is printed on a line of its own: its content as csv, which has no column for its table.
func item(format output.Format, row *queryv1.Row) any {
	if format == output.CSV {
		return content(row)
	}
	return row
}
