package backbone

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/journal"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// eraseAt deletes the message at a sequence, and overwrites it on disk, when it is another form of the redacted block. It
// reports whether it did.
func eraseAt(ctx context.Context, from jetstream.Stream, sequence uint64, redacted []byte) (bool, error) {
	msg, err := from.GetMsg(ctx, sequence)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("read message %d: %w", sequence, err)
	}
	return erase(ctx, from, msg, redacted)
}

func erase(ctx context.Context, from jetstream.Stream, msg *jetstream.RawStreamMsg, redacted []byte) (bool, error) {
	if bytes.Equal(msg.Data, redacted) || !journal.SameHeader(msg.Data, redacted) {
		return false, nil
	}
	if err := from.SecureDeleteMsg(ctx, msg.Sequence); err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, fmt.Errorf("delete message %d: %w", msg.Sequence, err)
	}
	return true, nil
}

// eraseCopies does the same, in a feed or an inbox, to the copies on a subject of messages of a journal stream.
func eraseCopies(ctx context.Context, from jetstream.Stream, subject string, origins []uint64, redacted []byte) (erased int, err error) {
	for _, origin := range origins {
		msg, err := copyIn(ctx, from, subject, origin)
		if err != nil {
			return erased, err
		}
		if msg == nil {
			continue
		}
		done, err := erase(ctx, from, msg, redacted)
		if err != nil {
			return erased, err
		}
		if done {
			erased++
		}
	}
	return erased, nil
}

// copyIn finds the copy of the message that had the sequence at its origin; nil when there is none. Copies stand in the
// order of their origin.
func copyIn(ctx context.Context, in jetstream.Stream, subject string, origin uint64) (*jetstream.RawStreamMsg, error) {
	info, err := in.Info(ctx)
	if err != nil {
		return nil, err
	}
	for low, high := uint64(1), info.State.LastSeq+1; low < high; {
		middle := low + (high-low)/2
		msg, err := in.GetMsg(ctx, middle, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			high = middle
			continue
		} else if err != nil {
			return nil, fmt.Errorf("look for the copy of message %d: %w", origin, err)
		}
		is, err := strconv.ParseUint(msg.Header.Get(OriginSequenceHeader), 10, 64)
		switch {
		case err != nil:
			return nil, fmt.Errorf("message %d does not say where it comes from: %w", msg.Sequence, err)
		case is == origin:
			return msg, nil
		case is < origin:
			low = msg.Sequence + 1
		default:
			high = middle
		}
	}
	return nil, nil
}

// Redact appends the redacted form of a block of the agency's own, which its ledger has, to the block's journal. at is where
// the ledger stands in the journal: when more has come since, nothing is appended. The message names those that held the
// block until now; Erase deletes them.
func (n *Node) Redact(ctx context.Context, block *journal.Block, redacted []byte, at *ledgerv1.Position) error {
	earlier, _, err := journal.Redactions(ctx, n.journal, block.ID.Subject(), block.Sequence)
	if err != nil {
		return fmt.Errorf("look for redactions of %s: %w", block.ID, err)
	}
	before := strconv.FormatUint(block.Sequence, 10)
	for _, r := range earlier {
		if journal.SameHeader(r.Message.Data, redacted) {
			before += " " + strconv.FormatUint(r.Message.Sequence, 10)
		}
	}
	msg := nats.NewMsg(block.ID.Subject())
	msg.Data = redacted
	msg.Header.Set(journal.RedactsHeader, before)
	msg.Header.Set(journal.HeadHeader, strconv.FormatUint(at.Block, 10))
	if _, err := n.js.PublishMsg(ctx, msg, jetstream.WithExpectLastSequencePerSubject(at.Sequence)); err != nil {
		return fmt.Errorf("append the redacted block %d of %s: %w", block.Header.Number, block.ID, err)
	}
	return nil
}

// Erase deletes, and overwrites on disk, every message of the node's streams that held a block of the journal in whose
// place a redacted one has come. It returns how many there were.
func (n *Node) Erase(ctx context.Context, id journal.ID) (erased int, err error) {
	own := id.Agency == n.agency
	from, subject := n.inbox, InboxSubject(id)
	if own {
		from, subject = n.journal, id.Subject()
	}
	redactions, _, err := journal.Redactions(ctx, from, subject, 1)
	for _, r := range redactions {
		if !own {
			more, err := eraseCopies(ctx, from, subject, r.Before, r.Message.Data)
			if err != nil {
				return erased, fmt.Errorf("erase what was withdrawn from %s: %w", id, err)
			}
			erased += more
			continue
		}
		for _, sequence := range r.Before {
			done, err := eraseAt(ctx, from, sequence, r.Message.Data)
			if err != nil {
				return erased, fmt.Errorf("erase what was withdrawn from %s: %w", id, err)
			}
			if done {
				erased++
			}
		}
	}
	return erased, err
}

