package access

import (
	"fmt"
	"io"

	bolt "go.etcd.io/bbolt"
)

// CopyTo writes the file to w as it is at one moment, for a backup; entries of the last half second may not be in it.
func (j *Journal) CopyTo(w io.Writer) error {
	err := j.db.View(func(tx *bolt.Tx) error {
		_, err := tx.WriteTo(w)
		return err
	})
	if err != nil {
		return fmt.Errorf("copy the access journal: %w", err)
	}
	return nil
}
