// Package journal keeps one agency's facts: blocks of events, chained, under a Merkle root, signed, sealed, appended
// to JetStream and read back with every promise checked.
package journal

import (
	"time"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
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
	// Plain is the opened body (counterfoil.event.v1.Body).
	Plain   []byte
	Entries []Entry
	// Sequence and ReceivedAt are of the stream that the block was read from.
	Sequence   uint64
	ReceivedAt time.Time
}
