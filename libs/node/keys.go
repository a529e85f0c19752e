package node

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/seal"
	"github.com/counterfoil/counterfoil/libs/whole"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

// A key is changed in three steps: it is made and kept in a file beside those in use; it is put on record, in a block that is
// signed with the key before it; it takes the place of that one. What a crash leaves behind is mended at the next start: a
// key that is on record is put in use then. One that is not waits in its file, and is the next one.

const (
	signing = "signing"
	sealing = "sealing"
)

// kindsOf says how keys of a use are made, told and kept.
var kindsOf = map[directoryv1.KeyUse]struct {
	name   string
	make   func() ([]byte, error)
	public func(private []byte) ([]byte, error)
	// changed are those that the agency has changed to, as it recorded them.
	changed func(*ledgerv1.AgencyKeys) [][]byte
}{
	directoryv1.KeyUse_KEY_USE_SIGNING: {
		name: signing,
		make: func() ([]byte, error) { return random(ed25519.SeedSize), nil },
		public: func(seed []byte) ([]byte, error) {
			return ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey), nil
		},
		changed: func(r *ledgerv1.AgencyKeys) (all [][]byte) {
			for _, k := range r.GetSigningKeys() {
				all = append(all, k.Public)
			}
			return all
		},
	},
	directoryv1.KeyUse_KEY_USE_SEALING: {
		name:   sealing,
		make:   func() ([]byte, error) { private, _, err := seal.GenerateMember(); return private, err },
		public: seal.Public,
		changed: func(r *ledgerv1.AgencyKeys) (all [][]byte) {
			for _, k := range r.GetSealingKeys() {
				all = append(all, k.Public)
			}
			return all
		},
	},
}

// NextKey returns the public side of the key that is to be used next, which is made unless it is there already. The node
// opens what is sealed for it from now on, and signs with it after UseKey.
func (n *Node) NextKey(use directoryv1.KeyUse) (public []byte, err error) {
	kind, ok := kindsOf[use]
	if !ok {
		return nil, fmt.Errorf("make a key: %s is no use of one", use)
	}
	n.changing.Lock()
	defer n.changing.Unlock()
	next := kind.name + ".next"
	_, err = os.Stat(n.cfg.Home.path(next))
	fresh := errors.Is(err, fs.ErrNotExist)
	if err := n.cfg.Home.keep(next, kind.make); err != nil {
		return nil, fmt.Errorf("make a %s key: %w", kind.name, err)
	}
	private, err := os.ReadFile(n.cfg.Home.path(next))
	if err != nil {
		return nil, fmt.Errorf("read the next %s key: %w", kind.name, err)
	}
	if fresh && kind.name == sealing {
		n.keys.UseSealing(private)
	}
	return kind.public(private)
}

// UseKey puts the next key in use when it is on record; otherwise it changes nothing.
func (n *Node) UseKey(use directoryv1.KeyUse) error {
	kind := kindsOf[use]
	n.changing.Lock()
	defer n.changing.Unlock()
	private, err := os.ReadFile(n.cfg.Home.path(kind.name + ".next"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the next %s key: %w", kind.name, err)
	}
	public, err := kind.public(private)
	if err != nil {
		return fmt.Errorf("read the next %s key: %w", kind.name, err)
	}
	recorded := false
	err = n.Ledger.View(func(v ledger.View) error {
		own, err := v.AgencyKeys(n.Agency + "/keys")
		for _, k := range kind.changed(own) {
			recorded = recorded || bytes.Equal(k, public)
		}
		return err
	})
	if err != nil || !recorded {
		return err
	}
	if err := n.cfg.Home.promote(kind.name); err != nil {
		return fmt.Errorf("put the next %s key in use: %w", kind.name, err)
	}
	if kind.name == signing {
		return n.loadSigners()
	}
	return nil
}

// settleKeys puts keys in use that were on record when the node was interrupted.
func (n *Node) settleKeys() error {
	return errors.Join(n.UseKey(directoryv1.KeyUse_KEY_USE_SIGNING), n.UseKey(directoryv1.KeyUse_KEY_USE_SEALING))
}

func (n *Node) loadSigners() error {
	signers, err := n.cfg.Home.Signers()
	if err == nil {
		n.signers.Store(&signers)
	}
	return err
}

// promote makes the next key the first of those that are kept. Interrupted, it can be done again.
func (h Home) promote(name string) error {
	next, err := os.ReadFile(h.path(name + ".next"))
	if err != nil {
		return err
	}
	known, err := os.ReadFile(h.path(name + ".key"))
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(known, next) {
		if err := whole.Write(h.path(name+".key"), append(next, known...), 0o600); err != nil {
			return err
		}
	}
	return os.Remove(h.path(name + ".next"))
}

// present signs with whatever key the node signs with at that moment.
type present struct{ node *Node }

func (p present) Public() crypto.PublicKey { return p.node.Signer().Public() }

func (p present) Sign(random io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	return p.node.Signer().Sign(random, message, opts)
}
