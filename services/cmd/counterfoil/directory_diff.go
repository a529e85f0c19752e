package main

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newDirectoryDiffCommand(env *Env) *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:     "diff --from TIME",
		Short:   "Show what changed between two moments: agencies, members of groups, consents",
		Example: "counterfoil directory diff --from 2026-01-01 --to 2026-02-01",
		Args:    takes(),
	}
	cmd.Flags().StringVar(&from, "from", "", "the earlier moment: yyyy-mm-dd, which is its first, or a time with its zone (required)")
	cmd.Flags().StringVar(&to, "to", "", "the later moment (default: now)")
	require(cmd, "from")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		before, err := directoryAt(ctx, c, "from", from)
		if err != nil {
			return err
		}
		after, err := directoryAt(ctx, c, "to", to)
		if err != nil {
			return err
		}
		return env.Print(diffDocument(directoryChanges(before, after)))
	})
	return cmd
}

// change is one thing that is otherwise. Its keys are stable.
type change struct {
	What   string `json:"what"` // agency, member or consent
	ID     string `json:"id"`
	Before string `json:"before"` // empty: it was not there
	After  string `json:"after"`  // empty: it is no more
}

func directoryChanges(before, after *queryv1.DirectoryResponse) []change {
	changes := []change{}
	for _, what := range []string{"agency", "member", "consent"} {
		was, is := directoryFacts(before)[what], directoryFacts(after)[what]
		ids := maps.Clone(was)
		maps.Copy(ids, is)
		for _, id := range slices.Sorted(maps.Keys(ids)) {
			if was[id] != is[id] {
				changes = append(changes, change{what, id, was[id], is[id]})
			}
		}
	}
	return changes
}

// directoryFacts are what a directory says of agencies, members ("group member") and consents ("journal>reader"), by id.
func directoryFacts(d *queryv1.DirectoryResponse) map[string]map[string]string {
	facts := map[string]map[string]string{"agency": {}, "member": {}, "consent": {}}
	for _, a := range d.Agencies {
		facts["agency"][a.Id] = agencyStatus(a.Status)
	}
	for _, g := range d.Groups {
		for _, m := range g.Members {
			facts["member"][g.Id+" "+m] = "member"
		}
	}
	for _, r := range d.Releases {
		facts["consent"][r.Id] = strings.TrimSuffix(enum(r.State)+": "+r.Reason, ": ")
	}
	return facts
}

func diffDocument(changes []change) output.Document {
	doc := output.Document{Value: map[string]any{"changes": changes}, Items: []any{}, Flat: &output.Grid{Heads: []string{"what", "id", "before", "after"}}}
	for _, c := range changes {
		doc.Items = append(doc.Items, c)
		doc.Flat.Add(c.What, c.ID, c.Before, c.After)
	}
	if len(changes) == 0 {
		doc.Sections = []output.Section{{Text: "no agency, member or consent changed"}}
		return doc
	}
	doc.Sections = []output.Section{{Grid: *doc.Flat}}
	return doc
}
