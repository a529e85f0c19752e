package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/report/setup"
	"github.com/counterfoil/counterfoil/libs/report/words"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// filesOf are the files that went with an answer.
func filesOf(a *reportingv1.PublicRequestAnswered) output.Section {
	grid := output.Grid{Heads: []string{"file", "SHA-256"}}
	for _, name := range slices.Sorted(maps.Keys(a.GetFiles())) {
		grid.Add(name, hex.EncodeToString(a.GetFiles()[name]))
	}
	return output.Section{Grid: grid}
}

func newWordsCommand(env *Env) *cobra.Command {
	req := &reportingv1.WriteReportRequest{}
	var as, out string
	var bare bool
	cmd := &cobra.Command{
		Use:   "words REPORT[/YEAR]",
		Short: "Put a report in words: national/YEAR, att-initial or diversion-measures",
		Long: "The national report in words is what a parliament or cabinet reads beside the figures. Each number comes with the command that shows\n" +
			"the records behind it. What is released to one audience is in no other's report.",
		Example:     "counterfoil report words national/2025 --audience parliament --as html --out 2025.html\ncounterfoil report words diversion-measures --audience public",
		Args:        takes("REPORT or REPORT/YEAR"),
		Annotations: readsOnly,
	}
	cmd.Flags().StringVar(&req.Audience, "audience", "", "of national parliament or cabinet; of att-initial public, states_parties or internal; of diversion-measures public, states_parties or case_exchange (required)")
	cmd.Flags().StringVar(&as, "as", "markdown", "markdown or html")
	cmd.Flags().StringVar(&out, "out", "", "file to write, which must not be there (default: the standard output)")
	cmd.Flags().BoolVar(&bare, "bare", false, "without the commands that show the records")
	complete(cmd, "audience", "parliament", "cabinet", "public", "states_parties", "case_exchange", "internal")
	complete(cmd, "as", "markdown", "html")
	require(cmd, "audience")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, args []string) error {
		name, year, named := strings.Cut(args[0], "/")
		number, err := strconv.ParseUint(year, 10, 32)
		render := map[string]func(io.Writer, *reportingv1.WrittenReport, bool) error{"markdown": words.Markdown, "html": words.HTML}[as]
		switch {
		case named && err != nil:
			return usage("%s names no year; write %s/YEAR", args[0], name)
		case render == nil:
			return usage("--as %s is not known; use markdown or html", as)
		}
		req.Report, req.Year = name, uint32(number)
		res, err := c.National.WriteReport(ctx, req)
		if err != nil {
			return doing("report words "+args[0], "", err)
		}
		var text strings.Builder
		if err := render(&text, res.Written, !bare); err != nil {
			return doing("report words "+args[0], "", err)
		}
		if out != "" {
			return doing("report words "+args[0], "ls -l "+quote(out), env.writeNew(out, []byte(text.String())))
		}
		doc := output.Document{Value: res.Written, Items: []any{}, ItemType: &reportingv1.WrittenSection{}, Sections: []output.Section{{Text: strings.TrimSuffix(text.String(), "\n")}}}
		for _, s := range res.Written.Sections {
			doc.Items = append(doc.Items, s)
		}
		return env.Print(doc)
	})
	return cmd
}

func newSetupCommand(env *Env) *cobra.Command {
	var out, parts string
	cmd := &cobra.Command{
		Use:         "setup --out FILE",
		Short:       "Write the national set-up for others: policies, roles, groups, rules, calendar and procedure, without any case",
		Args:        takes(),
		Annotations: readsOnly,
	}
	cmd.Flags().StringVar(&out, "out", "", "file to write, which must not be there, or - (required)")
	cmd.Flags().StringVar(&parts, "parts", "", "a new folder for its parts, each as a file that a command takes")
	require(cmd, "out")
	cmd.RunE = env.online(func(ctx context.Context, c *Clients, _ []string) error {
		res, err := c.National.ExportSetup(ctx, &reportingv1.ExportSetupRequest{})
		if err != nil {
			return doing("report setup", "", err)
		}
		if err := env.writeNew(out, res.File); err != nil {
			return doing("report setup", "ls -l "+quote(out), err)
		}
		if parts == "" {
			return nil
		}
		return doing("report setup", "", env.writeParts(parts, out, res.File))
	})
	return cmd
}

// writeParts writes the parts of a set-up into a new folder, and says which command takes each.
func (env *Env) writeParts(folder, name string, file []byte) error {
	s, err := setup.Parse(name, file)
	if err != nil {
		return err
	}
	list, err := s.Parts()
	if err != nil {
		return err
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return fmt.Errorf("make a folder for the parts: %w", err)
	}
	for _, p := range list {
		path := filepath.Join(folder, p.Name)
		if err := env.writeNew(path, p.Content); err != nil {
			return err
		}
		env.Advise("%s %s", p.Command, quote(path))
	}
	return nil
}
