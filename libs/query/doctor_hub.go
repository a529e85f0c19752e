package query

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

const (
	// soon is how long before something ends the doctor speaks up.
	soon = 14 * 24 * time.Hour
	// maxOff is by how much this node's clock may differ from the hub's.
	maxOff = 30 * time.Second
)

// unknown is a check that needs the hub, when there is no line to it.
func unknown() *queryv1.Check {
	return &queryv1.Check{Detail: "not known: there is no line to the hub", Next: "counterfoil status"}
}

func (s *service) checkCredentials(a *backbone.Access) *queryv1.Check {
	if a == nil {
		return unknown()
	}
	check := &queryv1.Check{Ok: true, Detail: fmt.Sprintf("the hub takes user %s", a.User)}
	if !a.Expires.IsZero() {
		check.Detail += ", until " + a.Expires.UTC().Format(time.RFC3339)
		if a.Expires.Sub(s.Now()) < soon {
			check.Ok, check.Next = false, "have the authority run: counterfoil agency rotate "+s.Agency
		}
	}
	return check
}

func (s *service) checkPermissions(a *backbone.Access) *queryv1.Check {
	if a == nil {
		return unknown()
	}
	check := &queryv1.Check{Ok: len(a.Denied) == 0, Detail: "the hub lets this node do all that it needs"}
	if len(a.Denied) > 0 {
		check.Detail = "the hub does not let this node " + strings.Join(a.Denied, ", nor ")
		check.Next = "have the authority run: counterfoil agency show " + s.Agency
	}
	return check
}

func (s *service) checkStreams(a *backbone.Access) *queryv1.Check {
	if a == nil {
		return unknown()
	}
	check := &queryv1.Check{Ok: true, Detail: fmt.Sprintf(
		"at the hub: relay made %s, feed made %s; it answers in %s and its clock is %s from this node's",
		a.RelayCreated.UTC().Format(time.RFC3339), a.FeedCreated.UTC().Format(time.RFC3339), a.RoundTrip.Round(100*time.Microsecond), a.Ahead.Round(time.Millisecond))}
	switch {
	case a.RelayCreated.IsZero() || a.FeedCreated.IsZero():
		check.Ok, check.Detail = false, "the hub has no relay or no feed for this agency"
		check.Next = "have the authority run: counterfoil agency show " + s.Agency
	case a.Ahead.Abs() > maxOff:
		check.Ok, check.Next = false, "date -u"
	}
	return check
}

// checkPart says how the directory has this agency.
func (s *service) checkPart(context.Context) (check *queryv1.Check, err error) {
	check = &queryv1.Check{}
	err = s.Ledger.View(func(v ledger.View) error {
		me, err := v.AgencyRow(s.Agency)
		if err != nil {
			return err
		}
		groups, err := v.GroupsWith("member", s.Agency)
		if err != nil {
			return err
		}
		var names []string
		for _, g := range groups {
			names = append(names, g.Id)
		}
		switch {
		case me == nil:
			check.Detail, check.Next = "the directory, as far as it is read here, does not have this agency yet", "counterfoil status"
		case me.Status != ledgerv1.AgencyStatus_AGENCY_STATUS_UNSPECIFIED:
			check.Detail, check.Next = "the directory has this agency as suspended or removed: "+me.StatusReason, "ask the coordinating authority"
		default:
			check.Ok, check.Detail = true, "the directory has this agency in "+strings.Join(names, ", ")
		}
		return nil
	})
	return check, err
}

// checkKeys says until when the agency's own signing keys are good, and whether it can seal what it records.
func (s *service) checkKeys(context.Context) (check *queryv1.Check, err error) {
	check = &queryv1.Check{Ok: true}
	err = s.Ledger.View(func(v ledger.View) error {
		me, err := v.AgencyRow(s.Agency)
		if err != nil {
			return err
		}
		own, err := v.AgencyKeys(s.Agency + "/keys")
		if err != nil {
			return err
		}
		var good []string
		for _, k := range append(me.GetSigningKeys(), own.GetSigningKeys()...) {
			if until := keyEnd(me, k); until.IsZero() || until.After(s.Now()) {
				good = append(good, fmt.Sprintf("%x", journal.KeyID(k.Public)))
				if !until.IsZero() && until.Sub(s.Now()) < soon {
					check.Ok, check.Next = false, "counterfoil key change signing"
				}
			}
		}
		check.Detail = "signing keys " + strings.Join(good, ", ")
		if len(good) == 0 {
			check.Ok, check.Detail, check.Next = false, "the directory has no signing key of this agency that is good now", "counterfoil key change signing"
		}
		return nil
	})
	return check, err
}

func keyEnd(a *ledgerv1.Agency, k *directoryv1.SigningKey) time.Time {
	for _, e := range a.GetEndedKeys() {
		if string(e.KeyId) == string(journal.KeyID(k.Public)) {
			return e.ValidUntil.AsTime()
		}
	}
	if k.ValidUntil == nil {
		return time.Time{}
	}
	return k.ValidUntil.AsTime()
}
