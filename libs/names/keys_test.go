package names_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/counterfoil/counterfoil/libs/names"
)

// misspelt writes a name with other vowels and slips of the pen, as somebody might who heard it.
func misspelt(r *rand.Rand, name string) string {
	letters := []byte(strings.ToLower(name))
	for range 1 + r.IntN(2) {
		i := r.IntN(len(letters))
		switch b := letters[i]; {
		case strings.IndexByte("aeiou", b) >= 0:
			letters[i] = "aeiou"[r.IntN(5)]
		case b >= 'a' && b <= 'z' && r.IntN(2) == 0:
			letters[i] = byte('a' + r.IntN(26))
		case i+1 < len(letters):
			letters[i], letters[i+1] = letters[i+1], b
		}
	}
	words := strings.Fields(string(letters))
	r.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	return strings.Join(words, " ")
}

// Keys must lead to what Compare finds alike: held against comparing with every name there is.
func TestKeysReachWhatIsAlike(t *testing.T) {
	t.Parallel()
	all := lists(t)
	type known struct {
		name names.Name
		keys map[string]bool
	}
	var list []known
	for _, l := range all {
		k := known{names.Parse(l.name), map[string]bool{}}
		for _, key := range k.name.Keys() {
			k.keys[key] = true
		}
		list = append(list, k)
	}
	var queries []string
	for _, v := range variants {
		queries = append(queries, v.variant)
	}
	r := rand.New(rand.NewPCG(7, 7))
	misspellings := 20
	if soak() {
		misspellings = 200
	}
	for range misspellings {
		queries = append(queries, misspelt(r, all[r.IntN(len(all))].name))
	}
	alike, missed, compared := 0, 0, 0
	for _, q := range queries {
		query := names.Parse(q)
		keys := query.Keys()
		for i, l := range list {
			shared := 0
			for _, k := range keys {
				if l.keys[k] {
					shared++
				}
			}
			enough := names.Enough(shared, len(keys), len(l.keys))
			if enough {
				compared++
			}
			score := names.Score(query, l.name)
			if score < names.ReviewLine {
				continue
			}
			alike++
			if !enough {
				missed++
				t.Logf("%q is like %q, %.3f, and shares %d of %d and %d keys", q, all[i].name, score, shared, len(keys), len(l.keys))
			}
		}
	}
	t.Logf("%d queries, %d compared by keys, %d pairs alike, %d of them not reached", len(queries), compared, alike, missed)
	if missed*50 > alike {
		t.Errorf("keys miss %d of %d pairs", missed, alike)
	}
}
