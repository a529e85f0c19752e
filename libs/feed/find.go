package feed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/journal"
)

// Purge removes what the feed has of an event that was withdrawn, overwritten on the disk. Nothing that is published afterwards
// has it, because the ledger does not.
func (f *Feed) Purge(ctx context.Context, id journal.ID, number uint64) error {
	for _, w := range f.writers {
		if err := w.purge(ctx, id, number); err != nil {
			return fmt.Errorf("purge event %d of %s from stream %s: %w", number, id, w.form.stream, err)
		}
	}
	return nil
}

func (w *writer) purge(ctx context.Context, id journal.ID, number uint64) error {
	w.mu.Lock() // so that a batch with the event in it is stored before
	defer w.mu.Unlock()
	subject := w.prefix + id.Agency + "." + id.Group + ".>"
	at, err := w.first(ctx, subject, func(m *jetstream.RawStreamMsg) bool { return numberOf(m) >= number })
	if at == nil || numberOf(at) != number || err != nil {
		return err
	}
	w.known = false // it may have been the last
	return w.stream.SecureDeleteMsg(ctx, at.Sequence)
}

func numberOf(m *jetstream.RawStreamMsg) uint64 {
	number, _ := strconv.ParseUint(m.Header.Get("ce-eventnumber"), 10, 64)
	return number
}

// first returns the first message on a subject for which reached is true; nil when there is none. Once it is true it is so for
// all that follow: numbers of a journal, and times, only grow along a stream.
func (w *writer) first(ctx context.Context, subject string, reached func(*jetstream.RawStreamMsg) bool) (*jetstream.RawStreamMsg, error) {
	info, err := w.stream.Info(ctx)
	if err != nil {
		return nil, err
	}
	var found *jetstream.RawStreamMsg
	low, high := info.State.FirstSeq, info.State.LastSeq+1 // the answer, if there is one, begins in [low, high)
	for low < high {
		middle := low + (high-low)/2
		m, err := w.stream.GetMsg(ctx, middle, jetstream.WithGetMsgSubject(subject))
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
			high = middle
		case err != nil:
			return nil, err
		case reached(m):
			found, high = m, middle
		default:
			low = m.Sequence + 1
		}
	}
	return found, nil
}

// tidy removes what is older, or more, than is kept. The last message stays: it says where the stream ends.
func (f *Feed) tidy(ctx context.Context) error {
	f.forget()
	before := f.cfg.Now().Add(-time.Duration(cmp.Or(f.cfg.KeepDays, keepDays)) * 24 * time.Hour)
	for _, w := range f.writers {
		if err := w.shorten(ctx, before, f.cfg.most()); err != nil {
			return fmt.Errorf("shorten stream %s: %w", w.form.stream, err)
		}
	}
	return nil
}

// most is how much a stream keeps, in bytes.
func (s Settings) most() uint64 { return uint64(cmp.Or(s.KeepMB, keepMB)) << 20 }

func (w *writer) shorten(ctx context.Context, before time.Time, most uint64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	info, err := w.stream.Info(ctx)
	if err != nil || info.State.Msgs == 0 {
		return err
	}
	state := info.State
	keep := state.FirstSeq
	if state.Bytes > most { // by the mean size of a message; what is left over goes the next time
		keep += uint64(math.Ceil(float64(state.LastSeq-state.FirstSeq+1) * float64(state.Bytes-most) / float64(state.Bytes)))
	}
	if state.FirstTime.Before(before) {
		young, err := w.first(ctx, w.prefix+">", func(m *jetstream.RawStreamMsg) bool { return !m.Time.Before(before) })
		switch {
		case err != nil:
			return err
		case young == nil:
			keep = state.LastSeq
		default:
			keep = max(keep, young.Sequence)
		}
	}
	last, err := w.stream.GetLastMsgForSubject(ctx, w.prefix+">")
	if err != nil {
		return err
	}
	if keep = min(keep, last.Sequence); keep <= state.FirstSeq {
		return nil
	}
	if err := w.noteDropped(ctx, keep); err != nil {
		return err
	}
	return w.stream.Purge(ctx, jetstream.WithPurgeSequence(keep))
}

// A consumer remembers how many messages were dropped before its user acknowledged them, and when that was last.
const droppedKey, droppedAtKey = "dropped", "dropped-at"

// noteDropped remembers who will not have been given what stands before a sequence.
func (w *writer) noteDropped(ctx context.Context, keep uint64) error {
	list := w.stream.ListConsumers(ctx)
	for info := range list.Info() {
		floor := info.AckFloor.Stream
		if floor+1 >= keep || info.NumPending+uint64(info.NumAckPending) == 0 {
			continue
		}
		config := info.Config
		before, _ := strconv.ParseUint(config.Metadata[droppedKey], 10, 64)
		config.Metadata[droppedKey] = strconv.FormatUint(before+keep-floor-1, 10)
		config.Metadata[droppedAtKey] = w.feed.cfg.Now().UTC().Format(time.RFC3339)
		if _, err := w.stream.UpdateConsumer(ctx, config); err != nil {
			return fmt.Errorf("note what user %s misses: %w", info.Name, err)
		}
		w.feed.cfg.Logger.Warn("feed drops what a system has not read", "agency", w.feed.cfg.Agency, "user", info.Name, "messages", keep-floor-1)
	}
	return list.Err()
}

// forget lets go of connections that have ended.
func (f *Feed) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, ids := range f.connected {
		f.connected[name] = f.alive(ids)
	}
}
