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
	Journals []verifiedJournal `json:"journals"` // where the node says so
	Findings []json.RawMessage `json:"findings"`
	Root     string            `json:"root"`

	found []*queryv1.Finding
}

type verifiedJournal struct {
	Journal string `json:"journal"`
	Blocks  uint64 `json:"blocks"`
	Events  uint64 `json:"events"`
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
	result := &verified{Agency: c.Context.Agency, Journals: []verifiedJournal{}, Findings: []json.RawMessage{}}
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
		progress.set(int64(result.take(res)))
		for _, finding := range res.Findings {
			data, err := output.Proto(finding)
			if err != nil {
				return nil, err
			}
			result.found, result.Findings = append(result.found, finding), append(result.Findings, data)
		}
		if res.Done {
			result.Root, result.OK = res.Root, len(result.found) == 0
			return result, nil
		}
	}
}

// take notes how far the reading is and returns the blocks read in all. A node counts the blocks of all journals together,
// or those of each journal that it names.
func (v *verified) take(res *queryv1.VerifyResponse) (blocks uint64) {
	if res.Journal == "" {
		v.Blocks = max(v.Blocks, res.Blocks)
		return v.Blocks
	}
	last := len(v.Journals) - 1
	if last < 0 || v.Journals[last].Journal != res.Journal {
		v.Journals = append(v.Journals, verifiedJournal{Journal: res.Journal})
		last++
	}
	v.Journals[last].Blocks, v.Journals[last].Events = res.Blocks, res.Events
	v.Blocks = 0
	for _, j := range v.Journals {
		v.Blocks += j.Blocks
	}
	return v.Blocks
}

func (v *verified) document() output.Document {
	journals := output.Grid{Heads: []string{"journal", "blocks", "events"}}
	for _, j := range v.Journals {
		journals.Add(j.Journal, number(j.Blocks), number(j.Events))
	}
	doc := output.Document{Value: v, Items: []any{}}
	if len(v.Journals) > 0 {
		doc.Sections = append(doc.Sections, output.Section{Grid: journals})
	}
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
	doc.Sections = append(doc.Sections, output.Section{Text: fmt.Sprintf("%d blocks were read; nothing wrong was found; root %s", v.Blocks, v.Root)})
	return doc
}