// keepRedacting has the relays and feeds follow the redactions that come in, until ctx ends.
func (h *Hub) keepRedacting(ctx context.Context) {
	done, said := map[string]uint64{}, ""
	for {
		wait(ctx, tendEvery)
		if ctx.Err() != nil {
			return
		}
		if !h.leads() {
			continue
		}
		for agency := range h.state.Load().Agencies {
			to, err := h.redactRelay(ctx, agency, done[agency])
			done[agency] = to
			if err != nil && ctx.Err() == nil && said != err.Error() {
				said = err.Error()
				h.log.Warn("redaction interrupted", "agency", agency, "err", err)
			}
		}
	}
}

// redactRelay acts on the redactions in an agency's relay after number done, and returns how far it came. First every
// feeder has to be past a redaction, then the block goes from the feeds, then from the relay: so no feeder misses one.
func (h *Hub) redactRelay(ctx context.Context, agency string, done uint64) (uint64, error) {
	js, err := h.inside(agency)
	if err != nil {
		return done, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	relay, err := js.Stream(ctx, relayName(agency))
	if err != nil || relay.CachedInfo().State.LastSeq == done {
		return done, err
	}
	redactions, last, err := journal.Redactions(ctx, relay, "", done+1)
	if err != nil {
		return done, err
	}
	for _, r := range redactions {
		if ready, err := h.redact(ctx, relay, r); !ready || err != nil {
			return r.Message.Sequence - 1, err
		}
	}
	return max(done, last), nil
}

// redact deletes what a redaction takes the place of. It reports false when a feeder has not come to it yet. What is
// no redaction of a block of the relay's own agency on its own subject deletes nothing.
func (h *Hub) redact(ctx context.Context, relay jetstream.Stream, r journal.Redaction) (bool, error) {
	block, err := journal.Parse(r.Message.Data)
	if err != nil || !block.Redacted() || block.ID.Subject() != r.Message.Subject {
		return true, nil
	}
	decided := h.state.Load()
	for reader, m := range decided.Agencies {
		if m.Removed || reader == block.ID.Agency {
			continue
		}
		ready, err := h.redactFeed(ctx, reader, decided.released(reader), block.ID, r)
		if !ready || err != nil {
			return false, err
		}
	}
	for _, sequence := range r.Before {
		if _, err := eraseAt(ctx, relay, sequence, r.Message.Data); err != nil {
			return false, fmt.Errorf("redact block %d of %s at the hub: %w", block.Header.Number, block.ID, err)
		}
	}
	return true, nil
}

func (h *Hub) redactFeed(ctx context.Context, reader string, releases []Release, id journal.ID, r journal.Redaction) (bool, error) {
	js, err := h.inside(reader)
	if err != nil {
		return false, err
	}
	feed, err := js.Stream(ctx, FeedStream)
	if err != nil {
		return false, fmt.Errorf("find the feed of %s: %w", reader, err)
	}
	for _, release := range releases {
		if release.Journal != id || release.After >= r.Message.Sequence {
			continue
		}
		if _, fed, err := lastFed(ctx, feed, id); err != nil || fed < r.Message.Sequence {
			return false, err
		}
	}
	if _, err := eraseCopies(ctx, feed, feedSubject(id), r.Before, r.Message.Data); err != nil {
		return false, fmt.Errorf("redact the feed of %s: %w", reader, err)
	}
	return true, nil
}

// instead are the redacted blocks whose place may be empty, for who begins to read there: by the number that the block had
// at its origin.
type instead map[uint64]*jetstream.RawStreamMsg

// redactedFrom reads the redactions on a subject of a stream, from a sequence on, of blocks whose number at their origin is
// first or above.
func redactedFrom(ctx context.Context, stream jetstream.Stream, subject string, from, first uint64) (instead, error) {
	redactions, _, err := journal.Redactions(ctx, stream, subject, from)
	places := instead{}
	for _, r := range redactions {
		if r.Before[0] >= first {
			places[r.Before[0]] = r.Message
		}
	}
	return places, err
}

// before takes out, in order, what stands before a number, and forgets what has the number itself.
func (p instead) before(number uint64, fn func(number uint64, msg *jetstream.RawStreamMsg) error) error {
	for len(p) > 0 {
		lowest := number
		for n := range p {
			lowest = min(lowest, n)
		}
		msg := p[lowest]
		delete(p, lowest)
		if lowest == number {
			return nil
		}
		if err := fn(lowest, msg); err != nil {
			return err
		}
	}
	return nil
}
