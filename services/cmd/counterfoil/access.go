package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newAccessCommand(env *Env) *cobra.Command {
	var req queryv1.AccessRequest
	var since, noted string
	var all bool
	cmd := &cobra.Command{
		Use:   "access",
		Short: "List who read which record at this node, the newest first",
		Long: "Lists who read which record at this node: for the agency that owns the record and asks for it, or for an auditor.\n" +
			"It names records by their ids, and holds nothing of what is in them.",
		Example: "counterfoil access --owner licensing --since 2026-01-01 --all -o csv > for-licensing.csv",
		Args:    takes(),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		var err error
		if req.Since, err = parseTime("since", since); err != nil {
			return err
		}
		if err := parseNoted(noted, &req); err != nil {
			return err
		}
		if req.PageSize > maxPage {
			return usage("--page-size is at most %d; --all gives every page", maxPage)
		}
		if all {
			req.PageSize = maxPage
		}
		return doing("list accesses", "", env.listAccesses(ctx, c, &req, all))
	})
	cmd.Flags().StringVar(&req.Owner, "owner", "", "only readings of records of this agency")
	cmd.Flags().StringVar(&req.Id, "id", "", "only readings of this record by its id; lists and watches name none")
	cmd.Flags().StringSliceVar(&req.Calls, "call", nil, "only these calls, such as MakeBundle")
	cmd.Flags().StringVar(&since, "since", "", "only readings from then on: yyyy-mm-dd, or a time with its zone")
	cmd.Flags().StringVar(&noted, "noted", "", "entries:head of an earlier answer: that the chain still leads over it is checked too")
	cmd.Flags().Uint32Var(&req.PageSize, "page-size", 100, "readings of a page, at most 1000")
	cmd.Flags().StringVar(&req.PageToken, "page-token", "", "go on where an earlier page ended")
	cmd.Flags().BoolVar(&all, "all", false, "every page, one after the other")
	return cmd
}

// parseNoted reads what an earlier answer said to note.
func parseNoted(text string, into *queryv1.AccessRequest) (err error) {
	if text == "" {
		return nil
	}
	entries, head, _ := strings.Cut(text, ":")
	if into.NotedEntries, err = strconv.ParseUint(entries, 10, 64); err != nil || len(head) != 64 {
		return usage("--noted %s is not ENTRIES:HEAD as an earlier answer said", text)
	}
	into.NotedHead = head
	return nil
}

// listAccesses prints a page, or all of them. A chain that is broken is a problem: what is listed may not be all.
func (env *Env) listAccesses(ctx context.Context, c *Clients, req *queryv1.AccessRequest, all bool) error {
	whole, err := c.Query.Access(ctx, req)
	if err != nil {
		return err
	}
	for all && whole.NextPageToken != "" {
		req.PageToken = whole.NextPageToken
		res, err := c.Query.Access(ctx, req)
		if err != nil {
			return err
		}
		whole.Accesses, whole.NextPageToken = append(whole.Accesses, res.Accesses...), res.NextPageToken
	}
	if err := env.Print(accessDocument(whole)); err != nil {
		return err
	}
	if whole.NextPageToken != "" {
		env.Advise("there is more: %s", env.again("--page-token", whole.NextPageToken))
	}
	switch {
	case whole.Broken != "":
		return problems("list accesses", "the chain of entries is broken: "+whole.Broken, "counterfoil doctor")
	case whole.Head != "":
		env.Advise("the chain is whole; to note: %d:%s", whole.Entries, whole.Head)
	}
	return nil
}

func accessDocument(res *queryv1.AccessResponse) output.Document {
	doc := output.Document{Value: res, Items: []any{}, ItemType: &queryv1.Access{}}
	grid := output.Grid{Heads: []string{"at", "user", "role", "person", "call", "record", "table", "rows", "owners"}}
	for _, a := range res.Accesses {
		doc.Items = append(doc.Items, a)
		rows := ""
		if a.Call != "Count" {
			rows = number(a.Rows)
		}
		grid.Add(date(a.At), a.User, a.Officer.GetRole(), a.Officer.GetPerson(), a.Call, a.Id, tableName(a.Table.String()), rows, strings.Join(a.Owners, " "))
	}
	doc.Sections = []output.Section{{Grid: grid}}
	return doc
}
