// Package journal keeps one agency's facts: blocks of events, chained, under a Merkle root, signed, sealed, appended
// to JetStream and read back with every promise checked.
package journal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

const (
	// MaxBody is the most a sealed body may hold, in bytes; the broker takes messages of 1 MiB.
	MaxBody = 512 << 10
	// MaxPlain is the most a body may unpack to, in bytes.
	MaxPlain = 16 << 20
	// MaxEvents is the most events in one block.
	MaxEvents = 10_000

	signed = "counterfoil block v1\n"
)

// Entry is an event where it stands in its journal.
type Entry struct {
	// Number of the event in the journal, from 1.
	Number uint64
	// Raw is the event as recorded; it is what was hashed and is never encoded again.
	Raw   []byte
	Event *eventv1.Event
	// Fact is the decoded payload; nil when this program does not know its kind.
	Fact proto.Message
	// Leaf is what is left of an event whose content was withdrawn, in place of all the above: its leaf hash. Nil for others.
	Leaf []byte
}

// Cause points at the event, of the journal that it stands in.
func (e Entry) Cause(in ID) *eventv1.Cause {
	return &eventv1.Cause{Journal: in.String(), Number: e.Number, Id: e.Event.GetId()}
}

// Block is a block whose header was parsed, and, once opened, its events.
type Block struct {
	ID     ID
	Header *eventv1.Header
	// HeaderBytes is the header as signed.
	HeaderBytes []byte
	Signature   []byte
	// Digest is the SHA-256 of HeaderBytes.
	Digest [32]byte
	// Plain is the opened body (counterfoil.event.v1.Body); the place of a withdrawn event is an empty one.
	Plain   []byte
	Entries []Entry
	// Sequence and ReceivedAt are of the stream that the block was read from.
	Sequence   uint64
	ReceivedAt time.Time

	sealed   []byte
	redacted bool
	leaves   []tlog.Hash
}

// ErrMalformed is returned for bytes that are no block at all.
var ErrMalformed = errors.New("not a block")

// Parse reads a block as stored, up to its header; the body is still sealed. It fails with ErrMalformed.
func Parse(data []byte) (*Block, error) {
	var stored eventv1.Block
	if err := proto.Unmarshal(data, &stored); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	var header eventv1.Header
	if err := proto.Unmarshal(stored.Header, &header); err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrMalformed, err)
	}
	b := &Block{
		ID: ID{header.Agency, header.Group}, Header: &header, HeaderBytes: stored.Header, Signature: stored.Signature,
		Digest: sha256.Sum256(stored.Header), sealed: stored.Body,
	}
	if len(stored.Redacted) > 0 {
		if len(stored.Body) > 0 {
			return nil, fmt.Errorf("%w: it has a body and a redacted one", ErrMalformed)
		}
		b.sealed, b.redacted = stored.Redacted, true
	}
	if !b.ID.Valid() || header.Number == 0 || header.Count == 0 || header.Count > MaxEvents || header.RecordedAt == nil {
		return nil, fmt.Errorf("%w: its header names no journal, number, events or time", ErrMalformed)
	}
	return b, nil
}

// VerifySignature checks the agency's signature over the header as stored. It returns *Broken.
func (b *Block) VerifySignature(public ed25519.PublicKey) error {
	if len(public) != ed25519.PublicKeySize || !ed25519.Verify(public, signedBytes(b.HeaderBytes), b.Signature) {
		return &Broken{b.ID, b.Header.Number, "its signature is not by the agency's key"}
	}
	return nil
}

// VerifyBody checks the body, still sealed, against the digest in the header, and returns *Broken when it is another. A redacted
// body has no digest that was signed: only its events, once opened, can be held against the root.
func (b *Block) VerifyBody() error {
	if sum := sha256.Sum256(b.sealed); !b.redacted && !bytes.Equal(sum[:], b.Header.BodyDigest) {
		return &Broken{b.ID, b.Header.Number, "its body is not the one that was signed"}
	}
	return nil
}

func signedBytes(header []byte) []byte { return append([]byte(signed), header...) }

// place is what a body is sealed to, so that it opens nowhere else.
func place(h *eventv1.Header) string {
	return fmt.Sprintf("counterfoil body v1\n%s/%s\n%d", h.Agency, h.Group, h.Number)
}
