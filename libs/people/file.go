package people

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/gofrs/flock"

	"github.com/counterfoil/counterfoil/libs/whole"
)

// File is the path of a node's users.json. It has mode 0600. A file that is not there holds no users.
type File string

// ErrReadable is wrapped when others on the machine can read a file that only the node's user may.
var ErrReadable = errors.New("others on this machine can read it")

// Read returns the users. It fails when others than the file's owner may read or write it.
func (f File) Read() (Users, error) {
	data, err := ReadPrivate(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	users, err := parseUsers(data)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f, err)
	}
	return users, nil
}

// Edit replaces the users by what change makes of them, whole or not at all. Edits by several programs happen one after
// the other. A running node notices within a call or two.
func (f File) Edit(change func(*Users) error) error {
	lock := flock.New(string(f)+".lock", flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("lock %s: %w", f, err)
	}
	defer lock.Close()
	users, err := f.Read()
	if err != nil {
		return err
	}
	if err := change(&users); err != nil {
		return err
	}
	data, err := json.MarshalIndent(usersFile{users}, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", f, err)
	}
	if _, err := parseUsers(data); err != nil { // what could not be read again is not written
		return err
	}
	return whole.Write(string(f), append(data, '\n'), 0o600)
}

// ReadPrivate reads a file that nobody but its owner may read, of at most 1 MiB.
func ReadPrivate(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	switch {
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("read %s: it is no file", path)
	case info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("read %s: it has mode %04o: %w; type: chmod 600 %s", path, info.Mode().Perm(), ErrReadable, path)
	case info.Size() > maxFile:
		return nil, fmt.Errorf("read %s: it has more than %d MiB", path, maxFile>>20)
	}
	return io.ReadAll(io.LimitReader(file, maxFile))
}
