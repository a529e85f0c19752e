package proofs_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/transparency-dev/formats/log"
	tlogproof "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/proofs"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// drawJournals grows the own journal and one of others by random blocks, of which random events come as withdrawn.
func drawJournals(t *rapid.T, w *world) {
	for _, id := range []journal.ID{own, others} {
		ends := rapid.SliceOfN(rapid.IntRange(1, 9), 1, 8).Draw(t, "blocks of "+id.String())
		total := 0
		for _, n := range ends {
			total += n
		}
		w.gone[id] = rapid.SliceOfNDistinct(rapid.Uint64Range(1, uint64(total)), 0, 3, rapid.ID).Draw(t, "withdrawn of "+id.String())
		for i, n := range ends {
			if id == own && i == 1 && rapid.Bool().Draw(t, "the key is changed") {
				w.changeKey("licensing", "licensing's second key")
			}
			w.grow(id, n, rapid.IntRange(0, 40).Draw(t, "long"))
		}
	}
}

func (w *world) withdrawn(id journal.ID, number uint64) bool {
	for _, n := range w.gone[id] {
		if n == number {
			return true
		}
	}
	return false
}

// Whatever the journals, every event of them is proved, to the verifiers of others too, and those that were withdrawn by their leaf
// hashes. A file that was altered anywhere is refused.
func TestEveryEventIsProved(t *testing.T) {
	inWorlds(t, func(t *rapid.T, w *world) {
		drawJournals(t, w)
		w.view(func(v ledger.View) {
			for _, id := range []journal.ID{own, others} {
				number := rapid.Uint64Range(1, uint64(len(w.raw[id]))).Draw(t, "event of "+id.String())
				event := fmt.Sprintf("%s/%d", id, number)
				with := rapid.Bool().Draw(t, "with the event")
				res, err := w.source.Prove(v, event, with)
				if with && w.withdrawn(id, number) {
					if !errors.Is(err, fault.Precondition) || !strings.Contains(err.Error(), "was withdrawn") {
						t.Fatalf("%s with what was withdrawn: %v", event, err)
					}
					with = false
					res, err = w.source.Prove(v, event, false)
				}
				if err != nil {
					t.Fatal(err)
				}
				if !w.withdrawn(id, number) {
					if again := must(w.source.Prove(v, res.Id, with)); again.Journal != id.String() || again.Number != number {
						t.Fatalf("by its UUID %s is %s/%d", event, again.Journal, again.Number)
					}
				}
				file := must(proofs.Encode(must(proofs.InclusionOf(res))))
				r, err := proofs.Check(file, proofs.Trust{id.Agency: {res.Head.Key}})
				if err != nil || r.Head.ID != id || r.Number != number || (len(r.Event) > 0) != with {
					t.Fatalf("%s is checked as %v: %v", event, r, err)
				}
				if with != strings.Contains(string(file), `"event"`) {
					t.Fatal("the event goes along unasked, or not though asked")
				}
				leaf := rfc6962.DefaultHasher.HashLeaf(w.raw[id][number-1])
				if err := proof.VerifyInclusion(rfc6962.DefaultHasher, number-1, res.Head.Events, leaf, res.Proof.Hashes, res.Head.Root); err != nil {
					t.Fatalf("to transparency-dev %s is not proved: %v", event, err)
				}
				refusesAltered(t, file, nil)
				if id == own {
					foreignProof(t, w, res, leaf)
				}
			}
		})
	})
}

// foreignProof reads a tlog-proof as others do.
func foreignProof(t *rapid.T, w *world, res *queryv1.ProveResponse, leaf []byte) {
	var in tlogproof.TLogProof
	if err := in.Unmarshal([]byte(res.TlogProof)); err != nil {
		t.Fatal(err)
	}
	c, _, _, err := log.ParseCheckpoint(in.Checkpoint, "counterfoil/XA/licensing/all", must(note.NewVerifier(res.Head.VerifierKey)))
	if err != nil {
		t.Fatal(err)
	}
	var hashes [][]byte
	for _, h := range in.Hashes {
		hashes = append(hashes, h[:])
	}
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, in.Index, c.Size, leaf, hashes, c.Hash); err != nil {
		t.Fatal(err)
	}
	trust := must(proofs.ParseTrust([]string{res.Head.VerifierKey}))
	r, err := proofs.Check([]byte(res.TlogProof), trust)
	if err != nil || r.Number != res.Number || string(r.Leaf[:]) != string(leaf) || len(r.Event) != len(res.Event) {
		t.Fatalf("it is checked as %v: %v", r, err)
	}
	refusesAltered(t, []byte(res.TlogProof), trust)
}

// refusesAltered alters a file in some ways, and fails where it is still believed.
func refusesAltered(t *rapid.T, file []byte, trust proofs.Trust) {
	for range 8 {
		altered := alter(t, file)
		if string(altered) == string(file) {
			continue
		}
		if r, err := proofs.Check(altered, trust); err == nil {
			t.Fatalf("it is believed as %+v:\n%s\nafter\n%s", r, altered, file)
		}
	}
}

