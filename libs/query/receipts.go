package query

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Receipts says who has a row, an event or a journal up to its end, as far as their receipts are on this ledger.
func (s *service) Receipts(_ context.Context, req *queryv1.ReceiptsRequest) (res *queryv1.ReceiptsResponse, err error) {
	err = s.Ledger.View(func(v ledger.View) error {
		if res, err = receipts(v, req.Id); err != nil {
			return err
		}
		res.Basis, err = basis(v)
		return err
	})
	return res, err
}

// receipts answers for each event, and counts every agency but the publisher once, by the event that it is worst off with.
func receipts(v ledger.View, id string) (*queryv1.ReceiptsResponse, error) {
	at, err := stands(v, id)
	if err != nil {
		return nil, err
	}
	if at.id.Group == directory.Group && at.id != directory.Journal {
		return nil, fault.Errorf(fault.Precondition, "no receipts are given for %s, which holds what %s says of itself; they are for %s and for what is shared", at.id, at.id.Agency, directory.Journal)
	}
	known := holdings{v, map[string][]holder{}}
	res := &queryv1.ReceiptsResponse{}
	worst := map[string]queryv1.HolderState{}
	for _, e := range at.events {
		one := &queryv1.EventReceipts{Journal: e.Journal, Number: e.Number, Block: e.Block, WrittenAt: e.WrittenAt}
		if one.Holders, err = known.of(e); err != nil {
			return nil, err
		}
		for _, r := range one.Holders {
			worst[r.Agency] = max(worst[r.Agency], r.State) // the states are numbered from well to worse
		}
		res.Events = append(res.Events, one)
	}
	for _, state := range worst {
		switch state {
		case queryv1.HolderState_HOLDER_STATE_ARRIVED:
			res.Arrived++
		case queryv1.HolderState_HOLDER_STATE_WITHHELD:
			res.Withheld++
		case queryv1.HolderState_HOLDER_STATE_BEHIND:
			res.Behind++
		case queryv1.HolderState_HOLDER_STATE_FAILED:
			res.Failed++
		}
	}
	return res, nil
}

// holdings are the holders of journals, read once each.
type holdings struct {
	v       ledger.View
	holders map[string][]holder
}

// of says of every agency whether it has an event: where it was recorded, or, when it was not entitled to it there, where it was
// shared later.
func (k holdings) of(e *queryv1.RecordedEvent) ([]*queryv1.HolderReceipt, error) {
	found, err := k.at(e)
	if err != nil {
		return nil, err
	}
	repeats, err := k.v.RepeatsOf(e)
	if err != nil {
		return nil, err
	}
	for _, again := range repeats {
		elsewhere, err := k.at(again)
		if err != nil {
			return nil, err
		}
		for i, r := range elsewhere {
			had, has := found[i].State, r.State
			arrives := had != queryv1.HolderState_HOLDER_STATE_ARRIVED && has == queryv1.HolderState_HOLDER_STATE_ARRIVED
			if arrives || had == queryv1.HolderState_HOLDER_STATE_WITHHELD && has != had {
				r.Reason = "in " + again.Journal + ": " + r.Reason
				found[i] = r
			}
		}
	}
	return found, nil
}

// at says of every agency but the publisher, by name, whether it has an event in the journal that it stands in.
func (k holdings) at(e *queryv1.RecordedEvent) (list []*queryv1.HolderReceipt, err error) {
	if k.holders[e.Journal] == nil {
		id, err := journal.ParseID(e.Journal)
		if err != nil {
			return nil, err
		}
		if k.holders[e.Journal], err = holdersOf(k.v, id); err != nil {
			return nil, err
		}
	}
	for _, h := range k.holders[e.Journal] {
		list = append(list, h.has(e))
	}
	return list, nil
}

// holder is what is known of an agency and a journal of another one.
type holder struct {
	reader  *queryv1.Reader
	release *ledgerv1.Release
	// said is its last receipt for the journal; nil when it gave none.
	said *ledgerv1.Receipt
	// earlier is its last receipt from before it left and came back to a copy that begins later; nil when it did not.
	earlier *directoryv1.JournalReceipt
}

