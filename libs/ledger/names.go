package ledger

import (
	"bytes"
	"slices"

	"github.com/counterfoil/counterfoil/libs/names"
)

// The names that parties, entries of watch lists and denials go by are kept apart from the rows, each once, under keys that
// names near to one another share: a name on record is compared with the few that may be near to it, however many there are.

// NamesNear returns the folded names on record that are worth comparing with a name, in order. The rows that have one are
// found under "party", by "name:" and the folded name.
func (v View) NamesNear(name string) ([]string, error) {
	if err := v.written(); err != nil {
		return nil, err
	}
	keys := names.Keys(name)
	shared, counts := map[string]int{}, map[string]int{}
	c := v.tx.Bucket(bucketNames).Cursor()
	for _, key := range keys {
		prefix := append([]byte(key), 0)
		for k, n := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, n = c.Next() {
			near := string(k[len(prefix):])
			shared[near]++
			counts[near] = int(n[0])
		}
	}
	var found []string
	for near, n := range shared {
		if names.Enough(n, len(keys), counts[near]) {
			found = append(found, near)
		}
	}
	slices.Sort(found)
	return found, nil
}

// writeNames learns the names that parties go by. Keys are put in order, which spares the file moving what it holds.
func (tx *Tx) writeNames() error {
	if len(tx.names) == 0 {
		return nil
	}
	b := tx.tx.Bucket(bucketNames)
	var learnt []nameEntry
	for name := range tx.names {
		if b.Get(nameKey(nameLearnt, name)) != nil {
			continue
		}
		keys := names.Keys(name)
		for _, key := range append(keys, nameLearnt) {
			learnt = append(learnt, nameEntry{nameKey(key, name), byte(min(len(keys), 255))})
		}
	}
	slices.SortFunc(learnt, func(x, y nameEntry) int { return bytes.Compare(x.key, y.key) })
	for i := range learnt {
		if err := b.Put(learnt[i].key, []byte{learnt[i].keys}); err != nil {
			return err
		}
	}
	tx.names = map[string]bool{} // what was made for many is slow to clear for a few
	return nil
}

// nameEntry is a key of a name, and how many the name has.
type nameEntry struct {
	key  []byte
	keys byte
}

// forgetName forgets a name that no row has any more.
func (tx *Tx) forgetName(folded string) error {
	b := tx.tx.Bucket(bucketNames)
	for _, key := range append(names.Keys(folded), nameLearnt) {
		if err := b.Delete(nameKey(key, folded)); err != nil {
			return err
		}
	}
	return nil
}

// checkNames checks that every name of a row is found under its keys: one that is not would be screened as if nobody had it.
func (c *checker) checkNames(t *table, id string, folded []string) error {
	b := c.tx.Bucket(bucketNames)
	for _, name := range folded {
		if c.names[name] {
			continue
		}
		c.names[name] = true
		for _, key := range append(names.Keys(name), nameLearnt) {
			if b.Get(nameKey(key, name)) != nil {
				continue
			}
			if err := c.found("%s: a name of %s is not found by its keys", t.name, id); err != nil {
				return err
			}
			break
		}
	}
	return nil
}

// nameLearnt is the key that says of a name that it was learnt; no name has it of its own.
const nameLearnt = ""

func nameKey(key, folded string) []byte {
	k := make([]byte, 0, len(key)+1+len(folded))
	return append(append(append(k, key...), 0), folded...)
}
