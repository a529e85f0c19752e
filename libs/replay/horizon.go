// Package replay folds a chosen part of history into a fresh ledger: the one mechanism behind as-of answers, replays and snapshots
// (docs/replay.md).
package replay

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Horizon is a queryv1.Horizon with what it needs of a ledger worked out. Safe for concurrent use.
type Horizon struct {
	asked           *queryv1.Horizon
	asOf, trueAt    time.Time // zero: any
	from            time.Time
	kinds, agencies map[string]bool // nil: any
	upTo            map[journal.ID]uint64
	known           *known // nil: not asked
}

// known is what an agency had received of each journal.
type known struct {
	agency string
	// own: it is the agency whose ledger this is, so that arrivals are known.
	own bool
	at  time.Time
	// journals of others, by the last receipt.
	receipts map[journal.ID]*directoryv1.JournalReceipt
}

// Whole reports whether a horizon limits nothing.
func Whole(h *queryv1.Horizon) bool { return h == nil || proto.Equal(h, &queryv1.Horizon{}) }

// Resolve works a horizon out on a ledger. now is the moment that "by now" stands for. A horizon that lies after now, or names an
// agency that is not in the directory, is refused.
func Resolve(v ledger.View, asked *queryv1.Horizon, now time.Time) (*Horizon, error) {
	h := &Horizon{asked: asked, kinds: set(asked.GetKinds()), agencies: set(asked.GetAgencies())}
	var err error
	if h.asOf, err = moment("as_of", asked.GetAsOf(), now); err != nil {
		return nil, err
	}
	if h.from, err = moment("from", asked.GetFrom(), now); err != nil {
		return nil, err
	}
	if _, err = moment("at", asked.GetAt(), now); err != nil {
		return nil, err
	}
	if h.trueAt, err = moment("true_at", asked.GetTrueAt(), time.Time{}); err != nil {
		return nil, err
	}
	for _, b := range asked.GetUpTo() {
		id, err := journal.ParseID(b.GetJournal())
		if err != nil {
			return nil, fault.Errorf(fault.Invalid, "%q is no journal: write agency/group", b.GetJournal())
		}
		if h.upTo == nil {
			h.upTo = map[journal.ID]uint64{}
		}
		h.upTo[id] = b.GetBlock()
	}
	h.known, err = knownTo(v, asked, now)
	return h, err
}

// moment reads one that may be absent, which is the zero time. It is refused when it lies after the latest; the zero time is no latest.
func moment(what string, t *timestamppb.Timestamp, latest time.Time) (time.Time, error) {
	switch {
	case t == nil:
		return time.Time{}, nil
	case t.CheckValid() != nil:
		return time.Time{}, fault.Errorf(fault.Invalid, "%s is not a date", what)
	case !latest.IsZero() && t.AsTime().After(latest):
		return time.Time{}, fault.Errorf(fault.Invalid, "what will be on record at %s is not known yet; leave the moment out to see what is", t.AsTime().UTC().Format("2006-01-02 15:04:05Z"))
	}
	return t.AsTime(), nil
}

func set(names []string) map[string]bool {
	if len(names) == 0 {
		return nil
	}
	all := map[string]bool{}
	for _, n := range names {
		all[n] = true
	}
	return all
}

// knownTo finds out what an agency had received: at the own agency by when blocks arrived, at another by the last receipts that it
// had given for each journal.
func knownTo(v ledger.View, asked *queryv1.Horizon, now time.Time) (*known, error) {
	agency := asked.GetKnownTo()
	if agency == "" {
		return nil, nil
	}
	k := &known{agency: agency, own: agency == v.Agency(), at: now, receipts: map[journal.ID]*directoryv1.JournalReceipt{}}
	if asked.GetAt() != nil {
		k.at = asked.GetAt().AsTime()
	}
	if k.own {
		return k, nil
	}
	row, err := v.AgencyRow(agency)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read agency %s: %w", agency, err)
	case row == nil:
		return nil, fault.Errorf(fault.NotFound, "there is no agency called %s in the directory; see: counterfoil directory show", agency)
	}
	return k, k.readReceipts(v)
}

// readReceipts takes in the receipts that the agency had given by then.
func (k *known) readReceipts(v ledger.View) error {
	said := journal.ID{Agency: k.agency, Group: directory.Group}
	err := v.EachBlock(said, func(kept *ledgerv1.FoldedBlock) error {
		b, err := journal.Reopened(kept)
		if err != nil {
			return err
		}
		if b.Header.RecordedAt.AsTime().After(k.at) {
			return errLater
		}
		for _, e := range b.Entries {
			given, ok := e.Fact.(*directoryv1.ReceiptGiven)
			if !ok {
				continue
			}
			for _, r := range given.GetJournals() {
				id, err := journal.ParseID(r.GetJournal())
				if err != nil {
					return err
				}
				k.receipts[id] = r
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errLater) {
		return fmt.Errorf("read the receipts of %s: %w", k.agency, err)
	}
	return nil
}

var errLater = errors.New("it was written later")

// has reports whether the agency had received an event.
func (k *known) has(s ledger.Standing) bool {
	switch {
	case s.Journal.Agency == k.agency:
		return !s.Header.RecordedAt.AsTime().After(k.at)
	case k.own:
		return !s.ReceivedAt.After(k.at)
	}
	r := k.receipts[s.Journal]
	if r == nil && s.Journal.Group == directory.Group {
		return !s.Header.RecordedAt.AsTime().After(k.at) // no receipts are given for what agencies say of themselves
	}
	return s.Header.Number <= r.GetBlock() && s.Number > r.GetStartEvents()
}

// Within reports whether an event is within the horizon; it is a ledger.Within.
func (h *Horizon) Within(s ledger.Standing, e *eventv1.Event) bool {
	if last, bounded := h.upTo[s.Journal]; bounded && s.Header.Number > last {
		return false
	}
	if !h.asOf.IsZero() && e.RecordedAt.AsTime().After(h.asOf) || !h.trueAt.IsZero() && e.OccurredAt.AsTime().After(h.trueAt) {
		return false
	}
	if h.known != nil && !h.known.has(s) {
		return false
	}
	if s.Journal.Group == directory.Group {
		return true
	}
	return (h.kinds == nil || h.kinds[e.Kind]) && (h.agencies == nil || h.agencies[s.Journal.Agency]) &&
		(h.from.IsZero() || !e.RecordedAt.AsTime().Before(h.from))
}

// skips reports whether nothing of a journal can be within the horizon.
func (h *Horizon) skips(id journal.ID) bool {
	last, bounded := h.upTo[id]
	return bounded && last == 0 || h.agencies != nil && id.Group != directory.Group && !h.agencies[id.Agency]
}

// grows reports whether what was not within the horizon may be later, when another receipt is given.
func (h *Horizon) grows() bool { return h.known != nil && !h.known.own && h.asked.GetAt() == nil }
