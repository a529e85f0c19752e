// Package directory is who is who, read from the directory's journals: agencies and their keys, groups and members, what
// each publisher lets whom read, and which group an event is recorded for.
package directory

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/seal"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// Authority is the name of the coordinating authority, Group that of the group whose journals are the directory: the
// authority's and, of what it says of itself, every agency's.
const (
	Authority = "authority"
	Group     = "directory"
)

// Journal is the authority's part of the directory.
var Journal = journal.ID{Agency: Authority, Group: Group}

// Own is an agency's own part of the directory.
func Own(agency string) journal.ID { return journal.ID{Agency: agency, Group: Group} }

// UnknownKey says that the directory, as far as it is read, has no key for something. More of the directory may help.
type UnknownKey struct{ What string }

func (e *UnknownKey) Error() string { return "the directory has no key for " + e.What }

// Secrets are what an agency knows before it has read anything.
type Secrets struct {
	// Sealing are its private X25519 keys, the one in use first, then those before it.
	Sealing [][]byte
	// Directory are the directory's keys, by epoch, that were handed over when it joined.
	Directory map[uint32][]byte
	// Authority is the coordinating authority's first signing key.
	Authority ed25519.PublicKey
}

// Keys opens what this agency may read and knows who signed what. It learns from the directory's rows by Learn. Safe
// for concurrent use.
type Keys struct {
	agency  string
	secrets Secrets

	mu sync.RWMutex
	// directory are the keys of all directory journals by epoch, journals those of the others.
	directory map[uint32][]byte
	journals  map[journalEpoch][]byte
	newest    map[journal.ID]uint32
	signers   map[string][]signer
	// sealed are the keys that were wrapped for this agency and do not unwrap.
	sealed map[journalEpoch]bool
}

type journalEpoch struct {
	id    journal.ID
	epoch uint32
}

type signer struct {
	public ed25519.PublicKey
	// until is when it stops being believed; zero is never.
	until time.Time
}

// NewKeys starts with what the agency was given.
func NewKeys(agency string, s Secrets) *Keys {
	k := &Keys{
		agency: agency, secrets: s, directory: map[uint32][]byte{},
		journals: map[journalEpoch][]byte{}, newest: map[journal.ID]uint32{}, signers: map[string][]signer{},
		sealed: map[journalEpoch]bool{},
	}
	for epoch, key := range s.Directory {
		k.directory[epoch] = key
	}
	return k
}

// Fresh returns keys for the same agency that have learned nothing yet.
func (k *Keys) Fresh() *Keys {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return NewKeys(k.agency, k.secrets)
}

// UseSealing adds a private sealing key, which is then the one in use.
func (k *Keys) UseSealing(private []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.secrets.Sealing = append([][]byte{private}, k.secrets.Sealing...)
}

// Learn takes in what the directory's rows of a ledger say. Wrapped keys that are not for this agency are passed over; so is
// one that is and does not unwrap, so that a publisher's mistake stops its own journal and no other: Key says so.
func (k *Keys) Learn(view ledger.View) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.learnSigners(view); err != nil {
		return err
	}
	if err := k.learnDirectory(view); err != nil {
		return err
	}
	issued, err := view.JournalKeys()
	if err != nil {
		return fmt.Errorf("read the keys of journals: %w", err)
	}
	for _, row := range issued {
		if err := k.learnIssued(row); err != nil {
			return err
		}
	}
	given, err := view.ReleasesWith("reader", k.agency)
	if err != nil {
		return fmt.Errorf("read releases: %w", err)
	}
	for _, row := range given {
		if err := k.learnGiven(row); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keys) learnSigners(view ledger.View) error {
	agencies, err := view.Agencies()
	if err != nil {
		return fmt.Errorf("read agencies: %w", err)
	}
	changed, err := view.ChangedKeys()
	if err != nil {
		return fmt.Errorf("read the agencies' keys: %w", err)
	}
	own := map[string][]*directoryv1.SigningKey{}
	for _, row := range changed {
		id, err := journal.ParseID(row.Journal)
		if err != nil {
			return err
		}
		own[id.Agency] = row.SigningKeys
	}
	for _, a := range agencies {
		var known []signer
		for _, s := range append(a.SigningKeys, own[a.Id]...) {
			known = append(known, signer{s.Public, endOf(a, s)})
		}
		k.signers[a.Id] = known
	}
	return nil
}

// endOf is when a key stops being believed: by its own validity, or because the authority ended it.
func endOf(a *ledgerv1.Agency, key *directoryv1.SigningKey) time.Time {
	for _, ended := range a.EndedKeys {
		if bytes.Equal(ended.KeyId, journal.KeyID(key.Public)) {
			return ended.ValidUntil.AsTime()
		}
	}
	if key.ValidUntil == nil {
		return time.Time{}
	}
	return key.ValidUntil.AsTime()
}

// SigningKey is the public key that an agency's statements to the hub are checked with: the last that was made known and
// is not ended at a time; nil when there is none.
func SigningKey(view ledger.View, a *ledgerv1.Agency, now time.Time) (ed25519.PublicKey, error) {
	own, err := view.AgencyKeys(a.Id + "/keys")
	if err != nil {
		return nil, err
	}
	keys := slices.Concat(a.SigningKeys, own.GetSigningKeys())
	if own != nil && readmittedSince(a, own) {
		keys = slices.Concat(own.GetSigningKeys(), a.SigningKeys)
	}
	for _, k := range slices.Backward(keys) {
		if end := endOf(a, k); end.IsZero() || now.Before(end) {
			return k.Public, nil
		}
	}
	return nil, nil
}

