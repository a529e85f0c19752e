package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

func newReleaseCommand(env *Env) *cobra.Command {
	return family("release", "Say who may read this agency's journals",
		newReleaseListCommand(env), newReleaseAgreeCommand(env), newReleaseRefuseCommand(env), newReleaseEndCommand(env))
}

func newReleaseListCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List who reads this agency's journals, and who waits for its consent",
		Args:  takes(),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		rows, err := ownRows(ctx, c, queryv1.Table_TABLE_RELEASES)
		if err != nil {
			return doing("release list", "", err)
		}
		duties, err := c.Directory.Duties(ctx, &directoryv1.DutiesRequest{})
		if err != nil {
			return doing("release list", "", err)
		}
		waiting := 0
		for _, d := range duties.Duties {
			if d.What == "agree" {
				rows.Rows = append(rows.Rows, waitingRow(d))
				waiting++
			}
		}
		if err := env.Print(listDocument(env.Format, queryv1.Table_TABLE_RELEASES, rows)); err != nil {
			return err
		}
		if waiting > 0 {
			env.Advise("%d wait for consent: counterfoil release agree GROUP READER, or refuse", waiting)
		}
		return nil
	})
	return cmd
}

// waitingRow is a release that is not decided on yet.
func waitingRow(d *directoryv1.Duty) *queryv1.Row {
	journal, reader, _ := strings.Cut(d.Subject, ">")
	_, group, _ := strings.Cut(journal, "/")
	release := &ledgerv1.Release{Id: d.Subject, Group: group, Reader: reader, Since: d.Since, Reason: "it waits for this agency's consent"}
	return &queryv1.Row{Row: &queryv1.Row_Release{Release: release}}
}

// ownRows returns the rows of a table that the agency's own part of the directory made.
func ownRows(ctx context.Context, c *Clients, table queryv1.Table) (*queryv1.ListResponse, error) {
	all := &queryv1.ListResponse{}
	req := &queryv1.ListRequest{Table: table, PageSize: maxPage, Filter: &queryv1.Filter{
		Conditions: []*queryv1.Condition{{Attribute: "journal", Values: []string{c.Context.Agency + "/directory"}}},
	}}
	for {
		res, err := c.Query.List(ctx, req)
		if err != nil {
			return nil, err
		}
		all.Rows, all.Basis, req.PageToken = append(all.Rows, res.Rows...), res.Basis, res.NextPageToken
		if req.PageToken == "" {
			return all, nil
		}
	}
}

func newReleaseAgreeCommand(env *Env) *cobra.Command {
	req := &directoryv1.AgreeReleaseRequest{}
	cmd := &cobra.Command{
		Use:   "agree GROUP READER",
		Short: "Let a member of a group read this agency's journal of it",
		Args:  takes("GROUP", "READER"),
	}
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.Group, req.Reader = args[0], args[1]
		return c.Directory.AgreeRelease(ctx, req)
	})
}

func newReleaseRefuseCommand(env *Env) *cobra.Command {
	req := &directoryv1.RefuseReleaseRequest{}
	cmd := &cobra.Command{
		Use:   "refuse GROUP READER",
		Short: "Do not let a member of a group read this agency's journal of it",
		Args:  takes("GROUP", "READER"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why, for every agency to read (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.Group, req.Reader = args[0], args[1]
		return c.Directory.RefuseRelease(ctx, req)
	})
}

func newReleaseEndCommand(env *Env) *cobra.Command {
	req := &directoryv1.EndReleaseRequest{}
	cmd := &cobra.Command{
		Use:   "end GROUP READER",
		Short: "Take a consent back: the reader keeps what it has and gets nothing more",
		Args:  takes("GROUP", "READER"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why, for every agency to read (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.Group, req.Reader = args[0], args[1]
		return c.Directory.EndRelease(ctx, req)
	})
}
