package bundle

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// verify checks the manifest's signature, and says in forged why it does not hold. It returns *directory.UnknownKey when neither the
// directory here has the maker's key nor, where it goes on from that, the directory in the file.
func (s *sitting) verify(ctx context.Context) (forged, err error) {
	keys := s.c.Keys
	for introduced := false; ; introduced = true {
		m := s.f.Manifest
		public, err := keys.Signing(m.Maker, s.f.KeyID, m.Made.AsTime())
		switch {
		case isUnknown(err) && !introduced:
			if keys, err = s.introduced(ctx); err != nil {
				return nil, err
			}
			continue
		case isUnknown(err):
			return nil, err
		case err != nil:
			return err, nil
		case !s.f.Signed(public):
			return fmt.Errorf("the signature at byte %d is not by %s", len(s.f.head)-len(s.f.signature), m.Maker), nil
		}
		return nil, nil
	}
}

// introduced are the keys that are known when the authority's and the maker's part of the directory in the file are folded after
// what is here: on a ledger of their own, that is gone afterwards. Their blocks are held against chain, roots and signatures as
// the follower does; where one does not hold, or does not follow, the rest of its journal says nothing.
func (s *sitting) introduced(ctx context.Context) (*directory.Keys, error) {
	dir, err := os.MkdirTemp(s.c.Dir, Outgoing)
	if err != nil {
		return nil, fmt.Errorf("make room for the directory of a bundle: %w", err)
	}
	defer os.RemoveAll(dir)
	scratch, err := ledger.Open(filepath.Join(dir, "ledger.db"), ledger.Options{Agency: s.c.Agency})
	if err != nil {
		return nil, err
	}
	defer scratch.Close()
	i := introduction{sitting: s, scratch: scratch, keys: s.c.Keys.Fresh()}
	defer func() {
		if i.tx != nil {
			i.tx.Rollback()
		}
	}()
	for _, id := range slices.Compact([]journal.ID{directory.Journal, directory.Own(s.f.Manifest.Maker)}) {
		head, err := i.here(ctx, id)
		if err == nil {
			err = i.inFile(ctx, id, head)
		}
		if err != nil {
			return nil, fmt.Errorf("read %s in a bundle: %w", id, err)
		}
	}
	return i.keys, nil
}

// introduction is a directory that is folded to learn its keys.
type introduction struct {
	*sitting
	scratch *ledger.Ledger
	keys    *directory.Keys
	tx      *ledger.Tx
	events  int
}

// introEvents is how many events a transaction folds.
const introEvents = 10_000

// fold folds a block that was checked.
func (i *introduction) fold(ctx context.Context, b *journal.Block, at *ledgerv1.Position) (err error) {
	if i.tx == nil {
		if i.tx, err = i.scratch.Begin(); err != nil {
			return err
		}
	}
	if err := i.tx.Fold(b, at); err != nil {
		return err
	}
	if i.events += len(b.Entries); i.events < introEvents {
		return nil
	}
	return errors.Join(i.learn(), ctx.Err())
}

// learn takes in the keys of what was folded.
func (i *introduction) learn() error {
	if i.tx == nil {
		return nil
	}
	tx := i.tx
	i.tx, i.events = nil, 0
	if err := tx.Commit(); err != nil {
		return err
	}
	return i.scratch.View(i.keys.Learn)
}

// here folds what the ledger has of a journal, which was checked when it was folded there, and returns its head.
func (i *introduction) here(ctx context.Context, id journal.ID) (head journal.Head, err error) {
	err = i.c.Ledger.View(func(v ledger.View) error {
		position, err := v.Position(id)
		if err != nil {
			return err
		}
		if head, err = journal.HeadAt(id, position); err != nil {
			return err
		}
		return v.EachBlock(id, func(kept *ledgerv1.FoldedBlock) error {
			b, err := journal.Reopened(kept)
			if err != nil {
				return err
			}
			last := b.Header.FirstEvent + uint64(b.Header.Count) - 1
			return i.fold(ctx, b, &ledgerv1.Position{Journal: id.String(), Block: b.Header.Number, Events: last, RecordedAt: b.Header.RecordedAt})
		})
	})
	if err != nil {
		return head, err
	}
	return head, i.learn()
}

// inFile folds what the file has of a journal after a head.
func (i *introduction) inFile(ctx context.Context, id journal.ID, head journal.Head) error {
	place := slices.Index(i.f.ids, id)
	if place < 0 {
		return nil
	}
	err := i.f.Each(place, i.whole(place), func(f *Frame) error {
		b := f.Parsed
		if f.Redaction() || b.Header.Number <= head.Block {
			return nil
		}
		next, err := i.follows(&head, b)
		if isUnknown(err) { // a block before may have the key
			if err := i.learn(); err != nil {
				return err
			}
			next, err = i.follows(&head, b)
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errDoesNotHold, err)
		}
		head = next
		return i.fold(ctx, b, head.Position())
	})
	if err != nil && !errors.Is(err, errDoesNotHold) {
		return err
	}
	return i.learn()
}

var errDoesNotHold = errors.New("it does not hold")

func isUnknown(err error) bool {
	var unknown *directory.UnknownKey
	return errors.As(err, &unknown)
}

// follows opens a block, once, and checks it.
func (i *introduction) follows(head *journal.Head, b *journal.Block) (next journal.Head, err error) {
	if b.Entries == nil {
		err = b.Open(i.keys)
	}
	if err == nil {
		next, err = head.Next(b)
	}
	if err == nil {
		err = i.keys.Verify(b)
	}
	return next, err
}
