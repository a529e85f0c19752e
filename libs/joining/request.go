// Package joining takes a new agency from its request to a node that is level with the others: the request that it signs, the
// kit that it gets, the rehearsal that it passes before its credentials go live.
package joining

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/backbone"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/node"
	"github.com/counterfoil/counterfoil/libs/whole"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
)

const (
	// identityFile is the age identity that kits for this agency are opened with.
	identityFile = "join.age"
	// userFile is the seed of the node's user at the hub, until it has joined.
	userFile = "join.seed"

	requestDomain = "counterfoil join request v1\n"
)

// Ask prepares a node's folder with keys that never leave it, and returns what the agency says of itself to the coordinating
// authority. Asked again in the same folder it returns the same keys.
func Ask(home node.Home, p node.Profile, contacts []*directoryv1.Contact) (*directoryv1.JoinRequest, error) {
	if err := home.Prepare(p); err != nil {
		return nil, err
	}
	identity, err := keptIdentity(filepath.Join(string(home), identityFile))
	if err != nil {
		return nil, err
	}
	_, user, err := keptUser(filepath.Join(string(home), userFile))
	if err != nil {
		return nil, err
	}
	member, err := home.Member()
	if err != nil {
		return nil, err
	}
	signers, err := home.Signers()
	if err != nil {
		return nil, err
	}
	r := &directoryv1.JoinRequest{
		Agency: member.Agency, Title: member.Title, State: member.State, Service: member.Service, Consent: member.Consent,
		SigningKey: member.Signing, SealingKey: member.Sealing, User: user, Recipient: identity.Recipient().String(), Contacts: contacts,
	}
	stated, err := statement(r)
	if err != nil {
		return nil, err
	}
	r.Signature, err = signers[0].Sign(nil, stated, cryptoNone)
	return r, err
}

// Check returns a refusal unless the request was signed with the key that it names.
func Check(r *directoryv1.JoinRequest) error {
	stated, err := statement(r)
	if err != nil {
		return err
	}
	if len(r.GetSigningKey()) != ed25519.PublicKeySize || !ed25519.Verify(r.SigningKey, stated, r.Signature) {
		return fault.Errorf(fault.Invalid, "the request of %s is not signed with the key that it names: it was altered on the way; ask for it again", r.GetAgency())
	}
	return nil
}

func statement(r *directoryv1.JoinRequest) ([]byte, error) {
	unsigned := proto.CloneOf(r)
	unsigned.Signature = nil
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(unsigned)
	if err != nil {
		return nil, fmt.Errorf("encode the request: %w", err)
	}
	return append([]byte(requestDomain), data...), nil
}

// keptIdentity reads an age identity, made on first use.
func keptIdentity(path string) (*age.X25519Identity, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		identity, err := age.GenerateX25519Identity()
		if err != nil {
			return nil, fmt.Errorf("make a key for the kit: %w", err)
		}
		return identity, whole.Write(path, []byte(identity.String()+"\n"), 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("read the key for the kit: %w", err)
	}
	return age.ParseX25519Identity(strings.TrimSpace(string(data)))
}

// keptUser reads the seed of the node's user at the hub, made on first use.
func keptUser(path string) (seed []byte, public string, err error) {
	seed, err = os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if seed, public, err = backbone.NewUser(); err != nil {
			return nil, "", err
		}
		return seed, public, whole.Write(path, seed, 0o600)
	}
	if err != nil {
		return nil, "", fmt.Errorf("read the node's key for the hub: %w", err)
	}
	public, err = backbone.PublicUser(seed)
	return seed, public, err
}
