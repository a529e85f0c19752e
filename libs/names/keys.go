package names

import "slices"

// Keys returns the distinct keys under which an index keeps a name, in order: for each word its consonants and, so that
// names still meet after a slip of the pen, its consonants without one of them or, of a long word, the first and the
// last few; and the consonants of two neighbouring words in one. Words of business, particles and legal forms alone
// give keys only where a name has nothing else. A name of three words has about 15 keys, of 1 to 13 bytes.
func Keys(name string) []string { return Parse(name).Keys() }

// Keys returns what Keys(name) returns for the name that was parsed.
func (n Name) Keys() []string {
	keys := make([]string, 0, 16)
	for i, t := range n.Tokens {
		if t.kind == word {
			keys = appendKeys(keys, t)
		} else if t.kind == number {
			keys = append(keys, cut(t.Text))
		}
		if i > 0 && n.Tokens[i-1].kind != legalForm && t.kind != legalForm {
			keys = append(keys, cut(skeletonOf(n.Tokens[i-1].sound+t.sound)))
		}
	}
	if !slices.ContainsFunc(n.Tokens, func(t Token) bool { return t.kind == word || t.kind == number }) {
		for _, t := range n.Tokens {
			keys = append(keys, cut(t.sound))
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// appendKeys adds a word's keys. Two words that differ in one consonant, or in two that changed places, share a fifth of
// their keys at least.
func appendKeys(keys []string, t Token) []string {
	s := t.skeleton
	n := len(s)
	switch {
	case n < 3:
		return append(keys, s, "="+cut(t.sound))
	case n < 6:
		keys = append(keys, s)
		for i := range n {
			keys = append(keys, s[:i]+s[i+1:])
		}
		return keys
	}
	return append(keys, cut(s), s[:3]+"-", "-"+s[n-3:], s[:2]+"-"+s[n-2:])
}

// cut bounds the length of a key.
func cut(key string) string { return key[:min(len(key), 12)] }

// Enough reports whether a name on record that shares so many of its keys with the query is worth comparing. The
// counts are of distinct keys.
func Enough(shared, queryKeys, listedKeys int) bool {
	return shared > 0 && shared*6 >= min(queryKeys, listedKeys)
}
