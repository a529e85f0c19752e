package ledger

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"

	bolt "go.etcd.io/bbolt"
)

// CopyTo writes the ledger as it was when it was called to a new file, mode 0600, on disk when it returns. Whoever writes the ledger
// goes on meanwhile, until its file has to grow.
func (l *Ledger) CopyTo(path string) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("copy ledger %s: %w", l.path, err)
	}
	err = l.View(func(v View) error {
		_, err := v.tx.WriteTo(f)
		return err
	})
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("copy ledger %s: %w", l.path, err), os.Remove(path))
	}
	return nil
}

// Part makes a ledger that was opened from a copy one of its own: tokens of the one that it was copied from are not good for it.
func (l *Ledger) Part() error {
	f := l.current()
	if _, err := rand.Read(f.incarnation[:]); err != nil {
		return err
	}
	err := f.db.Update(func(tx *bolt.Tx) error { return tx.Bucket(bucketMeta).Put(keyIncarnation, f.incarnation[:]) })
	if err != nil {
		return fmt.Errorf("part ledger %s from what it was copied from: %w", l.path, err)
	}
	return nil
}

// ReadOnly reports whether it was opened for nothing but reading.
func (l *Ledger) ReadOnly() bool { return l.current().db.IsReadOnly() }
