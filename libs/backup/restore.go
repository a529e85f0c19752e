package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/whole"
)

// Restoration says what is restored, and where.
type Restoration struct {
	// File is a backup that Make wrote. From is read in its place when it is not nil.
	File       string
	From       io.Reader
	Identities []age.Identity
	// Dir is the folder to make; it is not there, or empty.
	Dir string
	// Progress is told how many bytes of the file are read, of how many. May be nil.
	Progress func(done, total uint64)
}

// Restore makes the folder from the backup, all of it or nothing: it is put together beside Dir, every member is held
// against its digest, the streams are given to a broker that reads them, and only then is it renamed. Nobody must run
// on Dir.
func Restore(ctx context.Context, r Restoration) (*Manifest, error) {
	dir, err := filepath.Abs(r.Dir)
	if err != nil {
		return nil, err
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, fault.Errorf(fault.Conflict, "%s is not empty: restore into a folder that is not there, or move what is in it away", r.Dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return nil, err
	}
	temporary, err := os.MkdirTemp(filepath.Dir(dir), ".restore-*") // mode 0700
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temporary)
	m, err := r.into(ctx, temporary)
	if err != nil {
		return nil, fmt.Errorf("restore %s: %w", r.File, err)
	}
	if err := os.Rename(filepath.Join(temporary, "files"), dir); err != nil {
		return nil, fmt.Errorf("put the restored folder in place: %w", err)
	}
	return m, whole.SyncFolder(filepath.Dir(dir))
}

func (r Restoration) into(ctx context.Context, dir string) (*Manifest, error) {
	from, size := r.From, uint64(0)
	if from == nil {
		file, err := os.Open(r.File)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			return nil, err
		}
		from, size = file, uint64(info.Size())
	}
	done := uint64(0)
	counted := readerFunc(func(b []byte) (int, error) {
		n, err := from.Read(b)
		done += uint64(n)
		if r.Progress != nil {
			r.Progress(done, max(done, size))
		}
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return n, err
	})
	m, err := read(counted, r.Identities, func(name string, content io.Reader) error { return extract(dir, name, content) })
	if err != nil {
		return nil, err
	}
	m.Alone, err = backbone.RestoreStreams(ctx, filepath.Join(dir, "files"), m.Streams, func(kept backbone.KeptStream) (io.ReadCloser, error) {
		return openParts(filepath.Join(dir, filepath.FromSlash(partsOf(kept.StreamName))))
	})
	return m, errors.Join(err, syncAll(filepath.Join(dir, "files")))
}

// extract writes a member below dir, synced. Only files and parts of streams are taken, and none outside of dir.
func extract(dir, name string, content io.Reader) error {
	kind, _, _ := strings.Cut(name, "/")
	if !filepath.IsLocal(filepath.FromSlash(name)) || kind != "files" && kind != "streams" {
		return fault.Errorf(fault.Invalid, "it is not a member that a backup has")
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err = io.Copy(f, content); err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// openParts reads the parts in dir one after the other.
func openParts(dir string) (io.ReadCloser, error) {
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return nil, err
	}
	paths := make([]string, len(entries))
	for i, entry := range entries {
		paths[i] = filepath.Join(dir, entry.Name())
	}
	return &parts{paths: paths}, nil
}

// parts reads files as one.
type parts struct {
	paths []string
	open  *os.File
}

func (p *parts) Read(b []byte) (int, error) {
	for {
		if p.open == nil {
			if len(p.paths) == 0 {
				return 0, io.EOF
			}
			var err error
			if p.open, err = os.Open(p.paths[0]); err != nil {
				return 0, err
			}
			p.paths = slices.Delete(p.paths, 0, 1)
		}
		n, err := p.open.Read(b)
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		if err := p.Close(); err != nil || n > 0 {
			return n, err
		}
	}
}

func (p *parts) Close() error {
	if p.open == nil {
		return nil
	}
	err := p.open.Close()
	p.open = nil
	return err
}

// readerFunc is a reader that is a function.
type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// syncAll makes the folder and those in it durable; the files in them are already. The broker may still be removing a folder that
// it emptied.
func syncAll(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			err = whole.SyncFolder(path)
		}
		if errors.Is(err, fs.ErrNotExist) && path != dir {
			return nil
		}
		return err
	})
}
