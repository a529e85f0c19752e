package node

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

const (
	// receiptEvery is how often the node looks whether it has a receipt to give.
	receiptEvery = 5 * time.Second
	// receiptPatience is how many times longer it comes to wait while there is one at every look: receipts stay on record, at
	// every agency, so that a steady stream must not make one every few seconds.
	receiptPatience = 12
)

// giveReceipts says now and then, in the agency's own directory journal, how far it has the journals of others, until ctx
// ends. What cannot be recorded now is due again at the next look.
func (n *Node) giveReceipts(ctx context.Context) error {
	every := n.cfg.ReceiptEvery
	if every == 0 {
		every = receiptEvery
	}
	said := ""
	for wait := every; ; {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
		given, err := n.giveReceipt(ctx)
		if !given {
			wait = every
		} else {
			wait = min(2*wait, receiptPatience*every)
		}
		if err == nil {
			said = ""
		} else if ctx.Err() == nil && err.Error() != said { // the same trouble is told of once
			said = err.Error()
			n.Logger.Warn("receipt is not on record", "agency", n.Agency, "err", err)
		}
	}
}

// giveReceipt records one receipt for every journal that moved since the last, or nothing, and says whether it did.
func (n *Node) giveReceipt(ctx context.Context) (bool, error) {
	stops := n.follower.State()
	decide := func(v ledger.View) ([]proto.Message, error) { return receiptDue(v, stops) }
	var due []proto.Message
	err := n.Ledger.Committed(func(v ledger.View) (err error) {
		due, err = decide(v)
		return err
	})
	if err != nil || len(due) == 0 {
		return false, err
	}
	_, err = n.Desk.Record(ctx, &eventv1.Particulars{Officer: &eventv1.Officer{Role: "keeper"}}, decide)
	return err == nil, err
}

// receiptDue is the receipt for the journals of which the ledger holds something else than the agency last said, or nothing.
// stops are the journals that are not followed any further.
func receiptDue(v ledger.View, stops map[journal.ID]*ledgerv1.Stop) ([]proto.Message, error) {
	positions, err := v.Positions()
	if err != nil {
		return nil, err
	}
	failed, err := v.Parked()
	if err != nil {
		return nil, err
	}
	has := map[journal.ID]*ledgerv1.Position{}
	for _, p := range positions {
		id, err := journal.ParseID(p.Journal)
		if err != nil {
			return nil, err
		}
		has[id] = p
	}
	for id := range stops {
		if has[id] == nil {
			has[id] = &ledgerv1.Position{Journal: id.String()} // stopped before its first block
		}
	}
	given := &directoryv1.ReceiptGiven{}
	for _, id := range slices.SortedFunc(maps.Keys(has), func(a, b journal.ID) int { return strings.Compare(a.String(), b.String()) }) {
		if !receipted(v.Agency(), id) {
			continue
		}
		now := receiptFor(has[id], failed[id], stops[id])
		last, err := v.Receipt(v.Agency() + "/" + now.Journal)
		if err != nil {
			return nil, err
		}
		if !proto.Equal(last.GetReceipt(), now) {
			given.Journals = append(given.Journals, now)
		}
	}
	if len(given.Journals) == 0 {
		return nil, nil
	}
	return []proto.Message{given}, nil
}

// receipted reports whether an agency gives receipts for a journal: for those of others, and of the directory for the
// authority's part only. What agencies say of themselves there includes their receipts, which must not call for more.
func receipted(agency string, id journal.ID) bool {
	return id.Agency != agency && (id.Group != directory.Group || id == directory.Journal)
}

func receiptFor(p *ledgerv1.Position, failed uint64, stop *ledgerv1.Stop) *directoryv1.JournalReceipt {
	return &directoryv1.JournalReceipt{
		Journal: p.Journal, Block: p.Block, Events: p.Events, RecordedAt: p.RecordedAt, StartEvents: p.StartEvents,
		Failed: failed, Stopped: stop.GetReason(), Root: p.Root,
	}
}
