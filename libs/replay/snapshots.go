package replay

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/whole"
)

const (
	// snapshotEvery is after how many more events a snapshot is taken.
	snapshotEvery = 250_000
	// maxSnapshots is how many are kept; the one that its neighbours are nearest to goes.
	maxSnapshots = 8
	// lookEvery is how often it is looked whether one is due.
	lookEvery = time.Minute
)

// Snapshot says what a kept copy of a ledger holds.
type Snapshot struct {
	File    string    `json:"file"`
	TakenAt time.Time `json:"taken_at"`
	Agency  string    `json:"agency"`
	Schema  int       `json:"schema"`
	Events  uint64    `json:"events"`
	Bytes   int64     `json:"bytes"`
	SHA256  string    `json:"sha256"`
	// Latest are the latest times of any event and block in it.
	Latest Latest `json:"latest"`
	// Journals are how far it has each.
	Journals []Held `json:"journals"`
}

// Latest are the latest times of what a copy holds.
type Latest struct {
	Recorded time.Time `json:"recorded"`
	Occurred time.Time `json:"occurred"`
	Written  time.Time `json:"written"`
	Received time.Time `json:"received"`
}

// Held is how far a copy has a journal.
type Held struct {
	Journal string `json:"journal"`
	Block   uint64 `json:"block"`
	Events  uint64 `json:"events"`
	// Digest of the header of the last block, hex.
	Digest string `json:"digest"`
}

// Snapshots are copies of a ledger that were kept as it grew. They shorten replays and are nothing to rely on: before one is used its
// digest is checked, and its positions are held against the blocks of the ledger. Safe for concurrent use.
type Snapshots struct {
	Live   *ledger.Ledger
	Dir    string
	Now    func() time.Time
	Logger *slog.Logger
	// Every is after how many more events one is taken; 0 is 250,000.
	Every uint64

	mu      sync.Mutex
	checked map[string]bool // files whose digest was found right since the start
}

// Run takes snapshots when they are due, until ctx ends.
func (s *Snapshots) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if _, err := s.TakeDue(ctx); err != nil && ctx.Err() == nil {
			s.Logger.Error("no snapshot could be taken", "agency", s.Live.Agency(), "err", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// TakeDue takes a snapshot if enough has come since the last; nil when it was not due.
func (s *Snapshots) TakeDue(ctx context.Context) (*Snapshot, error) {
	list, err := s.List()
	if err != nil {
		return nil, err
	}
	last := uint64(0)
	for _, one := range list {
		last = max(last, one.Events)
	}
	has, err := At(s.Live)
	if err != nil {
		return nil, err
	}
	total := uint64(0)
	for _, e := range has {
		total += e.Events
	}
	if total < last+cmp.Or(s.Every, snapshotEvery) {
		return nil, nil
	}
	return s.Take(ctx)
}

// Take copies the ledger as it is now.
func (s *Snapshots) Take(ctx context.Context) (*Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("take a snapshot: %w", err)
	}
	temporary := filepath.Join(s.Dir, "taking")
	if err := errors.Join(os.RemoveAll(temporary), s.sweep()); err != nil {
		return nil, fmt.Errorf("take a snapshot: %w", err)
	}
	if err := s.Live.CopyTo(temporary); err != nil {
		return nil, err
	}
	defer os.Remove(temporary)
	one, err := s.describe(ctx, temporary)
	if err != nil {
		return nil, fmt.Errorf("take a snapshot: %w", err)
	}
	one.File = fmt.Sprintf("%012d-%s.db", one.Events, one.SHA256[:12])
	if err := os.Rename(temporary, filepath.Join(s.Dir, one.File)); err != nil {
		return nil, fmt.Errorf("take a snapshot: %w", err)
	}
	said, err := json.MarshalIndent(one, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := whole.Write(s.said(one.File), said, 0o600); err != nil {
		return nil, fmt.Errorf("take a snapshot: %w", err)
	}
	return one, s.thin()
}

// sweep removes copies that do not say what they are: whoever took them was killed before.
func (s *Snapshots) sweep() error {
	copies, err := filepath.Glob(filepath.Join(s.Dir, "*.db"))
	for _, path := range copies {
		if _, statErr := os.Stat(path + ".json"); errors.Is(statErr, fs.ErrNotExist) {
			err = errors.Join(err, os.Remove(path))
		}
	}
	return err
}

// List returns the snapshots that there are, the smallest first. One that does not say what it is is left out.
func (s *Snapshots) List() ([]*Snapshot, error) {
	paths, err := filepath.Glob(filepath.Join(s.Dir, "*.db.json"))
	if err != nil {
		return nil, err
	}
	list := []*Snapshot{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		one := &Snapshot{}
		if err = errors.Join(err, json.Unmarshal(data, one)); err != nil || filepath.Base(path) != one.File+".json" {
			s.Logger.Warn("a snapshot does not say what it is and is not used", "path", path, "err", err)
			continue
		}
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b *Snapshot) int { return cmp.Or(cmp.Compare(a.Events, b.Events), cmp.Compare(a.File, b.File)) })
	return list, nil
}

// thin removes the snapshots that are too many.
func (s *Snapshots) thin() error {
	list, err := s.List()
	for err == nil && len(list) > maxSnapshots {
		nearest := 1
		for i := 1; i < len(list)-1; i++ {
			if list[i+1].Events-list[i-1].Events < list[nearest+1].Events-list[nearest-1].Events {
				nearest = i
			}
		}
		err = s.remove(list[nearest])
		list = slices.Delete(list, nearest, nearest+1)
	}
	return err
}

func (s *Snapshots) remove(one *Snapshot) error {
	return errors.Join(os.RemoveAll(s.said(one.File)), os.RemoveAll(filepath.Join(s.Dir, one.File)))
}

// Drop removes all, so that nothing is left in them of what was withdrawn since.
func (s *Snapshots) Drop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return os.RemoveAll(s.Dir)
}

