package refdata

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Rating is an item of a control list.
type Rating struct {
	// Raw is the text as it was written.
	Raw string
	// List is list and edition in front of the colon, in capitals ("WA-2023", "NAT-XA-2026"); empty where the text names none.
	List string
	// Number is the entry of the Munitions List, 1 to 22; 0 for an item of a list that numbers otherwise.
	Number int
	// Path leads to the item under the entry, in lower case ("a.2"); empty for the entry itself. Where Number is 0
	// it is the item as that list writes it ("I(a)").
	Path string
}

var (
	listOf = regexp.MustCompile(`^[A-Z]{2,3}(?:-[A-Z0-9]{2,8}){1,2}$`)
	// The European Union's list goes four levels below the entry (ML8.c.5.a.1).
	munitions = regexp.MustCompile(`^ml([1-9]|1[0-9]|2[0-2])(?:\.?([a-z])(?:\.?([0-9]{1,2})(?:\.?([a-z])(?:\.?([0-9]{1,2}))?)?)?)?$`)
	otherItem = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9().-]{0,39}$`)
)

// ParseRating reads a rating: "ML" and the number of an entry of the Munitions List, 1 to 22, then letters and numbers in turn
// ("ML1", "ML6.b.1", "ML8.c.5.a"), perhaps behind list and edition and a colon ("WA-2023:ML1.a"). Registers write the
// same in capitals and without points ("ML6b"), which is read too. An item of a list that numbers otherwise needs the list
// in front ("US-USML:I(a)"); the Wassenaar (WA) and European (EU) lists have none but ML. It fails for every other text.
func ParseRating(s string) (Rating, error) {
	r := Rating{Raw: s}
	item := strings.TrimSpace(s)
	if list, rest, ok := strings.Cut(item, ":"); ok {
		r.List, item = strings.ToUpper(list), rest
		if !listOf.MatchString(r.List) {
			return Rating{}, fmt.Errorf("rating %q: %q is no list and edition", s, list)
		}
	}
	m := munitions.FindStringSubmatch(strings.ToLower(item))
	switch own := r.List != "" && !strings.HasPrefix(r.List, "WA-") && !strings.HasPrefix(r.List, "EU-"); {
	case m != nil:
		r.Number, _ = strconv.Atoi(m[1])
		r.Path = strings.TrimRight(strings.Join(m[2:], "."), ".")
	case own && otherItem.MatchString(item):
		r.Path = item
	default:
		return Rating{}, fmt.Errorf("rating %q is not of the Munitions List, and names no other list", s)
	}
	return r, nil
}

// String writes the rating as it is exchanged: "WA-2023:ML1.a".
func (r Rating) String() string {
	item := r.item(r.Path)
	if r.List != "" {
		return r.List + ":" + item
	}
	return item
}

// AtLetter is the item down to its letter, without the list ("ML1.a" of "WA-2023:ML1.a.2"), which is where two denials are
// compared. Of a list that numbers otherwise it is the whole item.
func (r Rating) AtLetter() string {
	if r.Number == 0 {
		return r.Path
	}
	letter, _, _ := strings.Cut(r.Path, ".")
	return r.item(letter)
}

func (r Rating) item(path string) string {
	switch {
	case r.Number == 0:
		return path
	case path == "":
		return "ML" + strconv.Itoa(r.Number)
	}
	return "ML" + strconv.Itoa(r.Number) + "." + path
}

// RatingCategory returns the Treaty category that follows from a rating of the Munitions List alone. That is so for
// two entries: ML3 is ammunition (Article 3), but for ML3.b, which is devices that set fuses; and ML16, unfinished
// products for other entries, can only be parts (Article 4). For every other rating it returns unspecified: ML1 may be
// a pistol or a spare magazine, ML6 a tank or a lorry, and only technical parameters and an officer can say which
// (Classify). Ratings of national and dual-use lists are unspecified too, as are texts that are no rating.
func RatingCategory(rating string) transferv1.Category {
	r, err := ParseRating(rating)
	switch {
	case err != nil:
	case r.Number == 3 && r.AtLetter() != "ML3.b":
		return transferv1.Category_CATEGORY_ARTICLE_3_AMMUNITION
	case r.Number == 16:
		return transferv1.Category_CATEGORY_ARTICLE_4_PARTS
	}
	return transferv1.Category_CATEGORY_UNSPECIFIED
}
