// Package names compares the names of persons, organizations, ships and aircraft across spellings, scripts and orders
// of words, and says token by token why two names are alike. It decides nothing: at ReviewLine a person has to look.
// Its functions depend on their arguments alone and may be called from several goroutines.
package names

// Version names the matcher. Whoever keeps a score keeps the version with it: the same version gives the same score
// and the same keys for the same names. Any change to tables or arithmetic of this package is another version.
const Version = "names/1"

// ReviewLine is the score at and above which a person has to look at a pair of names.
const ReviewLine = 0.86

// Name is a name taken apart. The zero Name has no tokens and is like no other.
type Name struct {
	// Tokens in the order of the name, at most 48; what follows them is not looked at.
	Tokens []Token
}

// Token is one word of a name.
type Token struct {
	// Text is in a to z and 0 to 9, whatever the script of the name.
	Text string
	// Weight is what the token counts for, above 0 and at most 1: a word that sets a name apart 1 (0.7 when it has
	// two or three letters), a common word of business 0.35, an initial 0.3, a particle 0.2, a legal form 0.01, and a
	// word in brackets, which explains a name rather than being of it, 0.3 at most. In a name of legal forms alone
	// they weigh 0.2. A word with digits weighs 0.7.
	Weight float64

	kind     kind
	bare     bool   // of a script that leaves vowels out
	sound    string // see soundOf
	skeleton string // see skeletonOf
	letters  uint64 // the set of letters in sound
}

// kind is what a token is in a name.
type kind byte

const (
	word kind = iota
	number
	generic
	initial
	particle
	legalForm
)

// How says what ties the two sides of a pair.
type How string

const (
	// Exact: the same letters once transliterated.
	Exact How = "exact"
	// Spelling: other letters for the same sound, or a slip of the pen.
	Spelling How = "spelling"
	// Initial: a single letter and a word that begins with it.
	Initial How = "initial"
	// Joined: one word on one side is two on the other.
	Joined How = "joined words"
	// Unmatched: a word that the other side has not.
	Unmatched How = "unmatched"
)

// Pair is one step of the explanation.
type Pair struct {
	// Query and Listed are the tokens' texts, two words with a space between them where they were joined. One of
	// them is empty when the other is unmatched.
	Query, Listed string
	// Similarity of the two, 0 to 1; 0 when unmatched.
	Similarity float64
	// Weight of the pair in the score. The weights of all pairs add up to 1.
	Weight float64
	How    How
}

// Match is how alike two names are.
type Match struct {
	// Score is the sum of similarity times weight over all pairs, 0 to 1, rounded to six decimals. Equal names
	// score 1; a name without tokens scores 0 with every other.
	Score float64
	// Pairs, the heaviest first.
	Pairs []Pair
}
