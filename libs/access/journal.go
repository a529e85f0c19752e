// Package access keeps who read which record at a node: entries in order of time, in a bbolt file beside the ledger and no
// part of it, chained so that one that is altered or removed is noticed.
//
//	entries  number (uint64, big-endian) -> SHA-256 of the entry before | query.v1.Access
//	meta     "first": number and SHA-256 of the entry before the oldest that is kept    "last": those of the newest
//
// The SHA-256 of an entry is that of its key and value together.
package access

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

const (
	// KeepFor is how long entries are kept unless Options say otherwise: five years.
	KeepFor = 5 * 365 * 24 * time.Hour
	// flushEvery is how long an entry may wait before it is written and synced, and flushAt how many may wait.
	flushEvery = 500 * time.Millisecond
	flushAt    = 1000
	// mostWaiting is how many entries wait at most, while the disk is slow; more are refused, and with them the reading.
	mostWaiting = 100_000
	// pruneMost is how many old entries are dropped with one flush.
	pruneMost = 5000
)

var (
	entriesBucket = []byte("entries")
	metaBucket    = []byte("meta")
	firstKey      = []byte("first")
	lastKey       = []byte("last")
)

// Options are how a journal is kept; the zero value is a good default.
type Options struct {
	// Keep is how long entries are kept.
	Keep time.Duration
	// Now defaults to time.Now.
	Now func() time.Time
}

var errClosed = errors.New("the access journal is closed")

// link is an entry's number and SHA-256: what the one after it carries.
type link struct {
	number uint64
	sum    [sha256.Size]byte
}

// Journal is an open file of entries. Its methods may be called by several goroutines.
type Journal struct {
	db   *bolt.DB
	keep time.Duration
	now  func() time.Time

	mu      sync.Mutex
	waiting []*queryv1.Access
	failed  error
	latest  time.Time // of the last entry: they are in order of time even when the clock is put back

	flushing sync.Mutex
	last     link
	wake     chan struct{}
	closing  chan struct{}
	closed   func() error
	ended    sync.WaitGroup
}

// Open opens or creates the journal at path, mode 0600.
func Open(path string, o Options) (*Journal, error) {
	if o.Keep <= 0 {
		o.Keep = KeepFor
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	j := &Journal{keep: o.Keep, now: o.Now, wake: make(chan struct{}, 1), closing: make(chan struct{})}
	err := guarded(func() (err error) {
		j.db, err = bolt.Open(path, 0o600, &bolt.Options{Timeout: 2 * time.Second, FreelistType: bolt.FreelistMapType})
		if err != nil {
			return err
		}
		return j.db.Update(j.start)
	})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("open access journal: %s is open in another process", path)
	case err != nil:
		err = fmt.Errorf("open access journal: %w; if the file is damaged, keep it as evidence under another name and start again", err)
		if j.db != nil {
			err = errors.Join(err, j.db.Close())
		}
		return nil, err
	}
	j.closed = sync.OnceValue(j.close)
	j.ended.Go(j.run)
	return j, nil
}

func (j *Journal) start(tx *bolt.Tx) error {
	entries, err := tx.CreateBucketIfNotExists(entriesBucket)
	if err != nil {
		return err
	}
	entries.FillPercent = 1 // keys only grow
	meta, err := tx.CreateBucketIfNotExists(metaBucket)
	if err != nil {
		return err
	}
	if j.last, err = readLink(meta, lastKey); err != nil {
		return err
	}
	if _, value := entries.Cursor().Last(); value != nil {
		if e, err := decode(value); err == nil { // one that does not parse is found by Check
			j.latest = e.At.AsTime()
		}
	}
	return nil
}

// Add notes that a record was read. The entry is on disk within about a second, and at the latest when Close returns;
// time is set here. It refuses while entries cannot be written: what is not on record must not be read.
func (j *Journal) Add(e *queryv1.Access) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failed != nil || len(j.waiting) >= mostWaiting {
		return fault.Errorf(fault.Unavailable, "nothing can be read: who reads what cannot be put on record; ask this node's operator to look at its disk")
	}
	if now := j.now(); now.After(j.latest) {
		j.latest = now
	}
	e.At = timestamppb.New(j.latest)
	j.waiting = append(j.waiting, e)
	if len(j.waiting) == flushAt {
		select {
		case j.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

// run writes what waits, until the journal is closed.
func (j *Journal) run() {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-j.wake:
		case <-j.closing:
			return
		}
		_ = j.Flush() // Add refuses until it works again
	}
}

