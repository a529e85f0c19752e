package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newWithdrawCommand(env *Env) *cobra.Command {
	req := &directoryv1.WithdrawRequest{}
	cmd := &cobra.Command{
		Use:   "withdraw EVENT",
		Short: "Have everybody who holds an event purge its content",
		Long: "Have everybody who holds an event of this agency purge its content: ledger rows, stored messages and older copies.\n" +
			"EVENT is its UUID, or agency/group/number. Backups are not reached: make new ones and destroy those made before.",
		Args: takes("EVENT"),
	}
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why, for those who have to purge it (required)")
	cmd.Flags().StringVar(&req.LegalBasis, "legal-basis", "", "the law, order or agreement that asks for it")
	cmd.Flags().Uint32Var(&req.Days, "days", 0, "days that holders have (default: 7)")
	require(cmd, "reason")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		if err := env.Confirm("The content of event " + args[0] + " cannot be brought back once it is withdrawn. Withdraw it?"); err != nil {
			return nil, err
		}
		req.Event = args[0]
		return c.Directory.Withdraw(ctx, req)
	})
}

func newWithdrawalsCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "withdrawals [WITHDRAWAL]",
		Short: "Say who has purged what was withdrawn, and who is overdue",
		Args:  cobra.MaximumNArgs(1),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		res, err := c.Directory.Withdrawals(ctx, &directoryv1.WithdrawalsRequest{WithdrawalId: strings.Join(args, "")})
		if err != nil {
			return doing(strings.Join(append([]string{"withdrawals"}, args...), " "), "counterfoil withdrawals", err)
		}
		doc, overdue := withdrawalsDocument(res)
		if err := env.Print(doc); err != nil || overdue == nil {
			return err
		}
		return problems("withdrawals of agency "+c.Context.Agency,
			fmt.Sprintf("%s is overdue at %s", overdue.WithdrawalId, strings.Join(overdue.Overdue, ", ")), "counterfoil withdrawals "+overdue.WithdrawalId)
	})
	return cmd
}

// withdrawalsDocument shows orders, and returns the first that is overdue.
func withdrawalsDocument(res *directoryv1.WithdrawalsResponse) (doc output.Document, overdue *directoryv1.WithdrawalStatus) {
	doc = output.Document{Value: res, Items: []any{}, ItemType: &directoryv1.WithdrawalStatus{}}
	grid := output.Grid{Heads: []string{"withdrawal", "event", "due", "purged by", "has time", "OVERDUE"}}
	for _, w := range res.Withdrawals {
		doc.Items = append(doc.Items, w)
		grid.Add(w.WithdrawalId, fmt.Sprintf("%s/%d", w.Journal, w.GetWithdrawn().GetNumber()), w.GetWithdrawn().GetDue().AsTime().Format("2006-01-02 15:04Z"),
			strings.Join(w.Done, ", "), strings.Join(w.Open, ", "), strings.Join(w.Overdue, ", "))
		if len(w.Overdue) > 0 && overdue == nil {
			overdue = w
		}
	}
	doc.Sections = []output.Section{{Grid: grid}}
	if len(res.Withdrawals) > 0 {
		doc.Sections = append(doc.Sections, output.Section{Text: "Backups made before are not reached: make new ones at every holder and destroy the old."})
	}
	return doc, overdue
}
