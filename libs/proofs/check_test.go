package proofs_test

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/proofs"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// Of a mutant that leaves the last comparison out the property above finds files that are believed and were altered.
func TestCheckWouldMissWhatIsOnlySpacedOtherwise(t *testing.T) {
	w := newWorld(t, t.TempDir())
	defer w.ledger.Close()
	w.grow(own, 3, 10)
	w.view(func(v ledger.View) {
		p := must(proofs.InclusionOf(must(w.source.Prove(v, "licensing/all/2", false))))
		file := strings.Replace(string(must(proofs.Encode(p))), `"number": 2`, `"number":  2`, 1)
		if _, err := proofs.Check([]byte(file), nil); err == nil || !strings.Contains(err.Error(), "see line 12") {
			t.Errorf("a space more: %v", err)
		}
	})
}

// What is wrong with a file is said as it is.
func TestWhatIsWrongIsSaid(t *testing.T) {
	w := newWorld(t, t.TempDir())
	defer w.ledger.Close()
	w.grow(own, 3, 10)
	w.grow(own, 4, 10)
	w.view(func(v ledger.View) {
		res := must(w.source.Prove(v, "licensing/all/2", true))
		fresh := func() *proofs.Inclusion { return must(proofs.InclusionOf(res)) }
		other := must(w.source.Prove(v, "licensing/all/3", true))
		for want, change := range map[string]func(*proofs.Inclusion){
			"is shown as one of licensing/other":          func(p *proofs.Inclusion) { p.Head.Journal = "licensing/other" },
			"is shown as that of block 1":                 func(p *proofs.Inclusion) { p.Head.Block = 1 },
			"is over 7 events, and is shown as over 8":    func(p *proofs.Inclusion) { p.Head.Events = 8 },
			"has another root":                            func(p *proofs.Inclusion) { p.Head.Root[0]++ },
			"and the key that is shown is":                func(p *proofs.Inclusion) { p.Head.Key = publicOf(keyCalled("x")) },
			"is not signed by the key":                    func(p *proofs.Inclusion) { p.Head.Signature = make([]byte, 64) },
			"event 8 is not among the 7 events":           func(p *proofs.Inclusion) { p.Number = 8 },
			"event 0 is not among the 7 events":           func(p *proofs.Inclusion) { p.Number = 0 },
			"the event in the file is not the one":        func(p *proofs.Inclusion) { p.Event = other.Event },
			"do not lead from event 3 to the root":        func(p *proofs.Inclusion) { p.Number = 3 },
			"do not lead from event 2 to the root of the": func(p *proofs.Inclusion) { p.Hashes = p.Hashes[1:] },
			"of format \"counterfoil-inclusion/2\"":       func(p *proofs.Inclusion) { p.Format = "counterfoil-inclusion/2" },
		} {
			p := fresh()
			change(p)
			if _, err := proofs.Check(must(proofs.Encode(p)), nil); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v; want %q", err, want)
			}
		}
		if _, err := proofs.Check([]byte("nothing"), nil); err == nil || !strings.Contains(err.Error(), "no proof") {
			t.Error(err)
		}
		if _, err := proofs.Check([]byte(res.TlogProof), nil); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "counterfoil checkpoint licensing/all --vkey") {
			t.Errorf("a note without a key: %v", err)
		}
		if _, err := proofs.Check([]byte(res.TlogProof), proofs.Trust{"licensing": {publicOf(keyCalled("x"))}}); err == nil || !strings.Contains(err.Error(), "is signed by none of the 1 keys of licensing") {
			t.Errorf("a note with another key: %v", err)
		}
		damaged := strings.Replace(res.TlogProof, "\n7\n", "\n8\n", 1)
		if _, err := proofs.Check([]byte(damaged), must(proofs.ParseTrust([]string{res.Head.VerifierKey}))); err == nil || !strings.Contains(err.Error(), "was altered") {
			t.Errorf("a note over another size: %v", err)
		}
	})
}

// signed is a note over a root of nothing.
func signed(origin string, events uint64, by ed25519.PrivateKey) ([]byte, error) {
	text, _, err := proofs.SignNote(origin, events, tlog.Hash{1}, by)
	return text, err
}

// grown is two journals: seven events of this agency's in two blocks, and two of another's.
func grown(t *testing.T) *world {
	w := newWorld(t, t.TempDir())
	t.Cleanup(func() {
		if err := w.ledger.Close(); err != nil {
			t.Error(err)
		}
	})
	w.grow(own, 3, 10)
	w.grow(own, 4, 10)
	w.grow(others, 2, 10)
	return w
}

func events(n uint64) *queryv1.JournalPoint {
	return &queryv1.JournalPoint{At: &queryv1.JournalPoint_Events{Events: n}}
}

func block(n uint64) *queryv1.JournalPoint {
	return &queryv1.JournalPoint{At: &queryv1.JournalPoint_Block{Block: n}}
}

