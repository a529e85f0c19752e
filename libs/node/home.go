// Package node is what every agency runs: broker, pumps, ledger, follower and desk, put together and taken down in
// order.
package node

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/counterfoil/counterfoil/libs/bundle"
	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/feed"
	"github.com/counterfoil/counterfoil/libs/projection"
	"github.com/counterfoil/counterfoil/libs/seal"
	"github.com/counterfoil/counterfoil/libs/whole"
)

// Home is the folder of one agency's node. Secrets in it have mode 0600:
//
//	agency.json    who it is
//	signing.key    Ed25519 seeds, 32 bytes each, the one in use first
//	sealing.key    X25519 private keys, 32 bytes each, the one in use first
//	signing.next, sealing.next  a key that was made and is not on record yet
//	authority.pub  the coordinating authority's signing key, trusted from the start
//	directory.keys keys of the directory's epochs that were handed over at joining
//	token          opens the node's API
//	blind.key      what a licensing authority makes and answers blind checks with
//	hub/           what the hub gave it to connect with
//	users.json     who may call it    oidc.json      whose tokens it takes
//	tls.crt, .key  its certificate    ca.crt, .key   the node's own certificate authority
//	access.db      who read what     webhooks.db   where events are posted, with what they are signed, and how far that is
//	snapshots/     copies of the ledger that shorten replays     past/      what was asked for of its past
//	courier/       bundles on their way, and in aside/ those that wait for what they follow on
//	feed/          what was published to the agency's own systems     feed-users.json   which of them may read it
//	broker/        its journal and inbox     ledger.db     its ledger     evidence/  blocks that were not believed
//	ledger.db.aside  the ledger before       ledger.db.next  one that was built for a program to come
type Home string

// Profile is an agency as its own node knows it.
type Profile struct {
	Agency string `json:"agency"`
	Title  string `json:"title"`
	// State is ISO 3166-1 alpha-2.
	State string `json:"state"`
	// Service is what the node serves: licensing, customs, enforcement, reporting, ministry, observer or authority.
	Service string `json:"service"`
	// Listen is the API's address, such as "127.0.0.1:7101".
	Listen string `json:"listen"`
	// Consent is "ask" where a person has to agree before a new member of a group reads this agency's journal; empty agrees to
	// every member that the directory names.
	Consent string `json:"consent,omitempty"`
	// API is how it is served, beside that.
	API
	// Feed republishes what the node has to the agency's own systems; nil: it does not.
	Feed *feed.Settings `json:"feed,omitempty"`
}

func (h Home) path(parts ...string) string {
	return filepath.Join(append([]string{string(h)}, parts...)...)
}

// Hub is the folder of the hub's credentials.
func (h Home) Hub() string { return h.path("hub") }

// BlindKey is the file that blind checks are made and answered with.
func (h Home) BlindKey() string { return h.path("blind.key") }

// TokenFile holds the bearer token of the API.
func (h Home) TokenFile() string { return h.path("token") }

