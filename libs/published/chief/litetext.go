package chief

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

func (w *liteWriter) problem(field, format string, args ...any) {
	w.problems.Add("licence.json", 1, field+" "+fmt.Sprintf(format, args...))
}

// clean returns a text that can be written: / for a backslash, a space for a line break or another control character,
// and no space at either end.
func (w *liteWriter) clean(field, text string) string {
	safe := strings.Map(func(r rune) rune {
		switch {
		case r == '\\':
			return '/'
		case r < ' ' || r == 0x7f:
			return ' '
		}
		return r
	}, text)
	if strings.Contains(text, `\`) {
		w.problem(field, "has a backslash, which cannot be written; / stands for it")
	}
	if strings.ReplaceAll(text, `\`, "/") != safe {
		w.problem(field, "has a line break or another control character; a space stands for it")
	}
	trimmed := strings.TrimSpace(safe)
	if trimmed != safe {
		w.problem(field, "has a space at its start or end, which is left out")
	}
	if beyond := strings.TrimFunc(trimmed, func(r rune) bool { return r < utf8.RuneSelf }); beyond != "" {
		first, _ := utf8.DecodeRuneInString(beyond)
		w.problem(field, "has characters beyond ASCII, such as %q; they are kept as UTF-8", string(first))
	}
	return trimmed
}

func (w *liteWriter) name(field, text string) string {
	return w.shorten(field, w.clean(field, text), 80)
}

func (w *liteWriter) shorten(field, text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	w.problem(field, "has %d characters and is cut off after %d", len(runes), limit)
	return strings.TrimSpace(string(runes[:limit]))
}

const addressWidth = 35

// address returns five lines of up to 35 characters. A line that is longer goes on in lines of its own, and what then is
// beyond the fifth is cut off.
func (w *liteWriter) address(field string, p liteParty) (lines [5]string) {
	a := p.Address
	given := []string{a.Line1, a.Line2, a.Line3, a.Line4, a.Line5}
	wrapped := false
	for i, text := range given {
		at := fmt.Sprintf("%s.line_%d", field, i+1)
		given[i] = w.clean(at, text)
		if utf8.RuneCountInString(given[i]) > addressWidth {
			wrapped = true
			w.problem(at, "has %d characters, more than %d, and goes on in further lines", utf8.RuneCountInString(given[i]), addressWidth)
		}
	}
	if !wrapped {
		copy(lines[:], given)
		return lines
	}
	var all []string
	for _, text := range given {
		all = append(all, wrap(text)...)
	}
	if n := copy(lines[:], all); n < len(all) {
		w.problem(field, "does not fit in five lines; left out is %q", strings.Join(all[n:], " "))
	}
	return lines
}

// wrap breaks a text at spaces into lines of up to 35 characters; a longer word is broken itself.
func wrap(text string) (lines []string) {
	var line []rune
	for _, word := range strings.Fields(text) {
		w := []rune(word)
		if len(line) > 0 && len(line)+1+len(w) > addressWidth {
			lines, line = append(lines, string(line)), nil
		}
		for len(w) > addressWidth {
			lines, w = append(lines, string(w[:addressWidth])), w[addressWidth:]
		}
		if len(line) > 0 {
			line = append(line, ' ')
		}
		line = append(line, w...)
	}
	if len(line) > 0 {
		lines = append(lines, string(line))
	}
	return lines
}
