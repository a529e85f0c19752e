package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/bundle"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newBundleCommand(env *Env) *cobra.Command {
	return family("bundle", "Carry journals to an agency without a line to the hub, in one signed file",
		newBundleMakeCommand(env), newBundleShowCommand(env), newBundleImportCommand(env), newBundleWaitingCommand(env))
}

func newBundleShowCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "show FILE",
		Short: "Show who made a bundle for whom, which blocks it holds, and whether it is whole",
		Long: "Reads the file alone and asks no node, so that it cannot say whether the maker's signature holds: the node that it is\n" +
			"imported at does.",
		Example: "counterfoil bundle show customs.bundle",
		Args:    takes("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			return doing("show bundle "+args[0], "", env.showBundle(args[0]))
		},
	}
}

// shownBundle is what a file says of itself.
type shownBundle struct {
	File     string          `json:"file"`
	Bytes    int64           `json:"bytes"`
	Name     string          `json:"name"`
	KeyID    string          `json:"key_id"`
	Whole    bool            `json:"whole"`
	Manifest json.RawMessage `json:"manifest"`
	Damage   json.RawMessage `json:"damage,omitempty"`
}

func (env *Env) showBundle(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	f, err := bundle.Open(file, info.Size())
	var damage *bundle.Damage
	if errors.As(err, &damage) {
		return problems("", damage.Error(), "")
	} else if err != nil {
		return err
	}
	if err := f.Check(); err != nil && !errors.As(err, &damage) {
		return err
	}
	shown := shownBundle{File: path, Bytes: info.Size(), Name: f.Name(), KeyID: fmt.Sprintf("%x", f.KeyID), Whole: damage == nil}
	if shown.Manifest, err = output.Proto(bundle.Outline(f.Manifest)); err != nil {
		return err
	}
	if damage != nil {
		if shown.Damage, err = output.Proto(damage.Proto()); err != nil {
			return err
		}
	}
	doc := output.Document{Value: shown, Items: []any{}, ItemType: &queryv1.BundleJournal{}}
	grid := bundleGrid(f.Manifest, &doc)
	whole := "it is whole"
	if damage != nil {
		whole = fmt.Sprintf("it is damaged: %v; the %d frames before are whole", damage, damage.Usable)
	}
	doc.Sections = []output.Section{
		{Text: fmt.Sprintf("bundle %s, made by %s for %s on %s, signed with key %s: %s", f.Name(), f.Manifest.Maker, f.Manifest.Reader, date(f.Manifest.Made), shown.KeyID, whole)},
		{Grid: grid},
	}
	if err := env.Print(doc); err != nil || damage == nil {
		return err
	}
	return problems("", damage.Error(), "")
}

// bundleGrid shows the journals of a manifest, which become the items of the document.
func bundleGrid(m *queryv1.BundleManifest, doc *output.Document) output.Grid {
	grid := output.Grid{Heads: []string{"journal", "blocks", "follows on", "frames", "bytes", "events to", "root"}}
	for _, j := range m.GetJournals() {
		doc.Items = append(doc.Items, j)
		after := "nothing"
		if j.AfterBlock > 0 {
			after = "block " + number(j.AfterBlock)
		}
		grid.Add(j.Journal, blockRange(j.FirstBlock, j.LastBlock), after, number(uint64(j.Frames)), number(j.Bytes), number(j.Events), fmt.Sprintf("%.16x", j.Root))
	}
	return grid
}

func blockRange(first, last uint64) string {
	if first == 0 {
		return "redactions only"
	}
	return number(first) + "-" + number(last)
}

func newBundleWaitingCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "waiting",
		Short:   "List the bundles that are kept aside, and what they wait for",
		Example: "counterfoil bundle waiting",
		Args:    takes(),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		res, err := c.Bundle.WaitingBundles(ctx, &queryv1.WaitingBundlesRequest{})
		if err != nil {
			return doing("list the bundles that wait", "", err)
		}
		doc := output.Document{Value: res, Items: []any{}, ItemType: &queryv1.WaitingBundle{}}
		grid := output.Grid{Heads: []string{"bundle", "maker", "made", "journal", "blocks", "state", "why"}}
		for _, b := range res.Bundles {
			doc.Items = append(doc.Items, b)
			for _, f := range b.Findings {
				if f.Why != "" {
					grid.Add(b.Name, b.Maker, date(b.Made), f.Journal, blockRange(f.FirstBlock, f.LastBlock), enum(f.State), f.Why)
				}
			}
		}
		doc.Sections = []output.Section{{Grid: grid}}
		if len(res.Bundles) == 0 {
			doc.Sections = []output.Section{{Text: "no bundle waits"}}
		}
		return env.Print(doc)
	})
	return cmd
}
