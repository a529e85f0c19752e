package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// takenLineage is what came of taking a lineage file. Its keys are stable.
type takenLineage struct {
	File     string `json:"file"`
	Bytes    int    `json:"bytes"`
	SHA256   string `json:"sha256"`
	Audience string `json:"audience"`
}

func newLineageCommand(env *Env) *cobra.Command {
	var year uint32
	var audience, out string
	cmd := &cobra.Command{
		Use:   "lineage REPORT --audience AUDIENCE --out FILE",
		Short: "Write the file by which others recompute an edition and check it against the journals",
		Long: "docs/lineage.md tells what is in the file, and node docs/verify-report.mjs FILE checks it. That for public and states_parties has what\n" +
			"each licence and movement adds to a row that they are shown, and nothing of what is hidden. That for internal has the events\n" +
			"themselves. A file that is there is not written over.\n" +
			"REPORT: " + whichUsage + ".",
		Example: "counterfoil report lineage att-annual/2025 --audience public --out lineage.json",
		Args:    takes("REPORT"),
	}
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		req := &reportingv1.TakeLineageRequest{}
		var err error
		if req.Which, err = parseWhich(args[0], year); err != nil {
			return err
		}
		if req.Audience, err = parseAudience(audience); err != nil {
			return err
		}
		what := "report lineage " + args[0]
		res, err := c.Report.TakeLineage(ctx, req)
		if err != nil {
			return doing(what, "", err)
		}
		if err := writeNew(out, res.GetFile()); err != nil {
			return doing(what, "", err)
		}
		sum := sha256.Sum256(res.GetFile())
		done := takenLineage{out, len(res.GetFile()), hex.EncodeToString(sum[:]), audience}
		return env.Print(output.Document{Value: done, Sections: []output.Section{{Text: fmt.Sprintf("%s: %d bytes, SHA-256 %s", done.File, done.Bytes, done.SHA256)}}})
	})
	cmd.Flags().Uint32Var(&year, "year", 0, "year that it is about, where REPORT is a name alone")
	cmd.Flags().StringVar(&audience, "audience", "", "whose edition: public, states_parties or internal (required)")
	cmd.Flags().StringVar(&out, "out", "", "file to write (required)")
	complete(cmd, "audience", audiences...)
	require(cmd, "audience", "out")
	return cmd
}

// writeNew writes a file that others may read, where none is.
func writeNew(name string, content []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return usage("--out %s cannot be written: %v", name, err)
	}
	if _, err := f.Write(content); err != nil {
		_ = f.Close() // what was not written is the news
		return fmt.Errorf("write %s: %w", name, err)
	}
	return f.Close()
}
