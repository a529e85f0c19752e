package uklicences

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/published"
)

const (
	maxFile = 256 << 20
	maxRows = 2_000_000
)

const (
	valuesFile       = "values.csv"
	criteriaFile     = "refusal-criteria.csv"
	destinationsFile = "destinations.csv"
	sourcesFile      = "sources.csv"
	ratingsFile      = "ratings.csv"
)

// reader serves one call of Read.
type reader struct {
	fsys    fs.FS
	dir     string // what fsys is, for people
	maxFile int64
	maxRows int

	progress    func(done, total int64)
	done, total int64

	groups            map[string]*group
	known             map[string]bool   // ratings in ratings.csv
	noRatings         bool              // there is no ratings.csv
	codes             map[string]string // country names met, to code; empty when there is none
	kept              map[string]string // texts met, so that a row does not hold its whole line in memory
	problems, remarks published.Findings
}

// measure adds up the sizes of the files and refuses a folder that lacks one.
func (r *reader) measure() error {
	if info, err := fs.Stat(r.fsys, "."); err != nil || !info.IsDir() {
		return fault.Errorf(fault.Invalid, "there is no folder %s to read: %v", r.dir, err)
	}
	var missing []string
	for _, name := range []string{valuesFile, criteriaFile, destinationsFile, sourcesFile, ratingsFile} {
		info, err := fs.Stat(r.fsys, name)
		switch {
		case errors.Is(err, fs.ErrNotExist) && name == ratingsFile:
			r.noRatings = true
			r.remarks.Add(name, 1, "not there; ratings are not compared with the publisher's list")
		case errors.Is(err, fs.ErrNotExist):
			missing = append(missing, name)
		case err != nil:
			return fmt.Errorf("look at %s: %w", name, err)
		case !info.Mode().IsRegular():
			return fault.Errorf(fault.Invalid, "%s is not a file", filepath.Join(r.dir, name))
		case info.Size() == 0:
			return fault.Errorf(fault.Invalid, "%s is empty", filepath.Join(r.dir, name))
		case info.Size() > r.maxFile:
			return fault.Errorf(fault.Invalid, "%s has %d bytes; at most %d can be read", filepath.Join(r.dir, name), info.Size(), r.maxFile)
		default:
			r.total += info.Size()
		}
	}
	if len(missing) > 0 {
		return fault.Errorf(fault.Invalid, "%s has no %s; an edition without it would seem to leave out what it says", r.dir, strings.Join(missing, ", "))
	}
	return nil
}

// table reads a file row by row: each gets the fields of the named columns, in the order of names. A *badRow from each, like
// one from the file, is a problem; any other error ends the reading.
func (r *reader) table(ctx context.Context, file string, names []string, each func(fields []string, line int) error) (rows int, err error) {
	path := filepath.Join(r.dir, file)
	f, err := r.fsys.Open(file)
	if err != nil {
		return 0, fmt.Errorf("open %s: %w", file, err)
	}
	defer f.Close()
	in, remark, err := text(&counted{f: f, path: path, ctx: ctx, r: r})
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", file, err)
	}
	if remark != "" {
		r.remarks.Add(file, 1, remark)
	}
	records := newRecords(in)
	at, err := header(records, path, names)
	if err != nil {
		return 0, err
	}
	fields := make([]string, len(names))
	for {
		record, line, err := records.next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if rows++; rows > r.maxRows {
			return rows, fault.Errorf(fault.Invalid, "%s has more than %d rows", path, r.maxRows)
		}
		if err == nil {
			for i, c := range at {
				fields[i] = record[c]
			}
			err = each(fields, line)
		}
		if bad := (*badRow)(nil); errors.As(err, &bad) {
			r.problems.Add(file, line, bad.reason)
		} else if err != nil {
			return rows, fmt.Errorf("read %s, line %d: %w", file, line, err)
		}
	}
}

// header reads the first record and returns where the named columns are.
func header(records *records, path string, names []string) ([]int, error) {
	fields, line, err := records.next()
	expected := strings.Join(names, ", ")
	if bad := (*badRow)(nil); errors.Is(err, io.EOF) || errors.As(err, &bad) {
		return nil, fault.Errorf(fault.Invalid, "%s, line %d: no header (%v); expected the columns %s", path, max(line, 1), err, expected)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s, line %d: %w", path, line, err)
	}
	columns := make([]string, len(fields))
	for i, f := range fields {
		columns[i] = strings.ToLower(strings.TrimSpace(f))
	}
	at := make([]int, len(names))
	for i, name := range names {
		at[i] = slices.Index(columns, name)
		if at[i] < 0 {
			return nil, fault.Errorf(fault.Invalid, "%s, line %d: no column %s; expected the columns %s", path, line, name, expected)
		}
		if slices.Contains(columns[at[i]+1:], name) {
			return nil, fault.Errorf(fault.Invalid, "%s, line %d: two columns %s; expected the columns %s", path, line, name, expected)
		}
	}
	records.columns = len(columns)
	return at, nil
}

// counted counts the bytes of a file as they are read for good, that is after the file was rewound; it ends with the
// context and at the limit of a file's size.
type counted struct {
	f       fs.File
	path    string
	ctx     context.Context // of the call of Read that the file is opened for
	r       *reader
	read    int64
	rewound bool
}

func (c *counted) Seek(offset int64, whence int) (int64, error) {
	s, ok := c.f.(io.Seeker)
	if !ok {
		return 0, fmt.Errorf("%s cannot be read twice", c.path)
	}
	c.rewound, c.read = true, 0
	return s.Seek(offset, whence)
}

func (c *counted) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.f.Read(b)
	if c.read += int64(n); c.read > c.r.maxFile {
		return 0, fault.Errorf(fault.Invalid, "%s has more than %d bytes", c.path, c.r.maxFile)
	}
	if c.rewound && n > 0 {
		c.r.done += int64(n)
		if c.r.progress != nil {
			c.r.progress(c.r.done, c.r.total)
		}
	}
	return n, err
}
