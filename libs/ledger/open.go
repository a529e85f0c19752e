package ledger

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/whole"
)

// Rebuild is Open's answer to a file that must not be used: move it away or delete it, and fold the journals anew.
type Rebuild struct {
	Path   string
	Reason string
}

func (r *Rebuild) Error() string {
	return fmt.Sprintf("ledger %s must be built anew: %s", r.Path, r.Reason)
}

// mapped is how much address space a file is given at first, in bytes, so that it rarely has to be mapped again, which
// waits for open views.
const mapped = 1 << 30

// Open opens or creates the ledger at path, mode 0600, and keeps every other process from writing it. It returns
// *Rebuild when the file is damaged, of another agency or schema, or was open for writing when the machine stopped: its
// commits are not synced, so nobody knows what of them reached the disk. A process that was killed leaves a good file.
func Open(path string, o Options) (*Ledger, error) {
	if o.Timeout == 0 {
		o.Timeout = time.Second
	}
	db, err := openFile(path, o)
	if err != nil {
		return nil, err
	}
	l := &Ledger{path: path, agency: o.Agency, file: &file{db: db, desk: newDesk()}, folded: map[journal.ID]uint64{}, changed: make(chan struct{})}
	if err := guarded(path, func() error { return l.start(o) }); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return l, nil
}

func openFile(path string, o Options) (*bolt.DB, error) {
	var db *bolt.DB
	var file *os.File
	err := guarded(path, func() (err error) {
		db, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout:         o.Timeout,
			ReadOnly:        o.ReadOnly,
			FreelistType:    bolt.FreelistMapType,
			InitialMmapSize: mapped,
			NoSync:          true,
			NoGrowSync:      true,
			NoStatistics:    true,
			OpenFile: func(name string, flag int, mode fs.FileMode) (*os.File, error) {
				file, err = os.OpenFile(name, flag, mode)
				return file, err
			},
		})
		return err
	})
	switch rebuild := (*Rebuild)(nil); {
	case err == nil:
		return db, nil
	case errors.As(err, &rebuild):
		// The lock is let go of by name: the memory that it was mapped to holds on to the file. The reason is what counts.
		_ = errors.Join(syscall.Flock(int(file.Fd()), syscall.LOCK_UN), file.Close())
		return nil, err
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("ledger %s is open in another process; stop that one or wait for it", path)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return nil, &Rebuild{path, "it is damaged: " + err.Error()}
	}
	return nil, fmt.Errorf("open ledger: %w", err)
}

// guarded turns what bbolt does when it reads pages that make no sense (it panics, or touches memory beyond the file's
// end) into *Rebuild.
func guarded(path string, fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = &Rebuild{path, fmt.Sprintf("it is damaged: %v", p)}
		}
	}()
	return fn()
}

// start checks what the file says of itself, marks it open, and learns its positions.
func (l *Ledger) start(o Options) error {
	known := false
	err := l.file.db.View(func(tx *bolt.Tx) error {
		info, err := os.Stat(l.path)
		if err != nil {
			return err
		}
		if info.Size() < tx.Size() {
			return &Rebuild{l.path, fmt.Sprintf("it was cut off at %d of %d bytes", info.Size(), tx.Size())}
		}
		known, err = l.recognise(tx, o)
		return err
	})
	switch {
	case err != nil:
		return err
	case !known && o.ReadOnly:
		return &Rebuild{l.path, "it is empty"}
	case !known && !(journal.ID{Agency: o.Agency, Group: "all"}).Valid():
		return fmt.Errorf("open ledger %s: %q is no agency's name", l.path, o.Agency)
	}
	if !o.ReadOnly {
		if err := l.mark(known); err != nil {
			return err
		}
	}
	if !known {
		if err := l.found(); err != nil {
			return err
		}
	}
	return l.View(func(v View) error {
		positions, err := v.Positions()
		for _, p := range positions {
			id, err := journal.ParseID(p.Journal)
			if err != nil {
				return &Rebuild{l.path, "it is damaged: " + err.Error()}
			}
			l.folded[id] = p.Events
		}
		return err
	})
}

// recognise reports whether the file is a ledger already, and refuses those that are not this agency's or program's.
func (l *Ledger) recognise(tx *bolt.Tx, o Options) (bool, error) {
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		return false, nil
	}
	schema, agency := meta.Get(keySchema), string(meta.Get(keyAgency))
	switch {
	case len(schema) != 4 || len(meta.Get(keyIncarnation)) != len(l.file.incarnation):
		return false, &Rebuild{l.path, "it does not say what it is"}
	case binary.BigEndian.Uint32(schema) != Schema:
		return false, &Rebuild{l.path, fmt.Sprintf("its schema is %d, this program's is %d", binary.BigEndian.Uint32(schema), Schema)}
	case o.Agency != "" && o.Agency != agency:
		return false, &Rebuild{l.path, fmt.Sprintf("it is the ledger of %s, not of %s", agency, o.Agency)}
	}
	l.agency = agency
	copy(l.file.incarnation[:], meta.Get(keyIncarnation))
	return true, nil
}

// mark leaves a file beside the ledger for as long as it is open, with the machine's boot id in it. It stands outside
// the ledger because after a power cut no page of the ledger can be relied on to say so.
func (l *Ledger) mark(known bool) error {
	boot, err := os.ReadFile(bootID)
	if err != nil {
		return fmt.Errorf("open ledger %s: %w", l.path, err)
	}
	before, err := os.ReadFile(markerOf(l.path))
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("open ledger %s: %w", l.path, err)
	case err == nil && known && !bytes.Equal(before, boot):
		return &Rebuild{l.path, "the machine stopped while it was open"}
	}
	if err := l.markAt(l.path, boot); err != nil {
		return fmt.Errorf("open ledger %s: %w", l.path, err)
	}
	return nil
}

const bootID = "/proc/sys/kernel/random/boot_id"

func markerOf(path string) string { return path + ".open" }

// markAt writes the marker of a ledger that is open at path.
func (l *Ledger) markAt(path string, boot []byte) error {
	f, err := os.OpenFile(markerOf(path), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(boot)
	if err = errors.Join(err, f.Sync(), f.Close(), whole.SyncFolder(filepath.Dir(path))); err != nil {
		return err
	}
	l.marker = markerOf(path)
	return nil
}

// found lays out a new file.
func (l *Ledger) found() error {
	if _, err := rand.Read(l.file.incarnation[:]); err != nil {
		return err
	}
	err := l.file.db.Update(func(tx *bolt.Tx) error {
		for _, name := range buckets() {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		meta := tx.Bucket(bucketMeta)
		return errors.Join(
			meta.Put(keySchema, binary.BigEndian.AppendUint32(nil, Schema)),
			meta.Put(keyAgency, []byte(l.agency)),
			meta.Put(keyIncarnation, l.file.incarnation[:]))
	})
	if err != nil {
		return fmt.Errorf("lay out ledger %s: %w", l.path, err)
	}
	return nil
}
