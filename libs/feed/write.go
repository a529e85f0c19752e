package feed

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/counterfoil/counterfoil/libs/cloudevent"
	"github.com/counterfoil/counterfoil/libs/ledger"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

const (
	// batchEvents and batchBytes are the most in one batch: the broker stores it whole or not at all, and syncs it once.
	batchEvents, batchBytes = 1000, 8 << 20
	// patience is how long the broker may take to store a batch.
	patience = 30 * time.Second
)

// positionHeader is where a message says how far the ledger was with it.
const positionHeader = "ce-position"

var errFull = errors.New("the batch is full")

// writer fills one stream. Where it stands is what the last message in the stream says, and nothing else.
type writer struct {
	form
	feed   *Feed
	stream jetstream.Stream

	mu       sync.Mutex // held from the look at the ledger until what was seen is stored
	known    bool       // last and position are those of the stream
	last     uint64     // sequence of the last message there ever was
	position string     // watch token of the ledger up to and with it
	trouble  string
	batch    int // the most events in a batch
}

// run follows the ledger until ctx ends.
func (w *writer) run(ctx context.Context) {
	_ = w.feed.cfg.Ledger.Follow(ctx, func() time.Duration {
		for {
			more, err := w.step(ctx)
			w.complain(ctx, err)
			switch {
			case err != nil:
				return again
			case !more || ctx.Err() != nil:
				return 0
			}
		}
	})
}

func (w *writer) complain(ctx context.Context, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	was := w.trouble
	if w.trouble = ""; err != nil && ctx.Err() == nil {
		w.trouble = err.Error()
		w.feed.counted.failed.Add(1)
	}
	if w.trouble != "" && w.trouble != was {
		w.feed.cfg.Logger.Error("feed does not go on", "agency", w.feed.cfg.Agency, "stream", w.form.stream, "err", err)
	}
}

// step publishes one batch, and reports whether there is more to publish now.
func (w *writer) step(ctx context.Context) (more bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.resume(ctx); err != nil {
		return false, fmt.Errorf("find the end of stream %s: %w", w.form.stream, err)
	}
	batch, more, err := w.next()
	if len(batch) == 0 || err != nil {
		return more, err
	}
	if err := w.publish(ctx, batch); err != nil {
		w.known = false // it is not known how much of it is stored
		return false, fmt.Errorf("publish %d events on stream %s: %w", len(batch), w.form.stream, err)
	}
	w.last += uint64(len(batch))
	w.position = batch[len(batch)-1].Header.Get(positionHeader)
	return more, nil
}

// resume finds where the stream ends, unless that is known.
func (w *writer) resume(ctx context.Context) error {
	if w.known {
		return nil
	}
	info, err := w.stream.Info(ctx)
	if err != nil {
		return err
	}
	w.last, w.position = info.State.LastSeq, ""
	switch last, err := w.stream.GetLastMsgForSubject(ctx, w.prefix+">"); {
	case err == nil:
		w.position = last.Header.Get(positionHeader)
	case !errors.Is(err, jetstream.ErrMsgNotFound):
		return err
	}
	w.known = true
	return nil
}

// next returns the messages that follow in the stream. It looks at what is committed, so that it makes nobody commit.
func (w *writer) next() (batch []*nats.Msg, more bool, err error) {
	size := 0
	err = w.feed.cfg.Ledger.Committed(func(v ledger.View) (err error) {
		more, err = v.EachAfter(w.position, w.batch, func(e *queryv1.RecordedEvent, position string) error {
			m, err := w.show(e, position)
			if err != nil {
				return err
			}
			batch = append(batch, m)
			if size += m.Size(); size >= batchBytes {
				return errFull
			}
			return nil
		})
		return err
	})
	if errors.Is(err, errFull) {
		more, err = true, nil
	}
	return batch, more, err
}

// publish stores messages at the end of the stream, all or none, if it ends where the writer thinks that it does.
func (w *writer) publish(ctx context.Context, batch []*nats.Msg) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	id := rand.Text()
	size := 0
	for i, m := range batch {
		size += m.Size()
		m.Header.Set("Nats-Batch-Id", id)
		m.Header.Set("Nats-Batch-Sequence", strconv.Itoa(i+1))
	}
	batch[0].Header.Set(jetstream.ExpectedLastSeqHeader, strconv.FormatUint(w.last, 10))
	final := batch[len(batch)-1]
	final.Header.Set("Nats-Batch-Commit", "1")
	for _, m := range batch[:len(batch)-1] {
		if err := w.feed.nc.PublishMsg(m); err != nil {
			return err
		}
	}
	answer, err := w.feed.nc.RequestMsgWithContext(ctx, final)
	if err != nil {
		return err
	}
	var stored struct {
		Error *jetstream.APIError `json:"error"`
		Last  uint64              `json:"seq"`
	}
	if err := json.Unmarshal(answer.Data, &stored); err != nil {
		return fmt.Errorf("read the broker's answer: %w", err)
	}
	if stored.Error != nil {
		return stored.Error
	}
	if wanted := w.last + uint64(len(batch)); stored.Last != wanted {
		return fmt.Errorf("the stream ends with message %d, not %d", stored.Last, wanted)
	}
	w.feed.counted.published.Add(uint64(len(batch)))
	w.feed.counted.sent.Add(uint64(size))
	return nil
}

// inJSON is a whole event in JSON. One that would be too large for a message so has its fact as recorded, in base64.
func inJSON(e *queryv1.RecordedEvent, position string) (*nats.Msg, error) {
	c, err := cloudevent.NewJSON(e, position)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(c)
	if len(data) > maxPayload-1<<20 {
		if c, err = cloudevent.New(e, position); err == nil {
			data, err = json.Marshal(c)
		}
	}
	if err != nil {
		return nil, err
	}
	m := &nats.Msg{Subject: Subject(PrefixJSON, e), Header: c.Header(), Data: data}
	m.Header["content-type"] = []string{cloudevent.Structured}
	return m, nil
}
