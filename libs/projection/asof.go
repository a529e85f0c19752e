package projection

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// AsOf folds, of each journal that take names, the blocks that were written by a moment into a fresh ledger in a folder
// beside it, and lets read look at that; the folder is gone when it returns. The blocks were checked when the ledger took
// them in and are not checked again. A journal is folded up to the first block that was written later. Only a few blocks
// are in memory at a time; ctx ends it early.
func AsOf(ctx context.Context, live *ledger.Ledger, at time.Time, take func(journal.ID) bool, read func(ledger.View) error) error {
	dir, err := os.MkdirTemp(filepath.Dir(live.Path()), "asof-")
	if err != nil {
		return fmt.Errorf("make room for a ledger as of %s: %w", at.UTC().Format(time.RFC3339), err)
	}
	defer os.RemoveAll(dir)
	then, err := ledger.Open(filepath.Join(dir, "ledger.db"), ledger.Options{Agency: live.Agency()})
	if err != nil {
		return err
	}
	defer then.Close()
	err = live.View(func(v ledger.View) error {
		known, err := journalsOf(v, take)
		if err != nil {
			return err
		}
		for _, id := range known {
			if err := foldUntil(ctx, then, v, id, at); err != nil {
				return fmt.Errorf("fold %s as of %s: %w", id, at.UTC().Format(time.RFC3339), err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return then.View(read)
}

// journalsOf are the journals of a ledger that take names, the directory's first.
func journalsOf(v ledger.View, take func(journal.ID) bool) ([]journal.ID, error) {
	ids, err := journals(v)
	ids = slices.DeleteFunc(ids, func(id journal.ID) bool { return !take(id) })
	slices.SortFunc(ids, directoryFirst)
	return ids, err
}

var errLater = errors.New("it was written later")

// foldUntil folds the kept blocks of a journal that were written by a moment.
func foldUntil(ctx context.Context, into *ledger.Ledger, from ledger.View, id journal.ID, at time.Time) error {
	tx, err := into.Begin()
	if err != nil {
		return err
	}
	defer func() { tx.Rollback() }()
	events := 0
	err = from.EachBlock(id, func(kept *ledgerv1.FoldedBlock) error {
		b, err := keptBlock(id, kept)
		if err != nil {
			return err
		}
		if b.Header.RecordedAt.AsTime().After(at) {
			return errLater
		}
		last := b.Header.FirstEvent + uint64(b.Header.Count) - 1
		if err := tx.Fold(b, &ledgerv1.Position{Journal: id.String(), Block: b.Header.Number, Events: last, RecordedAt: b.Header.RecordedAt}); err != nil {
			return err
		}
		if events += len(b.Entries); events < bulkEvents {
			return nil
		}
		events = 0
		if err := tx.Commit(); err != nil {
			return err
		}
		next, err := into.Begin()
		if err != nil {
			return err
		}
		tx = next
		return ctx.Err()
	})
	if err != nil && !errors.Is(err, errLater) {
		return err
	}
	return tx.Commit()
}

// keptBlock is a block as a ledger keeps it, ready to be folded again.
func keptBlock(id journal.ID, kept *ledgerv1.FoldedBlock) (*journal.Block, error) {
	b := &journal.Block{
		ID: id, Header: &eventv1.Header{}, HeaderBytes: kept.Header, Signature: kept.Signature, Plain: kept.Body,
		Sequence: kept.Sequence, ReceivedAt: kept.ReceivedAt.AsTime(),
	}
	if err := proto.Unmarshal(kept.Header, b.Header); err != nil {
		return nil, fmt.Errorf("read the header of block %d: %w", kept.Number, err)
	}
	raws, err := journal.SplitBody(kept.Body)
	if err != nil {
		return nil, fmt.Errorf("read block %d: %w", kept.Number, err)
	}
	for i, raw := range raws {
		e, err := journal.DecodeEntry(b.Header.FirstEvent+uint64(i), raw)
		if err != nil {
			return nil, fmt.Errorf("read block %d: %w", kept.Number, err)
		}
		b.Entries = append(b.Entries, e)
	}
	return b, nil
}
