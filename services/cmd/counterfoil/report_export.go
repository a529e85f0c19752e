package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/render"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// reportExporter writes an edition of a report as files.
type reportExporter struct {
	env                      *Env
	year, since              uint32
	dir, audience, countries string
	formats                  []string
	force                    bool
	options                  render.Options
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
	flags.StringVar(&ex.options.Language, "language", "", "en, fr, es, ru, ar or zh (default: English, and in CSV the heads that programs read)")
	flags.StringSliceVar(&ex.formats, "format", []string{"xlsx", "csv", "json", "html"}, "xlsx, csv, json, html, svg (its charts)")
	flags.StringVar(&ex.countries, "country-names", "", "file of countries' names that take the place of CLDR's: YAML, language: {code: name}")
	flags.StringVar(&ex.options.Submitted, "submitted", "", "day of submission for the title page: yyyy-mm-dd")
	flags.Uint32Var(&ex.since, "since", 0, "charts by year begin with this one, from the facts as they stand now (default: the report's year)")
	flags.BoolVar(&ex.options.Register, "register", false, "with the titles that the UN Register gives categories IV and V")
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
	req := &reportingv1.BuildReportRequest{Which: which}
	if req.Audience, err = parseAudience(ex.audience); err != nil {
		return err
	}
	if err := ex.prepare(); err != nil {
		return doing(what, "", refused(err))
	}
	res, err := c.Report.BuildReport(ctx, req)
	if err != nil {
		return doing(what, "", err)
	}
	if err := ex.others(ctx, c, req.Audience, res.GetContent()); err != nil {
		return doing(what, "", err)
	}
	files, err := render.Files(res.GetContent(), ex.options, req.Audience, ex.formats)
	if err != nil {
		return doing(what, "", refused(err))
	}
	done := exportedReport{
		Report: res.GetContent().GetTitle().GetReport(), Year: res.GetContent().GetTitle().GetYear(), Audience: enum(req.Audience), Language: ex.options.Language,
		ReportID: res.GetReportId(), Draft: res.GetDraft(), Frozen: res.GetFrozen(),
	}
	if done.Files, err = ex.write(files, req.Audience == reportingv1.Audience_AUDIENCE_INTERNAL); err != nil {
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
	if day, err := parseTime("submitted", ex.options.Submitted); err != nil {
		return err
	} else if day != nil {
		ex.options.Submitted = date(day)[:len("2006-01-02")]
	}
	if ex.countries == "" {
		return nil
	}
	data, err := os.ReadFile(ex.countries)
	if err != nil {
		return fmt.Errorf("read names of countries: %w", err)
	}
	ex.options.Countries, err = render.LoadCountries(ex.countries, data)
	return err
}

// refused makes wrong use of what was refused here rather than by the node.
func refused(err error) error {
	if errors.Is(err, fault.Invalid) {
		return usage("%s", err)
	}
	return err
}

// others fetches the report of the years before, for the charts.
func (ex *reportExporter) others(ctx context.Context, c *Clients, audience reportingv1.Audience, of *reportingv1.Content) error {
	if ex.since == 0 {
		return nil
	}
	for year := ex.since; year < of.GetTitle().GetYear(); year++ {
		res, err := c.Report.BuildReport(ctx, &reportingv1.BuildReportRequest{Which: &reportingv1.Which{Report: of.GetTitle().GetReport(), Year: year}, Audience: audience})
		if err != nil {
			return fmt.Errorf("fetch the report of %d: %w", year, err)
		}
		ex.options.Others = append(ex.options.Others, res.GetContent())
	}
	return nil
}

// write writes files into the folder, all of them or, where one is there and is not to be written over, none.
func (ex *reportExporter) write(files []render.File, private bool) (list []exportedFile, err error) {
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
		if err := writeWhole(filepath.Join(ex.dir, f.Name), f.Data, mode); err != nil {
			return nil, err
		}
		digest := sha256.Sum256(f.Data)
		list = append(list, exportedFile{f.Name, len(f.Data), hex.EncodeToString(digest[:])})
	}
	return list, nil
}

// writeWhole writes a file whole or not at all.
func writeWhole(path string, data []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone by then where all went well
	_, err = f.Write(data)
	if err := errors.Join(err, f.Chmod(mode), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
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
