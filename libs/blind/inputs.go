package blind

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/counterfoil/counterfoil/libs/refdata"
)

// Party is somebody in a denial or in a case.
type Party struct {
	Name string
	// Country is ISO 3166-1 alpha-2; empty where it is not known.
	Country string
	// Identifiers are "scheme:value".
	Identifiers []string
}

// Inputs are what makes two denials alike, in one order whatever order the arguments have: each identifier of each party, and its
// name with its country, with each rating down to its letter. Holder and asker have to make them alike, or they miss
// each other: a rating without a letter is met by one without a letter only, and a name with a country by one with that
// country; an asker who wants more names both. Names are compared by FoldName; identifiers, countries and ratings without case,
// blanks and punctuation; a rating that is not of the Munitions List as a whole, and every name of the catch-all control as
// "catch all". Parties without name and identifiers, and ratings that are empty, give none.
func Inputs(parties []Party, ratings []string) [][]byte {
	var inputs [][]byte
	for _, rating := range ratings {
		item := foldRating(rating)
		if item == "" {
			continue
		}
		for _, p := range parties {
			if name := FoldName(p.Name); name != "" {
				inputs = append(inputs, []byte(encode("name", name, squeeze(p.Country), item)))
			}
			for _, identifier := range p.Identifiers {
				scheme, value, _ := strings.Cut(identifier, ":")
				if value = squeeze(value); value != "" {
					inputs = append(inputs, []byte(encode("identifier", squeeze(scheme), value, item)))
				}
			}
		}
	}
	slices.SortFunc(inputs, slices.Compare)
	return slices.CompactFunc(inputs, slices.Equal)
}

// legalForms are left out of names: registers write them or not, in full or short.
var legalForms = setOf(`ab ag ao aps as asa bhd bv bvba co company corp corporation cjsc doo ead eood fze gmbh inc incorporated
	jsc kft kg kk limited llc llp lp ltd mbh nv oao ohg ojsc oo ood ooo ou oy oyj pao pjsc plc pte pty pvt sa sae saoc sarl sas
	sdn sl spa sro srl ua zao zrt ао зао оао ооо пао тов and the of`)

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// plain are letters that are written with others where they are not at hand, and that do not come apart by themselves.
var plain = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ł", "l", "ı", "i")

// FoldName is what spellings of one name have in common: its words in lower case without accents and punctuation, without
// legal forms, "and", "the" and "of", in alphabetical order. A name of nothing but these keeps them. "Acme Arms Co., Ltd." and
// "ARMS & ACME" are alike; a misspelt name, one in another script and one with another word are not.
func FoldName(name string) string {
	words := strings.Fields(letters(name, true))
	kept := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return legalForms[w] })
	if len(kept) == 0 {
		kept = words
	}
	slices.Sort(kept)
	return strings.Join(kept, " ")
}

// letters are a text's letters and digits in lower case, without accents. Where blanks is set, a blank stands for what is
// between words; points and apostrophes are inside them ("S.A." is one word).
func letters(text string, blanks bool) string {
	var b strings.Builder
	// Taking apart gives capitals, and lower case gives letters to take apart.
	text = norm.NFKD.String(strings.ToLower(norm.NFKD.String(text)))
	for _, r := range plain.Replace(text) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteRune(r)
		case unicode.IsMark(r), r == '\'', r == '’', r == '.':
		case blanks:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func squeeze(text string) string { return letters(text, false) }

// catchAll are names that registers have for the control of goods on no list.
var catchAll = setOf("enduse catchall")

func foldRating(rating string) string {
	if r, err := refdata.ParseRating(rating); err == nil && r.Number > 0 {
		return strings.ToLower(r.AtLetter())
	}
	item := squeeze(rating)
	if catchAll[item] {
		return "catch all"
	}
	return item
}
