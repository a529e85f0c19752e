package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/render"
	"github.com/counterfoil/counterfoil/libs/whole"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// reportExporter writes an edition of a report as files.
type reportExporter struct {
	env                      *Env
	year                     uint32
	dir, audience, countries string
	force                    bool
	request                  reportingv1.ExportReportRequest
}

// exportedReport is what an export came to. Its keys are stable.
type exportedReport struct {
	Report   string         `json:"report"`
	Year     uint32         `json:"year"`
	Audience string         `json:"audience"`
	Language string         `json:"language"`
	ReportID string         `json:"report_id"`
	Draft    uint32         `json:"draft"`
	Frozen   bool           `json:"frozen"`
	Files    []exportedFile `json:"files"`
}

type exportedFile struct {
	File   string `json:"file"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

func newExportReportCommand(env *Env) *cobra.Command {
	ex := reportExporter{env: env}
	cmd := &cobra.Command{
		Use:   "export REPORT --dir DIR",
		Short: "Write an edition of a report as a spreadsheet, CSV, JSON, a page that prints, and charts",
		Long: "Writes what an audience reads of a report, without what is hidden from it. REPORT: " + whichUsage + ".\n\n" +
			"Files that are there are left as they are, and then nothing is written, unless --force is given. Files for internal\n" +
			"readers can be read by their owner alone.",
		Example: "counterfoil report export att-annual/2025 --dir ./out --audience public --language ar\n" +
			"counterfoil report export reporting/att-annual-2025.1 --dir ./out --language fr --format xlsx,html",
		Args: takes("REPORT"),
	}
	cmd.RunE = env.online(ex.run)
	flags := cmd.Flags()
	flags.StringVar(&ex.dir, "dir", "", "folder to write to (required)")
	flags.Uint32Var(&ex.year, "year", 0, "year that it is about, where REPORT is a name alone")
	flags.StringVar(&ex.audience, "audience", "public", "whom it is for: public, states_parties or internal")
	flags.StringVar(&ex.request.Language, "language", "", "en, fr, es, ru, ar or zh (default: English, and in CSV the heads that programs read)")
	flags.StringSliceVar(&ex.request.Formats, "format", []string{"xlsx", "csv", "json", "html"}, "xlsx, csv, json, html, svg (its charts)")
	flags.StringVar(&ex.countries, "country-names", "", "file of countries' names that take the place of CLDR's: YAML, language: {code: name}")
	flags.StringVar(&ex.request.Submitted, "submitted", "", "day of submission for the title page: yyyy-mm-dd")
	flags.Uint32Var(&ex.request.Since, "since", 0, "charts by year begin with this one, from the facts as they stand now (default: the report's year)")
	flags.BoolVar(&ex.request.Register, "register", false, "with the titles that the UN Register gives categories IV and V")
	flags.BoolVar(&ex.force, "force", false, "write over files that are there")
	complete(cmd, "audience", audiences...)
	complete(cmd, "language", render.Languages()...)
	complete(cmd, "format", render.Formats()...)
	require(cmd, "dir")
	return cmd
}

func (ex *reportExporter) run(ctx context.Context, c *Clients, args []string) error {
	what := "report export " + args[0]
	which, err := parseWhich(args[0], ex.year)
	if err != nil {
		return err
	}
	ex.request.Which = which
	if ex.request.Audience, err = parseAudience(ex.audience); err != nil {
		return err
	}
	if err := ex.prepare(); err != nil {
		return doing(what, "", refused(err))
	}
	res, err := c.Report.ExportReport(ctx, &ex.request)
	if err != nil {
		return doing(what, "", err)
	}
	done := exportedReport{
		Report: res.GetTitle().GetReport(), Year: res.GetTitle().GetYear(), Audience: enum(ex.request.Audience), Language: ex.request.Language,
		ReportID: res.GetReportId(), Draft: res.GetDraft(), Frozen: res.GetFrozen(),
	}
	if done.Files, err = ex.write(res.GetFiles(), ex.request.Audience == reportingv1.Audience_AUDIENCE_INTERNAL); err != nil {
		return doing(what, "", err)
	}
	if err := ex.env.Print(done.document()); err != nil {
		return err
	}
	if !done.Frozen {
		ex.env.Advise("this is no frozen report: its figures may change")
	}
	return nil
}

// prepare reads and checks what does not need the node.
func (ex *reportExporter) prepare() error {
	if info, err := os.Stat(ex.dir); err != nil || !info.IsDir() {
		return usage("--dir %s is no folder; make it first", ex.dir)
	}
	if day, err := parseTime("submitted", ex.request.Submitted); err != nil {
		return err
	} else if day != nil {
		ex.request.Submitted = date(day)[:len("2006-01-02")]
	}
	if !slices.Contains(append(render.Languages(), ""), ex.request.Language) {
		return usage("reports are written in %s, not in %q", strings.Join(render.Languages(), ", "), ex.request.Language)
	}
	for _, format := range ex.request.Formats {
		if !slices.Contains(render.Formats(), format) {
			return usage("reports are written as %s, not as %q", strings.Join(render.Formats(), ", "), format)
		}
	}
	if ex.countries == "" {
		return nil
	}
	var err error
	if ex.request.CountryNames, err = os.ReadFile(ex.countries); err != nil {
		return fmt.Errorf("read names of countries: %w", err)
	}
	_, err = render.LoadCountries(ex.countries, ex.request.CountryNames)
	return err
}

// refused makes wrong use of what was refused here rather than by the node.
func refused(err error) error {
	if errors.Is(err, fault.Invalid) {
		return usage("%s", err)
	}
	return err
}

// write writes files into the folder, all of them or, where one is there and is not to be written over, none.
func (ex *reportExporter) write(files []*reportingv1.ExportedFile, private bool) (list []exportedFile, err error) {
	mode := fs.FileMode(0o644)
	if private {
		mode = 0o600
	}
	for _, f := range files {
		if _, err := os.Lstat(filepath.Join(ex.dir, f.Name)); err == nil && !ex.force {
			return nil, problems("", fmt.Sprintf("%s is in %s already; nothing was written", f.Name, ex.dir), ex.env.again("--force"))
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	for _, f := range files {
		if err := whole.Write(filepath.Join(ex.dir, f.Name), f.Data, mode); err != nil {
			return nil, err
		}
		list = append(list, exportedFile{f.Name, len(f.Data), hex.EncodeToString(f.Sha256)})
	}
	return list, nil
}

func (e *exportedReport) document() output.Document {
	doc := output.Document{Value: e, Items: []any{}, Flat: &output.Grid{Heads: []string{"file", "bytes", "sha256"}}}
	for _, f := range e.Files {
		doc.Items = append(doc.Items, f)
		doc.Flat.Add(f.File, count(f.Bytes), f.SHA256)
	}
	doc.Sections = []output.Section{{Grid: *doc.Flat}}
	return doc
}
