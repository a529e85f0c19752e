package proofs

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/lineage"
	"github.com/counterfoil/counterfoil/libs/whole"
)

// The files of a log beside its tiles.
const (
	// CheckpointFile is the signed note of a journal of the exporting agency (c2sp.org/tlog-tiles).
	CheckpointFile = "checkpoint"
	// HeaderFile is the signed header of the block that the tiles go up to: of journals of others the only checkpoint that there is.
	HeaderFile = "checkpoint-header.json"
)

// Folder is a log in a folder of its own, as c2sp.org/tlog-tiles lays it out. Its journal's events are added to it in order, from the
// first one, each time that it is brought up to date: what is there already is compared. Nothing that is there is written over but
// the checkpoints. Each file is on disk, whole or not at all.
type Folder struct {
	// Tiles and Bundles count what was written, Same what was there already.
	Tiles, Bundles, Same int
	// Left are the bundles that are not there, with the reason.
	Left []Left
	// Findings say what is there and should not be.
	Findings []string
	// Stale says that bundles are there from before, of which nothing was looked at.
	Stale bool

	dir   string
	head  Head
	note  []byte
	last  *Signed // what the folder went up to before
	tiler Tiler
	// bundler is nil where entries are not written.
	bundler *Bundler
}

// Left is a bundle of entries that cannot be, and why.
type Left struct {
	File string `json:"file"`
	Why  string `json:"why"`
}

// OpenFolder begins to bring the log of a journal in dir up to head. note is the signed checkpoint over the same root, of own journals.
// It fails where dir has the log of another journal.
func OpenFolder(dir string, head Head, note []byte, entries bool) (*Folder, error) {
	if _, err := head.Check(nil); err != nil {
		return nil, err
	}
	f := &Folder{dir: dir, head: head, note: note}
	data, err := os.ReadFile(filepath.Join(dir, HeaderFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		if _, f.last, err = openHeader(data, nil); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(dir, HeaderFile), err)
		}
		if f.last.ID.String() != head.Journal {
			return nil, fmt.Errorf("%s has the log of %s; give another folder", dir, f.last.ID)
		}
		if f.last.Events > head.Events {
			return nil, fmt.Errorf("%s has %d events of %s, more than the %d of this ledger; give another folder, or ask again when the ledger has caught up", dir, f.last.Events, head.Journal, head.Events)
		}
	}
	f.tiler.Put = func(level int, n int64, width int, data []byte) error {
		return f.put(TilePath(level, n, width), data, 0o644, &f.Tiles)
	}
	if _, err := os.Stat(filepath.Join(dir, "tile", "entries")); err == nil {
		f.Stale = !entries
	}
	if entries {
		f.bundler = &Bundler{Leave: f.leave, Put: func(n int64, width int, data []byte) error {
			return f.put(TilePath(-1, n, width), data, 0o600, &f.Bundles)
		}}
	}
	return f, nil
}

// Size is how many events were added.
func (f *Folder) Size() uint64 { return f.tiler.Size() }

// Leaf adds the next event by its leaf hash, where entries are not written.
func (f *Folder) Leaf(leaf tlog.Hash) error {
	if err := f.tiler.Add(leaf); err != nil {
		return err
	}
	if f.last != nil && f.tiler.Size() == f.last.Events {
		if root := f.tiler.Root(); lineage.Hash(root) != f.last.Root {
			f.Findings = append(f.Findings, fmt.Sprintf("%s is of another journal: the first %d events of %s hash to %x there and to %x here", HeaderFile, f.last.Events, f.head.Journal, f.last.Root[:], root[:]))
		}
	}
	return nil
}

// Event adds the next event as recorded.
func (f *Folder) Event(raw []byte) error {
	if err := f.bundler.Add(raw); err != nil {
		return err
	}
	return f.Leaf(journal.LeafHash(raw))
}

// Withdrawn adds the next event, of which there is the leaf hash alone.
func (f *Folder) Withdrawn(leaf tlog.Hash) error {
	if err := f.bundler.Add(nil); err != nil {
		return err
	}
	return f.Leaf(leaf)
}

// Close writes what is not full, and then the checkpoints, if nothing was found. It fails where the events that were added are not those
// that the head was signed for.
func (f *Folder) Close() error {
	if root := f.tiler.Root(); f.tiler.Size() != f.head.Events || lineage.Hash(root) != f.head.Root {
		return fmt.Errorf("the %d events of %s that came do not hash to the root that was signed for %d", f.tiler.Size(), f.head.Journal, f.head.Events)
	}
	if err := f.tiler.Close(); err != nil {
		return err
	}
	if f.bundler != nil {
		if err := f.bundler.Close(); err != nil {
			return err
		}
	}
	if len(f.Findings) > 0 {
		return nil
	}
	header, err := Encode(Header{HeaderFormat, f.head})
	if err != nil {
		return err
	}
	if len(f.note) > 0 {
		err = replace(filepath.Join(f.dir, CheckpointFile), f.note, 0o644)
	}
	return errors.Join(err, replace(filepath.Join(f.dir, HeaderFile), header, 0o644))
}

// leave notes a bundle that cannot be. One that is there from before, long enough to hold an event that cannot be in it, has what was
// withdrawn since.
func (f *Folder) leave(n int64, width int, gaps []int, why string) error {
	f.Left = append(f.Left, Left{TilePath(-1, n, width), why})
	for w := gaps[0] + 1; w <= tileWidth; w++ {
		there := filepath.Join(f.dir, filepath.FromSlash(TilePath(-1, n, w)))
		switch _, err := os.Lstat(there); {
		case err == nil:
			f.Findings = append(f.Findings, fmt.Sprintf("%s was written before, and now %s: delete it", there, why))
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	return nil
}

// put writes a file that is not there yet. One that is has to be the same.
func (f *Folder) put(path string, data []byte, mode fs.FileMode, written *int) error {
	path = filepath.Join(f.dir, filepath.FromSlash(path))
	there, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		*written++
		return place(path, data, mode)
	case err != nil:
		return err
	case !bytes.Equal(there, data):
		f.Findings = append(f.Findings, fmt.Sprintf("%s has another content than the journal gives it, and was left as it is", path))
	default:
		f.Same++
	}
	return nil
}

// replace is place, unless the file has this content already.
func replace(path string, data []byte, mode fs.FileMode) error {
	if there, err := os.ReadFile(path); err == nil && bytes.Equal(there, data) {
		return nil
	}
	return place(path, data, mode)
}

// place puts a file on disk, whole or not at all. What a crash leaves beside it is written over the next time.
func place(path string, data []byte, mode fs.FileMode) error {
	folder := fs.FileMode(0o755)
	if mode&0o077 == 0 {
		folder = 0o700
	}
	if err := os.MkdirAll(filepath.Dir(path), folder); err != nil {
		return err
	}
	return whole.Write(path, data, mode)
}
