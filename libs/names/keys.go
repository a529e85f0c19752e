package names

import "slices"

// Keys returns the distinct keys under which an index keeps a name, in order: for each word of the name its
// consonants, and its consonants without one of them, so that names still meet after a slip of the pen or another
// romanisation. Words of business, particles and legal forms give keys only where a name has nothing else. A name of
// three words has about 15 keys, of 1 to 12 bytes.
func Keys(name string) []string { return Parse(name).Keys() }

// Keys returns what Keys(name) returns for the name that was parsed.
func (n Name) Keys() []string {
	keys := make([]string, 0, 16)
	for i, t := range n.Tokens {
		if t.kind == word {
			keys = appendKeys(keys, t)
		} else if t.kind == number {
			keys = append(keys, t.Text)
		}
		if i > 0 && n.Tokens[i-1].kind != legalForm && t.kind != legalForm {
			keys = append(keys, cut(skeletonOf(n.Tokens[i-1].sound+t.sound)))
		}
	}
	if !slices.ContainsFunc(n.Tokens, func(t Token) bool { return t.kind == word || t.kind == number }) {
		for _, t := range n.Tokens {
			keys = append(keys, t.sound)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// appendKeys adds a word's consonants and what is left of them without each one. A word of few consonants is known by
// its vowels too.
func appendKeys(keys []string, t Token) []string {
	s := cut(t.skeleton)
	keys = append(keys, s)
	if len(s) < 3 {
		return append(keys, "="+t.sound)
	}
	for i := range len(s) {
		keys = append(keys, s[:i]+s[i+1:])
	}
	return keys
}

func cut(skeleton string) string { return skeleton[:min(len(skeleton), 12)] }

// Enough reports whether a name on record that shares so many of its keys with the query is worth comparing. The
// counts are of distinct keys.
func Enough(shared, queryKeys, listedKeys int) bool {
	return shared > 0 && shared*5 >= min(queryKeys, listedKeys)
}
