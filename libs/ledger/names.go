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
func (tx *Tx) writeNames(folded []string) error {
	slices.Sort(folded)
	b := tx.tx.Bucket(bucketNames)
	counts := map[string]byte{}
	for _, name := range slices.Compact(folded) {
		keys := names.Keys(name)
		if len(keys) == 0 || b.Get(nameKey(keys[0], name)) != nil {
			continue
		}
		for _, key := range keys {
			counts[string(nameKey(key, name))] = byte(min(len(keys), 255))
		}
	}
	for _, key := range sortedKeys(counts) {
		if err := b.Put([]byte(key), []byte{counts[key]}); err != nil {
			return err
		}
	}
	return nil
}

// forgetName forgets a name that no row has any more.
func (tx *Tx) forgetName(folded string) error {
	b := tx.tx.Bucket(bucketNames)
	for _, key := range names.Keys(folded) {
		if err := b.Delete(nameKey(key, folded)); err != nil {
			return err
		}
	}
	return nil
}

func nameKey(key, folded string) []byte { return append(append([]byte(key), 0), folded...) }
