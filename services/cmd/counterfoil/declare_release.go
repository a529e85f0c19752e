package main

import (
	"context"

	"github.com/spf13/cobra"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newReleaseGoodsCommand(env *Env) *cobra.Command {
	req := &customsv1.ReleaseGoodsRequest{}
	cmd := &cobra.Command{
		Use:   "release DECLARATION",
		Short: "Look again whether the goods may go, and release them or say why not",
		Args:  takes("DECLARATION"),
	}
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.DeclarationId = args[0]
		return c.Release.ReleaseGoods(ctx, req)
	}, goods)
}

// goods says whether goods were released.
func goods(res recorded) []output.Section {
	r := res.(*customsv1.ReleaseGoodsResponse)
	switch {
	case r.Released:
		return []output.Section{{Text: "the goods are released"}}
	case r.Held != nil:
		return []output.Section{{Text: "the goods are held (" + enum(r.Held.Reason) + "): " + r.Held.Text}}
	}
	return nil
}

func newHoldCommand(env *Env) *cobra.Command {
	req := &customsv1.HoldGoodsRequest{}
	cmd := &cobra.Command{
		Use:   "hold DECLARATION",
		Short: "Hold the goods for an examination, or because of an alert",
		Args:  takes("DECLARATION"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why (required)")
	cmd.Flags().StringVar(&req.AlertId, "alert", "", "the alert that is why")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.DeclarationId = args[0]
		return c.Release.HoldGoods(ctx, req)
	})
}

func newLiftCommand(env *Env) *cobra.Command {
	req := &customsv1.LiftHoldRequest{}
	cmd := &cobra.Command{
		Use:   "lift DECLARATION",
		Short: "End a hold for an examination or an alert; the goods are not released by that",
		Args:  takes("DECLARATION"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.DeclarationId = args[0]
		return c.Release.LiftHold(ctx, req)
	})
}