func alter(t *rapid.T, file []byte) []byte {
	out := append([]byte(nil), file...)
	at := rapid.IntRange(0, len(file)-1).Draw(t, "at")
	switch rapid.IntRange(0, 5).Draw(t, "alteration") {
	case 0: // a bit
		out[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
	case 1: // a byte for another
		out[at] = rapid.Byte().Draw(t, "byte")
	case 2: // one more
		out = append(append(append([]byte(nil), file[:at]...), rapid.Byte().Draw(t, "byte")), file[at:]...)
	case 3: // some fewer
		out = append(out[:at], file[min(len(file), at+rapid.IntRange(1, 50).Draw(t, "length")):]...)
	case 4: // cut off
		out = out[:at]
	case 5: // a line twice, or in another's place
		lines := strings.SplitAfter(string(file), "\n")
		i, j := rapid.IntRange(0, len(lines)-1).Draw(t, "line"), rapid.IntRange(0, len(lines)-1).Draw(t, "line")
		if rapid.Bool().Draw(t, "twice") {
			lines[i] += lines[i]
		} else {
			lines[i], lines[j] = lines[j], lines[i]
		}
		out = []byte(strings.Join(lines, ""))
	}
	return out
}

// Between any two blocks a journal is shown to have grown, to the verifiers of others too. A checkpoint that was kept is held against the
// journal of today.
func TestJournalsOnlyGrow(t *testing.T) {
	inWorlds(t, func(t *rapid.T, w *world) {
		id := rapid.SampledFrom([]journal.ID{own, others}).Draw(t, "journal")
		var kept []string
		var ends []uint64
		for range rapid.IntRange(2, 7).Draw(t, "blocks") {
			w.grow(id, rapid.IntRange(1, 9).Draw(t, "events"), 10)
			w.view(func(v ledger.View) {
				h := must(proofs.Latest(v, id))
				ends = append(ends, h.Events)
				file := string(must(proofs.Encode(proofs.Header{Format: proofs.HeaderFormat, Head: must(proofs.SignedHeadOf(h))})))
				if id == own {
					file = must(w.source.Noted(v, id)).Note
				}
				kept = append(kept, file)
			})
		}
		a := rapid.IntRange(0, len(ends)-1).Draw(t, "A")
		b := rapid.IntRange(a, len(ends)-1).Draw(t, "B")
		point := func(i int) *queryv1.JournalPoint {
			switch rapid.IntRange(0, 2).Draw(t, "written as") {
			case 0:
				return &queryv1.JournalPoint{At: &queryv1.JournalPoint_Events{Events: ends[i]}}
			case 1:
				return &queryv1.JournalPoint{At: &queryv1.JournalPoint_Block{Block: uint64(i) + 1}}
			}
			return &queryv1.JournalPoint{At: &queryv1.JournalPoint_File{File: []byte(kept[i])}}
		}
		w.view(func(v ledger.View) {
			res, err := w.source.Consistency(v, &queryv1.ConsistencyRequest{Journal: id.String(), From: point(a), To: point(b)})
			if err != nil || res.Finding != "" {
				t.Fatalf("%q: %v", res.GetFinding(), err)
			}
			if res.From.Events != ends[a] || res.To.Events != ends[b] {
				t.Fatalf("from %d to %d is proved as from %d to %d", ends[a], ends[b], res.From.Events, res.To.Events)
			}
			if err := proof.VerifyConsistency(rfc6962.DefaultHasher, ends[a], ends[b], res.Hashes, res.From.Root, res.To.Root); err != nil {
				t.Fatal(err)
			}
			file := must(proofs.Encode(must(proofs.ConsistencyOf(res))))
			if r, err := proofs.Check(file, nil); err != nil || r.From.Events != ends[a] || r.Head.Events != ends[b] {
				t.Fatalf("it is checked as %v: %v", r, err)
			}
			refusesAltered(t, file, nil)
		})
	})
}

// A copy that begins later proves what it was given, also that it grew since, and says what only the agency can prove.
func TestCopyThatBeginsLater(t *testing.T) {
	full := newWorld(t, t.TempDir())
	defer full.ledger.Close()
	for range 3 {
		full.grow(others, 3, 10)
	}
	late := newWorld(t, t.TempDir())
	defer late.ledger.Close()
	start := full.heads[others].Start()
	late.startAt(others, start)
	late.grow(others, 5, 10)
	late.grow(others, 2, 10)
	late.view(func(v ledger.View) {
		res := must(late.source.Prove(v, "customs/border/12", true))
		if _, err := proofs.Check(must(proofs.Encode(must(proofs.InclusionOf(res)))), nil); err != nil {
			t.Error(err)
		}
		grown := must(late.source.Consistency(v, &queryv1.ConsistencyRequest{Journal: "customs/border", From: &queryv1.JournalPoint{At: &queryv1.JournalPoint_Block{Block: 4}}}))
		if err := proof.VerifyConsistency(rfc6962.DefaultHasher, 14, 16, grown.Hashes, grown.From.Root, grown.To.Root); err != nil {
			t.Error(err)
		}
		for _, from := range []*queryv1.JournalPoint{{At: &queryv1.JournalPoint_Block{Block: 3}}, {At: &queryv1.JournalPoint_Events{Events: 6}}} {
			if _, err := late.source.Consistency(v, &queryv1.ConsistencyRequest{Journal: "customs/border", From: from}); !errors.Is(err, fault.Precondition) || !strings.Contains(err.Error(), "only customs can prove") {
				t.Errorf("from before it begins: %v", err)
			}
		}
		if _, err := late.source.Prove(v, "customs/border/4", false); !errors.Is(err, fault.Precondition) || !strings.Contains(err.Error(), "only customs can prove it") {
			t.Errorf("an event from before it begins: %v", err)
		}
		if _, err := late.source.Whole(v, others); !errors.Is(err, fault.Precondition) || !strings.Contains(err.Error(), "begins after event 9") {
			t.Errorf("its tiles: %v", err)
		}
	})
}
