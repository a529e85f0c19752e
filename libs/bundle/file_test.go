package bundle_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/bundle"
	"github.com/counterfoil/counterfoil/libs/journal"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// maker is the signing key of licensing in these tests.
var maker = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))

// made is a bundle of licensing for customs: so many blocks of each of two journals, after so many that customs has. salt goes
// into the events.
func made(t testing.TB, salt string, after, blocks int) []byte {
	t.Helper()
	spool, err := os.Create(filepath.Join(t.TempDir(), "spool"))
	if err != nil {
		t.Fatal(err)
	}
	defer spool.Close()
	draft := bundle.NewDraft(spool, "licensing", "customs", time.Unix(1_800_000_000, 0))
	for place, group := range []string{"directory", "all"} {
		begun := &queryv1.BundleJournal{Journal: "licensing/" + group}
		head := journal.Head{ID: journal.ID{Agency: "licensing", Group: group}}
		for n := 1; n <= after+blocks; n++ {
			if n == after+1 {
				draft.Begin(begun)
			}
			data, b, next := written(t, &head, fmt.Sprintf("%s %s %d", salt, group, n))
			head = next
			if n <= after {
				begun.AfterBlock, begun.AfterDigest, begun.AfterSequence = head.Block, head.Digest, uint64(2*n+place)
				continue
			}
			if err := draft.Add(&queryv1.BundleFrame{Sequence: uint64(2*n + place), Block: data}, b); err != nil {
				t.Fatal(err)
			}
		}
	}
	size, write, err := draft.Sign(maker)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := write(&file); err != nil {
		t.Fatal(err)
	}
	if int64(file.Len()) != size {
		t.Fatalf("the file has %d bytes and was announced with %d", file.Len(), size)
	}
	return file.Bytes()
}

// written is the block that follows head, of one event.
func written(t testing.TB, head *journal.Head, says string) ([]byte, *journal.Block, journal.Head) {
	t.Helper()
	raw, err := proto.Marshal(&eventv1.Event{Purpose: says})
	if err != nil {
		t.Fatal(err)
	}
	entry, err := journal.DecodeEntry(head.Events+1, raw)
	if err != nil {
		t.Fatal(err)
	}
	data, b, next, err := journal.Sealer{Signer: maker}.Write(head, []journal.Entry{entry}, time.Unix(int64(head.Block), 0))
	if err != nil {
		t.Fatal(err)
	}
	return data, b, next
}

// read is what a reader who knows the maker's key takes from a file: whether it is whole, and the blocks that are usable.
func read(t testing.TB, data []byte) (blocks [][]byte, err error) {
	t.Helper()
	f, err := bundle.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	if !f.Signed(maker.Public().(ed25519.PublicKey)) {
		return nil, errors.New("not signed by the maker")
	}
	usable := len(f.Manifest.Sizes)
	var damage *bundle.Damage
	whole := f.Check()
	if errors.As(whole, &damage) {
		if usable = damage.Usable; damage.Kind != queryv1.BundleDamageKind_BUNDLE_DAMAGE_KIND_TRUNCATED {
			return nil, whole
		}
	}
	for place, j := range f.Manifest.Journals {
		frames := min(usable, int(j.Frames))
		usable -= frames
		err := f.Each(place, frames, func(frame *bundle.Frame) error {
			blocks = append(blocks, frame.Block)
			return nil
		})
		if err != nil {
			t.Fatalf("a frame that was checked is not good: %v", err)
		}
	}
	return blocks, whole
}

func TestWholeBundle(t *testing.T) {
	for _, after := range []int{0, 3} {
		blocks, err := read(t, made(t, "a", after, 20))
		if err != nil || len(blocks) != 40 {
			t.Errorf("after %d: %d blocks of 40: %v", after, len(blocks), err)
		}
	}
}

// manipulate changes a bundle somehow; other is another one of the same maker for the same reader.
func manipulate(r *rand.Rand, data, other []byte) []byte {
	at, to := r.IntN(len(data)), r.IntN(len(data))
	at, to = min(at, to), max(at, to)+1
	changed := bytes.Clone(data)
	switch r.IntN(7) {
	case 0: // flip
		changed[at] ^= 1 << r.IntN(8)
	case 1: // cut short
		changed = changed[:at]
	case 2: // cut out
		changed = append(changed[:at], changed[to:]...)
	case 3: // insert
		more := make([]byte, 1+r.IntN(64))
		for i := range more {
			more[i] = byte(r.Uint32())
		}
		changed = slices.Insert(changed, at, more...)
	case 4: // swap two parts of one size
		size := r.IntN(min(to-at, len(data)-to+1) + 1)
		for i := range size {
			if to+i < len(changed) {
				changed[at+i], changed[to+i] = changed[to+i], changed[at+i]
			}
		}
	case 5: // splice: the beginning of one, the end of the other
		changed = append(changed[:at], other[min(len(other), to):]...)
	case 6: // splice: a part of the other in its own place
		copy(changed[at:to], other[min(at, len(other)):min(to, len(other))])
	}
	return changed
}

