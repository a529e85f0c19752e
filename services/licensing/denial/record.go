package denial

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

// Record puts notices that were received on record. One is known by its State, or the authority's name where that is none, with
// its reference, or the group's where it has none. The same content again decides nothing; another one amends the notice.
// All are recorded or none.
func Record(view ledger.View, cmd *licensingv1.RecordDenialsRequest) ([]proto.Message, error) {
	known, err := received(view)
	if err != nil {
		return nil, err
	}
	ids, err := newSeries(view, "M-"+yearOf(cmd.GetParticulars().GetOccurredAt()))
	if err != nil {
		return nil, err
	}
	var facts []proto.Message
	seen := map[string][]byte{}
	for i, given := range cmd.GetNotices() {
		n, err := checked(i+1, given)
		if err != nil {
			return nil, err
		}
		key := knownBy(n)[0]
		if digest, twice := seen[key]; twice {
			if slices.Equal(digest, n.GetDigest()) {
				continue
			}
			return nil, fault.Errorf(fault.Invalid, "notice %d has the reference of another one of %s and says otherwise; leave one of them out", i+1, name(n))
		}
		seen[key] = n.GetDigest()
		fact, err := recorded(known[key], n, ids)
		if err != nil {
			return nil, err
		}
		if fact != nil {
			facts = append(facts, fact)
		}
	}
	return facts, nil
}

// received are the notices that this agency received, by what they are known by.
func received(view ledger.View) (map[string]*ledgerv1.DenialNotice, error) {
	known := map[string]*ledgerv1.DenialNotice{}
	for _, status := range []string{"refused", "revoked"} {
		rows, err := view.DenialNoticesWith("status", status)
		if err != nil {
			return nil, fmt.Errorf("read the notices on record: %w", err)
		}
		for _, n := range rows {
			if !view.Owns(n.GetId()) || n.GetNotice().GetDenialId() != "" {
				continue
			}
			for _, key := range knownBy(n.GetNotice()) {
				known[key] = n
			}
		}
	}
	return known, nil
}

var state = regexp.MustCompile(`^([A-Z]{2})?$`)

// checked is a notice as it will be recorded. Everything but who denied, the reference, the destination and the item may be
// missing: sources leave it out.
func checked(number int, given *licensingv1.DenialNotified) (*licensingv1.DenialNotified, error) {
	n := proto.CloneOf(given)
	switch {
	case !state.MatchString(n.GetState()):
		return nil, fault.Errorf(fault.Invalid, "notice %d: %q is no State; give its code of two letters, or only the authority's name", number, n.GetState())
	case n.GetState() == "" && n.GetAuthority() == "":
		return nil, fault.Errorf(fault.Invalid, "notice %d does not say who denied", number)
	case len(knownBy(n)) == 0:
		return nil, fault.Errorf(fault.Invalid, "notice %d has no reference; give the State's or the group's", number)
	case n.GetDeal().GetDestination().GetCountry() == "" && n.GetDeal().GetDestination().GetName() == "":
		return nil, fault.Errorf(fault.Invalid, "notice %d (%s) does not say the destination", number, name(n))
	case len(n.GetDeal().GetLines()) == 0:
		return nil, fault.Errorf(fault.Invalid, "notice %d (%s) does not say what was denied", number, name(n))
	case n.GetDeniedAt() != nil && n.GetDeniedAt().CheckValid() != nil:
		return nil, fault.Errorf(fault.Invalid, "notice %d (%s): the date of the denial is none", number, name(n))
	case n.GetDenialId() != "":
		return nil, fault.Errorf(fault.Invalid, "notice %d (%s) names a denial of this agency; tell others of it: counterfoil denial notify %s", number, name(n), n.GetDenialId())
	}
	n.NoticeId, n.Digest = "", nil
	content := proto.CloneOf(n)
	content.Source = ""
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(content)
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "notice %d cannot be encoded: %v", number, err)
	}
	sum := sha256.Sum256(data)
	n.Digest = sum[:]
	return n, nil
}

// name is a notice in a sentence.
func name(n *licensingv1.DenialNotified) string {
	who, reference := n.GetState(), n.GetReference()
	if who == "" {
		who = n.GetAuthority()
	}
	if reference == "" {
		reference = n.GetRegimeReference()
	}
	return who + " " + reference
}

// recorded is the fact that a notice makes beside what is on record of it; nil when nothing has to be recorded.
func recorded(on *ledgerv1.DenialNotice, n *licensingv1.DenialNotified, ids *series) (proto.Message, error) {
	switch {
	case on == nil:
		n.NoticeId = ids.id()
		return n, nil
	case slices.Equal(on.GetNotice().GetDigest(), n.GetDigest()):
		return nil, nil
	case on.GetStatus() == ledgerv1.Status_STATUS_REVOKED:
		return nil, fault.Errorf(fault.Conflict, "notice %s (%s) was revoked here (%s) and is stated otherwise now; leave it out", on.GetId(), name(n), on.GetStatusReason())
	}
	n.NoticeId = on.GetId()
	return ledger.Beside(on, &licensingv1.DenialNoticeAmended{NoticeId: on.GetId(), Notice: n, Reason: "received with another content"}), nil
}
