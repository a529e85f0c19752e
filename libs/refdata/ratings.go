package refdata

import (
	"strings"

	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// RatingCategory returns the Treaty category that follows from a rating of the Munitions List alone. That is so for
// two entries: ML3 is ammunition (Article 3), but for ML3.b, which is devices that set fuses; and ML16, unfinished
// products for other entries, can only be parts (Article 4). For every other rating it returns unspecified: ML1 may be
// a pistol or a spare magazine, ML6 a tank or a lorry, and only technical parameters and an officer can say which.
// Ratings of national and dual-use lists are unspecified too, as are texts that are no rating.
func RatingCategory(rating string) transferv1.Category {
	entry, item, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(rating)), ".")
	switch {
	case entry == "ML3" && item != "B" && !strings.HasPrefix(item, "B."):
		return transferv1.Category_CATEGORY_ARTICLE_3_AMMUNITION
	case entry == "ML16":
		return transferv1.Category_CATEGORY_ARTICLE_4_PARTS
	}
	return transferv1.Category_CATEGORY_UNSPECIFIED
}
