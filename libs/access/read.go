package access

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/counterfoil/counterfoil/libs/fault"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Query is which entries are wanted.
type Query struct {
	// Owner keeps accesses to records of that agency's journals, ID those to one record; empty: all.
	Owner, ID string
	// Calls keeps accesses by these calls; none: all.
	Calls []string
	// Since keeps entries from then on; the zero time keeps all.
	Since time.Time
	// Limit is the most entries, at least 1; Token is from the page before.
	Limit int
	Token string
}

// scanMost is how many entries are looked at for one page, so that a page of a rare record does not take for ever.
const scanMost = 1_000_000

// List returns entries, the newest first, with the token of the next page; it is empty on the last. What waits is written
// first.
func (j *Journal) List(q Query) (list []*queryv1.Access, next string, err error) {
	if err := j.Flush(); err != nil {
		return nil, "", err
	}
	from := uint64(0)
	if q.Token != "" {
		if from, err = strconv.ParseUint(q.Token, 10, 64); err != nil || from == 0 {
			return nil, "", fault.Errorf(fault.Invalid, "page token %q is not one of this list", q.Token)
		}
	}
	err = guarded(func() error {
		return j.db.View(func(tx *bolt.Tx) error {
			list, next = page(tx.Bucket(entriesBucket).Cursor(), q, from)
			return nil
		})
	})
	return list, next, err
}

// page reads from entry number from downwards; 0 is the newest. An entry that does not parse is left to Check.
func page(c *bolt.Cursor, q Query, from uint64) (list []*queryv1.Access, next string) {
	key, value := c.Last()
	if from > 0 {
		if key, value = c.Seek(keyOf(from)); key == nil {
			key, value = c.Last()
		} else if binary.BigEndian.Uint64(key) > from {
			key, value = c.Prev()
		}
	}
	for scanned := 0; key != nil; key, value = c.Prev() {
		if scanned++; len(list) == q.Limit || scanned > scanMost {
			return list, strconv.FormatUint(binary.BigEndian.Uint64(key), 10)
		}
		e, err := decode(value)
		if err != nil {
			continue
		}
		if e.At.AsTime().Before(q.Since) {
			break
		}
		if q.wants(e) {
			list = append(list, e)
		}
	}
	return list, ""
}

// wants reports whether a query keeps an entry.
func (q Query) wants(e *queryv1.Access) bool {
	return (q.Owner == "" || slices.Contains(e.Owners, q.Owner)) && (q.ID == "" || e.Id == q.ID) && (len(q.Calls) == 0 || slices.Contains(q.Calls, e.Call))
}

// Chain is how the chain of entries stands.
type Chain struct {
	// Entries is how many were ever made, and Head the SHA-256 of the last one, hex; empty when there is none.
	Entries uint64
	Head    string
	// Broken says where an entry was altered or removed; empty while the chain is whole.
	Broken string
}

// Noted is what somebody noted of the chain earlier: the zero value is nothing.
type Noted struct {
	Entries uint64
	Head    string
}

// Check reads every entry, written ones only, and compares each with what the next carries, and the one that was noted with
// its head: about 0.2 s per million. What was noted of entries that were dropped since cannot be checked and is taken.
func (j *Journal) Check(noted Noted) (chain Chain, err error) {
	err = guarded(func() error {
		return j.db.View(func(tx *bolt.Tx) error {
			chain, err = check(tx, noted)
			return err
		})
	})
	if err != nil { // a page that makes no sense
		return Chain{Broken: err.Error()}, nil
	}
	return chain, nil
}

func check(tx *bolt.Tx, noted Noted) (Chain, error) {
	before, err := readLink(tx.Bucket(metaBucket), firstKey)
	if err != nil {
		return Chain{}, err
	}
	last, err := readLink(tx.Bucket(metaBucket), lastKey)
	if err != nil {
		return Chain{}, err
	}
	chain := Chain{Entries: last.number}
	if last.number > 0 {
		chain.Head = hex.EncodeToString(last.sum[:])
	}
	c := tx.Bucket(entriesBucket).Cursor()
	for key, value := c.First(); key != nil; key, value = c.Next() {
		number := binary.BigEndian.Uint64(key)
		if number != before.number+1 {
			chain.Broken = fmt.Sprintf("entry %d is missing", before.number+1)
			return chain, nil
		}
		if len(value) < len(before.sum) || [32]byte(value) != before.sum {
			chain.Broken = fmt.Sprintf("entry %d is not the one that entry %d was written after", before.number, number)
			if before.number == 0 {
				chain.Broken = "entry 1 is not the first that was written"
			}
			return chain, nil
		}
		before = link{number, sumOf(key, value)}
		if number == noted.Entries && hex.EncodeToString(before.sum[:]) != noted.Head {
			chain.Broken = fmt.Sprintf("entry %d is not the one that was noted", number)
			return chain, nil
		}
	}
	if before.number < last.number {
		chain.Broken = fmt.Sprintf("entries %d to %d are missing", before.number+1, last.number)
	} else if before != last {
		chain.Broken = fmt.Sprintf("entry %d is not the one that was written last", before.number)
	} else if last.number < noted.Entries {
		chain.Broken = fmt.Sprintf("there are %d entries and %d were noted", last.number, noted.Entries)
	}
	return chain, nil
}
