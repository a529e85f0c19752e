package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newClassifyCommand(env *Env) *cobra.Command {
	req := &licensingv1.ClassifyLineRequest{}
	var category string
	cmd := &cobra.Command{
		Use:   "classify APPLICATION",
		Short: "Say which category of the Treaty a line falls under, and see what the table says",
		Args:  takes("APPLICATION"),
	}
	flags := cmd.Flags()
	flags.Uint32Var(&req.Line, "line", 1, "number of the line")
	flags.StringToStringVar(&req.Parameters, "set", nil, "what is known of the goods, such as gun_calibre_mm=120; may be given more than once")
	flags.StringVar(&category, "category", "", "what an officer decides: i to viii, ammunition or parts")
	flags.StringVar(&req.Row, "row", "", `row of the annual report, such as "VIII small arms 4"`)
	flags.BoolVar(&req.None, "none", false, "an officer decides that it falls under no category")
	flags.StringVar(&req.Reason, "reason", "", "why, where the table is not certain or says otherwise")
	complete(cmd, "category", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ammunition", "parts")
	cmd.MarkFlagsMutuallyExclusive("none", "category")
	cmd.MarkFlagsMutuallyExclusive("none", "row")
	return recording(env, cmd, req, func(ctx context.Context, c *Clients, args []string) (recorded, error) {
		req.ApplicationId = args[0]
		var err error
		if req.Category, err = parseCategory(category); err != nil {
			return nil, err
		}
		return c.Licensing.ClassifyLine(ctx, req)
	}, saidByTable)
}

// parseCategory reads the first word of a category's name, or the last of Articles 3 and 4; empty is none.
func parseCategory(text string) (transferv1.Category, error) {
	wanted := strings.ToUpper(strings.TrimSpace(text))
	if wanted == "" {
		return transferv1.Category_CATEGORY_UNSPECIFIED, nil
	}
	for name, number := range transferv1.Category_value {
		short, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(name, "CATEGORY_"), "ARTICLE_"), "_")
		if article := strings.HasPrefix(name, "CATEGORY_ARTICLE_"); article {
			short = name[strings.LastIndexByte(name, '_')+1:]
		}
		if number != 0 && short == wanted {
			return transferv1.Category(number), nil
		}
	}
	return 0, usage("--category is one of i to viii, ammunition and parts, not %q", text)
}

// saidByTable shows the rules that fired and what the table would need to know.
func saidByTable(res recorded) []output.Section {
	said := res.(*licensingv1.ClassifyLineResponse)
	if len(said.Fired) == 0 && len(said.Missing) == 0 {
		return nil
	}
	grid := output.Grid{Heads: []string{"rule", "row", "because it is"}}
	for _, f := range said.Fired {
		grid.Add(strconv.FormatUint(uint64(f.Rule), 10), orElse(f.Row, "none"), f.Reason)
	}
	text := ""
	if len(said.Missing) > 0 {
		text = "not known: " + strings.Join(said.Missing, ", ")
	}
	return []output.Section{{Title: "the table says", Grid: grid, Text: text}}
}
