package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/proofs"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newCheckpointCommand(env *Env) *cobra.Command {
	var vkey bool
	req := &queryv1.CheckpointRequest{}
	cmd := &cobra.Command{
		Use:   "checkpoint [JOURNAL]",
		Short: "Print a signed checkpoint of a journal of this agency, for others to keep and hold against it later",
		Long: "The checkpoint is a signed note as c2sp.org/tlog-checkpoint has it: how many events the journal has, and what they hash to.\n" +
			"Whoever keeps it sees later, with prove --consistency, that nothing of them was taken out or changed. --vkey prints the key that\n" +
			"other tools check it with. Without JOURNAL the journals of this agency are listed.\n\n" +
			"Of the journals of others only they can sign one. --header prints the signed header of the last block that is here, which\n" +
			"serves prove --consistency as well.",
		Example: "counterfoil checkpoint licensing/border > checkpoint-of-may\n" +
			"counterfoil checkpoint licensing/border --vkey\n" +
			"counterfoil --context customs checkpoint licensing/border --header",
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) > 1:
				return fmt.Errorf("give one JOURNAL, or none: %d arguments were given", len(args))
			case vkey && req.Header:
				return errors.New("a header has its key in it: leave out --vkey")
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&vkey, "vkey", false, "print the verifier key instead (c2sp.org/signed-note)")
	cmd.Flags().BoolVar(&req.Header, "header", false, "print the signed header of the last block instead, of a journal of any agency")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		what := "checkpoint"
		if len(args) == 1 {
			req.Journal, what = args[0], "checkpoint "+args[0]
		}
		res, err := c.Proof.Checkpoint(ctx, req)
		if err != nil {
			return doing(what, "counterfoil status", err)
		}
		if env.Format != output.Table || req.Journal == "" && !vkey {
			return env.Print(checkpointsDocument(res))
		}
		for _, h := range res.Heads {
			if err := env.printHead(h, vkey); err != nil {
				return doing(what, "", err)
			}
		}
		return nil
	})
	return cmd
}

// printHead prints a head as it is kept: nothing before it, nothing after it.
func (env *Env) printHead(h *queryv1.SignedHead, vkey bool) error {
	text := h.Note
	switch {
	case vkey:
		text = h.VerifierKey + "\n"
	case text == "":
		head, err := proofs.SignedHeadOf(h)
		if err != nil {
			return err
		}
		file, err := proofs.Encode(proofs.Header{Format: proofs.HeaderFormat, Head: head})
		if err != nil {
			return err
		}
		text = string(file)
	}
	_, err := fmt.Fprint(env.Out, text)
	return err
}

func checkpointsDocument(res *queryv1.CheckpointResponse) output.Document {
	doc := output.Document{Value: res, Items: []any{}, ItemType: &queryv1.SignedHead{}}
	for _, h := range res.Heads {
		doc.Items = append(doc.Items, h)
	}
	doc.Sections = []output.Section{{Grid: headsGrid(res.Heads...)}}
	return doc
}
