package names

import (
	"math/bits"
	"strings"

	"github.com/hbollon/go-edlib"
)

// leastSimilarity is what two tokens need to be a pair at all.
const leastSimilarity = 0.75

// leastOfCommon is what they need where one is a common word: "shipping" is not a misspelt "Sixing".
const leastOfCommon = 0.9

// similar says how alike two tokens are, and 0 where they are no pair. It is symmetric.
func similar(a, b *Token) (float64, How) {
	switch {
	case a.Text == b.Text:
		return 1, Exact
	case a.kind == initial || b.kind == initial:
		return similarInitial(a, b)
	case a.kind == number || b.kind == number, (a.kind == legalForm) != (b.kind == legalForm):
		return 0, Unmatched
	case a.sound == b.sound:
		return 0.97, Spelling
	case a.kind == legalForm:
		return 0, Unmatched
	case a.bare || b.bare:
		return similarBare(a, b)
	case len(a.sound) < 3 || len(b.sound) < 3 || len(a.sound)+len(b.sound) < 7:
		return 0, Unmatched
	}
	sameSkeleton := a.skeleton == b.skeleton && len(a.skeleton) > 2
	if !sameSkeleton && bits.OnesCount64(a.letters^b.letters) > min(4, 2*mostEdits(a, b)) {
		return 0, Unmatched
	}
	s := edits(a.sound, b.sound)
	if sameSkeleton && len(a.skeleton) > 3 {
		s = (1 + s) / 2
	} else if sameSkeleton {
		s = (2 + 3*s) / 5
	}
	if s < leastSimilarity || a.kind != b.kind && s < leastOfCommon {
		return 0, Unmatched
	}
	return min(s, 0.97), Spelling
}

// mostEdits is the distance beyond which two sounds cannot reach leastSimilarity by edits.
func mostEdits(a, b *Token) int { return max(len(a.sound), len(b.sound)) * 3 / 8 }

// edits weighs two measures: two thirds for Damerau's and Levenshtein's distance, which judges the whole word, and one
// for Jaro's and Winkler's similarity, which trusts its beginning.
func edits(a, b string) float64 {
	if a > b {
		a, b = b, a // Jaro's measure is not quite symmetric
	}
	osa := 1 - float64(edlib.OSADamerauLevenshteinDistance(a, b))/float64(max(len(a), len(b)))
	return (2*osa + float64(edlib.JaroWinklerSimilarity(a, b))) / 3
}

func similarInitial(a, b *Token) (float64, How) {
	if a.kind == initial {
		a, b = b, a
	}
	if a.kind == word && len(a.Text) > 1 && a.Text[0] == b.Text[0] {
		return 0.8, Initial
	}
	return 0, Unmatched
}

// similarBare compares consonants alone, because one side wrote no vowels. Scripts without vowels write o, u and w
// with one letter, so w says nothing either.
func similarBare(a, b *Token) (float64, How) {
	x, y := consonants(a), consonants(b)
	switch {
	case len(x) > 1 && x == y:
		return 0.93, Spelling
	case len(x) > 3 && len(y) > 3 && edlib.OSADamerauLevenshteinDistance(x, y) == 1:
		return 0.8, Spelling
	}
	return 0, Unmatched
}

func consonants(t *Token) string {
	return strings.ReplaceAll(strings.TrimPrefix(t.skeleton, "a"), "v", "")
}

// joined says how alike two tokens written as one are to a third.
func joined(first, second, whole *Token) float64 {
	if len(first.Text)+len(second.Text) == len(whole.Text) &&
		strings.HasPrefix(whole.Text, first.Text) && strings.HasSuffix(whole.Text, second.Text) {
		return 0.97
	}
	// A letter may be lost where the two meet, as in "abdulahmed".
	if n := len(whole.sound) - len(first.sound) - len(second.sound); n >= -1 && n <= 0 &&
		strings.HasPrefix(whole.sound, first.sound) && strings.HasSuffix(whole.sound, second.sound) {
		return 0.93
	}
	return 0
}
