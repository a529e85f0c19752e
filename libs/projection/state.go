package projection

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// halted reports whether a journal is stopped or waits for a key.
func (f *Follower) halted(id journal.ID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stopped[id] != nil || f.waiting[id] != nil
}

// State returns the journals that are stopped or wait for a key, with the block and the reason. Safe for concurrent
// use.
func (f *Follower) State() map[journal.ID]*ledgerv1.Stop {
	f.mu.Lock()
	defer f.mu.Unlock()
	state := maps.Clone(f.stopped)
	maps.Copy(state, f.waiting)
	return state
}

// Behind returns, per journal, how many blocks the streams hold that are not folded.
func (f *Follower) Behind(ctx context.Context) (map[journal.ID]uint64, error) {
	behind := map[journal.ID]uint64{}
	for _, stream := range []jetstream.Stream{f.Own, f.Inbox} {
		counts, _, err := f.subjects(ctx, stream)
		if err != nil {
			return nil, err
		}
		err = f.Ledger.View(func(v ledger.View) error {
			for id, n := range counts {
				p, err := v.Position(id)
				if err != nil {
					return err
				}
				behind[id] = n - min(n, p.GetBlock()-p.GetStartBlock())
				if behind[id] == 0 {
					continue
				}
				// A redacted block may stand in the stream twice: in the place that it was given, and where it was announced.
				last, err := stream.GetLastMsgForSubject(ctx, f.subject(stream, id))
				if err != nil {
					return fmt.Errorf("find the last block of %s: %w", id, err)
				}
				if last.Sequence <= p.GetSequence() {
					behind[id] = 0
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return behind, nil
}

func (f *Follower) note(set map[journal.ID]*ledgerv1.Stop, id journal.ID, block uint64, reason string) *ledgerv1.Stop {
	f.mu.Lock()
	defer f.mu.Unlock()
	stop := &ledgerv1.Stop{Journal: id.String(), Block: block, Reason: reason, At: timestamppb.Now()}
	set[id] = stop
	stop.Waiting = f.waiting[id] == stop
	return stop
}

// release lets the journals that wait for a key try again: the agency's own, or the received ones. Each kind is
// released only by the goroutine that reads its stream.
func (f *Follower) release(own bool) []journal.ID {
	f.mu.Lock()
	defer f.mu.Unlock()
	var ids []journal.ID
	for id := range f.waiting {
		if (id.Agency == f.Agency) == own {
			ids = append(ids, id)
			delete(f.waiting, id)
		}
	}
	slices.SortFunc(ids, directoryFirst)
	return ids
}

// readFrom is where the reading of the inbox begins that interrupt ends, and otherwise would begin at from.
func (f *Follower) readFrom(from uint64, interrupt context.CancelFunc) uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.interrupt = interrupt
	if f.reread > 0 {
		from = min(from, f.reread)
	}
	f.reread = 0
	return from
}

// goOn lets the journals go on that are stopped or wait here and do not at another follower, which came past what kept them; at
// says where the ledger stands in each. The inbox is read again from there.
func (f *Follower) goOn(past *Follower, at map[journal.ID]uint64) {
	halted := past.State()
	f.mu.Lock()
	defer f.mu.Unlock()
	again := uint64(0)
	for _, set := range []map[journal.ID]*ledgerv1.Stop{f.stopped, f.waiting} {
		for id := range set {
			if halted[id] != nil {
				continue
			}
			delete(set, id)
			if from := at[id] + 1; id.Agency != f.Agency && (again == 0 || from < again) {
				again = from
			}
		}
	}
	if again == 0 {
		return
	}
	f.reread = again
	if f.interrupt != nil {
		f.interrupt()
	}
}

// forgetStops lets every journal be checked anew: a restart after the cause was mended is the way on.
func (f *Follower) forgetStops() error {
	tx, err := f.Ledger.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	stops, err := tx.Stops()
	if err != nil || len(stops) == 0 {
		return err
	}
	for _, stop := range stops {
		id, err := journal.ParseID(stop.Journal)
		if err != nil {
			return err
		}
		if err := tx.ClearStop(id); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// isUnknownKey tells a key that may still come from a block that is wrong.
func isUnknownKey(err error) bool {
	var unknown *directory.UnknownKey
	return errors.As(err, &unknown)
}
