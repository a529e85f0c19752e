// Package whole puts files on disk whole or not at all.
package whole

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// unfinished begins the name of a file that is being written. One whose writer was killed stays, and is nothing's.
const unfinished = ".counterfoil-new-"

// IsUnfinished tells whether a name is of a file that is being written, or whose writer was killed.
func IsUnfinished(name string) bool { return strings.HasPrefix(name, unfinished) }

// File is a file that is being written. Not safe for concurrent use.
type File struct {
	*os.File
	path string
}

// Create begins the file that Commit puts at path, with a mode before umask, in the same folder. Its caller defers Discard.
func Create(path string, mode fs.FileMode) (*File, error) {
	f, err := os.OpenFile(filepath.Join(filepath.Dir(path), unfinished+rand.Text()), os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return nil, err
	}
	return &File{f, path}, nil
}

// Commit puts the file at its path, in place of what is there. After a crash what is there is the old or the new file; when Commit has
// returned, it is the new one.
func (f *File) Commit() error {
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	if err := os.Rename(f.Name(), f.path); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(f.path))
}

// Discard removes a file that was not committed.
func (f *File) Discard() {
	_ = f.Close() // closed by then where all went well
	_ = os.Remove(f.Name())
}

// Write is Create, one write and Commit.
func Write(path string, data []byte, mode fs.FileMode) error {
	f, err := Create(path, mode)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := f.Write(data); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return f.Commit()
}

// Sweep removes what killed writers left in a folder. Nobody may be writing to it.
func Sweep(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if IsUnfinished(e.Name()) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// SyncFolder returns once what was renamed into a folder, or out of it, is on disk.
func SyncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	return nil
}
