package main

import (
	"context"

	"github.com/spf13/cobra"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
)

func newExitCommand(env *Env) *cobra.Command {
	req := &customsv1.ConfirmExitRequest{}
	var difference string
	cmd := &cobra.Command{
		Use:   "exit DECLARATION",
		Short: "Confirm that released goods left",
		Args:  takes("DECLARATION"),
	}
	fromFile(cmd, "what really moved, where it is not as declared")
	cmd.Flags().StringVar(&difference, "difference", "", "how the goods presented differ from those released, in words")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.DeclarationId, req.Difference = args[0], orElse(difference, req.Difference)
		return c.Customs.ConfirmExit(ctx, req)
	})
}

func newArriveCommand(env *Env) *cobra.Command {
	req := &customsv1.ConfirmArrivalRequest{}
	var difference string
	cmd := &cobra.Command{
		Use:   "arrive DECLARATION",
		Short: "Confirm that the goods arrived",
		Args:  takes("DECLARATION"),
	}
	fromFile(cmd, "what really moved, where it is not as declared")
	cmd.Flags().StringVar(&difference, "difference", "", "how the goods that arrived differ from those released, in words")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.DeclarationId, req.Difference = args[0], orElse(difference, req.Difference)
		return c.Customs.ConfirmArrival(ctx, req)
	})
}

func newTransitCommand(env *Env) *cobra.Command {
	return family("transit", "Send released goods to another office, and discharge them there", newTransitOpenCommand(env), newTransitDischargeCommand(env))
}

func newTransitOpenCommand(env *Env) *cobra.Command {
	req := &customsv1.OpenTransitRequest{}
	var due string
	cmd := &cobra.Command{
		Use:   "open DECLARATION --due DATE",
		Short: "Send the goods to an office, where they have to be by a time",
		Args:  takes("DECLARATION"),
	}
	cmd.Flags().StringVar(&req.OfficeOfDestination, "to", "", "the office (default: the one that the declaration names)")
	cmd.Flags().StringVar(&due, "due", "", "by when: yyyy-mm-dd, or a time with its zone (required)")
	require(cmd, "due")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.DeclarationId = args[0]
		var err error
		if req.Due, err = parseTime("due", due); err != nil {
			return nil, err
		}
		return c.Customs.OpenTransit(ctx, req)
	})
}

func newTransitDischargeCommand(env *Env) *cobra.Command {
	req := &customsv1.DischargeTransitRequest{}
	cmd := &cobra.Command{
		Use:   "discharge DECLARATION",
		Short: "Say that the goods came to an office",
		Args:  takes("DECLARATION"),
	}
	cmd.Flags().StringVar(&req.Office, "office", "", "the office (default: the one that they were sent to)")
	cmd.Flags().StringVar(&req.Difference, "difference", "", "how the goods presented differ from those released, in words")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.DeclarationId = args[0]
		return c.Customs.DischargeTransit(ctx, req)
	})
}
