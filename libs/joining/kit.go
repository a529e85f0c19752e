package joining

import (
	"bytes"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/node"
)

// cryptoNone is what Ed25519 is signed with: the message itself.
const cryptoNone = crypto.Hash(0)

const (
	kitFormat = "counterfoil kit 1"
	// maxKit is the largest kit that is read, in bytes.
	maxKit = 4 << 20
)

// Kit is what an agency joins with. It travels encrypted to one receiver: it holds the directory's keys.
type Kit struct {
	Format string `json:"format"`
	Agency string `json:"agency"`
	// Expires is when the hub takes it no more.
	Expires time.Time `json:"expires"`
	// HubURLs, CAPEM and JWT are the invitation to the hub.
	HubURLs []string `json:"hub_urls"`
	CAPEM   []byte   `json:"ca_pem"`
	JWT     string   `json:"jwt"`
	// Authority is the coordinating authority's signing key, Directory the directory's keys by epoch.
	Authority []byte            `json:"authority"`
	Directory map[uint32][]byte `json:"directory"`
	Rehearsal Rehearsal         `json:"rehearsal"`
}

// Encrypt returns the kit as an age file that only the recipient ("age1…") opens.
func (k *Kit) Encrypt(recipient string) ([]byte, error) {
	to, err := age.ParseX25519Recipient(recipient)
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "%q is nobody to encrypt to; the new agency's request names its recipient, age1…", recipient)
	}
	k.Format = kitFormat
	content, err := json.Marshal(k)
	if err != nil {
		return nil, fmt.Errorf("encode the kit: %w", err)
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	if err != nil {
		return nil, fmt.Errorf("encrypt the kit: %w", err)
	}
	if _, err := w.Write(content); err != nil {
		return nil, fmt.Errorf("encrypt the kit: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encrypt the kit: %w", err)
	}
	return sealed.Bytes(), nil
}

// OpenKit decrypts a kit for the node whose folder it is. What is wrong with it is a refusal that says what to ask for.
func OpenKit(home node.Home, sealed io.Reader, now time.Time) (*Kit, error) {
	profile, err := home.Profile()
	if err != nil {
		return nil, fault.Errorf(fault.Precondition, "%s has not asked to join yet; ask first: counterfoil join request NAME --dir DIR", home)
	}
	key, err := os.ReadFile(filepath.Join(string(home), identityFile))
	if err != nil {
		return nil, fmt.Errorf("read the key for the kit: %w", err)
	}
	identity, err := age.ParseX25519Identity(string(bytes.TrimSpace(key)))
	if err != nil {
		return nil, fmt.Errorf("read the key for the kit: %w", err)
	}
	r, err := age.Decrypt(sealed, identity)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return nil, fault.Errorf(fault.Invalid, "this kit was encrypted to somebody else; ask the authority for one to %s", identity.Recipient())
	}
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "this is no kit, or it was damaged on the way: %v", err)
	}
	content, err := io.ReadAll(io.LimitReader(r, maxKit))
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "this kit was damaged on the way: %v", err)
	}
	k := &Kit{}
	if err := json.Unmarshal(content, k); err != nil || k.Format != kitFormat {
		return nil, fault.Errorf(fault.Invalid, "this kit is of another version (%q) than this program's (%q)", k.Format, kitFormat)
	}
	switch {
	case k.Agency != profile.Agency:
		return nil, fault.Errorf(fault.Invalid, "this kit is for agency %s, and the folder is prepared for %s", k.Agency, profile.Agency)
	case !now.Before(k.Expires):
		return nil, fault.Errorf(fault.NotAllowed, "this kit expired on %s; ask the authority for a new one", k.Expires.UTC().Format(time.RFC3339))
	}
	return k, nil
}