// Each of 10,000 manipulations is noticed, and what a reader takes from a file that was cut short are blocks of the original, in
// their order.
func TestManipulatedBundleIsRefused(t *testing.T) {
	data, other := made(t, "a", 2, 20), made(t, "b", 2, 20)
	original, err := read(t, data)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	kinds := map[queryv1.BundleDamageKind]int{}
	for tried := 0; tried < 10_000; {
		changed := manipulate(r, data, other)
		if bytes.Equal(changed, data) || bytes.Equal(changed, other) {
			continue
		}
		tried++
		blocks, err := read(t, changed)
		if err == nil {
			t.Fatalf("manipulation %d was not noticed", tried)
		}
		var damage *bundle.Damage
		if errors.As(err, &damage) {
			kinds[damage.Kind]++
			if damage.Byte > int64(len(changed)) || damage.Byte < 0 {
				t.Fatalf("damage at byte %d of %d", damage.Byte, len(changed))
			}
		}
		for i, b := range blocks {
			if i >= len(original) || !bytes.Equal(b, original[i]) {
				t.Fatalf("manipulation %d: block %d is not the original one", tried, i)
			}
		}
	}
	t.Logf("10,000 manipulations: %v", kinds)
}

// The finding names the frame and the byte.
func TestDamageIsNamedExactly(t *testing.T) {
	data := made(t, "a", 0, 20)
	f, err := bundle.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	sizes := f.Manifest.Sizes
	begin := len(data) - 40
	for _, n := range sizes {
		begin -= int(n)
	}
	ninth := begin
	for _, n := range sizes[:8] {
		ninth += int(n)
	}
	for name, tt := range map[string]struct {
		changed []byte
		want    bundle.Damage
	}{
		"altered":   {flipped(data, ninth+5), bundle.Damage{Kind: 2, Frame: 9, Byte: int64(ninth), Journal: "licensing/directory", Usable: 8}},
		"cut":       {data[:ninth+5], bundle.Damage{Kind: 1, Frame: 9, Byte: int64(ninth + 5), Journal: "licensing/directory", Usable: 8}},
		"cut clean": {data[:ninth], bundle.Damage{Kind: 1, Frame: 9, Byte: int64(ninth), Journal: "licensing/directory", Usable: 8}},
		"no end":    {data[:len(data)-1], bundle.Damage{Kind: 1, Byte: int64(len(data) - 1), Usable: 40}},
		"end mark":  {flipped(data, len(data)-1), bundle.Damage{Kind: 2, Byte: int64(len(data) - 40), Usable: 40}},
		"surplus":   {append(bytes.Clone(data), 0), bundle.Damage{Kind: 3, Byte: int64(len(data)), Usable: 40}},
		"no bundle": {flipped(data, 0), bundle.Damage{Kind: 4}},
		"newer":     {flipped(data, 11), bundle.Damage{Kind: 4, Byte: 8}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, tt.changed)
			var got *bundle.Damage
			if !errors.As(err, &got) {
				t.Fatalf("read: %v", err)
			}
			if tt.want.What = got.What; *got != tt.want {
				t.Errorf("got %+v\nwant %+v", *got, tt.want)
			}
		})
	}
}

func flipped(data []byte, at int) []byte {
	changed := bytes.Clone(data)
	changed[at] ^= 2
	return changed
}

// No file makes the reader fail otherwise than with damage, or takes memory that the file does not have.
func FuzzOpen(f *testing.F) {
	whole := made(f, "a", 1, 3)
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte("CFBUNDLE\x00\x00\x00\x01\x02\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := bundle.Open(bytes.NewReader(data), int64(len(data)))
		if err == nil {
			err = file.Check()
		}
		var damage *bundle.Damage
		if err != nil && !errors.As(err, &damage) {
			t.Fatalf("%T: %v", err, err)
		}
		if damage != nil && (damage.Byte < 0 || damage.Byte > int64(len(data))) {
			t.Fatalf("damage at byte %d of %d", damage.Byte, len(data))
		}
	})
}
