// Package list decides how editions of watch lists, and embargoes, are put on record: pure functions of a ledger view and a
// command.
package list

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// ListID is what a list is on record as, whatever its edition.
func ListID(agency, source string) string { return agency + "/list-" + source }

// maxID is how long the part of an id after its agency may be.
const maxID = 100

// EntryID is what an entry of a list is on record as: "agency/source-key". In the key what is no letter, digit or full stop
// is written as "_" and its two hexadecimal digits, byte by byte, so that no two entries have one id; a longer one ends in
// "_h" and 32 digits of its SHA-256.
func EntryID(agency, source, key string) string {
	var b strings.Builder
	for i := range len(key) {
		c := key[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "_%02X", c)
	}
	id := source + "-" + b.String()
	if len(id) > maxID {
		sum := sha256.Sum256([]byte(id))
		const tail = 2 + 32
		id = id[:maxID-tail] + "_h" + hex.EncodeToString(sum[:16])
	}
	return agency + "/" + id
}

// latest returns the last edition of a source that was recorded to its end; nil when there is none.
func latest(view ledger.View, source string) (*ledgerv1.WatchList, error) {
	l, err := view.WatchList(ListID(view.Agency(), source))
	if err != nil {
		return nil, fmt.Errorf("read list %s: %w", source, err)
	}
	return l, nil
}

// checkEdition refuses an edition that is no date, lies in the future by more than a day for time zones, or is older than
// the last one on record to its end.
func checkEdition(last *ledgerv1.WatchList, edition string, particulars *eventv1.Particulars) error {
	day, err := time.Parse(time.DateOnly, edition)
	if err != nil {
		return fault.Errorf(fault.Invalid, "%q is no date of an edition; write yyyy-mm-dd", edition)
	}
	if now := particulars.GetOccurredAt(); now != nil && day.After(now.AsTime().Add(24*time.Hour)) {
		return fault.Errorf(fault.Invalid, "the edition of %s is dated in the future", edition)
	}
	if on := last.GetEdition().GetEdition(); on > edition {
		return fault.Errorf(fault.Precondition, "the edition of %s is on record to its end; the older one of %s cannot be recorded after it", on, edition)
	}
	return nil
}
