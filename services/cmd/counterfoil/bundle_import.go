package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newBundleImportCommand(env *Env) *cobra.Command {
	var partial bool
	cmd := &cobra.Command{
		Use:   "import FILE...",
		Short: "Take in bundles that a courier brought for this agency",
		Long: "In any order, and as often as you like: what is here already is passed over. A bundle that follows on blocks which are not\n" +
			"here yet is kept aside and goes in by itself when they have come. One that was altered or cut short is refused, with\n" +
			"the place; of one that was cut short, --partial takes in what is whole.",
		Example: "counterfoil bundle import customs.bundle more.bundle\n" +
			"counterfoil bundle import --partial short.bundle",
		Args: cobra.MinimumNArgs(1),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		var all []importedBundle
		for _, path := range args {
			res, err := env.importBundle(ctx, c, path, partial)
			if err != nil {
				return doing("import bundle "+path, "", err)
			}
			all = append(all, importedBundle{File: path, result: res})
		}
		doc, err := importedBundles(all)
		if err != nil {
			return err
		}
		if err := env.Print(doc); err != nil {
			return err
		}
		for _, one := range all {
			if one.result.Outcome == queryv1.BundleOutcome_BUNDLE_OUTCOME_REFUSED {
				return problems("import bundle "+one.File, one.result.What, "counterfoil bundle show "+quote(one.File))
			}
		}
		return nil
	})
	cmd.Flags().BoolVar(&partial, "partial", false, "take in what is whole of a file that was cut short")
	return cmd
}

// importedBundle is what became of a file.
type importedBundle struct {
	File   string          `json:"file"`
	Result json.RawMessage `json:"result"`

	result *queryv1.ImportBundleResponse
}

func (env *Env) importBundle(ctx context.Context, c *Clients, path string, partial bool) (*queryv1.ImportBundleResponse, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	stream, err := c.Bundle.ImportBundle(ctx)
	if err != nil {
		return nil, err
	}
	progress := env.startProgress("import "+path, "MiB")
	defer progress.stop()
	if err := stream.Send(&queryv1.ImportBundleRequest{Partial: partial}); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	part := make([]byte, 256<<10)
	for sent := 0; ; {
		n, err := file.Read(part)
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		if err := stream.Send(&queryv1.ImportBundleRequest{Data: part[:n]}); errors.Is(err, io.EOF) {
			break // the answer says why it takes no more
		} else if err != nil {
			return nil, err
		}
		sent += n
		progress.bytes(uint64(sent), uint64(info.Size()))
	}
	return stream.CloseAndReceive()
}

func importedBundles(all []importedBundle) (doc output.Document, err error) {
	doc.Items, doc.Flat = []any{}, &output.Grid{Heads: []string{"file", "outcome", "journal", "first_block", "last_block", "taken", "held", "state", "why"}}
	for i, one := range all {
		res := one.result
		if all[i].Result, err = output.Proto(res); err != nil {
			return doc, err
		}
		doc.Items = append(doc.Items, all[i])
		grid := output.Grid{Heads: []string{"journal", "blocks", "taken in", "here already", "state", "why"}}
		for _, f := range res.Findings {
			taken, held, state := number(uint64(f.Taken)), number(uint64(f.Held)), enum(f.State)
			grid.Add(f.Journal, blockRange(f.FirstBlock, f.LastBlock), taken, held, state, f.Why)
			doc.Flat.Add(one.File, enum(res.Outcome), f.Journal, number(f.FirstBlock), number(f.LastBlock), taken, held, state, f.Why)
		}
		if len(res.Findings) == 0 {
			doc.Flat.Add(one.File, enum(res.Outcome), "", "", "", "", "", "", res.What)
		}
		doc.Sections = append(doc.Sections, output.Section{Text: fmt.Sprintf("%s: %s", one.File, res.What)}, output.Section{Grid: grid})
		for _, name := range res.Released {
			doc.Sections = append(doc.Sections, output.Section{Text: "what waited in " + name + " is done with too"})
		}
	}
	doc.Value = all
	return doc, nil
}
