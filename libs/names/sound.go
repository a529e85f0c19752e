package names

import "strings"

// romanisations are letters that romanisations write for one another, the longest first: each is replaced by what
// follows it.
var romanisations = []struct{ from, to string }{
	{"shch", "s"}, {"sch", "s"}, {"tch", "c"}, {"dzh", "j"},
	{"sh", "s"}, {"ch", "c"}, {"cz", "c"}, {"ts", "c"}, {"tz", "c"}, {"zh", "j"}, {"dj", "j"}, {"kh", "h"}, {"gh", "g"},
	{"ph", "f"}, {"th", "t"}, {"dh", "d"}, {"ck", "k"}, {"qu", "k"}, {"ks", "x"},
	{"ce", "se"}, {"ci", "si"}, {"cy", "si"},
	{"ou", "u"}, {"oo", "u"}, {"ue", "u"}, {"oe", "o"}, {"ee", "i"}, {"ea", "i"},
	{"ai", "e"}, {"ay", "e"}, {"ei", "e"}, {"ey", "e"}, {"ae", "e"},
	{"iy", "i"}, {"yi", "i"}, {"ij", "i"}, {"ie", "i"}, {"ia", "a"}, {"ya", "a"}, {"yu", "u"}, {"iu", "u"}, {"ye", "e"},
	{"q", "k"}, {"c", "k"}, {"w", "v"}, {"y", "i"},
}

// byFirst finds the romanisations that begin with a letter.
var byFirst = func() (table [26][]int) {
	for i, r := range romanisations {
		table[r.from[0]-'a'] = append(table[r.from[0]-'a'], i)
	}
	return table
}()

// soundOf spells a token as romanisations commonly agree on: "mukhammed" and "muhamed" become one, "qaeda" and
// "qaida", "petroff" and "petrov". The result is never empty.
func soundOf(text string) string {
	if s, ok := spellings[text]; ok {
		return s
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		to, n := text[i:i+1], 1
		if b := text[i]; b >= 'a' && b <= 'z' {
			for _, k := range byFirst[b-'a'] {
				if r := romanisations[k]; strings.HasPrefix(text[i:], r.from) {
					to, n = r.to, len(r.from)
					break
				}
			}
		}
		for j := range len(to) {
			if len(out) == 0 || out[len(out)-1] != to[j] || to[j] <= '9' {
				out = append(out, to[j])
			}
		}
		i += n
	}
	if n := len(out); n > 3 && out[n-1] == 'f' && (out[n-2] == 'o' || out[n-2] == 'e') {
		out[n-1] = 'v'
	} else if n > 2 && out[n-1] == 'h' {
		out = out[:n-1]
	}
	return string(out)
}

// class is what a consonant counts as in a skeleton.
func class(b byte) byte {
	switch b {
	case 'g', 'x':
		return 'k'
	case 'b':
		return 'p'
	case 'f':
		return 'v'
	case 'z', 'c':
		return 's'
	}
	return b
}

// skeletonOf keeps the consonants of a sound, and "a" for a vowel at its beginning.
func skeletonOf(sound string) string {
	out := make([]byte, 0, len(sound))
	for i := range len(sound) {
		b := class(sound[i])
		if vowel(b) {
			if i > 0 {
				continue
			}
			b = 'a'
		}
		if i == 0 || b != class(sound[i-1]) || b <= '9' {
			out = append(out, b)
		}
	}
	return string(out)
}

func vowel(b byte) bool {
	return b == 'a' || b == 'e' || b == 'i' || b == 'o' || b == 'u'
}