// copyWithin copies the largest snapshot that lies within a horizon to a path; false when there is none. One that is not what it says
// it is, or whose blocks are not those of the ledger, is removed.
func (s *Snapshots) copyWithin(ctx context.Context, h *Horizon, path string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, err := s.List()
	if err != nil {
		return false, err
	}
	for _, one := range slices.Backward(list) {
		if !h.holds(one) {
			continue
		}
		why, err := s.doubt(ctx, one)
		if err != nil {
			return false, err
		}
		if why == "" {
			return true, copyFile(filepath.Join(s.Dir, one.File), path)
		}
		s.Logger.Warn("a snapshot is not what it says and is removed", "agency", s.Live.Agency(), "file", one.File, "err", why)
		if err := s.remove(one); err != nil {
			return false, err
		}
	}
	return false, nil
}

// holds reports whether everything in a snapshot is within the horizon.
func (h *Horizon) holds(one *Snapshot) bool {
	if h.kinds != nil || h.agencies != nil || !h.from.IsZero() || h.known != nil && !h.known.own {
		return false
	}
	for _, j := range one.Journals {
		id, err := journal.ParseID(j.Journal)
		if last, bounded := h.upTo[id]; err != nil || bounded && j.Block > last {
			return false
		}
	}
	return (h.asOf.IsZero() || !one.Latest.Recorded.After(h.asOf)) && (h.trueAt.IsZero() || !one.Latest.Occurred.After(h.trueAt)) &&
		(h.known == nil || !one.Latest.Received.After(h.known.at) && !one.Latest.Written.After(h.known.at))
}

// doubt says why a snapshot is not to be used; nothing when it is good.
func (s *Snapshots) doubt(ctx context.Context, one *Snapshot) (string, error) {
	if one.Schema != ledger.Schema || one.Agency != s.Live.Agency() {
		return "it is of another schema or agency", nil
	}
	if !s.checked[one.File] {
		sum, _, err := digest(ctx, filepath.Join(s.Dir, one.File))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return "its file is gone", nil
		case err != nil:
			return "", err
		case sum != one.SHA256:
			return "its content is not the one that was written", nil
		}
		if s.checked == nil {
			s.checked = map[string]bool{}
		}
		s.checked[one.File] = true
	}
	why := ""
	err := s.Live.View(func(v ledger.View) error {
		for _, j := range one.Journals {
			id, err := journal.ParseID(j.Journal)
			if err != nil {
				return err
			}
			b, err := v.Block(id, j.Events)
			if err != nil {
				return err
			}
			sum := sha256.Sum256(b.GetHeader())
			if hex.EncodeToString(sum[:]) != j.Digest {
				why = fmt.Sprintf("its block %d of %s is not the one on record", j.Block, j.Journal)
			}
		}
		return nil
	})
	return why, err
}