func (k *Keys) learnDirectory(view ledger.View) error {
	group, err := view.Group(Group)
	if err != nil {
		return fmt.Errorf("read the directory's keys: %w", err)
	}
	for _, issued := range group.GetKeys() {
		if k.directory[issued.Epoch] != nil {
			continue
		}
		if key := k.unwrap(issued.Wrapped, Group, journalEpoch{Journal, issued.Epoch}); key != nil {
			k.directory[issued.Epoch] = key
		}
	}
	return nil
}

func (k *Keys) learnIssued(row *ledgerv1.JournalKey) error {
	at, err := journalOf(row.Journal, row.Issued.Group, row.Issued.Epoch)
	if err != nil || k.journals[at] != nil {
		return err
	}
	k.keep(at, k.unwrap(row.Issued.Wrapped, at.id.String(), at))
	return nil
}

func (k *Keys) learnGiven(row *ledgerv1.Release) error {
	for _, given := range row.Keys {
		at, err := journalOf(row.Journal, row.Group, given.Epoch)
		if err != nil {
			return err
		}
		if k.journals[at] == nil {
			k.keep(at, k.unwrap([]*directoryv1.WrappedKey{{Agency: k.agency, Sealed: given.Sealed}}, at.id.String(), at))
		}
	}
	return nil
}

func (k *Keys) keep(at journalEpoch, key []byte) {
	if key != nil {
		k.journals[at] = key
		k.newest[at.id] = max(k.newest[at.id], at.epoch)
	}
}

// journalOf is the journal of a group that the writer of a statement means: its own.
func journalOf(statement, group string, epoch uint32) (journalEpoch, error) {
	id, err := journal.ParseID(statement)
	return journalEpoch{journal.ID{Agency: id.Agency, Group: group}, epoch}, err
}

// unwrap opens the one that is for this agency with the private key that fits; nil when none is for it, or none fits.
func (k *Keys) unwrap(wrapped []*directoryv1.WrappedKey, group string, at journalEpoch) []byte {
	for _, w := range wrapped {
		if w.Agency != k.agency {
			continue
		}
		for _, private := range k.secrets.Sealing {
			if key, err := seal.Unwrap(private, w.Sealed, seal.Place(group, at.epoch, k.agency)); err == nil && len(key) == seal.KeySize {
				delete(k.sealed, at)
				return key
			}
		}
		k.sealed[at] = true
	}
	return nil
}

// Key returns the key of a journal's epoch, or *UnknownKey.
func (k *Keys) Key(id journal.ID, epoch uint32) ([]byte, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	at := journalEpoch{id, epoch}
	key := k.journals[at]
	if id.Group == Group {
		at.id, key = Journal, k.directory[epoch]
	}
	switch {
	case key != nil:
		return key, nil
	case k.sealed[at]:
		return nil, &UnknownKey{fmt.Sprintf("journal %s epoch %d that agency %s can unwrap: it was wrapped for another sealing key", id, epoch, k.agency)}
	}
	return nil, &UnknownKey{fmt.Sprintf("journal %s epoch %d and agency %s", id, epoch, k.agency)}
}

// Newest returns the latest epoch of a journal that this agency has a key for, and the key; *UnknownKey when it has none.
func (k *Keys) Newest(id journal.ID) (epoch uint32, key []byte, err error) {
	k.mu.RLock()
	if id.Group == Group {
		for e := range k.directory {
			epoch = max(epoch, e)
		}
	} else {
		epoch = k.newest[id]
	}
	k.mu.RUnlock()
	key, err = k.Key(id, epoch)
	return epoch, key, err
}

// Epochs are the directory's keys that this agency has, by epoch: what a newcomer is handed over.
func (k *Keys) Epochs() map[uint32][]byte {
	k.mu.RLock()
	defer k.mu.RUnlock()
	all := map[uint32][]byte{}
	for epoch, key := range k.directory {
		all[epoch] = key
	}
	return all
}

// Verify checks a block's signature by the agency that its header names. It returns *UnknownKey when the directory
// does not (yet) know the key that the header names, and *journal.Broken when the signature is not by it, or the key had
// been ended when the block says it was written. A block of the authority's is also good when it is signed with its first
// key, which is known from the start.
func (k *Keys) Verify(b *journal.Block) error {
	public, until, err := k.signerOf(b.ID.Agency, b.Header.KeyId)
	if err != nil {
		return err
	}
	if at := b.Header.RecordedAt.AsTime(); !until.IsZero() && !at.Before(until) {
		return &journal.Broken{ID: b.ID, Block: b.Header.Number, Reason: fmt.Sprintf("it was signed with key %x, which had ended on %s", b.Header.KeyId, until.UTC().Format(time.RFC3339))}
	}
	return b.VerifySignature(public)
}

// Signing returns an agency's public key of an id (journal.KeyID), to check with it what was signed at a time. It returns
// *UnknownKey when the directory does not (yet) know the key, and another error when the key had been ended.
func (k *Keys) Signing(agency string, keyID []byte, at time.Time) (ed25519.PublicKey, error) {
	public, until, err := k.signerOf(agency, keyID)
	if err == nil && !until.IsZero() && !at.Before(until) {
		return nil, fmt.Errorf("key %x of %s had ended on %s", keyID, agency, until.UTC().Format(time.RFC3339))
	}
	return public, err
}

// signerOf is the key of an id, and when it stops being believed; zero is never.
func (k *Keys) signerOf(agency string, keyID []byte) (public ed25519.PublicKey, until time.Time, err error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	known := k.signers[agency]
	if agency == Authority && len(known) == 0 {
		known = []signer{{public: k.secrets.Authority}}
	}
	for _, s := range known {
		if bytes.Equal(journal.KeyID(s.public), keyID) {
			return s.public, s.until, nil
		}
	}
	return nil, until, &UnknownKey{fmt.Sprintf("agency %s, key %x", agency, keyID)}
}
