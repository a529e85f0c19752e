package names

import "strings"

// maxTokens bounds the work for one name; the longest names on the published lists have about half as many.
const maxTokens = 48

// Parse takes a name apart. It never fails: bytes that are no text are left out, and a name without letters and
// digits has no tokens. Case, diacritics, punctuation and apostrophes do not matter; hyphens part words; single
// letters with full stops between them are one word when they are a legal form or three and more.
func Parse(name string) Name {
	var n Name
	for _, f := range fields(name) {
		for _, text := range words(f) {
			n.Tokens = append(n.Tokens, newToken(text, f))
		}
	}
	if len(n.Tokens) > maxTokens {
		n.Tokens = n.Tokens[:maxTokens]
	}
	for _, t := range n.Tokens {
		if t.kind != legalForm {
			return n
		}
	}
	for i := range n.Tokens {
		n.Tokens[i].Weight = 0.2
	}
	return n
}

// words cuts a field at its full stops and slashes, and at articles that a script or a habit joins to the word.
func words(f field) []string {
	if !strings.ContainsAny(f.text, "./") {
		return parted(f)
	}
	parts := strings.FieldsFunc(f.text, func(r rune) bool { return r == '.' || r == '/' })
	if joined := strings.Join(parts, ""); len(joined) == len(parts) && len(parts) > 1 {
		if len(parts) > 2 || legalForms[joined] || acronyms[joined] {
			return []string{joined}
		}
	}
	var all []string
	for _, p := range parts {
		all = append(all, parted(field{text: p, bare: f.bare})...)
	}
	return all
}

func parted(f field) []string {
	if rest, ok := strings.CutPrefix(f.text, "al"); ok && f.bare && len(rest) > 2 {
		return []string{"al", rest}
	}
	for _, form := range abdForms {
		switch rest, ok := strings.CutPrefix(f.text, form); {
		case !ok:
		case rest == "":
			return []string{"abd"}
		case rest == "la" || rest == "lah":
			return []string{"abd", "allah"}
		case len(rest) > 2:
			return []string{"abd", rest}
		}
	}
	return []string{f.text}
}

func newToken(text string, f field) Token {
	t := Token{Text: text, bare: f.bare}
	t.kind, t.Weight = weigh(text)
	if f.aside {
		t.Weight = min(t.Weight, 0.3)
	}
	t.sound = soundOf(text)
	t.skeleton = skeletonOf(t.sound)
	for i := range len(t.sound) {
		t.letters |= 1 << (t.sound[i] & 63)
	}
	return t
}

func weigh(text string) (kind, float64) {
	switch {
	case legalForms[text]:
		return legalForm, 0.01
	case strings.ContainsAny(text, "0123456789"):
		return number, 0.7
	case particles[text]:
		return particle, 0.2
	case len(text) == 1:
		return initial, 0.3
	case generics[text]:
		return generic, 0.35
	case len(text) < 4:
		return word, 0.7
	}
	return word, 1
}
