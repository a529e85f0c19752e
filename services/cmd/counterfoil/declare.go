package main

import (
	"context"

	"github.com/spf13/cobra"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
)

func newDeclareCommand(env *Env) *cobra.Command {
	return family("declare", "Accept customs declarations and follow their goods",
		newAcceptCommand(env), newExitCommand(env), newArriveCommand(env), newCancelCommand(env),
		newReleaseGoodsCommand(env), newHoldCommand(env), newLiftCommand(env))
}

func newAcceptCommand(env *Env) *cobra.Command {
	req := &customsv1.AcceptDeclarationRequest{}
	cmd := &cobra.Command{
		Use:   "accept -f FILE",
		Short: "Accept a declaration and reserve its quantities on the licence",
		Args:  takes(),
	}
	fromFile(cmd, "the declaration")
	require(cmd, "file")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, _ []string) (recorded, error) {
		res, err := c.Customs.AcceptDeclaration(ctx, req)
		return res, doing("", "counterfoil explain "+quote(req.LicenceId), err)
	})
}

func newExitCommand(env *Env) *cobra.Command {
	req := &customsv1.ConfirmExitRequest{}
	cmd := &cobra.Command{
		Use:   "exit DECLARATION",
		Short: "Confirm that the goods left",
		Args:  takes("DECLARATION"),
	}
	fromFile(cmd, "what really moved, where it is not as declared")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.DeclarationId = args[0]
		return c.Customs.ConfirmExit(ctx, req)
	})
}

func newArriveCommand(env *Env) *cobra.Command {
	req := &customsv1.ConfirmArrivalRequest{}
	cmd := &cobra.Command{
		Use:   "arrive DECLARATION",
		Short: "Confirm that the goods arrived",
		Args:  takes("DECLARATION"),
	}
	fromFile(cmd, "what really moved, where it is not as declared")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.DeclarationId = args[0]
		return c.Customs.ConfirmArrival(ctx, req)
	})
}

func newCancelCommand(env *Env) *cobra.Command {
	req := &customsv1.CancelDeclarationRequest{}
	cmd := &cobra.Command{
		Use:   "cancel DECLARATION",
		Short: "Cancel a declaration and give its quantities back",
		Args:  takes("DECLARATION"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.DeclarationId = args[0]
		return c.Customs.CancelDeclaration(ctx, req)
	})
}
