package backbone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// snapshotChunk and snapshotWindow bound what of a snapshot is on the way inside the process, in bytes.
	snapshotChunk  = 512 << 10
	snapshotWindow = 8 << 20
	// snapshotPatience is how long the broker may be silent while it gives out or takes in a snapshot.
	snapshotPatience = time.Minute
)

// StreamName names a stream of a broker.
type StreamName struct {
	// Account is the agency in whose account at a hub the stream stands; empty at a node.
	Account string `json:"account,omitempty"`
	Stream  string `json:"stream"`
}

func (n StreamName) String() string {
	if n.Account == "" {
		return n.Stream
	}
	return n.Account + "/" + n.Stream
}

// KeptStream is what there is to know of a stream beside the bytes of its snapshot.
type KeptStream struct {
	StreamName
	// Created is when the stream was made. A restored stream is made when it is restored: whoever kept a position in
	// the old one notices.
	Created time.Time `json:"created"`
	// First and Last are sequence numbers; Messages and Bytes say how much there is.
	First    uint64 `json:"first"`
	Last     uint64 `json:"last"`
	Messages uint64 `json:"messages"`
	Bytes    uint64 `json:"bytes"`
	// Config and State are as the broker states them, to be given back to it unread.
	Config json.RawMessage `json:"config"`
	State  json.RawMessage `json:"state"`
}

// apiError is how JetStream's API refuses.
type apiError struct {
	Error *struct {
		Description string `json:"description"`
	} `json:"error"`
}

func (e apiError) err() error {
	if e.Error == nil {
		return nil
	}
	return errors.New(e.Error.Description)
}

// snapshot writes the stream, as it is at one moment, to w while others go on to write to it: every message with its
// number, the time at which it was stored, its subject and its headers. It hands what is known of the stream to begin before the first byte. The
// broker takes what it gives out from its store in the clear, whatever that is encrypted with.
func snapshot(ctx context.Context, nc *nats.Conn, name StreamName, begin func(KeptStream) error, w io.Writer) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	stream, err := js.Stream(ctx, name.Stream)
	if err != nil {
		return fmt.Errorf("find stream %s: %w", name, err)
	}
	chunks, err := nc.SubscribeSync(nats.NewInbox())
	if err != nil {
		return err
	}
	defer chunks.Unsubscribe()
	request, err := json.Marshal(map[string]any{
		"deliver_subject": chunks.Subject, "no_consumers": true, "chunk_size": snapshotChunk, "window_size": snapshotWindow,
	})
	if err != nil {
		return err
	}
	var answer struct {
		apiError
		Config json.RawMessage `json:"config"`
		State  json.RawMessage `json:"state"`
	}
	if err = ask(ctx, nc, "$JS.API.STREAM.SNAPSHOT."+name.Stream, request, &answer); err == nil {
		err = answer.err()
	}
	if err != nil {
		return fmt.Errorf("take a snapshot of stream %s: %w", name, err)
	}
	var state jetstream.StreamState
	if err := json.Unmarshal(answer.State, &state); err != nil {
		return fmt.Errorf("take a snapshot of stream %s: %w", name, err)
	}
	if err := begin(KeptStream{
		StreamName: name, Created: stream.CachedInfo().Created,
		First: state.FirstSeq, Last: state.LastSeq, Messages: state.Msgs, Bytes: state.Bytes,
		Config: answer.Config, State: answer.State,
	}); err != nil {
		return err
	}
	if err := receive(ctx, chunks, w); err != nil {
		return fmt.Errorf("read the snapshot of stream %s: %w", name, err)
	}
	return nil
}

