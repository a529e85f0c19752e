package proofs

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
)

// Trust are the keys that the reader of a proof takes for those of agencies, by agency: public keys of 32 bytes, or their ids of 8.
// The empty Trust takes a signed header's own word for it, and knows no key for a note.
type Trust map[string][][]byte

// ParseTrust reads keys, each as AGENCY=KEY with the public key (hexadecimal or base64) or its id (hexadecimal), or as the verifier
// key of one of the agency's journals (c2sp.org/signed-note). It fails with fault.Invalid.
func ParseTrust(texts []string) (Trust, error) {
	trust := Trust{}
	for _, text := range texts {
		agency, key, err := parseTrusted(text)
		if err != nil {
			return nil, err
		}
		trust[agency] = append(trust[agency], key)
	}
	return trust, nil
}

func parseTrusted(text string) (agency string, key []byte, err error) {
	if v, err := note.NewVerifier(text); err == nil {
		_, id, err := ParseOrigin(v.Name())
		if err != nil {
			return "", nil, fault.Errorf(fault.Invalid, "the verifier key %s is of no journal: %v", text, err)
		}
		key, err := base64.StdEncoding.DecodeString(strings.SplitN(text, "+", 3)[2])
		return id.Agency, key[1:], err // after the byte for the algorithm
	}
	agency, said, ok := strings.Cut(text, "=")
	if key, err = hex.DecodeString(said); err != nil {
		key, err = base64.StdEncoding.DecodeString(said)
	}
	if !ok || agency == "" || err != nil || len(key) != ed25519.PublicKeySize && len(key) != 8 {
		return "", nil, fault.Errorf(fault.Invalid, "give a key as AGENCY=KEY, a public key or its id in hexadecimal digits, or as counterfoil checkpoint JOURNAL --vkey prints it; %q is neither", text)
	}
	return agency, key, nil
}

// check says that a key is none of an agency's, where any is trusted.
func (t Trust) check(agency string, key []byte) error {
	if len(t) == 0 || slices.ContainsFunc(t[agency], func(k []byte) bool { return bytes.Equal(k, key) || bytes.Equal(k, journal.KeyID(key)) }) {
		return nil
	}
	return fmt.Errorf("key %x is none that is trusted for agency %s", journal.KeyID(key), agency)
}

// whole are the public keys of an agency; of a key that is trusted by its id nothing can be checked with.
func (t Trust) whole(agency string) (keys []ed25519.PublicKey) {
	for _, k := range t[agency] {
		if len(k) == ed25519.PublicKeySize {
			keys = append(keys, k)
		}
	}
	return keys
}
