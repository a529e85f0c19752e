package journal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/types/known/timestamppb"

	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Broken says that a journal's history is not what its agency signed, and where.
type Broken struct {
	ID     ID
	Block  uint64
	Reason string
}

func (b *Broken) Error() string {
	return fmt.Sprintf("journal %s block %d: %s", b.ID, b.Block, b.Reason)
}

// Head is the end of a journal: all that is needed to check or to write the next block. The zero Head but for ID is
// the head of an empty journal.
type Head struct {
	ID         ID
	Block      uint64
	Events     uint64
	Digest     []byte
	Tree       Tree
	RecordedAt time.Time
	// Sequence of the last block in the stream that it was read from, and when that stored it.
	Sequence   uint64
	ReceivedAt time.Time
}

// HeadAt returns the head that a ledger's position stands for.
func HeadAt(id ID, p *ledgerv1.Position) (Head, error) {
	if p == nil {
		return Head{ID: id}, nil
	}
	tree, err := parseTree(p.Events, p.Frontier)
	if err != nil {
		return Head{}, fmt.Errorf("position of journal %s: %w", id, err)
	}
	return Head{
		ID: id, Block: p.Block, Events: p.Events, Digest: p.HeaderDigest, Tree: tree, RecordedAt: p.RecordedAt.AsTime(),
		Sequence: p.Sequence, ReceivedAt: p.ReceivedAt.AsTime(),
	}, nil
}

// Position is the head as a ledger keeps it.
func (h *Head) Position() *ledgerv1.Position {
	root := h.Tree.Root()
	p := &ledgerv1.Position{
		Journal: h.ID.String(), Block: h.Block, Events: h.Events, HeaderDigest: h.Digest, Sequence: h.Sequence,
		RecordedAt: timestamppb.New(h.RecordedAt), ReceivedAt: timestamppb.New(h.ReceivedAt), Root: root[:],
	}
	for i := range h.Tree.edge {
		p.Frontier = append(p.Frontier, h.Tree.edge[i][:])
	}
	return p
}

// Next returns the head after b, an opened block, or *Broken when b is not the journal's next block: wrong number,
// another predecessor, events missing, or a root that they do not hash to. It does not check the signature: one
// signature on a later block covers this one, because the headers are chained.
func (h *Head) Next(b *Block) (Head, error) {
	hd := b.Header
	broken := func(format string, args ...any) (Head, error) {
		return Head{}, &Broken{h.ID, hd.Number, fmt.Sprintf(format, args...)}
	}
	switch {
	case b.ID != h.ID:
		return broken("belongs to journal %s", b.ID)
	case hd.Number != h.Block+1:
		return Head{}, &Broken{h.ID, h.Block + 1, fmt.Sprintf("it is missing: block %d follows block %d", hd.Number, h.Block)}
	case !bytes.Equal(hd.Previous, h.Digest):
		return broken("names another block as its predecessor than block %d that is on record", h.Block)
	case hd.FirstEvent != h.Events+1 || int(hd.Count) != len(b.Entries) || hd.Size != h.Events+uint64(hd.Count):
		return broken("events are numbered %d + %d, but %d follow event %d", hd.FirstEvent, hd.Count, len(b.Entries), h.Events)
	}
	next := Head{
		ID: h.ID, Block: hd.Number, Events: hd.Size, Digest: b.Digest[:], Tree: h.Tree.clone(), RecordedAt: hd.RecordedAt.AsTime(),
		Sequence: b.Sequence, ReceivedAt: b.ReceivedAt,
	}
	for i := range b.leaves {
		next.Tree.Add(b.leaves[i])
	}
	if root := next.Tree.Root(); !bytes.Equal(root[:], hd.Root) {
		return broken("events do not hash to the root that is signed")
	}
	return next, nil
}

// KeyID names a signing key in a header: the first 8 bytes of its SHA-256.
func KeyID(public ed25519.PublicKey) []byte {
	sum := sha256.Sum256(public)
	return sum[:8]
}

func leaves(entries []Entry) []tlog.Hash {
	hashes := make([]tlog.Hash, len(entries))
	for i := range entries {
		hashes[i] = LeafHash(entries[i].Raw)
	}
	return hashes
}
