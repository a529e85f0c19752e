package journal_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/seal"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
)

var (
	licensing = journal.ID{Agency: "licensing", Group: "all"}
	wrote     = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// oneKey is the key of every group and epoch.
type oneKey []byte

func (k oneKey) Key(journal.ID, uint32) ([]byte, error) { return k, nil }

func sealer(t tb) (journal.Sealer, ed25519.PublicKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return journal.Sealer{Signer: private, Key: seal.NewKey(), Epoch: 1}, public
}

func entries(t tb, first uint64, n int) []journal.Entry {
	t.Helper()
	var list []journal.Entry
	for i := range n {
		fact := &licensingv1.LicenceSuspended{LicenceId: fmt.Sprintf("licensing/L-%d", first+uint64(i)), Reason: "forged end-user certificate"}
		event, err := journal.NewEvent(fact, wrote, wrote)
		if err != nil {
			t.Fatal(err)
		}
		e, err := journal.Record(first+uint64(i), event, fact)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

// chain writes blocks with the given numbers of events, and returns them as stored.
func chain(t tb, s journal.Sealer, counts ...int) [][]byte {
	t.Helper()
	head := journal.Head{ID: licensing}
	var stored [][]byte
	for _, n := range counts {
		data, _, next, err := s.Write(&head, entries(t, head.Events+1, n), wrote)
		if err != nil {
			t.Fatal(err)
		}
		stored, head = append(stored, data), next
	}
	return stored
}

// follow checks blocks as a reader does and returns the head it came to.
func follow(stored [][]byte, keys journal.Keys, public ed25519.PublicKey) (journal.Head, error) {
	head := journal.Head{ID: licensing}
	for _, data := range stored {
		b, err := journal.Parse(data)
		if err != nil {
			return head, err
		}
		if err := b.Open(keys); err != nil {
			return head, err
		}
		next, err := head.Next(b)
		if err != nil {
			return head, err
		}
		if err := b.VerifySignature(public); err != nil {
			return head, err
		}
		head = next
	}
	return head, nil
}

func TestBlocksReadBackAsWritten(t *testing.T) {
	s, public := sealer(t)
	stored := chain(t, s, 1, 3, 500)
	head, err := follow(stored, oneKey(s.Key), public)
	if err != nil {
		t.Fatal(err)
	}
	if head.Block != 3 || head.Events != 504 {
		t.Errorf("head is at block %d, event %d; want 3, 504", head.Block, head.Events)
	}
	b, err := journal.Parse(stored[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Open(oneKey(s.Key)); err != nil {
		t.Fatal(err)
	}
	fact, ok := b.Entries[2].Fact.(*licensingv1.LicenceSuspended)
	if !ok || fact.LicenceId != "licensing/L-4" || b.Entries[2].Number != 4 {
		t.Errorf("entry is %d %v; want event 4 on licensing/L-4", b.Entries[2].Number, fact)
	}
}

// Whatever single bit of whatever stored block is flipped, the reader stops at that block.
func TestEveryFlippedBitIsNoticed(t *testing.T) {
	s, public := sealer(t)
	rapid.Check(t, func(t *rapid.T) {
		stored := chain(t, s, 2, 1, 40)
		at := rapid.IntRange(0, len(stored)-1).Draw(t, "block")
		bit := rapid.IntRange(0, len(stored[at])*8-1).Draw(t, "bit")
		stored[at][bit/8] ^= 1 << (bit % 8)
		head, err := follow(stored, oneKey(s.Key), public)
		if err == nil || head.Block != uint64(at) {
			t.Fatalf("bit %d of block %d flipped: read to block %d, %v", bit, at+1, head.Block, err)
		}
	})
}

func TestMissingRepeatedAndSwappedBlocksAreNoticed(t *testing.T) {
	s, public := sealer(t)
	stored := chain(t, s, 1, 2, 3, 4)
	other := chain(t, s, 1, 2, 3, 4) // the same journal, written otherwise
	tests := map[string]struct {
		blocks [][]byte
		good   uint64
	}{
		"first missing": {stored[1:], 0},
		"gap":           {[][]byte{stored[0], stored[2]}, 1},
		"twice":         {[][]byte{stored[0], stored[0]}, 1},
		"swapped":       {[][]byte{stored[0], stored[2], stored[1]}, 1},
		"spliced":       {[][]byte{stored[0], stored[1], other[2]}, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			head, err := follow(tt.blocks, oneKey(s.Key), public)
			var broken *journal.Broken
			if !errors.As(err, &broken) || head.Block != tt.good {
				t.Errorf("read to block %d, %v; want %d and Broken", head.Block, err, tt.good)
			}
		})
	}
}

func TestAnotherKeyCannotSign(t *testing.T) {
	s, _ := sealer(t)
	_, public := sealer(t)
	if _, err := follow(chain(t, s, 1), oneKey(s.Key), public); err == nil {
		t.Error("a block signed with another key was taken")
	}
}

func TestUnknownKindIsKept(t *testing.T) {
	raw, err := proto.Marshal(&eventv1.Event{Kind: "counterfoil.future.v9.Thing", Fact: []byte{0xff}})
	if err != nil {
		t.Fatal(err)
	}
	e, err := journal.DecodeEntry(7, raw)
	if err != nil || e.Fact != nil || e.Event.Kind != "counterfoil.future.v9.Thing" {
		t.Errorf("DecodeEntry = %v, %v; want the event without its fact", e, err)
	}
}

// The tree is the one of RFC 6962, as golang.org/x/mod/sumdb/tlog builds it.
func TestTreeAgreesWithTlog(t *testing.T) {
	var tree journal.Tree
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var found []tlog.Hash
		for _, i := range indexes {
			found = append(found, stored[i])
		}
		return found, nil
	})
	for n := range int64(300) {
		want, err := tlog.TreeHash(n, reader)
		if err != nil {
			t.Fatal(err)
		}
		if got := tree.Root(); got != want {
			t.Fatalf("root over %d leaves is %v; tlog says %v", n, got, want)
		}
		leaf := []byte(fmt.Sprint(n))
		hashes, err := tlog.StoredHashes(n, leaf, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
		tree.Add(journal.LeafHash(leaf))
	}
}

func TestHeadSurvivesThePosition(t *testing.T) {
	s, public := sealer(t)
	stored := chain(t, s, 3, 4)
	head, err := follow(stored, oneKey(s.Key), public)
	if err != nil {
		t.Fatal(err)
	}
	again, err := journal.HeadAt(licensing, head.Position())
	if err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(again.Position(), head.Position()) {
		t.Errorf("head came back as %v, not %v", again.Position(), head.Position())
	}
}

func FuzzParse(f *testing.F) {
	s, _ := sealer(f)
	for _, data := range chain(f, s, 1, 20) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if b, err := journal.Parse(data); err == nil {
			_ = b.Open(oneKey(s.Key)) // must not panic; nearly always refuses
		}
	})
}

// tb is what testing.T and rapid.T share.
type tb interface {
	Helper()
	Fatal(args ...any)
}

// A clock that was stepped back dates no block before the one that it follows.
func TestBlocksAreNotDatedBackwards(t *testing.T) {
	s, _ := sealer(t)
	head := journal.Head{ID: licensing}
	var dated []time.Time
	for _, at := range []time.Time{wrote, wrote.Add(-time.Hour), wrote.Add(time.Second)} {
		_, b, next, err := s.Write(&head, entries(t, head.Events+1, 1), at)
		if err != nil {
			t.Fatal(err)
		}
		if !next.RecordedAt.Equal(b.Header.RecordedAt.AsTime()) {
			t.Errorf("the block is dated %s, the head %s", b.Header.RecordedAt.AsTime(), next.RecordedAt)
		}
		dated, head = append(dated, b.Header.RecordedAt.AsTime()), next
	}
	if want := []time.Time{wrote, wrote, wrote.Add(time.Second)}; !slices.EqualFunc(dated, want, time.Time.Equal) {
		t.Errorf("blocks are dated %v, want %v", dated, want)
	}
}
