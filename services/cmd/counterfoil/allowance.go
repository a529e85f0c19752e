package main

import (
	"context"

	"github.com/spf13/cobra"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newAllowanceCommand(env *Env) *cobra.Command {
	return family("allowance", "Let posts write off by themselves, also while they are cut off",
		newAllowanceGiveCommand(env), newAllowanceReturnCommand(env), newAllowanceShowCommand(env))
}

func newAllowanceGiveCommand(env *Env) *cobra.Command {
	req := &customsv1.GiveAllowanceRequest{}
	var amounts amountFlags
	cmd := &cobra.Command{
		Use:   "give LICENCE --post P --quantity Q",
		Short: "See to it that a post has so much of a licence line left to write off",
		Args:  takes("LICENCE"),
	}
	cmd.Flags().StringVar(&req.Post, "post", "", "agency of the post (required)")
	cmd.Flags().Uint32Var(&req.LicenceLine, "line", 1, "number of the licence line")
	amounts.add(cmd, "what the post is to have left, with what it has already", "what it is to have left in value")
	require(cmd, "post")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		req.LicenceId = args[0]
		if req.Quantity, req.Value, err = amounts.of(ctx, c, args[0], req.LicenceLine); err != nil {
			return nil, err
		}
		return c.Allowance.GiveAllowance(ctx, req)
	})
}

func newAllowanceReturnCommand(env *Env) *cobra.Command {
	req := &customsv1.ReturnAllowanceRequest{}
	var amounts amountFlags
	var all bool
	cmd := &cobra.Command{
		Use:   "return LICENCE --quantity Q | --all",
		Short: "Give back, at the post, what it will not use",
		Args:  takes("LICENCE"),
	}
	cmd.Flags().Uint32Var(&req.LicenceLine, "line", 1, "number of the licence line")
	amounts.add(cmd, "how much", "how much in value")
	cmd.Flags().BoolVar(&all, "all", false, "all that is not used")
	cmd.MarkFlagsMutuallyExclusive("all", "quantity")
	cmd.MarkFlagsMutuallyExclusive("all", "value")
	cmd.MarkFlagsOneRequired("all", "quantity", "value")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		req.LicenceId = args[0]
		if req.Quantity, req.Value, err = amounts.of(ctx, c, args[0], req.LicenceLine); err != nil {
			return nil, err
		}
		return c.Allowance.ReturnAllowance(ctx, req)
	})
}

func newAllowanceShowCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show LICENCE",
		Short: "Say which post has how much of a licence, and what its counter has left, as far as is known here",
		Args:  takes("LICENCE"),

		Annotations: readsOnly,
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		res, err := c.Allowance.Allowance(ctx, &customsv1.AllowanceRequest{LicenceId: args[0]})
		if err != nil {
			return doing("allowance show "+args[0], "counterfoil list licences", err)
		}
		doc := output.Document{Value: res, ItemType: &customsv1.PostAllowance{}}
		posts := output.Grid{Heads: []string{"post", "line", "given", "returned", "used", "left", "value given", "value returned", "value used", "value left"}}
		for _, p := range res.Posts {
			doc.Items = append(doc.Items, p)
			posts.Add(p.Post, count(int(p.LicenceLine)), quantity(p.Given), quantity(p.Returned), quantity(p.Used), quantity(p.Left),
				money(p.GivenValue), money(p.ReturnedValue), money(p.UsedValue), money(p.LeftValue))
		}
		left := output.Grid{Heads: []string{"line", "left", "value left"}}
		for _, l := range res.CounterLeft {
			left.Add(count(int(l.LicenceLine)), orElse(quantity(l.Left), "no limit"), orElse(money(l.LeftValue), "no limit"))
		}
		doc.Sections = []output.Section{{Title: "posts", Grid: posts}, {Title: "left at " + orElse(res.Counter, "the counter, which is not known"), Grid: left}}
		return env.Print(doc)
	})
	return cmd
}
