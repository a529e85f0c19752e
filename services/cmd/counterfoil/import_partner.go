package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/published/euexports"
	"github.com/counterfoil/counterfoil/libs/published/figures"
	"github.com/counterfoil/counterfoil/libs/published/ruex"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

// partnerSources are the published figures that can be read.
var partnerSources = map[string]func(io.Reader) (figures.File, error){euexports.Source: euexports.Read, ruex.Source: ruex.Read}

// mostUnread is how many lines that could not be read an edition keeps.
const mostUnread = 1000

func newImportPartnerCommand(env *Env) *cobra.Command {
	im := partnerImporter{env: env}
	cmd := &cobra.Command{
		Use:   "partner-figures FILE",
		Short: "Record annual figures that other States, or their Union, published",
		Long: "Every line is recorded as it stands, with what is odd about it. An import that was cut off is finished by running it again;\n" +
			"run once more it records nothing. Lines that cannot be read are reported and kept with the edition, the others are recorded,\n" +
			"and the exit code is 3. Another text of the same source is an edition of its own, and takes the place of the earlier one in\n" +
			"comparisons.\n\n" +
			"Sources are " + strings.Join(slices.Sorted(maps.Keys(partnerSources)), " and ") + ". Without --context it is the agency reporting that records.",
		Example: "counterfoil import partner-figures eu-armsexports.csv --source eu-armsexports --edition 2016-05-02",
		Args:    takes("FILE"),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := time.Parse(time.DateOnly, im.edition); err != nil {
			return usage("--edition %s is not a day such as 2012-10-11", im.edition)
		}
		if partnerSources[im.source] == nil {
			return usage("--source is one of %s, not %q", strings.Join(slices.Sorted(maps.Keys(partnerSources)), ", "), im.source)
		}
		if im.batch < 1 || im.batch > maxBatch {
			return usage("--batch is from 1 to %d", maxBatch)
		}
		env.asReporting()
		return env.online(im.run)(cmd, args)
	}
	cmd.Flags().StringVar(&im.source, "source", "", "whose figures they are (required)")
	cmd.Flags().StringVar(&im.edition, "edition", "", "the edition's date, yyyy-mm-dd (required)")
	cmd.Flags().IntVar(&im.batch, "batch", maxBatch, "figures of one request, at most 1000")
	cmd.Flags().BoolVar(&im.dryRun, "dry-run", false, "say what would be recorded, and record nothing")
	require(cmd, "source", "edition")
	return cmd
}

// asReporting picks the only context of agency reporting, where none was named.
func (env *Env) asReporting() {
	if env.Context != "" {
		return
	}
	if reporting, err := env.ofAgency("reporting"); err == nil {
		env.Context = reporting.Name
	}
}

// partnerImporter records an edition of figures that others published.
type partnerImporter struct {
	env             *Env
	source, edition string
	batch           int
	dryRun          bool
}

func (im *partnerImporter) run(ctx context.Context, c *Clients, args []string) error {
	what := fmt.Sprintf("import edition %s of %s", im.edition, im.source)
	started := im.env.Now()
	file, digest, err := im.read(args[0])
	if err != nil {
		return &failure{exit: exitFailed, what: what, why: err.Error(), next: "counterfoil import partner-figures --help", err: err}
	}
	sum := im.summary(filepath.Base(args[0]), file)
	if err := im.record(ctx, c, file, sum); err != nil {
		im.env.Advise("%d of %d figures are on record; run it again to record the rest", sum.done, sum.Figures)
		return notTaken(what, err)
	}
	if err := im.close(ctx, c, file, digest, sum); err != nil {
		return notTaken(what, err)
	}
	sum.Seconds = im.env.Now().Sub(started).Seconds()
	if err := im.env.Print(sum.document()); err != nil || len(file.Unread) == 0 {
		return err
	}
	first := file.Unread[0]
	return problems(what, fmt.Sprintf("%d lines could not be read; the first is %s:%d: %s", len(file.Unread), sum.File, first.GetLine(), first.GetReason()), im.env.again())
}

// read reads the file and returns its SHA-256 too.
func (im *partnerImporter) read(path string) (file figures.File, digest []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return file, nil, err
	}
	defer f.Close()
	sum := sha256.New()
	file, err = partnerSources[im.source](io.TeeReader(f, sum))
	return file, sum.Sum(nil), err
}