// Prepare makes the folder and whatever key is not there yet; what is there stays as it is.
func (h Home) Prepare(p Profile) error {
	if err := os.MkdirAll(string(h), 0o700); err != nil {
		return fmt.Errorf("prepare node %s: %w", p.Agency, err)
	}
	makers := map[string]func() ([]byte, error){
		"agency.json": func() ([]byte, error) { return json.MarshalIndent(p, "", "  ") },
		"signing.key": func() ([]byte, error) { return random(ed25519.SeedSize), nil },
		"sealing.key": func() ([]byte, error) { private, _, err := seal.GenerateMember(); return private, err },
		"token":       func() ([]byte, error) { return []byte(rand.Text()), nil },
	}
	for name, content := range makers {
		if err := h.keep(name, content); err != nil {
			return fmt.Errorf("prepare node %s: %w", p.Agency, err)
		}
	}
	return nil
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// keep writes a file of mode 0600 unless it is there, whole or not at all.
func (h Home) keep(name string, content func() ([]byte, error)) error {
	path := h.path(name)
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	data, err := content()
	if err != nil {
		return fmt.Errorf("make %s: %w", name, err)
	}
	return whole.Write(path, data, 0o600)
}

// courier is the folder of bundles.
func (h Home) courier() string { return h.path("courier") }

// tidy removes what a verification, an answer as of a moment, a rebuild, a rehearsal or a bundle left behind when it was killed. A ledger
// that another process builds beside the node is left to it.
func (h Home) tidy() error {
	patterns := []string{"verify-*", "asof-*", projection.RebuildFolder, "rehearsal", "courier/" + bundle.Outgoing, "courier/" + bundle.Incoming}
	unlock, err := h.lockBeside()
	switch {
	case err == nil:
		defer unlock()
		patterns = append(patterns, besideFolder)
	case !errors.Is(err, fault.Conflict):
		return err
	}
	for _, pattern := range patterns {
		left, err := filepath.Glob(h.path(pattern))
		if err != nil {
			return err
		}
		for _, path := range left {
			if err := os.RemoveAll(path); err != nil {
				return fmt.Errorf("remove what was left behind: %w", err)
			}
		}
	}
	return nil
}

// Trust keeps the directory's keys that were handed over, and pins the coordinating authority's signing key: the last file that a
// folder needs before its node can start.
func (h Home) Trust(authority ed25519.PublicKey, directoryKeys map[uint32][]byte) error {
	return errors.Join(
		h.keep("directory.keys", func() ([]byte, error) { return json.Marshal(directoryKeys) }),
		h.keep("authority.pub", func() ([]byte, error) { return authority, nil }))
}

// Profile reads who the node is.
func (h Home) Profile() (Profile, error) {
	var p Profile
	data, err := os.ReadFile(h.path("agency.json"))
	if err != nil {
		return p, fmt.Errorf("read %s: %w; prepare the folder with: counterfoil hub", h.path("agency.json"), err)
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return p, fmt.Errorf("read %s: %w", h.path("agency.json"), err)
	}
	return p, nil
}

// Member is the agency's public side, for the directory.
func (h Home) Member() (directory.Member, error) {
	p, err := h.Profile()
	if err != nil {
		return directory.Member{}, err
	}
	signers, err := h.Signers()
	if err != nil {
		return directory.Member{}, err
	}
	private, err := h.Sealing()
	if err != nil {
		return directory.Member{}, err
	}
	public, err := seal.Public(private[0])
	if err != nil {
		return directory.Member{}, err
	}
	return directory.Member{
		Agency: p.Agency, Title: p.Title, State: p.State, Service: p.Service, Consent: p.Consent, Signing: signers[0].Public().(ed25519.PublicKey), Sealing: public,
	}, nil
}

// Signers reads the agency's signing keys, the one in use first. Whatever signs blocks is a crypto.Signer, so that a key in
// a token can take its place.
func (h Home) Signers() (signers []crypto.Signer, err error) {
	seeds, err := os.ReadFile(h.path("signing.key"))
	if err != nil {
		return nil, fmt.Errorf("read the signing keys: %w", err)
	}
	if len(seeds) == 0 || len(seeds)%ed25519.SeedSize != 0 {
		return nil, fmt.Errorf("%s has %d bytes, not a multiple of %d", h.path("signing.key"), len(seeds), ed25519.SeedSize)
	}
	for seed := range slices.Chunk(seeds, ed25519.SeedSize) {
		signers = append(signers, ed25519.NewKeyFromSeed(seed))
	}
	return signers, nil
}

// sealingSize is the size of an X25519 private key in bytes.
const sealingSize = 32

// Sealing reads the agency's private sealing keys, the one in use first.
func (h Home) Sealing() (keys [][]byte, err error) {
	data, err := os.ReadFile(h.path("sealing.key"))
	if err != nil {
		return nil, fmt.Errorf("read the sealing keys: %w", err)
	}
	if len(data) == 0 || len(data)%sealingSize != 0 {
		return nil, fmt.Errorf("%s has %d bytes, not a multiple of %d", h.path("sealing.key"), len(data), sealingSize)
	}
	return slices.Collect(slices.Chunk(data, sealingSize)), nil
}

// secrets are what the node knows before it has read anything.
func (h Home) secrets() (s directory.Secrets, err error) {
	if s.Sealing, err = h.Sealing(); err != nil {
		return s, err
	}
	switch next, err := os.ReadFile(h.path(sealing + ".next")); {
	case err == nil: // what is sealed for it is opened as soon as it is on record
		s.Sealing = append(s.Sealing, next)
	case !errors.Is(err, fs.ErrNotExist):
		return s, fmt.Errorf("read the next sealing key: %w", err)
	}
	if s.Authority, err = h.Authority(); err != nil {
		return s, err
	}
	s.Directory, err = h.DirectoryKeys()
	return s, err
}

// DirectoryKeys are the directory's keys that were handed over when the agency joined, by epoch.
func (h Home) DirectoryKeys() (keys map[uint32][]byte, err error) {
	data, err := os.ReadFile(h.path("directory.keys"))
	if err != nil {
		return nil, fmt.Errorf("read the directory's keys: %w", err)
	}
	if err := json.Unmarshal(data, &keys); err != nil {
		return nil, fmt.Errorf("read %s: %w", h.path("directory.keys"), err)
	}
	return keys, nil
}

// Authority is the coordinating authority's first signing key.
func (h Home) Authority() (ed25519.PublicKey, error) {
	public, err := os.ReadFile(h.path("authority.pub"))
	if err != nil {
		return nil, fmt.Errorf("read the authority's key: %w", err)
	}
	if len(public) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%s has %d bytes, not %d", h.path("authority.pub"), len(public), ed25519.PublicKeySize)
	}
	return public, nil
}
