// Package uklicences reads the register of arms export licences that the United Kingdom granted and refused, as Campaign
// Against Arms Trade publishes it: a folder of CSV files (values, refusal-criteria, destinations, sources, ratings).
package uklicences

import (
	"bytes"
	"cmp"
	"context"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/published"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// Source is the register's name in records and ids.
const Source = "uk-licences"

// Edition is what one folder of the publisher says.
type Edition struct {
	// Entries is one entry per licence group, in order of date, then digest.
	Entries []*licensingv1.Entry
	// Lines counts the rows of values.csv that are in Entries, and Refused those of them that were refused.
	Lines, Refused int
	// Problems are rows that are not in Entries, and why; at most 1,000, ProblemRows counts all rows.
	Problems    []Problem
	ProblemRows int
	// Remarks are what was read, but not as it stands or not without doubt: another encoding, a name that is of no
	// country, a rating that is not in the publisher's list, a number in a spelling that Rows does not give back ("01"), a row about a
	// licence that the folder does not have; at most 1,000.
	Remarks []Problem
	// Digest is the SHA-256 over the sorted digests of Entries. Editions with the same digest say the same, whatever
	// the order of rows and the numbers of groups.
	Digest []byte
}

// Problem is something about a row, or about several rows of a file for the same reason.
type Problem = published.Problem

// Changes is what leads from what is on record to an edition.
type Changes = published.Changes

// Diff says what an edition changes; see published.Compare.
func Diff(onRecord []*licensingv1.EntryOnRecord, ed *Edition) Changes {
	return published.Compare(onRecord, ed.Entries)
}

// Read reads the publisher's folder dir. A row that cannot be read is a Problem and everything else is still read: a
// licence group with a bad row is recorded with its others. Read fails, with a refusal that names the file, when a
// file other than ratings.csv is missing, empty or not a table with the expected columns, when values.csv has no
// rows, or when a file is beyond its limits (256 MiB, 2,000,000 rows); and with ctx's error once that has one.
//
// Columns may stand in any order, among others. Files may be UTF-8, UTF-16 or Windows-1252 (and so Latin-1), each on
// its own, with either kind of line end. progress, when not nil, is called from the same goroutine with bytes.
func Read(ctx context.Context, dir string, progress func(done, total int64)) (*Edition, error) {
	return readFolder(ctx, newReader(os.DirFS(dir), dir, progress))
}

func newReader(fsys fs.FS, dir string, progress func(done, total int64)) *reader {
	return &reader{
		fsys: fsys, dir: dir, maxFile: maxFile, maxRows: maxRows, progress: progress,
		groups: map[string]*group{}, known: map[string]bool{},
		codes: map[string]string{}, kept: map[string]string{},
	}
}

func readFolder(ctx context.Context, r *reader) (*Edition, error) {
	if err := r.measure(); err != nil {
		return nil, err
	}
	for _, read := range []func(context.Context) error{r.readRatings, r.readValues, r.readCriteria, r.readDestinations, r.readSources} {
		if err := read(ctx); err != nil {
			return nil, err
		}
	}
	return r.edition(), nil
}

func (r *reader) edition() *Edition {
	ed := &Edition{
		Problems: r.problems.List, ProblemRows: r.problems.Rows, Remarks: r.remarks.List,
	}
	for _, g := range r.groups {
		e := g.entry(r.place)
		ed.Entries = append(ed.Entries, e)
		ed.Lines += len(e.Lines)
		if e.Refused {
			ed.Refused += len(e.Lines)
		}
	}
	slices.SortFunc(ed.Entries, func(a, b *licensingv1.Entry) int {
		return cmp.Or(strings.Compare(a.Date, b.Date), bytes.Compare(a.Digest, b.Digest))
	})
	ed.Digest = published.EditionDigest(ed.Entries)
	return ed
}
