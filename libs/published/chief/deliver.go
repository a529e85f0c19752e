package chief

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/whole"
)

// Deliver puts a file into a folder: whole, and on disk when it returns, or not at all. A file that is there with the same content is
// left as it is; written is false then. One that is there with another content is never overwritten, which is a refusal; so
// is a name that is none of a file in a folder. What is being written has a name that begins with a dot. One caller at a time
// may deliver to a folder.
func Deliver(dir, name string, data []byte) (written bool, err error) {
	if name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return false, fault.Errorf(fault.Invalid, "%s is no name of a file in a folder", show(name))
	}
	path := filepath.Join(dir, name)
	before, err := os.ReadFile(path)
	switch {
	case err == nil && bytes.Equal(before, data):
		return false, nil
	case err == nil:
		return false, fault.Errorf(fault.Conflict, "%s is there with another content; move it away and try again", path)
	case !errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("look for %s: %w", path, err)
	}
	if err := whole.Write(path, data, 0o666); err != nil {
		return false, err
	}
	return true, nil
}
