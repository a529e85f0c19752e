package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	customsv1 "github.com/counterfoil/counterfoil/proto/counterfoil/customs/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

func newWriteOffCommand(env *Env) *cobra.Command {
	return family("write-off", "Change what was written off, after goods moved", newCorrectCommand(env), newRestoreEntryCommand(env))
}

func newCorrectCommand(env *Env) *cobra.Command {
	req := &customsv1.CorrectWriteOffRequest{}
	var amounts amountFlags
	cmd := &cobra.Command{
		Use:   "correct ENTRY",
		Short: "Say what really moved, by an amendment or a check after clearance",
		Args:  takes("ENTRY"),
	}
	amounts.add(cmd, "what really moved", "what it was worth")
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why (required)")
	require(cmd, "reason")
	cmd.MarkFlagsOneRequired("quantity", "value")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		req.EntryId = args[0]
		if req.Quantity, req.Value, err = amounts.ofEntry(ctx, c, args[0]); err != nil {
			return nil, err
		}
		return c.WriteOff.CorrectWriteOff(ctx, req)
	})
}

func newRestoreEntryCommand(env *Env) *cobra.Command {
	req := &customsv1.RestoreWriteOffRequest{}
	var amounts amountFlags
	cmd := &cobra.Command{
		Use:   "restore ENTRY",
		Short: "Make available again what came back, where national law allows that",
		Args:  takes("ENTRY"),
	}
	amounts.add(cmd, "what came back in all, with what came back before", "what of it came back in value, in all")
	cmd.Flags().StringVar(&req.LegalBasis, "legal-basis", "", "the national law that allows it (required)")
	cmd.Flags().StringVar(&req.Reason, "reason", "", "why (required)")
	require(cmd, "legal-basis", "reason")
	cmd.MarkFlagsOneRequired("quantity", "value")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (_ recorded, err error) {
		req.EntryId = args[0]
		if req.Quantity, req.Value, err = amounts.ofEntry(ctx, c, args[0]); err != nil {
			return nil, err
		}
		return c.WriteOff.RestoreWriteOff(ctx, req)
	})
}

// ofEntry reads the flags in the units of an entry.
func (a *amountFlags) ofEntry(ctx context.Context, c *Clients, id string) (*transferv1.Quantity, *transferv1.Money, error) {
	res, err := c.Query.Get(ctx, &queryv1.GetRequest{Table: queryv1.Table_TABLE_WRITE_OFFS, Id: id})
	if err != nil {
		return nil, nil, err
	}
	entry := res.GetRow().GetWriteOff()
	if entry == nil {
		return nil, nil, usage("%s is no entry against a licence; see: counterfoil list write-offs --where declaration=%s", id, strings.SplitN(id, "#", 2)[0])
	}
	q, err := parseQuantity(a.quantity, entry.GetQuantity().GetUnit())
	if err != nil {
		return nil, nil, err
	}
	v, err := parseMoney(a.value, entry.GetValue().GetCurrency())
	return q, v, err
}
