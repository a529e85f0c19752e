package denial

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// held is a denial as this agency knows it: as a denial that was released to it, or by a notice.
type held struct {
	id string
	// state denied; agency is who did, where it takes part itself.
	state, agency string
	deal          *licensingv1.Deal
	// at is zero where the notice does not say.
	at time.Time
	// stands is false once it was revoked or withdrawn.
	stands bool
	// keys are what it is known by: the same denial may be on record as a denial and in several notices.
	keys []string
}

// find returns a denial or a notice by its id; nil when neither is on record.
func find(view ledger.View, id string) (*held, error) {
	d, err := view.Denial(id)
	if err != nil {
		return nil, fmt.Errorf("read denial %s: %w", id, err)
	}
	if d != nil {
		return ofDenial(view, d)
	}
	n, err := view.DenialNotice(id)
	if err != nil {
		return nil, fmt.Errorf("read notice %s: %w", id, err)
	}
	if n != nil {
		return ofNotice(n), nil
	}
	return nil, nil
}

func ofDenial(view ledger.View, d *ledgerv1.Denial) (*held, error) {
	agency := ledger.AgencyOf(d.GetId())
	state, err := stateOf(view, agency)
	if err != nil {
		return nil, err
	}
	return &held{
		id: d.GetId(), state: state, agency: agency, deal: d.GetDeal(), at: d.GetDecidedAt().AsTime(),
		stands: d.GetStatus() == ledgerv1.Status_STATUS_REFUSED, keys: []string{d.GetId()},
	}, nil
}

func ofNotice(n *ledgerv1.DenialNotice) *held {
	e := n.GetNotice()
	h := &held{id: n.GetId(), state: e.GetState(), deal: e.GetDeal(), stands: n.GetStatus() == ledgerv1.Status_STATUS_REFUSED, keys: knownBy(e)}
	if e.GetDeniedAt() != nil {
		h.at = e.GetDeniedAt().AsTime()
	}
	if e.GetDenialId() != "" {
		h.agency = ledger.AgencyOf(n.GetId())
		h.keys = append(h.keys, e.GetDenialId())
	}
	return h
}

// knownBy are the State with its reference, and with the group's: either tells that two notices are of one denial.
func knownBy(e *licensingv1.DenialNotified) []string {
	who := strings.ToLower(e.GetState())
	if who == "" {
		who = strings.ToLower(strings.TrimSpace(e.GetAuthority()))
	}
	if e.GetReference() != "" {
		return []string{who + "\x00" + e.GetReference()}
	}
	if e.GetRegimeReference() != "" {
		return []string{who + "\x00\x00" + e.GetRegimeReference()}
	}
	return nil
}

func (h *held) same(other *held) bool {
	return h.id == other.id || slices.ContainsFunc(h.keys, func(k string) bool { return slices.Contains(other.keys, k) })
}

// foreign reports whether another authority denied: another State's, or another agency's of the own State (model M4). A
// notice of the own State that came from outside is an own denial coming back.
func (h *held) foreign(view ledger.View, home string) bool {
	if h.agency != "" {
		return h.agency != view.Agency()
	}
	return h.state == "" || h.state != home
}

// within reports whether a denial is at most some years old at a moment, by day, the first one included. One without a date
// is: nothing shows that it is older.
func (h *held) within(years uint32, at time.Time) bool {
	return h.at.IsZero() || !h.at.Before(yearsBefore(at, int(years)))
}

// yearsBefore is the beginning of the same day some years earlier, UTC; of 29 February in a year without one, of 28 February.
func yearsBefore(at time.Time, years int) time.Time {
	at = at.UTC()
	t := time.Date(at.Year()-years, at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	if t.Day() != at.Day() {
		t = t.AddDate(0, 0, -t.Day())
	}
	return t
}

// title names a denial in a sentence.
func (h *held) title() string {
	who := h.state
	if h.agency != "" {
		who = h.agency
	}
	if who == "" {
		who = "an authority outside the directory"
	}
	if h.at.IsZero() {
		return fmt.Sprintf("denial %s by %s", h.id, who)
	}
	return fmt.Sprintf("denial %s by %s of %s", h.id, who, day(h.at))
}
