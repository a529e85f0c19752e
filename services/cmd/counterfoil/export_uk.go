package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/published/uklicences"
	"github.com/counterfoil/counterfoil/libs/whole"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	"github.com/counterfoil/counterfoil/services/cmd/counterfoil/internal/output"
)

func newExportUKCommand(env *Env) *cobra.Command {
	ex := ukExporter{env: env}
	cmd := &cobra.Command{
		Use:   "uk-licences",
		Short: "Write the register of the United Kingdom as its publisher did, in the latest edition or the one of a moment",
		Long: "Writes the rows of an edition in the publisher's columns and spelling, ordered by those columns: with --as-of, of the\n" +
			"edition that was on record then. With --since, the rows that were added and those that are gone since another moment.\n\n" +
			"What is on record is compared with what was read of the edition. Where it is not the same, because an import was\n" +
			"broken off or an officer changed an entry, that is said and the exit code is 3.\n\n" +
			"Without --context it is the agency licensing that is asked.",
		Example: "counterfoil export uk-licences --as-of 2012-07-12 -o csv > values.csv\n" +
			"counterfoil export uk-licences --since 2012-07-12 --as-of 2012-10-11",
		Args: cobra.NoArgs,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if env.Context == "" {
			if licensing, err := env.ofAgency("licensing"); err == nil {
				env.Context = licensing.Name
			}
		}
		return env.online(ex.run)(cmd, args)
	}
	ex.horizon.add(cmd)
	cmd.Flags().StringVar(&ex.since, "since", "", "only what differs from what was on record then: yyyy-mm-dd, or a time with its zone")
	cmd.Flags().StringVar(&ex.of, "of", "", "agency that imported the register (default: the one that is asked)")
	cmd.Flags().StringVar(&ex.to, "to", "", "write the rows to this file, as csv")
	cmd.Flags().BoolVar(&ex.force, "force", false, "write over a file that is there with another content")
	return cmd
}

// ukExporter writes an edition of the register of the United Kingdom, or how two differ.
type ukExporter struct {
	env           *Env
	horizon       horizonFlags
	since, of, to string
	force         bool
}

// exportedUK is what an export came to. Its keys are stable; what the publisher wrote is text.
type exportedUK struct {
	Source string `json:"source"`
	// The edition's date; empty where none was on record.
	Edition string `json:"edition"`
	// With --since: the edition that was on record then.
	Since string  `json:"since,omitempty"`
	Rows  []ukRow `json:"rows"`
}

type ukRow struct {
	// Added or gone, with --since.
	Change  string `json:"change,omitempty"`
	Date    string `json:"date"`
	Rating  string `json:"rating"`
	Count   string `json:"count"`
	Value   string `json:"value"`
	Country string `json:"country"`
	Refused string `json:"refused"`
}

func (r ukRow) fields() []string {
	fields := []string{r.Date, r.Rating, r.Count, r.Value, r.Country, r.Refused}
	if r.Change != "" {
		return append([]string{r.Change}, fields...)
	}
	return fields
}

func (ex *ukExporter) run(ctx context.Context, c *Clients, _ []string) error {
	const what = "export uk-licences"
	ex.of = cmp.Or(ex.of, c.Context.Agency)
	at, err := ex.horizon.horizon()
	if err != nil {
		return err
	}
	later, err := ex.read(ctx, c, at)
	if err != nil {
		return doing(what, "", err)
	}
	done := &exportedUK{Source: uklicences.Source, Edition: later.date, Rows: []ukRow{}}
	doubts := later.doubts
	if ex.since == "" {
		done.add("", later.rows)
		if later.date != "" {
			ex.env.Advise("edition of %s: %d rows", later.date, len(later.rows))
		}
	} else {
		from := &queryv1.Horizon{}
		proto.Merge(from, at)
		if from.AsOf, err = parseTime("since", ex.since); err != nil {
			return err
		}
		earlier, err := ex.read(ctx, c, from)
		if err != nil {
			return doing(what, "", err)
		}
		added, gone := uklicences.Between(earlier.rows, later.rows)
		done.Since, doubts = earlier.date, append(earlier.doubts, doubts...)
		done.add("added", added)
		done.add("gone", gone)
		ex.env.Advise("%d rows were added and %d are gone", len(added), len(gone))
	}
	if err := ex.write(done); err != nil {
		return doing(what, "", err)
	}
	if len(doubts) > 0 {
		return problems(what, strings.Join(doubts, "; "), "counterfoil list editions --where source="+uklicences.Source)
	}
	return nil
}

func (e *exportedUK) add(change string, rows []uklicences.Row) {
	for _, r := range rows {
		e.Rows = append(e.Rows, ukRow{change, r[0], r[1], r[2], r[3], r[4], r[5]})
	}
}

func (e *exportedUK) heads(since bool) []string {
	if since {
		return append([]string{"change"}, uklicences.Columns[:]...)
	}
	return uklicences.Columns[:]
}

// csv writes the rows as the publisher does.
func (e *exportedUK) csv(w io.Writer, since bool) error {
	return uklicences.Write(w, e.heads(since), func(yield func([]string) bool) {
		for _, r := range e.Rows {
			if !yield(r.fields()) {
				return
			}
		}
	})
}

// write prints the rows, or writes them to the file and prints what was written.
func (ex *ukExporter) write(e *exportedUK) error {
	since := ex.since != ""
	if ex.to != "" {
		return ex.writeFile(e, since)
	}
	if ex.env.Format == output.CSV {
		return e.csv(ex.env.Out, since)
	}
	doc := output.Document{Value: e, Items: []any{}}
	grid := output.Grid{Heads: e.heads(since)}
	for _, r := range e.Rows {
		doc.Items = append(doc.Items, r)
		grid.Add(r.fields()...)
	}
	doc.Sections = []output.Section{{Grid: grid}}
	return ex.env.Print(doc)
}

// writtenUK is the file that was written. Its keys are stable.
type writtenUK struct {
	Source  string `json:"source"`
	Edition string `json:"edition"`
	Since   string `json:"since,omitempty"`
	Rows    int    `json:"rows"`
	exportedFile
}

func (ex *ukExporter) writeFile(e *exportedUK, since bool) error {
	var data bytes.Buffer
	if err := e.csv(&data, since); err != nil {
		return err
	}
	there, err := os.ReadFile(ex.to)
	switch {
	case err == nil && !ex.force && !bytes.Equal(there, data.Bytes()):
		return problems("", ex.to+" is there already with another content; nothing was written", ex.env.again("--force"))
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return err
	}
	if err := whole.Write(ex.to, data.Bytes(), 0o600); err != nil {
		return err
	}
	sum := sha256.Sum256(data.Bytes())
	file := exportedFile{ex.to, data.Len(), hex.EncodeToString(sum[:])}
	flat := output.Grid{Heads: []string{"source", "edition", "since", "rows", "file", "bytes", "sha256"}}
	flat.Add(e.Source, e.Edition, e.Since, count(len(e.Rows)), file.File, count(file.Bytes), file.SHA256)
	return ex.env.Print(output.Document{
		Value: writtenUK{e.Source, e.Edition, e.Since, len(e.Rows), file}, Flat: &flat, Sections: []output.Section{{Grid: flat}},
	})
}