// holdersOf are all agencies of the directory but the publisher, by name.
func holdersOf(v ledger.View, id journal.ID) (holders []holder, err error) {
	readers, err := directory.Readers(v, id)
	if err != nil {
		return nil, err
	}
	for _, r := range readers {
		if r.Agency == id.Agency {
			continue
		}
		h := holder{reader: r}
		if h.release, err = v.Release(ledger.ReleaseID(id.Agency, id.Group, r.Agency)); err != nil {
			return nil, err
		}
		if h.said, err = v.Receipt(r.Agency + "/" + id.String()); err != nil {
			return nil, err
		}
		if h.begins() > 0 && len(h.release.GetEvents()) > 1 {
			if h.earlier, err = earlierReceipt(v, r.Agency, id, h.begins()); err != nil {
				return nil, err
			}
		}
		holders = append(holders, h)
	}
	return holders, nil
}

// begins is how many events come before the agency's copy.
func (h holder) begins() uint64 {
	return max(h.said.GetReceipt().GetStartEvents(), h.release.GetStart().GetEvents())
}

// receiptsAtOnce is how many receipts are read in one go.
const receiptsAtOnce = 256

// earlierReceipt is the last receipt that an agency gave for a journal while its copy began before a number of events.
func earlierReceipt(v ledger.View, reader string, id journal.ID, begins uint64) (last *directoryv1.JournalReceipt, err error) {
	kind := (&directoryv1.ReceiptGiven{}).ProtoReflect().Descriptor().FullName()
	for after, more := uint64(0), true; more; {
		entries, err := v.EntriesOfKind(directory.Own(reader), kind, after, receiptsAtOnce)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			after = e.Number
			given, _ := e.Fact.(*directoryv1.ReceiptGiven)
			for _, j := range given.GetJournals() {
				if j.Journal == id.String() && j.StartEvents < begins {
					last = j
				}
			}
		}
		more = len(entries) == receiptsAtOnce
	}
	return last, nil
}

// has says whether the agency has an event, and why not.
func (h holder) has(e *queryv1.RecordedEvent) *queryv1.HolderReceipt {
	said := h.said.GetReceipt()
	r := &queryv1.HolderReceipt{Agency: h.reader.Agency, Block: said.GetBlock(), SaidAt: h.said.GetAt()}
	holds := func(j *directoryv1.JournalReceipt) bool {
		return j.GetStartEvents() < e.Number && e.Number <= j.GetEvents()
	}
	switch {
	case holds(said) && said.GetFailed() > 0:
		r.State = queryv1.HolderState_HOLDER_STATE_FAILED
		r.Reason = fmt.Sprintf("%d events of this journal could not be applied there; this may be one of them", said.GetFailed())
	case holds(said) || holds(h.earlier):
		r.State = queryv1.HolderState_HOLDER_STATE_ARRIVED
		if r.Reason = h.reader.Rule; !h.reader.Reads {
			r.Reason = "it has left since: " + h.reader.Rule
		}
	case !h.reader.Reads:
		r.State, r.Reason = queryv1.HolderState_HOLDER_STATE_WITHHELD, h.reader.Rule
	case h.begins() >= e.Number:
		r.State, r.Reason = queryv1.HolderState_HOLDER_STATE_WITHHELD, fmt.Sprintf("its copy begins after it, with event %d", h.begins()+1)
	case said.GetStopped() != "":
		r.State, r.Reason = queryv1.HolderState_HOLDER_STATE_FAILED, fmt.Sprintf("its copy is stopped after block %d: %s", said.GetBlock(), said.GetStopped())
	default:
		r.State, r.BehindSince = queryv1.HolderState_HOLDER_STATE_BEHIND, later(e.WrittenAt, h.release.GetSince())
		if r.Reason = "it has not said yet that it has it"; h.said == nil {
			r.Reason = "it has given no receipt for this journal yet"
		}
	}
	return r
}

// later is the later of two times, of which the second may be absent.
func later(a, b *timestamppb.Timestamp) *timestamppb.Timestamp {
	if b != nil && b.AsTime().After(a.AsTime()) {
		return b
	}
	return a
}
