package journal_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/seal"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// opened parses and opens a block as stored.
func opened(t tb, data []byte, key []byte) *journal.Block {
	t.Helper()
	b, err := journal.Parse(data)
	if err == nil {
		err = b.Open(oneKey(key))
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Whatever is withdrawn from whichever block, in one go or in several: chain, root and signature hold, what is left opens as
// it was, the proof of every event still verifies against the root that was signed, and nothing of the withdrawn is left.
func TestRedactedBlockStandsForTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, public := sealer(t)
		counts := rapid.SliceOfN(rapid.IntRange(1, 12), 1, 5).Draw(t, "counts")
		stored := chain(t, s, counts...)
		var hashes []tlog.Hash
		tree := tlog.HashReaderFunc(func(indexes []int64) (list []tlog.Hash, err error) {
			for _, i := range indexes {
				list = append(list, hashes[i])
			}
			return list, nil
		})
		whole, redacted := journal.Head{ID: licensing}, journal.Head{ID: licensing}
		var raws [][]byte
		var signed []byte
		for _, data := range stored {
			b := opened(t, data, s.Key)
			for _, e := range b.Entries {
				more, err := tlog.StoredHashes(int64(len(raws)), e.Raw, tree)
				if err != nil {
					t.Fatal(err)
				}
				hashes, raws = append(hashes, more...), append(raws, e.Raw)
			}
			data, gone := redactSome(t, b, data, s.Key)
			left := opened(t, data, s.Key)
			if err := left.VerifySignature(public); err != nil {
				t.Fatal(err)
			}
			if left.Redacted() != (len(gone) > 0) || !left.Same(b) {
				t.Fatalf("without %v: redacted %v, the same block %v", gone, left.Redacted(), left.Same(b))
			}
			for i, e := range left.Entries {
				if e.Withdrawn() != slices.Contains(gone, e.Number) || !e.Withdrawn() && !bytes.Equal(e.Raw, b.Entries[i].Raw) {
					t.Fatalf("event %d: withdrawn %v, of %v", e.Number, e.Withdrawn(), gone)
				}
				if e.Withdrawn() && bytes.Contains(left.Plain, b.Entries[i].Raw) {
					t.Fatalf("event %d is still there", e.Number)
				}
			}
			var err error
			if whole, err = whole.Next(b); err != nil {
				t.Fatal(err)
			}
			if redacted, err = redacted.Next(left); err != nil {
				t.Fatal(err)
			}
			signed = left.Header.Root
		}
		root := redacted.Tree.Root()
		if root != whole.Tree.Root() || !bytes.Equal(root[:], signed) || !bytes.Equal(redacted.Digest, whole.Digest) {
			t.Fatal("another root or chain than the whole blocks'")
		}
		for i, raw := range raws {
			proof, err := tlog.ProveRecord(int64(len(raws)), int64(i), tree)
			if err != nil {
				t.Fatal(err)
			}
			if err := tlog.CheckRecord(proof, int64(len(raws)), tlog.Hash(signed), int64(i), journal.LeafHash(raw)); err != nil {
				t.Fatalf("proof of event %d: %v", i+1, err)
			}
		}
	})
}

// redactSome withdraws some events of a block, in one step or two, and returns what is stored and the events' numbers.
func redactSome(t *rapid.T, b *journal.Block, data, key []byte) (left []byte, gone []uint64) {
	for range 2 {
		var numbers []uint64
		for _, e := range b.Entries {
			if rapid.Bool().Draw(t, "withdrawn") {
				numbers = append(numbers, e.Number)
			}
		}
		if len(numbers) == 0 {
			continue
		}
		gone = append(gone, numbers...)
		var err error
		if data, err = journal.Redact(opened(t, data, key), numbers, oneKey(key)); err != nil {
			t.Fatal(err)
		}
	}
	return data, gone
}

// What is not what the root vouches for is refused, however it is put together by somebody who has the journal's key.
func TestForgedRedactionIsRefused(t *testing.T) {
	s, _ := sealer(t)
	stored := chain(t, s, 1, 3)
	head, err := (&journal.Head{ID: licensing}).Next(opened(t, stored[0], s.Key))
	if err != nil {
		t.Fatal(err)
	}
	whole := opened(t, stored[1], s.Key)
	event := func(i int) *eventv1.RedactedEvent {
		return &eventv1.RedactedEvent{Content: &eventv1.RedactedEvent_Event{Event: whole.Entries[i].Raw}}
	}
	leaf := func(hash tlog.Hash) *eventv1.RedactedEvent {
		return &eventv1.RedactedEvent{Content: &eventv1.RedactedEvent_Leaf{Leaf: hash[:]}}
	}
	right := journal.LeafHash(whole.Entries[1].Raw)
	other := entries(t, 3, 1)[0]
	for name, events := range map[string][]*eventv1.RedactedEvent{
		"another leaf":       {event(0), leaf(tlog.Hash{1}), event(2)},
		"another event":      {{Content: &eventv1.RedactedEvent_Event{Event: other.Raw}}, leaf(right), event(2)},
		"one left out":       {event(0), event(2)},
		"two changed places": {event(2), leaf(right), event(0)},
		"one too many":       {event(0), leaf(right), event(2), leaf(right)},
		"an empty one":       {event(0), {}, event(2)},
		"half a leaf":        {event(0), {Content: &eventv1.RedactedEvent_Leaf{Leaf: right[:16]}}, event(2)},
		"nothing":            {},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := journal.Parse(forged(t, whole, events, s.Key, "counterfoil redacted body v1\nlicensing/all\n2"))
			if err != nil {
				return // an empty one is no block
			}
			if err = b.Open(oneKey(s.Key)); err == nil {
				_, err = head.Next(b)
			}
			var broken *journal.Broken
			if !errors.As(err, &broken) || broken.Block != 2 {
				t.Errorf("accepted: %v", err)
			}
			if b.Same(whole) {
				t.Error("taken for the block itself")
			}
		})
	}
	good := []*eventv1.RedactedEvent{event(0), leaf(right), event(2)}
	b := opened(t, forged(t, whole, good, s.Key, "counterfoil redacted body v1\nlicensing/all\n2"), s.Key)
	if _, err := head.Next(b); err != nil {
		t.Errorf("the right one is refused: %v", err)
	}
	b, err = journal.Parse(forged(t, whole, good, s.Key, "counterfoil body v1\nlicensing/all\n2"))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Open(oneKey(s.Key)); err == nil {
		t.Error("a body sealed as a whole one opens as a redacted one")
	}
}

func forged(t *testing.T, whole *journal.Block, events []*eventv1.RedactedEvent, key []byte, place string) []byte {
	t.Helper()
	plain, err := proto.Marshal(&eventv1.RedactedBody{Events: events})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := seal.Seal(key, plain, place)
	if err != nil {
		t.Fatal(err)
	}
	data, err := proto.Marshal(&eventv1.Block{Header: whole.HeaderBytes, Signature: whole.Signature, Redacted: sealed})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A block cannot have both: which one counts would be the reader's guess.
func TestBlockWithTwoBodiesIsNone(t *testing.T) {
	s, _ := sealer(t)
	block := &eventv1.Block{}
	if err := proto.Unmarshal(chain(t, s, 1)[0], block); err != nil {
		t.Fatal(err)
	}
	block.Redacted = block.Body
	data, err := proto.Marshal(block)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Parse(data); !errors.Is(err, journal.ErrMalformed) {
		t.Errorf("Parse = %v, want ErrMalformed", err)
	}
}
