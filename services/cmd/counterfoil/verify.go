package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newVerifyCommand(env *Env) *cobra.Command {
	var agency string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Read every stored block again and compare the ledger with them",
		Args:  takes(),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if agency != "" {
			of, err := env.ofAgency(agency)
			if err != nil {
				return err
			}
			env.Context = of.Name
		}
		return env.online(env.verify)(cmd, args)
	}
	cmd.Flags().StringVar(&agency, "agency", "", "verify the ledger of this agency, by the context that is of it")
	return cmd
}

// verified is what a verification came to.
type verified struct {
	Agency   string            `json:"agency"`
	OK       bool              `json:"ok"`
	Blocks   uint64            `json:"blocks"`
	Findings []json.RawMessage `json:"findings"`
	Root     string            `json:"root"`
	// Relayed counts own blocks that were held against the hub's copy; NotRelayed says why none was.
	Relayed    uint64 `json:"relayed"`
	NotRelayed string `json:"not_relayed"`

	found []*queryv1.Finding
}

func (env *Env) verify(ctx context.Context, c *Clients, _ []string) error {
	result, err := env.readVerification(ctx, c)
	if err != nil {
		return doing("verify agency "+c.Context.Agency, "", err)
	}
	if err := env.Print(result.document()); err != nil || result.OK {
		return err
	}
	first := result.found[0]
	return problems("verify agency "+c.Context.Agency,
		fmt.Sprintf("%d findings; the first: %s block %d: %s", len(result.found), first.Journal, first.Block, first.What),
		orElse(first.Next, "counterfoil doctor"))
}

// readVerification follows the node's reading to its end. A stream that ends before the node says it is done is an error:
// what was not read was not verified.
func (env *Env) readVerification(ctx context.Context, c *Clients) (*verified, error) {
	stream, err := c.Query.Verify(ctx, &queryv1.VerifyRequest{})
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	result := &verified{Agency: c.Context.Agency, Findings: []json.RawMessage{}}
	progress := env.startProgress("verify", "blocks")
	defer progress.stop()
	for {
		res, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the node stopped before it had read everything")
		}
		if err != nil {
			return nil, err
		}
		progress.total(int64(res.BlocksTotal))
		progress.set(int64(res.Blocks))
		for _, finding := range res.Findings {
			data, err := output.Proto(finding)
			if err != nil {
				return nil, err
			}
			result.found, result.Findings = append(result.found, finding), append(result.Findings, data)
		}
		if res.Done {
			result.Blocks, result.Root, result.OK = res.Blocks, res.Root, len(result.found) == 0
			result.Relayed, result.NotRelayed = res.Relayed, res.NotRelayed
			return result, nil
		}
	}
}

func (v *verified) document() output.Document {
	doc := output.Document{Value: v, Items: []any{}}
	findings := output.Grid{Heads: []string{"journal", "block", "what", "next"}}
	for i, f := range v.found {
		findings.Add(f.Journal, number(f.Block), f.What, f.Next)
		doc.Items = append(doc.Items, v.Findings[i])
	}
	doc.Flat = &findings
	if len(v.found) > 0 {
		doc.Sections = append(doc.Sections, output.Section{Title: "findings", Grid: findings})
		return doc
	}
	relay := fmt.Sprintf("%d own blocks are the same at the hub", v.Relayed)
	if v.NotRelayed != "" {
		relay = "the hub's copy was not compared: " + v.NotRelayed
	}
	doc.Sections = append(doc.Sections, output.Section{Text: fmt.Sprintf("%d blocks were read; nothing wrong was found; %s; root %s", v.Blocks, relay, v.Root)})
	return doc
}
