package journal

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/seal"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Redacted reports whether the block came with a leaf hash in place of events that were withdrawn. Its body is not the
// one whose digest is signed; Head.Next and Same hold what it has against the root that is.
func (b *Block) Redacted() bool { return b.redacted }

// Withdrawn reports whether only the leaf hash of the event is left.
func (e *Entry) Withdrawn() bool { return e.Leaf != nil }

func (e *Entry) leafHash() tlog.Hash {
	if e.Withdrawn() {
		return tlog.Hash(e.Leaf)
	}
	return LeafHash(e.Raw)
}

// Redact returns the block, which must be open, as it is stored without the events of these numbers: header and signature
// as they are, the other events as recorded, packed and sealed like the body before.
func Redact(b *Block, numbers []uint64, keys Keys) ([]byte, error) {
	body := &eventv1.RedactedBody{}
	for i := range b.Entries {
		e := &b.Entries[i]
		content := &eventv1.RedactedEvent{Content: &eventv1.RedactedEvent_Event{Event: e.Raw}}
		if e.Withdrawn() || slices.Contains(numbers, e.Number) {
			leaf := e.leafHash()
			content.Content = &eventv1.RedactedEvent_Leaf{Leaf: leaf[:]}
		}
		body.Events = append(body.Events, content)
	}
	redacted, err := proto.Marshal(body)
	if err != nil {
		return nil, err
	}
	if b.Header.Codec == eventv1.Codec_CODEC_ZSTD {
		redacted = encoder().EncodeAll(redacted, nil)
	}
	if b.Header.Epoch > 0 {
		key, err := keys.Key(b.ID, b.Header.Epoch)
		if err != nil {
			return nil, err
		}
		if redacted, err = seal.Seal(key, redacted, redactedPlace(b.Header)); err != nil {
			return nil, fmt.Errorf("redact block %d of %s: %w", b.Header.Number, b.ID, err)
		}
	}
	return proto.Marshal(&eventv1.Block{Header: b.HeaderBytes, Signature: b.Signature, Redacted: redacted})
}

// redactedPlace is what a redacted body is sealed to, so that it is never taken for a whole one.
func redactedPlace(h *eventv1.Header) string {
	return fmt.Sprintf("counterfoil redacted body v1\n%s/%s\n%d", h.Agency, h.Group, h.Number)
}

// openRedacted decodes an unpacked RedactedBody.
func (b *Block) openRedacted(plain []byte) error {
	var body eventv1.RedactedBody
	if err := proto.Unmarshal(plain, &body); err != nil {
		return fmt.Errorf("its redacted body does not decode: %w", err)
	}
	for i, e := range body.Events {
		number := b.Header.FirstEvent + uint64(i)
		switch content := e.Content.(type) {
		case *eventv1.RedactedEvent_Event:
			entry, err := DecodeEntry(number, content.Event)
			if err != nil {
				return err
			}
			b.Entries = append(b.Entries, entry)
		case *eventv1.RedactedEvent_Leaf:
			if len(content.Leaf) != tlog.HashSize {
				return fmt.Errorf("the leaf hash of event %d has %d bytes", number, len(content.Leaf))
			}
			b.Entries = append(b.Entries, Entry{Number: number, Leaf: content.Leaf})
		default:
			return fmt.Errorf("event %d is neither there nor withdrawn", number)
		}
	}
	b.Plain = joinBody(b.Entries)
	return nil
}

// Same reports whether two open blocks have the same header and the same leaf hashes, so that they are the same block,
// whole or redacted.
func (b *Block) Same(other *Block) bool {
	return b.Digest == other.Digest && slices.Equal(b.leaves, other.leaves)
}

// Reopened returns a block that a ledger keeps as Open would.
func Reopened(kept *ledgerv1.FoldedBlock) (*Block, error) {
	header := &eventv1.Header{}
	if err := proto.Unmarshal(kept.Header, header); err != nil {
		return nil, fmt.Errorf("read the header of block %d: %w", kept.Number, err)
	}
	b := &Block{
		ID: ID{header.Agency, header.Group}, Header: header, HeaderBytes: kept.Header, Signature: kept.Signature,
		Digest: sha256.Sum256(kept.Header), Plain: kept.Body, Sequence: kept.Sequence, ReceivedAt: kept.ReceivedAt.AsTime(),
		redacted: len(kept.Withdrawn) > 0,
	}
	raws, err := SplitBody(kept.Body)
	if err != nil {
		return nil, fmt.Errorf("block %d of %s: %w", kept.Number, b.ID, err)
	}
	left := map[uint64][]byte{}
	for _, w := range kept.Withdrawn {
		left[w.Number] = w.Leaf
	}
	b.Entries = make([]Entry, len(raws))
	d := newDecoding(len(raws))
	for i, raw := range raws {
		e := Entry{Number: header.FirstEvent + uint64(i)}
		if e.Leaf = left[e.Number]; !e.Withdrawn() {
			if e, err = d.entry(e.Number, raw); err != nil {
				return nil, err
			}
		}
		b.Entries[i] = e
	}
	b.leaves = leaves(b.Entries)
	return b, nil
}

// SameHeader reports whether two blocks as stored have the same header: then both are that block, whole or redacted.
func SameHeader(a, b []byte) bool {
	one, oneErr := headerOf(a)
	other, otherErr := headerOf(b)
	return oneErr == nil && otherErr == nil && len(one) > 0 && string(one) == string(other)
}

// headerOf reads the header off a stored block, without copying it.
func headerOf(data []byte) ([]byte, error) {
	for len(data) > 0 {
		num, typ, n := protowire.ConsumeTag(data)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		m := protowire.ConsumeFieldValue(num, typ, data[n:])
		if m < 0 {
			return nil, protowire.ParseError(m)
		}
		if num == 1 && typ == protowire.BytesType {
			header, _ := protowire.ConsumeBytes(data[n:])
			return header, nil
		}
		data = data[n+m:]
	}
	return nil, nil
}
