package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/counterfoil/counterfoil/libs/proofs"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// grown proves that a journal was only added to.
func (p *prover) grown(ctx context.Context, c *Clients, args []string) error {
	what := "prove --consistency " + strings.Join(args, " ")
	req := &queryv1.ConsistencyRequest{Journal: p.journal}
	var err error
	if req.From, err = parsePoint(args[0]); err != nil {
		return err
	}
	if len(args) > 1 {
		if req.To, err = parsePoint(args[1]); err != nil {
			return err
		}
	}
	res, err := c.Proof.Consistency(ctx, req)
	if err != nil {
		return doing(what, "counterfoil prove --help", err)
	}
	if res.Finding != "" {
		if err := p.env.Print(output.Document{Value: res, Items: []any{res}, ItemType: res}); err != nil {
			return err
		}
		return problems(what, res.Finding, "counterfoil verify")
	}
	file, err := proofs.ConsistencyOf(res)
	if err == nil {
		_, _, err = file.Check(nil)
	}
	if err != nil {
		return problems(what, err.Error(), "counterfoil verify")
	}
	if err := p.out.write(file); err != nil {
		return doing(what, "", err)
	}
	p.env.adviseBasis(res.Basis)
	return p.env.Print(grownDocument(res))
}

// parsePoint reads how many events, block:12, now, or the name of a file with a checkpoint.
func parsePoint(text string) (*queryv1.JournalPoint, error) {
	if text == "now" {
		return &queryv1.JournalPoint{}, nil
	}
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		return &queryv1.JournalPoint{At: &queryv1.JournalPoint_Events{Events: n}}, nil
	}
	if block, ok := strings.CutPrefix(text, "block:"); ok {
		n, err := strconv.ParseUint(block, 10, 64)
		if err != nil {
			return nil, usage("write a block as block:12, not %q", text)
		}
		return &queryv1.JournalPoint{At: &queryv1.JournalPoint_Block{Block: n}}, nil
	}
	data, err := os.ReadFile(text)
	if err != nil || len(data) == 0 {
		return nil, usage("%q is not how many events, a block as block:12, or a file with a checkpoint: %v", text, err)
	}
	return &queryv1.JournalPoint{At: &queryv1.JournalPoint_File{File: data}}, nil
}

func grownDocument(res *queryv1.ConsistencyResponse) output.Document {
	doc := output.Document{Value: res, Items: []any{res}, ItemType: res}
	grid := headsGrid(res.From, res.To)
	text := fmt.Sprintf("the %d events of %s begin with the %d of before; nothing of them was taken out, changed or put in between", res.To.GetEvents(), res.To.GetJournal(), res.From.GetEvents())
	doc.Sections = []output.Section{{Grid: grid, Text: text}}
	return doc
}

func headsGrid(heads ...*queryv1.SignedHead) output.Grid {
	grid := output.Grid{Heads: []string{"journal", "events", "block", "signed", "key", "root"}}
	for _, h := range heads {
		grid.Add(h.GetJournal(), number(h.GetEvents()), number(h.GetBlock()), date(h.GetRecordedAt()), keyID(h.GetKey()), fmt.Sprintf("%x", h.GetRoot()))
	}
	return grid
}
