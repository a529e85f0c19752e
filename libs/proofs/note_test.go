package proofs_test

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"

	"github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/proofs"
)

// A checkpoint opens with the note package of the Go project and parses with that of transparency-dev, by the verifier key that comes
// with it and no other.
func TestForeignToolsOpenACheckpoint(t *testing.T) {
	w := newWorld(t, t.TempDir())
	defer w.ledger.Close()
	w.grow(own, 3, 10)
	w.changeKey("licensing", "licensing's second key")
	w.grow(own, 2, 10)
	w.view(func(v ledger.View) {
		h := must(w.source.Noted(v, own))
		verifier := must(note.NewVerifier(h.VerifierKey))
		opened := must(note.Open([]byte(h.Note), note.VerifierList(verifier)))
		if len(opened.Sigs) != 1 {
			t.Errorf("%d signatures", len(opened.Sigs))
		}
		c, rest, _, err := log.ParseCheckpoint([]byte(h.Note), "counterfoil/XA/licensing/all", verifier)
		if err != nil || c.Size != 5 || string(c.Hash) != string(h.Root) || len(rest) > 0 {
			t.Errorf("it parses as %v and %q: %v", c, rest, err)
		}
		if _, err := note.Open([]byte(h.Note), note.VerifierList(must(note.NewVerifier(must(note.NewEd25519VerifierKey("counterfoil/XA/licensing/all", publicOf(keyCalled("licensing")))))))); err == nil {
			t.Error("it opens with the key of before")
		}
		n, err := proofs.OpenNote([]byte(h.Note), []ed25519.PublicKey{publicOf(keyCalled("licensing")), publicOf(w.keys["licensing"])})
		if err != nil || n.ID != own || n.State != "XA" || n.Events != 5 || !n.Key.Equal(publicOf(w.keys["licensing"])) {
			t.Errorf("it opens as %v: %v", n, err)
		}
		trust := must(proofs.ParseTrust([]string{h.VerifierKey}))
		if r, err := proofs.Check([]byte(h.Note), trust); err != nil || r.Note.Events != 5 {
			t.Errorf("it is checked as %v: %v", r, err)
		}
	})
}

// What an agency's key signs as a checkpoint is never what it signs as a block, nor the other way round.
func TestCheckpointsAndBlocksAreApart(t *testing.T) {
	w := newWorld(t, t.TempDir())
	defer w.ledger.Close()
	w.grow(own, 1, 10)
	w.view(func(v ledger.View) {
		h := must(w.source.Noted(v, own))
		text, _, _ := strings.Cut(h.Note, "\n\n")
		for _, domain := range []string{"counterfoil block v1\n", "counterfoil statement to the hub v1\n", "counterfoil join request v1\n"} {
			if strings.HasPrefix(text, domain[:len("counterfoil ")]) {
				t.Errorf("a checkpoint begins as %q", domain)
			}
		}
		b := &journal.Block{ID: own, Header: w.header(v), HeaderBytes: []byte(strings.TrimPrefix(text+"\n", "counterfoil")), Signature: signatureIn(h.Note)}
		if b.VerifySignature(publicOf(w.keys["licensing"])) == nil {
			t.Error("the signature of a checkpoint is taken for one of a block")
		}
	})
}

func TestOthersCheckpointsAreTheirsToSign(t *testing.T) {
	w := newWorld(t, t.TempDir())
	defer w.ledger.Close()
	w.grow(others, 2, 10)
	w.view(func(v ledger.View) {
		if _, err := w.source.Noted(v, others); !errors.Is(err, fault.Precondition) || !strings.Contains(err.Error(), ": counterfoil checkpoint customs/border --header") {
			t.Errorf("a checkpoint of customs: %v", err)
		}
		h := must(proofs.Latest(v, others))
		file := must(proofs.Encode(proofs.Header{Format: proofs.HeaderFormat, Head: must(proofs.SignedHeadOf(h))}))
		if r, err := proofs.Check(file, nil); err != nil || r.Head.ID != others || r.Head.Events != 2 {
			t.Errorf("its header is checked as %v: %v", r, err)
		}
		if _, err := proofs.Check(file, proofs.Trust{"customs": {publicOf(keyCalled("nobody"))}}); err == nil || !strings.Contains(err.Error(), "none that is trusted for agency customs") {
			t.Errorf("with another key: %v", err)
		}
		if _, err := proofs.Latest(v, journal.ID{Agency: "customs", Group: "none"}); !errors.Is(err, fault.NotFound) {
			t.Errorf("of a journal that is not here: %v", err)
		}
		if _, err := (&proofs.Source{}).Noted(v, own); !errors.Is(err, fault.Precondition) {
			t.Errorf("without a key: %v", err)
		}
	})
}

func TestOrigin(t *testing.T) {
	for _, state := range []string{"", "xa", "X", "XAB", "X/", "X "} {
		if _, err := proofs.Origin(state, own); !errors.Is(err, fault.Precondition) {
			t.Errorf("State %q: %v", state, err)
		}
	}
	for _, wrong := range []string{"", "counterfoil/", "counterfoil/XA", "counterfoil/XA/licensing", "counterfoil/XA/licensing/all/more", "counterfoil/xa/licensing/all", "other/XA/licensing/all"} {
		if _, _, err := proofs.ParseOrigin(wrong); err == nil {
			t.Errorf("%q is an origin", wrong)
		}
	}
}

func TestParseTrust(t *testing.T) {
	key := "customs=" + strings.Repeat("ab", 32)
	for _, wrong := range []string{"", "customs", "=" + strings.Repeat("ab", 32), "customs=abc", "customs=" + strings.Repeat("ab", 31), "x+00000000+AAAA"} {
		if _, err := proofs.ParseTrust([]string{key, wrong}); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	vkey := must(note.NewEd25519VerifierKey("sum.golang.org", publicOf(keyCalled("x"))))
	if _, err := proofs.ParseTrust([]string{vkey}); !errors.Is(err, fault.Invalid) {
		t.Errorf("a verifier key of another log: %v", err)
	}
}
