package journal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/types/known/timestamppb"

	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
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
	// StartBlock and StartEvents are where a copy begins that was not given what is before.
	StartBlock, StartEvents uint64
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
		Sequence: p.Sequence, ReceivedAt: p.ReceivedAt.AsTime(), StartBlock: p.StartBlock, StartEvents: p.StartEvents,
	}, nil
}

// StartAt returns the head after a block that a copy is not given, as its agency states it.
func StartAt(id ID, s *directoryv1.JournalStart) (Head, error) {
	tree, err := parseTree(s.Events, s.Frontier)
	if err != nil {
		return Head{}, fmt.Errorf("start of journal %s: %w", id, err)
	}
	if len(s.HeaderDigest) != sha256.Size || s.Block == 0 || s.Events < s.Block {
		return Head{}, fmt.Errorf("start of journal %s: block %d, event %d and a digest of %d bytes are no block's end", id, s.Block, s.Events, len(s.HeaderDigest))
	}
	return Head{
		ID: id, Block: s.Block, Events: s.Events, Digest: s.HeaderDigest, Tree: tree, RecordedAt: s.RecordedAt.AsTime(),
		StartBlock: s.Block, StartEvents: s.Events,
	}, nil
}

// Start states the head for a reader that is not given what is before. sequence is that of its block in the agency's stream.
func (h *Head) Start() *directoryv1.JournalStart {
	return &directoryv1.JournalStart{
		Block: h.Block, Events: h.Events, HeaderDigest: h.Digest, Frontier: h.Tree.frontier(), Sequence: h.Sequence, RecordedAt: timestamppb.New(h.RecordedAt),
	}
}

// Position is the head as a ledger keeps it.
func (h *Head) Position() *ledgerv1.Position {
	root := h.Tree.Root()
	return &ledgerv1.Position{
		Journal: h.ID.String(), Block: h.Block, Events: h.Events, HeaderDigest: h.Digest, Sequence: h.Sequence,
		RecordedAt: timestamppb.New(h.RecordedAt), ReceivedAt: timestamppb.New(h.ReceivedAt), Root: root[:],
		Frontier: h.Tree.frontier(), StartBlock: h.StartBlock, StartEvents: h.StartEvents,
	}
}

// Past returns the head after a block that a ledger keeps, which was checked when it was folded.
func (h *Head) Past(kept *ledgerv1.FoldedBlock, header *eventv1.Header) (Head, error) {
	raws, err := SplitBody(kept.Body)
	if err != nil {
		return Head{}, fmt.Errorf("block %d of %s: %w", kept.Number, h.ID, err)
	}
	digest := sha256.Sum256(kept.Header)
	next := Head{
		ID: h.ID, Block: header.Number, Events: header.Size, Digest: digest[:], Tree: h.Tree.clone(), RecordedAt: header.RecordedAt.AsTime(),
		Sequence: kept.Sequence, ReceivedAt: kept.ReceivedAt.AsTime(),
	}
	withdrawn := map[uint64][]byte{}
	for _, w := range kept.Withdrawn {
		withdrawn[w.Number] = w.Leaf
	}
	for i, raw := range raws {
		leaf := LeafHash(raw)
		if w := withdrawn[header.FirstEvent+uint64(i)]; w != nil {
			leaf = tlog.Hash(w)
		}
		next.Tree.Add(leaf)
	}
	return next, nil
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
		Sequence: b.Sequence, ReceivedAt: b.ReceivedAt, StartBlock: h.StartBlock, StartEvents: h.StartEvents,
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
		hashes[i] = entries[i].leafHash()
	}
	return hashes
}
