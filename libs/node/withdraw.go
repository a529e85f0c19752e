package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// withdrawAgain is how long an order that could not be carried out waits to be tried again when nothing else happens.
const withdrawAgain = 5 * time.Second

// withdraw carries out the orders on record to purge events, until ctx ends. Once after every start each is held against
// what the node holds, whether or not it gave its receipt: what was put back from a backup is purged again.
func (n *Node) withdraw(ctx context.Context) error {
	settled, said := map[string]bool{}, ""
	return n.Ledger.Follow(ctx, func() time.Duration {
		open, err := n.withdrawAll(ctx, settled)
		if err != nil && ctx.Err() == nil && said != err.Error() {
			said = err.Error()
			n.Logger.Error("withdrawal is not carried out yet", "agency", n.Agency, "err", err)
		}
		if open || err != nil {
			return withdrawAgain
		}
		return 0
	})
}

// withdrawAll carries out what is not settled, and reports whether anything is left open.
func (n *Node) withdrawAll(ctx context.Context, settled map[string]bool) (open bool, err error) {
	var orders []*ledgerv1.Withdrawal
	err = n.Ledger.Committed(func(v ledger.View) (err error) {
		orders, err = v.Withdrawals()
		return err
	})
	for _, w := range orders {
		if settled[w.Id] {
			continue
		}
		done, failed := n.carryOut(ctx, w)
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("carry out %s: %w", w.Id, failed))
		}
		settled[w.Id] = done
		open = open || !done
	}
	return open, err
}

// carryOut purges what the node holds of an event and records the receipt. It reports false when the redacted block has
// not come yet. Every step may be repeated, so that a crash after any of them is healed by the next start:
//
//	the event's agency appends the redacted block     found in the journal again, and folded
//	the ledger folds it and drops what the event made  in the transaction that moves the position past it
//	the messages that held the block are deleted      found by what the redacted block names
//	the ledger's free pages are overwritten            a mark in the ledger says that it is due
//	older copies of the ledger are removed, and its snapshots and ledgers of the past
//	what was published of it to the agency's own systems is deleted
//	the receipt is recorded                            by its idempotency key once
func (n *Node) carryOut(ctx context.Context, w *ledgerv1.Withdrawal) (done bool, err error) {
	id, err := journal.ParseID(w.Journal)
	if err != nil {
		return false, err
	}
	held, err := n.hold(id, w.Withdrawn.Number)
	if err != nil || held.block == nil {
		return err == nil, err // it was never given to this agency
	}
	if !held.gone && id.Agency == n.Agency {
		if held, err = n.redact(ctx, id, w.Withdrawn.Number, held); err != nil {
			return false, err
		}
	}
	if !held.gone {
		return false, nil
	}
	purged, err := n.purge(ctx, id, held.block)
	if err != nil {
		return false, err
	}
	fed, err := n.purgeFeed(ctx, id, w.Withdrawn.Number)
	if err != nil {
		return false, err
	}
	purged = append(purged, fed...)
	return true, n.receive(ctx, w, purged)
}

// holding is what a ledger has of an event.
type holding struct {
	block    *journal.Block // nil: nothing
	gone     bool           // its content was withdrawn
	ordered  []uint64       // the events of its journal that orders name
	position *ledgerv1.Position
}

func (n *Node) hold(id journal.ID, number uint64) (h holding, err error) {
	err = n.Ledger.View(func(v ledger.View) (err error) {
		if h.block, err = v.OpenedBlock(id, number); err != nil {
			return err
		}
		if h.gone, err = v.Withdrawn(id, number); err != nil {
			return err
		}
		orders, err := v.Withdrawals()
		for _, w := range orders {
			if w.Journal == id.String() {
				h.ordered = append(h.ordered, w.Withdrawn.Number)
			}
		}
		if err == nil {
			h.position, err = v.Position(id)
		}
		return err
	})
	return h, err
}

// redact appends the redacted form of an own block and folds it.
func (n *Node) redact(ctx context.Context, id journal.ID, number uint64, h holding) (holding, error) {
	redacted, err := journal.Redact(h.block, h.ordered, n.keys)
	if err != nil {
		return h, err
	}
	if err := n.broker.Redact(ctx, h.block, redacted, h.position); err != nil {
		return h, err
	}
	if err := n.follower.CatchUpOwn(ctx); err != nil {
		return h, err
	}
	return n.hold(id, number)
}

// purge removes what there is of a withdrawn event beside the ledger's rows, and returns what was purged.
func (n *Node) purge(ctx context.Context, id journal.ID, block *journal.Block) (purged []string, err error) {
	if _, err := n.broker.Erase(ctx, id); err != nil {
		return nil, err
	}
	if err := n.Ledger.Scrub(ctx); err != nil {
		return nil, err
	}
	if err := errors.Join(n.past.Drop(), n.past.Snapshots.Drop()); err != nil {
		return nil, err
	}
	purged = []string{"ledger", "inbox"}
	if id.Agency == n.Agency {
		purged[1] = "journal"
	}
	for _, other := range []struct{ suffix, what string }{{ledger.Aside, "ledger set aside"}, {ledger.Next, "ledger built beside"}} {
		switch err := os.Remove(n.Ledger.Path() + other.suffix); {
		case err == nil:
			purged = append(purged, other.what)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	return n.purgeEvidence(id, block, purged)
}

// purgeEvidence removes copies of the block that were kept because they were not believed.
func (n *Node) purgeEvidence(id journal.ID, block *journal.Block, purged []string) ([]string, error) {
	files, err := filepath.Glob(n.cfg.Home.path("evidence", id.Agency+"-"+id.Group+"-*.block"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		kept, err := journal.Parse(data)
		if err != nil || kept.Redacted() || kept.Digest != block.Digest {
			continue // not a copy of it
		}
		if err := os.Remove(file); err != nil {
			return nil, err
		}
		purged = append(purged, "evidence "+filepath.Base(file))
	}
	return purged, nil
}

// receive records that the order was carried out, unless that is on record.
func (n *Node) receive(ctx context.Context, w *ledgerv1.Withdrawal, purged []string) error {
	var given bool
	err := n.Ledger.View(func(v ledger.View) error {
		receipt, err := v.WithdrawalReceipt(ledger.WithdrawalReceiptID(n.Agency, w.Id))
		given = receipt != nil
		return err
	})
	if given || err != nil {
		return err
	}
	particulars := &eventv1.Particulars{IdempotencyKey: "withdrawal/" + w.Id, Officer: &eventv1.Officer{Role: "keeper"}}
	_, err = n.Desk.Record(ctx, particulars, func(ledger.View) ([]proto.Message, error) {
		return []proto.Message{&directoryv1.WithdrawalCarriedOut{
			WithdrawalId: w.Id, Journal: w.Journal, Number: w.Withdrawn.Number, Purged: purged,
		}}, nil
	})
	return err
}
