// Package backup makes one encrypted file of a node's or a hub's folder, also while it runs, and a folder of such a
// file.
package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/whole"
)

// Config says what is backed up.
type Config struct {
	// Dir is the folder of a node or of a hub.
	Dir string
	// Out is the file that Make writes; it must not be there.
	Out        string
	Recipients []age.Recipient
	// Program is the version of the program.
	Program string
	// Progress is told how many bytes of streams are done, of how many known so far. May be nil.
	Progress func(done, total uint64)
}

// Make writes a backup to Out, which appears whole, with mode 0600, or not at all; see Write.
func Make(ctx context.Context, c Config) (*Manifest, error) {
	if _, err := os.Lstat(c.Out); !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(err, fault.Errorf(fault.Conflict, "%s is there already: give a backup a name of its own", c.Out))
	}
	out, err := whole.Create(c.Out, 0o600)
	if err != nil {
		return nil, fmt.Errorf("write the backup: %w", err)
	}
	defer out.Discard()
	m, err := Write(ctx, c, out)
	if err != nil {
		return nil, err
	}
	return m, out.Commit()
}

// Write writes a backup to out: first the folder's files, then each stream as it is at one moment, by a snapshot that the
// process which runs on the folder gives out; where none runs, the broker is started for it. The ledger is left away, as
// it is built from the streams, and so are feeds. What was written before an error cannot be restored.
func Write(ctx context.Context, c Config, out io.Writer) (*Manifest, error) {
	m, err := c.describe()
	if err == nil {
		err = c.write(ctx, m, out)
	}
	if err != nil {
		return nil, fmt.Errorf("back up %s: %w", c.Dir, err)
	}
	return m, nil
}

// describe says whose folder it is.
func (c Config) describe() (*Manifest, error) {
	m := &Manifest{What: "hub", Made: time.Now().UTC(), Program: c.Program, Streams: []backbone.KeptStream{}}
	profile, err := os.ReadFile(filepath.Join(c.Dir, "agency.json"))
	switch {
	case err == nil:
		var p struct {
			Agency string `json:"agency"`
		}
		if err := json.Unmarshal(profile, &p); err != nil {
			return nil, fmt.Errorf("read agency.json: %w", err)
		}
		m.What, m.Agency = "node", p.Agency
		return m, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(c.Dir, "operator.seed")); errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Errorf(fault.Invalid, "%s is neither the folder of a node nor that of a hub: there is no agency.json and no "+
			"operator.seed in it", c.Dir)
	} else if err != nil {
		return nil, err
	}
	return m, nil
}

func (c Config) write(ctx context.Context, m *Manifest, out io.Writer) error {
	// Before the files: it makes what a folder that was never run lacks.
	source, err := backbone.OpenSnapshots(ctx, c.Dir)
	if err != nil {
		return err
	}
	w, err := newWriter(out, c.Recipients, m.Made)
	if err == nil {
		err = c.addFiles(ctx, w, source)
	}
	if err == nil {
		err = c.addStreams(ctx, w, m, source)
	}
	if err == nil {
		err = w.close(m)
	}
	return errors.Join(err, source.Close())
}

// leftOut are what a folder holds and a backup does not: what is made anew, and what is of one process.
var leftOut = []string{"ledger.db*", "rebuild", "verify-*", "asof-*", "beside*", "broker", "feed", "jwt", "lock", "*.sock", "*.pid", "*.log", ".*"}

// isLeftOut tells it from the name of an entry in the folder itself.
func isLeftOut(name string) bool {
	for _, pattern := range leftOut {
		if match, _ := filepath.Match(pattern, name); match {
			return true
		}
	}
	return false
}

// addFiles adds every file but those left out.
func (c Config) addFiles(ctx context.Context, w *writer, source *backbone.Snapshots) error {
	return filepath.WalkDir(c.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(c.Dir, path)
		switch {
		case err != nil || name == ".":
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case isLeftOut(name) && entry.IsDir():
			return fs.SkipDir
		case isLeftOut(name) || entry.IsDir() || whole.IsUnfinished(entry.Name()):
			return nil
		}
		if info, err := os.Stat(path); err != nil { // of what a link leads to
			return err
		} else if !info.Mode().IsRegular() {
			return nil
		}
		return c.addFile(ctx, w, source, filepath.ToSlash(name))
	})
}

// addFile adds a file as it is at one moment. The program replaces its files whole, so that one that is open stays
// as it is; but a database is written to in place, and the process that does so gives out a copy.
func (c Config) addFile(ctx context.Context, w *writer, source *backbone.Snapshots, name string) error {
	path := filepath.Join(c.Dir, filepath.FromSlash(name))
	if filepath.Ext(name) == ".db" && source.Running() {
		copied, err := os.CreateTemp(c.Dir, ".backup-*") // left out, and removed
		if err != nil {
			return err
		}
		defer os.Remove(copied.Name())
		if err := errors.Join(source.CopyFile(ctx, name, copied), copied.Close()); err != nil {
			return err
		}
		path = copied.Name()
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return w.add("files/"+name, info.Size(), f)
}

func (c Config) addStreams(ctx context.Context, w *writer, m *Manifest, source *backbone.Snapshots) error {
	names, err := source.List(ctx)
	if err != nil {
		return err
	}
	var done, total uint64
	for _, name := range names {
		err := source.Read(ctx, name, func(kept backbone.KeptStream, r io.Reader) error {
			m.Streams = append(m.Streams, kept)
			total += kept.Bytes
			began, read := done, uint64(0)
			if err := w.addParts(partsOf(kept.StreamName), r, func(n int) {
				read += uint64(n)
				c.progress(began+min(read, kept.Bytes), total)
			}); err != nil {
				return fmt.Errorf("read the snapshot of stream %s: %w", name, err)
			}
			done = total
			c.progress(done, total)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c Config) progress(done, total uint64) {
	if c.Progress != nil {
		c.Progress(done, total)
	}
}

// partsOf is the name before the parts of a stream's snapshot.
func partsOf(name backbone.StreamName) string { return "streams/" + name.String() }
