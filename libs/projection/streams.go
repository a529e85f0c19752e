package projection

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// checkStreams compares the streams with what the ledger remembers of them: that they are the same streams, and that
// the last block it folded of each journal still stands where it stood. A stream that was made again, lost its tail or
// was put back from an old copy is thus noticed before any answer is given; the journals it touches are stopped.
func (f *Follower) checkStreams(ctx context.Context) error {
	tx, err := f.Ledger.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, stream := range []jetstream.Stream{f.Own, f.Inbox} {
		if err := f.checkIdentity(ctx, tx, stream); err != nil {
			return err
		}
	}
	ids, err := journals(tx.View)
	if err != nil {
		return err
	}
	for _, id := range ids {
		position, err := tx.Position(id)
		if err != nil {
			return err
		}
		reason, err := f.tail(ctx, f.streamOf(id), id, position)
		if err != nil {
			return err
		}
		if reason == "" {
			continue
		}
		stop := f.note(f.stopped, id, position.Block, reason)
		f.Logger.Error("journal stopped", "agency", f.Agency, "journal", id.String(), "block", position.Block, "err", reason)
		if err := tx.Stop(stop); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// checkIdentity remembers when a stream was made, and, when it was made again since, says so for each of its journals.
func (f *Follower) checkIdentity(ctx context.Context, tx *ledger.Tx, stream jetstream.Stream) error {
	info, err := f.info(ctx, stream)
	if err != nil {
		return err
	}
	key := streamKey(info.Config.Name)
	kept := tx.Local(key)
	made := madeAt(info.Created)
	if len(kept) == 0 || string(kept) == string(made) {
		return tx.PutLocal(key, made)
	}
	ids, err := journals(tx.View)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if (id.Agency == f.Agency) != (stream == f.Own) {
			continue
		}
		position, err := tx.Position(id)
		if err != nil {
			return err
		}
		stop := f.note(f.stopped, id, position.Block, fmt.Sprintf("stream %s was made again on %s: it is not the one that the ledger was built from", info.Config.Name, info.Created.UTC().Format("2006-01-02 15:04:05")))
		f.Logger.Error("journal stopped", "agency", f.Agency, "journal", id.String(), "block", position.Block, "err", stop.Reason)
		if err := tx.Stop(stop); err != nil {
			return err
		}
	}
	return nil
}

// streamOf is the stream that holds a journal.
func (f *Follower) streamOf(id journal.ID) jetstream.Stream {
	if id.Agency == f.Agency {
		return f.Own
	}
	return f.Inbox
}

// Fits says why a ledger was not built from these streams as they are, or nothing: that they are the same streams, and that the
// last block it folded of each journal still stands where it stood. It changes nothing.
func (f *Follower) Fits(ctx context.Context) (reason string, err error) {
	err = f.Ledger.View(func(v ledger.View) error {
		for _, stream := range []jetstream.Stream{f.Own, f.Inbox} {
			info, err := f.info(ctx, stream)
			if err != nil {
				return err
			}
			if string(v.Local(streamKey(info.Config.Name))) != string(madeAt(info.Created)) {
				reason = fmt.Sprintf("stream %s is not the one that it was built from", info.Config.Name)
				return nil
			}
		}
		ids, err := journals(v)
		if err != nil {
			return err
		}
		for _, id := range ids {
			position, err := v.Position(id)
			if err != nil {
				return err
			}
			if reason, err = f.tail(ctx, f.streamOf(id), id, position); reason != "" || err != nil {
				return err
			}
		}
		return nil
	})
	return reason, err
}

// StateStreams has a ledger say that it was built from streams of these names that were made then, where it was built from copies
// that hold the same.
func StateStreams(l *ledger.Ledger, made map[string]time.Time) error {
	tx, err := l.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for name, at := range made {
		if err := tx.PutLocal(streamKey(name), madeAt(at)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// streamKey is where a ledger keeps when a stream was made, as madeAt writes it.
func streamKey(name string) string { return "stream/" + name }

func madeAt(t time.Time) []byte { return binary.BigEndian.AppendUint64(nil, uint64(t.UnixNano())) }

// tail says what is wrong with the block that the ledger folded last, or nothing.
func (f *Follower) tail(ctx context.Context, stream jetstream.Stream, id journal.ID, position *ledgerv1.Position) (string, error) {
	if f.halted(id) {
		return "", nil
	}
	msg, err := stream.GetMsg(ctx, position.Sequence)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		redacted, _, err := journal.Redactions(ctx, stream, f.subject(stream, id), position.Sequence+1)
		if len(redacted) > 0 || err != nil {
			return "", err // it was deleted; what comes instead is held against the chain when it is folded
		}
		return fmt.Sprintf("block %d is on the ledger and no longer in stream %s: the stream lost its end, or is an old copy", position.Block, f.names[stream]), nil
	}
	if err != nil {
		return "", fmt.Errorf("read the last block of %s: %w", id, err)
	}
	b, err := journal.Parse(msg.Data)
	if err == nil && b.Redacted() && b.ID == id && b.Header.Number <= position.Block {
		return "", nil // it was the last message of the journal, and stands for an earlier block
	}
	if err != nil || b.Header.Number != position.Block || string(b.Digest[:]) != string(position.HeaderDigest) {
		return fmt.Sprintf("block %d on the ledger is not the one that stream %s holds in its place", position.Block, f.names[stream]), nil
	}
	return "", nil
}

// journals lists what a ledger has folded.
func journals(view ledger.View) ([]journal.ID, error) {
	positions, err := view.Positions()
	if err != nil {
		return nil, err
	}
	ids := make([]journal.ID, len(positions))
	for i, p := range positions {
		if ids[i], err = journal.ParseID(p.Journal); err != nil {
			return nil, err
		}
	}
	return ids, nil
}
