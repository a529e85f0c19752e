package screening

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// The states of what a new record is run against, as PartyFound has them.
const (
	LiveLicence = "live licence"
	InTransit   = "in transit"
	Delivered   = "delivered"
)

// Watched is something of an agency's that a new record may concern.
type Watched struct {
	ID string
	// State is LiveLicence, InTransit or Delivered.
	State   string
	Parties []*transferv1.Party
}

// Watching finds what an agency watches that has a party under a value of the attribute "party", at a time.
type Watching func(view ledger.View, value string, at time.Time) ([]Watched, error)

// Again runs a row that is new or says something new against what an agency watches, found by the row's names and
// identifiers. It returns a PartyFound for each party that comes near, once for each row, subject and party; nothing
// where the row is not held against anybody.
func Again(view ledger.View, against screeningv1.Against, id string, watching Watching, at time.Time) ([]proto.Message, error) {
	r, err := recordOf(view, against, id)
	if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", AgainstWord(against), id, err)
	}
	if r == nil {
		return nil, nil
	}
	near, err := watchedNear(view, r, watching, at)
	if err != nil {
		return nil, err
	}
	before, err := view.FindingsWith("against", id)
	if err != nil {
		return nil, fmt.Errorf("read findings against %s: %w", id, err)
	}
	var facts []proto.Message
	for _, w := range near {
		for i, p := range w.Parties {
			h := ask(p).compare(r)
			h.Number, h.Party = 1, uint32(i+1)
			if h.Score < ReviewLine || found(view, before, w.ID, h.Party) {
				continue
			}
			facts = append(facts, &screeningv1.PartyFound{Subject: w.ID, State: w.State, Hit: h})
		}
	}
	return facts, numberFindings(view, facts, at)
}

// Near returns the subjects that have a party near to a row, in order of id.
func Near(view ledger.View, against screeningv1.Against, id string, watching Watching, at time.Time) ([]Watched, error) {
	r, err := recordOf(view, against, id)
	if r == nil || err != nil {
		return nil, err
	}
	near, err := watchedNear(view, r, watching, at)
	return slices.DeleteFunc(near, func(w Watched) bool {
		return !slices.ContainsFunc(w.Parties, func(p *transferv1.Party) bool { return ask(p).compare(r).Score >= ReviewLine })
	}), err
}

// watchedNear returns each subject once that has a party that may come near the row, in order of id.
func watchedNear(view ledger.View, r *record, watching Watching, at time.Time) ([]Watched, error) {
	all := map[string]Watched{}
	for _, who := range r.about {
		values := slices.Clone(who.identifiers)
		for _, name := range who.names {
			if ledger.FoldName(name) == nobody {
				continue
			}
			near, err := valuesNear(view, name, 0) // few of them are of anybody watched: that is found out sooner than how near they are
			if err != nil {
				return nil, err
			}
			values = append(values, near...)
		}
		for _, value := range values {
			found, err := watching(view, value, at)
			if err != nil {
				return nil, err
			}
			for _, w := range found {
				all[w.ID] = w
			}
		}
	}
	return slices.SortedFunc(maps.Values(all), func(a, b Watched) int { return cmp.Compare(a.ID, b.ID) }), nil
}

// found reports whether this agency found a party of the subject near the row before.
func found(view ledger.View, before []*ledgerv1.Finding, subject string, party uint32) bool {
	return slices.ContainsFunc(before, func(f *ledgerv1.Finding) bool {
		return view.Owns(f.GetId()) && f.GetFound().GetSubject() == subject && f.GetFound().GetHit().GetParty() == party
	})
}

// numberFindings gives findings their ids, one after the other.
func numberFindings(view ledger.View, facts []proto.Message, at time.Time) error {
	if len(facts) == 0 {
		return nil
	}
	ids, err := view.NextIDs("F-"+at.UTC().Format("2006"), len(facts))
	if err != nil {
		return fmt.Errorf("number findings: %w", err)
	}
	for i, f := range facts {
		f.(*screeningv1.PartyFound).FindingId = ids[i]
	}
	return nil
}