// record sends the figures, one request after another: each is decided on what those before recorded.
func (im *partnerImporter) record(ctx context.Context, c *Clients, file figures.File, sum *importedFigures) error {
	progress := im.env.startProgress("record", "figures")
	defer progress.stop()
	progress.total(int64(len(file.Figures)))
	for chunk := range slices.Chunk(file.Figures, im.batch) {
		req := &reportingv1.RecordPartnerFiguresRequest{Source: im.source, Edition: im.edition, Figures: chunk}
		var err error
		if req.Particulars, err = im.particulars(req); err != nil {
			return err
		}
		res, err := send(ctx, req, c.Reconciliation.RecordPartnerFigures)
		if err != nil {
			return err
		}
		sum.add(res.GetReceipt())
		sum.done += len(chunk)
		progress.set(int64(sum.done))
	}
	return nil
}

// close closes the edition. On a dry run nothing of it is on record, so that it cannot be tried.
func (im *partnerImporter) close(ctx context.Context, c *Clients, file figures.File, digest []byte, sum *importedFigures) error {
	if im.dryRun {
		return nil
	}
	req := &reportingv1.ClosePartnerEditionRequest{
		Source: im.source, Edition: im.edition, Digest: digest, Figures: uint64(len(file.Figures)), Unread: file.Unread[:min(len(file.Unread), mostUnread)],
	}
	var err error
	if req.Particulars, err = im.particulars(req); err != nil {
		return err
	}
	res, err := send(ctx, req, c.Reconciliation.ClosePartnerEdition)
	sum.add(res.GetReceipt())
	return err
}

// particulars have a key that is drawn from what the request says, so that it can be sent again.
func (im *partnerImporter) particulars(req proto.Message) (*eventv1.Particulars, error) {
	content, err := proto.MarshalOptions{Deterministic: true}.Marshal(req)
	if err != nil {
		return nil, fmt.Errorf("make the request's key: %w", err)
	}
	digest := sha256.Sum256(content)
	return &eventv1.Particulars{DryRun: im.dryRun, IdempotencyKey: "figures-" + hex.EncodeToString(digest[:])}, nil
}

// importedFigures is what an import of figures came to. Its keys are stable.
type importedFigures struct {
	File    string         `json:"file"`
	Source  string         `json:"source"`
	Edition string         `json:"edition"`
	DryRun  bool           `json:"dry_run"`
	Figures int            `json:"figures"`
	Years   map[string]int `json:"figures_by_year"`
	// Figures that something is odd about, by what it is.
	Oddities map[string]int `json:"oddities"`
	Events   uint64         `json:"events"` // recorded by this run, or that would be
	Seconds  float64        `json:"seconds"`
	Unread   []finding      `json:"unread"`
	done     int
}

func (im *partnerImporter) summary(name string, file figures.File) *importedFigures {
	s := &importedFigures{
		File: name, Source: im.source, Edition: im.edition, DryRun: im.dryRun, Figures: len(file.Figures), Years: map[string]int{}, Oddities: map[string]int{}, Unread: []finding{},
	}
	for _, f := range file.Figures {
		s.Years[count(int(f.GetYear()))]++
		for _, code := range f.GetOddities() {
			s.Oddities[code]++
		}
	}
	for _, u := range file.Unread {
		s.Unread = append(s.Unread, finding{name, int(u.GetLine()), u.GetReason(), 1})
	}
	return s
}

func (s *importedFigures) add(r *eventv1.Receipt) {
	if r.GetRepeated() { // by an earlier run
		return
	}
	s.Events += uint64(r.GetEvents()) + uint64(len(r.GetDryRun().GetFacts()))
}

func (s *importedFigures) document() output.Document {
	text := fmt.Sprintf("%d figures, %d events recorded in %.1f s", s.Figures, s.Events, s.Seconds)
	if s.DryRun {
		text = fmt.Sprintf("%d figures; nothing was recorded: this was a dry run of %d events", s.Figures, s.Events)
	}
	years, odd := output.Grid{Heads: []string{"year", "figures"}}, output.Grid{Heads: []string{"odd", "figures"}}
	flat := &output.Grid{Heads: []string{"source", "edition", "dry_run", "figures", "events", "unread"}}
	flat.Add(s.Source, s.Edition, fmt.Sprint(s.DryRun), count(s.Figures), number(s.Events), count(len(s.Unread)))
	for _, year := range slices.Sorted(maps.Keys(s.Years)) {
		years.Add(year, count(s.Years[year]))
	}
	for _, code := range slices.Sorted(maps.Keys(s.Oddities)) {
		odd.Add(code, count(s.Oddities[code]))
	}
	doc := output.Document{Value: s, Flat: flat, Sections: []output.Section{{Title: fmt.Sprintf("edition %s of %s", s.Edition, s.Source), Grid: years, Text: text}}}
	if len(odd.Rows) > 0 {
		doc.Sections = append(doc.Sections, output.Section{Title: "read, but not without doubt: docs/reconciliation.md says what each is", Grid: odd})
	}
	doc.Sections = appendFindings(doc.Sections, "lines that could not be read", s.Unread)
	return doc
}
