package main

import (
	"context"
	"strings"

	"connectrpc.com/connect/v2"
	"github.com/spf13/cobra"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newDeliverCommand(env *Env) *cobra.Command {
	return family("deliver", "Ask whether goods arrived, compare the proof, and look at them where they are",
		newRequestDeliveryCommand(env), newVerifyDeliveryCommand(env), newConfirmDeliveryCommand(env), newDisputeDeliveryCommand(env),
		newOverdueCommand(env), newDeliverCheckCommand(env))
}

func newRequestDeliveryCommand(env *Env) *cobra.Command {
	req := &customsv1.RequestDeliveryRequest{}
	cmd := &cobra.Command{
		Use:   "request LICENCE|DECLARATION…",
		Short: "Ask for proof that goods that left arrived: all under a licence that nobody asked about, or those of declarations",
		Example: "counterfoil deliver request licensing/L-2026-000001\n" +
			"counterfoil deliver request customs/26XA0001 customs/26XA0002 --of customs-b --days 60",
		Args: cobra.MinimumNArgs(1),
	}
	flags := cmd.Flags()
	flags.StringVar(&req.Of, "of", "", `agency that can confirm it, or a name (default: an agency of the importing State that reads of it, or "importer")`)
	flags.Uint32Var(&req.Days, "days", 0, "calendar days from the exit (default: what the licence obliges to, or 90)")
	flags.BoolVar(&req.ImportDeclaration, "import-declaration", false, "the proof has to name the import declaration")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.LicenceId, req.DeclarationIds = "", args
		if len(args) == 1 {
			licence, err := isLicence(ctx, c, args[0])
			if err != nil {
				return nil, err
			}
			if licence {
				req.LicenceId, req.DeclarationIds = args[0], nil
			}
		}
		return c.Delivery.RequestDelivery(ctx, req)
	})
}

// isLicence reports whether an id is of a licence on record at the node.
func isLicence(ctx context.Context, c *Clients, id string) (bool, error) {
	_, err := c.Query.Get(ctx, &queryv1.GetRequest{Table: queryv1.Table_TABLE_LICENCES, Id: id})
	if connect.CodeOf(err) == connect.CodeNotFound {
		return false, nil
	}
	return err == nil, err
}

func newVerifyDeliveryCommand(env *Env) *cobra.Command {
	req := &customsv1.VerifyDeliveryRequest{}
	cmd := &cobra.Command{
		Use:   "verify DELIVERY --number N --received LINE=QTY… --arrived DATE --place P",
		Short: "Put a proof of arrival on record: what it bears out is verified, the rest is disputed with the reasons",
		Example: "counterfoil deliver verify licensing/DV-2026-000001 --number DVC-1 --received 1=100 --received 2=12.5KGM \\\n  --arrived 2026-04-01 --place XBHAR\n" +
			"counterfoil deliver verify licensing/DV-2026-000001 --number DVC-1 --received 1=2 --serial A-1 --serial A-2 \\\n  --arrived 2026-04-01 --place XBHAR --document dvc.pdf",
		Args: takes("DELIVERY"),
	}
	proof := addProofFlags(cmd)
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		req.DeliveryId = args[0]
		if req.Proof, err = proof.read(ctx, env, c, args[0]); err != nil {
			return nil, err
		}
		return c.Delivery.VerifyDelivery(ctx, req)
	}, whyDisputed)
}

// whyDisputed says what a proof does not bear out, or that it bears out everything.
func whyDisputed(res recorded) []output.Section {
	if res.GetReceipt().GetDryRun() != nil {
		return nil
	}
	dispute := res.(*customsv1.VerifyDeliveryResponse).Dispute
	if dispute == "" {
		return []output.Section{{Text: "verified: what should have arrived arrived"}}
	}
	return []output.Section{{Text: "disputed: " + strings.ReplaceAll(dispute, "; ", "\n          ")}}
}

func newConfirmDeliveryCommand(env *Env) *cobra.Command {
	req := &customsv1.ConfirmDeliveryRequest{}
	cmd := &cobra.Command{
		Use:   "confirm DELIVERY --number N --received LINE=QTY… --arrived DATE --place P",
		Short: "Say, in this agency's own journal, what arrived of a delivery that another agency asks it about",
		Args:  takes("DELIVERY"),
	}
	proof := addProofFlags(cmd)
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		req.DeliveryId = args[0]
		if req.Proof, err = proof.read(ctx, env, c, args[0]); err != nil {
			return nil, err
		}
		return c.Delivery.ConfirmDelivery(ctx, req)
	})
}

func newDisputeDeliveryCommand(env *Env) *cobra.Command {
	req := &customsv1.DisputeDeliveryRequest{}
	cmd := &cobra.Command{
		Use:   "dispute DELIVERY",
		Short: "Say that goods did not arrive as they should, or that a proof is false",
		Args:  takes("DELIVERY"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "what is wrong (required)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.DeliveryId = args[0]
		return c.Delivery.DisputeDelivery(ctx, req)
	})
}