func file(s string) *queryv1.JournalPoint {
	return &queryv1.JournalPoint{At: &queryv1.JournalPoint_File{File: []byte(s)}}
}

// What cannot be proved is refused with what can, and what shows another history is found.
func TestRefusalsAndFindings(t *testing.T) {
	w := grown(t)
	twin := newWorld(t, t.TempDir())
	defer twin.ledger.Close()
	twin.grow(own, 2, 10)
	twin.grow(own, 1, 11)
	twin.grow(own, 9, 10)
	var forked, beyond string
	twin.view(func(v ledger.View) { beyond = must(twin.source.Noted(v, own)).Note })
	forked = string(must(signed("counterfoil/XA/licensing/all", 3, keyCalled("licensing"))))
	notAnEnd := string(must(signed("counterfoil/XA/licensing/all", 4, keyCalled("licensing"))))
	stranger := string(must(signed("counterfoil/XA/licensing/all", 3, keyCalled("nobody"))))
	early := string(must(signed("counterfoil/XA/customs/border", 5, keyCalled("customs"))))
	w.view(func(v ledger.View) {
		for _, tt := range []struct {
			name     string
			journal  string
			from, to *queryv1.JournalPoint
			kind     error
			says     string
		}{
			{"no block's end", "licensing/all", events(2), nil, fault.Precondition, "no block of licensing/all ends at event 2: block 1 ends at event 3, and the one before at 0"},
			{"nothing", "licensing/all", events(0), nil, fault.Precondition, "nothing was signed before the first event"},
			{"too many", "licensing/all", events(8), nil, fault.Precondition, "licensing/all has 7 events"},
			{"no block", "licensing/all", block(3), nil, fault.Precondition, "has 2 blocks"},
			{"backwards", "licensing/all", block(2), block(1), fault.Invalid, "give the earlier one first"},
			{"no journal", "", block(1), nil, fault.Invalid, "of which journal"},
			{"not here", "licensing/none", block(1), nil, fault.NotFound, "nothing of journal licensing/none"},
			{"another's", "customs/border", file(forked), nil, fault.Invalid, "of licensing/all, not of customs/border"},
			{"by nobody", "", file(stranger), nil, fault.Invalid, "signed by none of the 1 keys of licensing"},
			{"no file", "licensing/all", file("x"), nil, fault.Invalid, "neither a signed note"},
			{"not here yet", "", file(early), nil, fault.Precondition, "ask again when that has come"},
			{"forked", "", file(forked), nil, nil, "they are not the same journal"},
			{"forked at the end", "", block(1), file(forked), nil, "they are not the same journal"},
			{"another end", "", file(notAnEnd), nil, nil, "no block of licensing/all ends at event 4"},
			{"lost", "", file(beyond), nil, nil, "and here licensing/all has 7 events"},
		} {
			res, err := w.source.Consistency(v, &queryv1.ConsistencyRequest{Journal: tt.journal, From: tt.from, To: tt.to})
			if tt.kind == nil {
				if err != nil || !strings.Contains(res.Finding, tt.says) || res.From != nil {
					t.Errorf("%s: %v: %v; want the finding %q", tt.name, err, res, tt.says)
				}
				continue
			}
			if !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s: %v; want a refusal that says %q", tt.name, err, tt.says)
			}
		}
	})
}

// An event that is not on record is refused with what is.
func TestEventsThatCannotBeProved(t *testing.T) {
	w := grown(t)
	w.view(func(v ledger.View) {
		for event, want := range map[string]string{
			"licensing/all/8": "has 7 events of licensing/all", "licensing/all/0": "is not on record", "licensing": "name an event by", "licensing/all/x": "name an event by",
			"01890a5d-ac96-774b-bcce-b302099a8057": "is not on record at licensing",
		} {
			if _, err := w.source.Prove(v, event, false); fault.As(err) == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", event, err)
			}
		}
	})
}

func FuzzCheck(f *testing.F) {
	w := newWorld(f, f.TempDir())
	defer w.ledger.Close()
	w.grow(own, 3, 10)
	w.grow(own, 3, 10)
	var trust proofs.Trust
	w.view(func(v ledger.View) {
		res := must(w.source.Prove(v, "licensing/all/2", true))
		trust = must(proofs.ParseTrust([]string{res.Head.VerifierKey}))
		f.Add(must(proofs.Encode(must(proofs.InclusionOf(res)))))
		f.Add([]byte(res.TlogProof))
		f.Add([]byte(res.Head.Note))
		f.Add(must(proofs.Encode(must(proofs.ConsistencyOf(must(w.source.Consistency(v, &queryv1.ConsistencyRequest{Journal: own.String(), From: &queryv1.JournalPoint{At: &queryv1.JournalPoint_Block{Block: 1}}})))))))
	})
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := proofs.Check(data, trust); err == nil && r.Head == nil && r.Note == nil {
			t.Error("a proof rests on nothing")
		}
	})
}
