package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func newEmbargoCommand(env *Env) *cobra.Command {
	return family("embargo", "Record prohibitions that ATT Article 6(1) is checked against", newEmbargoAddCommand(env), newEmbargoEndCommand(env))
}

func newEmbargoAddCommand(env *Env) *cobra.Command {
	e := &screeningv1.EmbargoRecorded{}
	req := &screeningv1.RecordEmbargoRequest{Embargo: e}
	var categories []string
	cmd := &cobra.Command{
		Use:     "add",
		Short:   "Make a prohibition known",
		Example: `counterfoil embargo add --country XB --measure arms --resolution "S/RES/9999" --from 2026-03-01`,
		Args:    takes(),
	}
	flags := cmd.Flags()
	flags.StringVar(&e.Country, "country", "", "the State that it is on, ISO 3166-1 alpha-2")
	flags.StringVar(&e.Target, "target", "", "whom it is on, where that is no State, or only a part of one")
	flags.StringVar(&e.Measure, "measure", "arms", "what it prohibits")
	flags.StringSliceVar(&categories, "category", nil, "category that it is limited to, such as viii_small_arms_light_weapons; may be given more than once")
	flags.StringVar(&e.Resolution, "resolution", "", "where it is written")
	flags.StringVar(&e.ValidFrom, "from", "", "its first day, yyyy-mm-dd (required)")
	flags.StringVar(&e.ValidUntil, "until", "", "its last day, yyyy-mm-dd")
	flags.StringArrayVar(&e.Exemptions, "exemption", nil, "what it exempts; may be given more than once")
	cmd.MarkFlagsOneRequired("country", "target")
	require(cmd, "from")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, _ []string) (recorded, error) {
		for _, name := range categories {
			n, known := transferv1.Category_value["CATEGORY_"+strings.ToUpper(name)]
			if !known || n == 0 {
				return nil, usage("there is no category %q", name)
			}
			e.Categories = append(e.Categories, transferv1.Category(n))
		}
		return c.List.RecordEmbargo(ctx, req)
	})
}

func newEmbargoEndCommand(env *Env) *cobra.Command {
	req := &screeningv1.EndEmbargoRequest{}
	cmd := &cobra.Command{
		Use:   "end EMBARGO",
		Short: "End a prohibition",
		Args:  takes("EMBARGO"),
	}
	cmd.Flags().StringVar(&req.On, "on", "", "the day from which it holds no more, yyyy-mm-dd (required)")
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why (required)")
	require(cmd, "on", "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.EmbargoId = args[0]
		return c.List.EndEmbargo(ctx, req)
	})
}