// Flush writes what waits and syncs it.
func (j *Journal) Flush() error {
	j.flushing.Lock()
	defer j.flushing.Unlock()
	j.mu.Lock()
	batch := j.waiting
	j.mu.Unlock()
	if len(batch) == 0 {
		return nil
	}
	last := j.last
	err := guarded(func() error {
		return j.db.Update(func(tx *bolt.Tx) (err error) {
			if last, err = write(tx, j.last, batch); err != nil {
				return err
			}
			return j.prune(tx)
		})
	})
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failed = err; err != nil {
		return fmt.Errorf("write access journal: %w", err)
	}
	j.last, j.waiting = last, append([]*queryv1.Access(nil), j.waiting[len(batch):]...)
	return nil
}

// write appends entries after the last one and returns the new last one.
func write(tx *bolt.Tx, last link, batch []*queryv1.Access) (link, error) {
	entries := tx.Bucket(entriesBucket)
	entries.FillPercent = 1
	for _, e := range batch {
		value, err := proto.MarshalOptions{}.MarshalAppend(last.sum[:len(last.sum):len(last.sum)], e)
		if err != nil {
			return last, err
		}
		key := keyOf(last.number + 1)
		if err := entries.Put(key, value); err != nil {
			return last, err
		}
		last = link{last.number + 1, sumOf(key, value)}
	}
	return last, writeLink(tx.Bucket(metaBucket), lastKey, last)
}

// prune drops entries that were kept long enough. The last of them stays as the anchor that the rest is checked from.
func (j *Journal) prune(tx *bolt.Tx) error {
	until := j.now().Add(-j.keep)
	c := tx.Bucket(entriesBucket).Cursor()
	var anchor link
	for range pruneMost {
		key, value := c.First()
		if key == nil {
			break
		}
		e, err := decode(value)
		if err != nil || !e.At.AsTime().Before(until) {
			break
		}
		anchor = link{binary.BigEndian.Uint64(key), sumOf(key, value)}
		if err := c.Delete(); err != nil {
			return err
		}
	}
	if anchor.number == 0 {
		return nil
	}
	return writeLink(tx.Bucket(metaBucket), firstKey, anchor)
}

// Close writes what waits and closes the file. Nothing can be read after that.
func (j *Journal) Close() error { return j.closed() }

func (j *Journal) close() error {
	close(j.closing)
	j.ended.Wait()
	err := errors.Join(j.Flush(), j.db.Close())
	j.mu.Lock()
	defer j.mu.Unlock()
	j.failed = errClosed
	return err
}

func keyOf(number uint64) []byte { return binary.BigEndian.AppendUint64(nil, number) }

func sumOf(key, value []byte) [sha256.Size]byte {
	h := sha256.New()
	h.Write(key)
	h.Write(value)
	return [sha256.Size]byte(h.Sum(nil))
}

func decode(value []byte) (*queryv1.Access, error) {
	if len(value) < sha256.Size {
		return nil, errors.New("it is too short")
	}
	e := &queryv1.Access{}
	return e, proto.Unmarshal(value[sha256.Size:], e)
}

func writeLink(meta *bolt.Bucket, name []byte, l link) error {
	return meta.Put(name, append(keyOf(l.number), l.sum[:]...))
}

func readLink(meta *bolt.Bucket, name []byte) (l link, err error) {
	value := meta.Get(name)
	switch len(value) {
	case 0:
		return l, nil
	case 8 + sha256.Size:
		return link{binary.BigEndian.Uint64(value), [sha256.Size]byte(value[8:])}, nil
	}
	return l, fmt.Errorf("%q has %d bytes", bytes.Clone(name), len(value))
}

// guarded turns what bbolt does with pages that make no sense (it panics, or touches memory beyond the file's end) into
// an error.
func guarded(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the file is damaged: %v", r)
		}
	}()
	return fn()
}
