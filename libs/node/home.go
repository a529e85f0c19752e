// Package node is what every agency runs: broker, pumps, ledger, follower and desk, put together and taken down in
// order.
package node

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/seal"
)

// Home is the folder of one agency's node. Secrets in it have mode 0600:
//
//	agency.json    who it is
//	signing.key    Ed25519 seed        sealing.key   X25519 private key
//	authority.pub  the coordinating authority's signing key, trusted from the start
//	token          opens the node's API
//	hub/           what the hub gave it to connect with
//	broker/        its journal and inbox     ledger.db     its ledger     evidence/  blocks that were not believed
type Home string

// Profile is an agency as its own node knows it.
type Profile struct {
	Agency string `json:"agency"`
	Title  string `json:"title"`
	// State is ISO 3166-1 alpha-2.
	State string `json:"state"`
	// Service is what the node serves: licensing, customs, enforcement, reporting, observer or authority.
	Service string `json:"service"`
	// Listen is the API's address, such as "127.0.0.1:7101".
	Listen string `json:"listen"`
}

func (h Home) path(parts ...string) string {
	return filepath.Join(append([]string{string(h)}, parts...)...)
}

// Hub is the folder of the hub's credentials.
func (h Home) Hub() string { return h.path("hub") }

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
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// Trust pins the coordinating authority's signing key.
func (h Home) Trust(authority ed25519.PublicKey) error {
	return h.keep("authority.pub", func() ([]byte, error) { return authority, nil })
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
	signer, private, err := h.keys()
	if err != nil {
		return directory.Member{}, err
	}
	public, err := seal.Public(private)
	if err != nil {
		return directory.Member{}, err
	}
	return directory.Member{
		Agency: p.Agency, Title: p.Title, State: p.State, Signing: signer.Public().(ed25519.PublicKey), Sealing: public,
	}, nil
}

// keys reads the agency's private keys.
func (h Home) keys() (signer ed25519.PrivateKey, sealing []byte, err error) {
	seed, err := os.ReadFile(h.path("signing.key"))
	if err != nil {
		return nil, nil, fmt.Errorf("read the signing key: %w", err)
	}
	if len(seed) != ed25519.SeedSize {
		return nil, nil, fmt.Errorf("%s has %d bytes, not %d", h.path("signing.key"), len(seed), ed25519.SeedSize)
	}
	if sealing, err = os.ReadFile(h.path("sealing.key")); err != nil {
		return nil, nil, fmt.Errorf("read the sealing key: %w", err)
	}
	return ed25519.NewKeyFromSeed(seed), sealing, nil
}

func (h Home) authority() (ed25519.PublicKey, error) {
	public, err := os.ReadFile(h.path("authority.pub"))
	if err != nil {
		return nil, fmt.Errorf("read the authority's key: %w", err)
	}
	if len(public) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%s has %d bytes, not %d", h.path("authority.pub"), len(public), ed25519.PublicKeySize)
	}
	return public, nil
}
