// Package screening compares the parties of a deal with what an agency has on record: watch lists, denials, notices of
// denials, and open alerts. It fails closed: what was not compared, or not with everything, is never clear. It decides
// nothing; from ReviewLine on an officer has to look. Its functions depend on their arguments alone.
package screening

import (
	"fmt"
	"math"
	"strings"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/names"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Version names what gives the scores: the matcher of names, and what this package does with identifiers and countries.
// A screening by another version is not rested on.
const Version = names.Version + " screening/1"

// ReviewLine is the score, in thousandths, from which an officer has to look at a hit.
const ReviewLine uint32 = names.ReviewLine * 1000

const (
	// otherIdentifier is what a score loses, in thousandths, when both sides have an identifier of a scheme that gives
	// each body one, and not the same one. Equal names stay above the review line.
	otherIdentifier = 100
	// otherCountry is what it loses when both name a country, and not the same one. That alone takes nothing below the
	// review line: the same end user in another country is a sign of diversion.
	otherCountry = 20
)

// nobody is the name of a party that is not known by name.
const nobody = "unknown"

// Required is a watch list that a deal's parties have to be compared with.
type Required struct {
	Source string
	// MaxAgeDays is how old its edition may be, in days after its date; 0: any age.
	MaxAgeDays uint32
}

func thousandths(score float64) uint32 {
	return uint32(math.Round(max(0, min(score, 1)) * 1000))
}

// ofParty says which party of a deal a sentence is about, by its place from 1.
func ofParty(n int, p *transferv1.Party) string {
	return fmt.Sprintf("party %d (%s)", n, RoleWord(p.GetRole()))
}

// RoleWord is what a party does, as a sentence says it.
func RoleWord(r transferv1.Role) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(r.String(), "ROLE_"), "_", " "))
}

// AgainstWord is a kind of record as a sentence says it.
func AgainstWord(a screeningv1.Against) string {
	switch a {
	case screeningv1.Against_AGAINST_LIST:
		return "entry of a watch list"
	case screeningv1.Against_AGAINST_DENIAL:
		return "denial"
	case screeningv1.Against_AGAINST_NOTICE:
		return "notice of a denial"
	case screeningv1.Against_AGAINST_ALERT:
		return "alert"
	default:
		return "record"
	}
}

// named reports whether a party has a name that can be compared.
func named(p *transferv1.Party) bool {
	return ledger.FoldName(p.GetName()) != nobody && len(names.Parse(p.GetName()).Tokens) > 0
}
