package access

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

// tampered changes the file behind the journal's back.
func tampered(t *testing.T, path string, change func(entries *bolt.Bucket) error) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(func(tx *bolt.Tx) error { return change(tx.Bucket(entriesBucket)) }), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestTamperingIsNoticed(t *testing.T) {
	put := func(n uint64, value []byte) func(*bolt.Bucket) error {
		return func(b *bolt.Bucket) error { return b.Put(keyOf(n), value) }
	}
	remove := func(ns ...uint64) func(*bolt.Bucket) error {
		return func(b *bolt.Bucket) (err error) {
			for _, n := range ns {
				err = errors.Join(err, b.Delete(keyOf(n)))
			}
			return err
		}
	}
	for name, tt := range map[string]struct {
		change func(*bolt.Bucket) error
		says   string
	}{
		"nothing":              {func(*bolt.Bucket) error { return nil }, ""},
		"the first removed":    {remove(1), "entry 1 is missing"},
		"one removed":          {remove(5), "entry 5 is missing"},
		"the last removed":     {remove(10), "entries 10 to 10 are missing"},
		"the last few removed": {remove(8, 9, 10), "entries 8 to 10 are missing"},
		"all removed":          {remove(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), "entries 1 to 10 are missing"},
		"one emptied":          {put(5, nil), "entry 4 is not the one that entry 5 was written after"},
		"the first made anew":  {put(1, make([]byte, 40)), "entry 1 is not the one that entry 2 was written after"},
		"one beyond the last":  {put(11, make([]byte, 40)), "entry 10 is not the one that entry 11 was written after"},
		"the last made anew":   {func(b *bolt.Bucket) error { return b.Put(keyOf(10), append(slices.Clone(b.Get(keyOf(10))[:32]), 1)) }, "entry 10 is not the one that was written last"},
		"a renumbered one": {func(b *bolt.Bucket) error {
			return errors.Join(b.Put(keyOf(12), slices.Clone(b.Get(keyOf(10)))), b.Delete(keyOf(10)))
		}, "entry 10 is missing"},
		"two entries exchanged": {func(b *bolt.Bucket) error {
			four, five := slices.Clone(b.Get(keyOf(4))), slices.Clone(b.Get(keyOf(5)))
			return errors.Join(b.Put(keyOf(4), five), b.Put(keyOf(5), four))
		}, "entry 3 is not the one that entry 4 was written after"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "access.db")
			j, err := Open(path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			add(t, j, 1, 10)
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			tampered(t, path, tt.change)
			j = open(t, path, Options{})
			if c, err := j.Check(Noted{}); c.Broken != tt.says || err != nil {
				t.Errorf("Check: %+v, %v; want %q", c, err, tt.says)
			}
			if _, _, err := j.List(Query{Limit: 100}); err != nil {
				t.Errorf("what is left cannot be listed: %v", err)
			}
		})
	}
}

// A chain that was made anew from an entry on is whole, and does not lead over a head that was noted before.
func TestChainMadeAnewIsNotTheOneThatWasNoted(t *testing.T) {
	written := func(to uint64, by string) *Journal {
		j := open(t, filepath.Join(t.TempDir(), "access.db"), Options{Now: func() time.Time { return time.Unix(0, 0) }})
		for n := uint64(1); n <= to; n++ {
			e := entry(n)
			if n == 3 {
				e.User = by
			}
			if err := j.Add(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := j.Flush(); err != nil {
			t.Fatal(err)
		}
		return j
	}
	first, err := written(5, "u-12").Check(Noted{})
	if err != nil {
		t.Fatal(err)
	}
	noted := Noted{first.Entries, first.Head}
	for name, tt := range map[string]struct {
		j    *Journal
		says string
	}{
		"goes on":         {written(9, "u-12"), ""},
		"the same":        {written(5, "u-12"), ""},
		"made anew":       {written(9, "u-99"), "entry 5 is not the one that was noted"},
		"made anew, less": {written(4, "u-12"), "there are 4 entries and 5 were noted"},
	} {
		if c, err := tt.j.Check(noted); err != nil || c.Broken != tt.says {
			t.Errorf("%s: %+v, %v; want %q", name, c, err, tt.says)
		}
	}
}

// Every byte of every entry counts.
func TestFlippedByteIsNoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "access.db")
	j, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	add(t, j, 1, 4)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var unnoticed []string
	errEnd := errors.New("undo")
	for n := uint64(1); n <= 4; n++ {
		for at, more := 0, true; more; at++ {
			err := db.Update(func(tx *bolt.Tx) error {
				b := tx.Bucket(entriesBucket)
				value := slices.Clone(b.Get(keyOf(n)))
				if more = at < len(value); !more {
					return errEnd
				}
				value[at] ^= 1
				if err := b.Put(keyOf(n), value); err != nil {
					return err
				}
				if c, err := check(tx, Noted{}); err == nil && c.Broken == "" {
					unnoticed = append(unnoticed, fmt.Sprintf("byte %d of entry %d", at, n))
				}
				return errEnd
			})
			if !errors.Is(err, errEnd) {
				t.Fatal(err)
			}
		}
	}
	if len(unnoticed) > 0 {
		t.Errorf("flipped and not noticed: %v", unnoticed)
	}
}

// A page that makes no sense is an answer, not a panic.
func TestDamagedFileIsSaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "access.db")
	j, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	add(t, j, 1, 5000)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	for at := 2 * page; at < len(data); at += page { // behind the two that bbolt guards
		copy(data[at:at+16], "sixteen bytes ..")
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	j, err = Open(path, Options{})
	if err == nil {
		t.Fatalf("a damaged file was opened; closed with %v", j.Close())
	}
	if !strings.Contains(err.Error(), "evidence") {
		t.Errorf("Open: %v; want what to do", err)
	}
}