// receive writes the chunks of a snapshot to w until the broker says that it was the last.
func receive(ctx context.Context, chunks *nats.Subscription, w io.Writer) error {
	for {
		waiting, cancel := context.WithTimeout(ctx, snapshotPatience)
		chunk, err := chunks.NextMsgWithContext(waiting)
		cancel()
		switch {
		case err != nil:
			return err
		case len(chunk.Data) == 0:
			if status := chunk.Header.Get("Status"); status != "" && status != "204" {
				return fmt.Errorf("the broker broke off: %s %s", status, chunk.Header.Get("Description"))
			}
			return nil
		}
		if _, err := w.Write(chunk.Data); err != nil {
			return err
		}
		if chunk.Reply == "" {
			continue // the last one waits for no acknowledgement
		}
		if err := chunk.Respond(nil); err != nil {
			return err
		}
	}
}

// restore makes the stream from a snapshot of it, with the numbers and times that its messages had. The broker must
// not have a stream of that name.
func restore(ctx context.Context, nc *nats.Conn, kept KeptStream, r io.Reader) error {
	var config map[string]any
	if err := json.Unmarshal(kept.Config, &config); err != nil {
		return fmt.Errorf("configuration of stream %s: %w", kept.StreamName, err)
	}
	config["num_replicas"] = 1 // whoever runs the restored folder sets what it should be
	delete(config, "placement")
	request, err := json.Marshal(map[string]any{"config": config, "state": kept.State})
	if err != nil {
		return err
	}
	var begun struct {
		apiError
		DeliverSubject string `json:"deliver_subject"`
	}
	if err = ask(ctx, nc, "$JS.API.STREAM.RESTORE."+kept.Stream, request, &begun); err == nil {
		err = begun.err()
	}
	if err != nil {
		return fmt.Errorf("restore stream %s: %w", kept.StreamName, err)
	}
	for chunk := make([]byte, snapshotChunk); ; {
		n, err := io.ReadFull(r, chunk)
		if n > 0 {
			if err := send(ctx, nc, begun.DeliverSubject, chunk[:n]); err != nil {
				return fmt.Errorf("restore stream %s: %w", kept.StreamName, err)
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		} else if err != nil {
			return fmt.Errorf("restore stream %s: %w", kept.StreamName, err)
		}
	}
	if err := send(ctx, nc, begun.DeliverSubject, nil); err != nil {
		return fmt.Errorf("restore stream %s: %w", kept.StreamName, err)
	}
	return sameAs(ctx, nc, kept)
}

// send gives the broker a chunk of a snapshot; an empty one ends it.
func send(ctx context.Context, nc *nats.Conn, subject string, chunk []byte) error {
	waiting, cancel := context.WithTimeout(ctx, snapshotPatience)
	defer cancel()
	answer, err := nc.RequestWithContext(waiting, subject, chunk)
	if err != nil || len(answer.Data) == 0 {
		return err
	}
	var result apiError
	if err := json.Unmarshal(answer.Data, &result); err != nil {
		return err
	}
	return result.err()
}

// sameAs returns an error unless the stream came out as it was kept.
func sameAs(ctx context.Context, nc *nats.Conn, kept KeptStream) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	s, err := js.Stream(ctx, kept.Stream)
	if err != nil {
		return fmt.Errorf("find the restored stream %s: %w", kept.StreamName, err)
	}
	got := s.CachedInfo().State
	if limited := s.CachedInfo().Config.MaxMsgs > 0; limited && got.LastSeq == kept.Last && got.Msgs > 0 {
		return nil // its oldest messages may have been dropped while the snapshot was taken
	}
	if got.LastSeq != kept.Last || got.Msgs != kept.Messages || got.Msgs > 0 && got.FirstSeq != kept.First {
		return fmt.Errorf("stream %s came out with %d messages, %d to %d; kept were %d, %d to %d",
			kept.StreamName, got.Msgs, got.FirstSeq, got.LastSeq, kept.Messages, kept.First, kept.Last)
	}
	return nil
}

// ask makes a request of JetStream's API and reads the answer.
func ask(ctx context.Context, nc *nats.Conn, subject string, request []byte, answer any) error {
	waiting, cancel := context.WithTimeout(ctx, snapshotPatience)
	defer cancel()
	msg, err := nc.RequestWithContext(waiting, subject, request)
	if err != nil {
		return err
	}
	return json.Unmarshal(msg.Data, answer)
}
