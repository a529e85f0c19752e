package proofs

import (
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
)

// originPrefix begins every origin. No other text that an agency's key signs begins with it: those of blocks, of statements to the hub
// and of requests to join begin with "counterfoil " and a word, and an origin has no space in it.
const originPrefix = "counterfoil/"

// Origin names the log of a journal: "counterfoil/<State>/<agency>/<group>". An agency's name is unique in its directory only, and
// many States have one called customs; whoever keeps checkpoints of several must not take two of them for one log that
// forked. state is as the directory has it (ISO 3166-1 alpha-2); without one there is no origin.
func Origin(state string, id journal.ID) (string, error) {
	if len(state) != 2 || strings.Trim(state, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "", fault.Errorf(fault.Precondition, "the directory does not say of which State %s is, and a checkpoint names it; have the authority register it with its State", id.Agency)
	}
	return originPrefix + state + "/" + id.String(), nil
}

// ParseOrigin returns the State and the journal that an origin names.
func ParseOrigin(origin string) (state string, id journal.ID, err error) {
	rest, ok := strings.CutPrefix(origin, originPrefix)
	state, name, found := strings.Cut(rest, "/")
	id, parseErr := journal.ParseID(name)
	if again, err := Origin(state, id); !ok || !found || parseErr != nil || err != nil || again != origin {
		return "", journal.ID{}, fmt.Errorf("%q does not name a journal as counterfoil/STATE/agency/group", origin)
	}
	return state, id, nil
}

// Note is a checkpoint as its agency signed it.
type Note struct {
	Origin string
	State  string
	ID     journal.ID
	// Events is the size of the tree, and Root its hash.
	Events uint64
	Root   tlog.Hash
	// Key is the one, of those that were given, that signed it.
	Key ed25519.PublicKey
}

// noteSigner is a note.Signer of a key that is in memory or in a token.
type noteSigner struct {
	note.Verifier
	crypto.Signer
}

func (s noteSigner) Sign(text []byte) ([]byte, error) {
	return s.Signer.Sign(nil, text, crypto.Hash(0))
}

// SignNote signs a checkpoint (c2sp.org/tlog-checkpoint) with an Ed25519 key, and returns it with the verifier key that it is checked
// with (c2sp.org/signed-note).
func SignNote(origin string, events uint64, root tlog.Hash, signer crypto.Signer) (signed []byte, verifierKey string, err error) {
	public, ok := signer.Public().(ed25519.PublicKey)
	if !ok {
		return nil, "", fmt.Errorf("sign a checkpoint of %s: the signing key is a %T, not Ed25519", origin, signer.Public())
	}
	if verifierKey, err = note.NewEd25519VerifierKey(origin, public); err != nil {
		return nil, "", fmt.Errorf("sign a checkpoint of %s: %w", origin, err)
	}
	verifier, err := note.NewVerifier(verifierKey)
	if err != nil {
		return nil, "", fmt.Errorf("sign a checkpoint of %s: %w", origin, err)
	}
	text := log.Checkpoint{Origin: origin, Size: events, Hash: root[:]}.Marshal()
	signed, err = note.Sign(&note.Note{Text: string(text)}, noteSigner{verifier, signer})
	if err != nil {
		return nil, "", fmt.Errorf("sign a checkpoint of %s: %w", origin, err)
	}
	return signed, verifierKey, nil
}

// NoteOf says which journal a note is of, before anybody looked at its signature.
func NoteOf(signed []byte) (origin string, id journal.ID, err error) {
	origin, _, _ = strings.Cut(string(signed), "\n")
	_, id, err = ParseOrigin(origin)
	return origin, id, err
}

// OpenNote reads a checkpoint that one of the keys signed. It says what is wrong with any other. Signatures of others on it, such as
// those of witnesses, are passed over.
func OpenNote(signed []byte, keys []ed25519.PublicKey) (*Note, error) {
	n := &Note{}
	var err error
	if n.Origin, n.ID, err = NoteOf(signed); err != nil {
		return nil, fmt.Errorf("the checkpoint is of no journal: %w", err)
	}
	n.State, _, _ = ParseOrigin(n.Origin)
	opened, err := n.open(signed, keys)
	if err != nil {
		return nil, err
	}
	var c log.Checkpoint
	if _, err := c.Unmarshal([]byte(opened.Text)); err != nil {
		return nil, fmt.Errorf("the checkpoint of %s does not read: %w", n.ID, err)
	}
	if string(c.Marshal()) != opened.Text || len(c.Hash) != tlog.HashSize || c.Size > maxEvents {
		return nil, fmt.Errorf("the checkpoint of %s is not an origin, a size and a root hash alone", n.ID)
	}
	n.Events, n.Root = c.Size, tlog.Hash(c.Hash)
	return n, nil
}

func (n *Note) open(signed []byte, keys []ed25519.PublicKey) (*note.Note, error) {
	var verifiers []note.Verifier
	of := map[uint32]ed25519.PublicKey{}
	for _, key := range keys {
		text, err := note.NewEd25519VerifierKey(n.Origin, key)
		if err != nil {
			return nil, fmt.Errorf("a key of %s: %w", n.ID.Agency, err)
		}
		v, err := note.NewVerifier(text)
		if err != nil {
			return nil, fmt.Errorf("a key of %s: %w", n.ID.Agency, err)
		}
		if of[v.KeyHash()] == nil {
			verifiers, of[v.KeyHash()] = append(verifiers, v), key
		}
	}
	opened, err := note.Open(signed, note.VerifierList(verifiers...))
	var unknown *note.UnverifiedNoteError
	var wrong *note.InvalidSignatureError
	switch {
	case errors.As(err, &unknown):
		return nil, fmt.Errorf("the checkpoint of %s is signed by none of the %d keys of %s that are known", n.ID, len(keys), n.ID.Agency)
	case errors.As(err, &wrong):
		return nil, fmt.Errorf("the checkpoint of %s was altered: its signature by key %08x is over another text", n.ID, wrong.Hash)
	case err != nil:
		return nil, fmt.Errorf("the checkpoint of %s is no signed note: %w", n.ID, err)
	}
	lines := strings.Count(string(signed), "\n") - strings.Count(opened.Text, "\n") - 1
	if lines != len(opened.Sigs)+len(opened.UnverifiedSigs) {
		return nil, fmt.Errorf("the checkpoint of %s has the same signature twice", n.ID)
	}
	for _, s := range opened.Sigs {
		if _, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil {
			return nil, fmt.Errorf("the signature on the checkpoint of %s was altered: %w", n.ID, err)
		}
	}
	n.Key = of[opened.Sigs[0].Hash]
	return opened, nil
}
