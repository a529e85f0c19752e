package journal

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/seal"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// packFrom is the body size in bytes from which packing is tried: a single event's is not worth the time.
const packFrom = 1 << 10

// Sealer is what a block is closed with.
type Sealer struct {
	// Signer holds an Ed25519 key, in memory or in a token.
	Signer crypto.Signer
	// Key is the journal's key and Epoch its number; epoch 0 leaves the body open, which only the directory does.
	Key   []byte
	Epoch uint32
}

// Write makes the block that follows head: data to be published as one message, and the block as Open would return
// it. Entries must be decoded and numbered from head.Events+1. It fails when they do not fit in a block. A block is never dated
// before the one that it follows, also when the clock was stepped back: how old a copy of the journal is rests on that.
func (s Sealer) Write(head *Head, entries []Entry, at time.Time) (data []byte, b *Block, next Head, err error) {
	fail := func(err error) ([]byte, *Block, Head, error) {
		return nil, nil, Head{}, fmt.Errorf("write block %d of %s: %w", head.Block+1, head.ID, err)
	}
	public, ok := s.Signer.Public().(ed25519.PublicKey)
	if !ok {
		return fail(fmt.Errorf("the signing key is a %T, not Ed25519", s.Signer.Public()))
	}
	if len(entries) == 0 || len(entries) > MaxEvents {
		return fail(fmt.Errorf("%d events in a block", len(entries)))
	}
	if at.Before(head.RecordedAt) {
		at = head.RecordedAt
	}
	b = &Block{ID: head.ID, Entries: entries, Plain: joinBody(entries), leaves: leaves(entries)}
	tree := head.Tree.clone()
	for _, leaf := range b.leaves {
		tree.Add(leaf)
	}
	root := tree.Root()
	b.Header = &eventv1.Header{
		Agency: head.ID.Agency, Group: head.ID.Group, Number: head.Block + 1, FirstEvent: head.Events + 1, Count: uint32(len(entries)),
		Previous: head.Digest, Root: root[:], Size: tree.Size(), Epoch: s.Epoch, RecordedAt: timestamppb.New(at),
		KeyId: KeyID(public),
	}
	body, codec := pack(b.Plain)
	b.Header.Codec = codec
	if s.Epoch > 0 {
		if body, err = seal.Seal(s.Key, body, place(b.Header)); err != nil {
			return fail(err)
		}
	}
	if len(body) > MaxBody || len(b.Plain) > MaxPlain {
		return fail(fmt.Errorf("%w: %d events take %d bytes", ErrTooLarge, len(entries), len(body)))
	}
	sum := sha256.Sum256(body)
	b.Header.BodyDigest = sum[:]
	if b.HeaderBytes, err = proto.Marshal(b.Header); err != nil {
		return fail(err)
	}
	if b.Signature, err = s.Signer.Sign(nil, signedBytes(b.HeaderBytes), crypto.Hash(0)); err != nil {
		return fail(fmt.Errorf("sign: %w", err))
	}
	b.Digest = sha256.Sum256(b.HeaderBytes)
	if data, err = proto.Marshal(&eventv1.Block{Header: b.HeaderBytes, Signature: b.Signature, Body: body}); err != nil {
		return fail(err)
	}
	next = Head{
		ID: head.ID, Block: b.Header.Number, Events: b.Header.Size, Digest: b.Digest[:], Tree: tree, RecordedAt: at,
		StartBlock: head.StartBlock, StartEvents: head.StartEvents,
	}
	return data, b, next, nil
}

func pack(plain []byte) ([]byte, eventv1.Codec) {
	if len(plain) >= packFrom {
		if packed := encoder().EncodeAll(plain, nil); len(packed) < len(plain) {
			return packed, eventv1.Codec_CODEC_ZSTD
		}
	}
	return plain, eventv1.Codec_CODEC_PLAIN
}

func joinBody(entries []Entry) []byte {
	size := 0
	for i := range entries {
		size += protowire.SizeTag(1) + protowire.SizeBytes(len(entries[i].Raw))
	}
	body := make([]byte, 0, size)
	for i := range entries {
		body = protowire.AppendTag(body, 1, protowire.BytesType)
		body = protowire.AppendBytes(body, entries[i].Raw)
	}
	return body
}
