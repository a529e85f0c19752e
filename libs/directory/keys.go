// Package directory is who is who, read from the coordinating authority's journal: agencies and their keys, groups,
// epochs and members, and which group an event is recorded for.
package directory

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"sync"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/seal"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Authority is the name of the coordinating authority, Group that of the group its journal is released to.
const (
	Authority = "authority"
	Group     = "directory"
)

// Journal is the directory's own journal.
var Journal = journal.ID{Agency: Authority, Group: Group}

// UnknownKey says that the directory, as far as it is read, has no key for something. More of the directory may help.
type UnknownKey struct{ What string }

func (e *UnknownKey) Error() string { return "the directory has no key for " + e.What }

// Keys opens what this agency may read and knows who signed what. It learns from the directory's rows by Learn. Safe
// for concurrent use.
type Keys struct {
	agency  string
	private []byte
	// pinned is the coordinating authority's key, known before anything is read.
	pinned ed25519.PublicKey

	mu      sync.RWMutex
	groups  map[groupEpoch][]byte
	newest  map[string]uint32
	signers map[string][]ed25519.PublicKey
}

type groupEpoch struct {
	group string
	epoch uint32
}

// NewKeys starts with the agency's private sealing key and the authority's signing key.
func NewKeys(agency string, private []byte, authority ed25519.PublicKey) *Keys {
	return &Keys{
		agency: agency, private: private, pinned: authority,
		groups: map[groupEpoch][]byte{}, newest: map[string]uint32{}, signers: map[string][]ed25519.PublicKey{},
	}
}

// Learn takes in the agencies and groups of a ledger. Wrapped keys that are not for this agency are passed over; one
// that is and does not unwrap is an error.
func (k *Keys) Learn(view ledger.View) error {
	agencies, err := view.Agencies()
	if err != nil {
		return fmt.Errorf("read agencies: %w", err)
	}
	groups, err := view.Groups()
	if err != nil {
		return fmt.Errorf("read groups: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, a := range agencies {
		k.signers[a.Id] = nil
		for _, s := range a.SigningKeys {
			k.signers[a.Id] = append(k.signers[a.Id], ed25519.PublicKey(s.Public))
		}
	}
	for _, g := range groups {
		if err := k.learnGroup(g); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keys) learnGroup(g *ledgerv1.Group) error {
	for _, issued := range g.Keys {
		at := groupEpoch{g.Id, issued.Epoch}
		if _, known := k.groups[at]; known {
			continue
		}
		for _, w := range issued.Wrapped {
			if w.Agency != k.agency {
				continue
			}
			key, err := seal.Unwrap(k.private, w.Sealed, seal.Place(g.Id, issued.Epoch, k.agency))
			if err != nil {
				return fmt.Errorf("unwrap the key of group %s epoch %d: %w", g.Id, issued.Epoch, err)
			}
			k.groups[at] = key
			k.newest[g.Id] = max(k.newest[g.Id], issued.Epoch)
		}
	}
	return nil
}

// GroupKey returns the key of a group's epoch, or *UnknownKey.
func (k *Keys) GroupKey(group string, epoch uint32) ([]byte, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if key, ok := k.groups[groupEpoch{group, epoch}]; ok {
		return key, nil
	}
	return nil, &UnknownKey{fmt.Sprintf("group %s epoch %d and agency %s", group, epoch, k.agency)}
}

// Newest returns the latest epoch of a group that this agency has a key for, and the key. The directory's own group
// is not sealed: epoch 0, no key.
func (k *Keys) Newest(group string) (epoch uint32, key []byte, err error) {
	if group == Group {
		return 0, nil, nil
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	epoch, ok := k.newest[group]
	if !ok {
		return 0, nil, &UnknownKey{fmt.Sprintf("group %s and agency %s", group, k.agency)}
	}
	return epoch, k.groups[groupEpoch{group, epoch}], nil
}

// Verify checks a block's signature by the agency that its header names. It returns *UnknownKey when the directory
// does not (yet) know the key that the header names, and *journal.Broken when the signature is not by it. A block of the
// directory itself is also good when it is signed with the pinned key.
func (k *Keys) Verify(b *journal.Block) error {
	k.mu.RLock()
	defer k.mu.RUnlock()
	known := k.signers[b.ID.Agency]
	if b.ID.Agency == Authority {
		known = append([]ed25519.PublicKey{k.pinned}, known...)
	}
	for _, public := range known {
		if bytes.Equal(journal.KeyID(public), b.Header.KeyId) {
			return b.VerifySignature(public)
		}
	}
	return &UnknownKey{fmt.Sprintf("agency %s, key %x", b.ID.Agency, b.Header.KeyId)}
}

// Fresh returns keys for the same agency that have learned nothing yet.
func (k *Keys) Fresh() *Keys { return NewKeys(k.agency, k.private, k.pinned) }
