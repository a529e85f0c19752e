package backbone

import (
	"fmt"
	"path/filepath"

	"github.com/gofrs/flock"
)

// lockDir makes sure that no other process runs a broker on dir, as two on one store would ruin it. The lock ends
// with the process, however that ends.
func lockDir(dir string) (unlock func() error, err error) {
	if err := privateDir(dir); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(dir, "lock"), flock.SetPermissions(0o600))
	free, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	if !free {
		return nil, fmt.Errorf("%s is in use by another process", dir)
	}
	return lock.Close, nil
}
