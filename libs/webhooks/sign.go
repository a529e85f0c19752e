package webhooks

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/counterfoil/counterfoil/libs/fault"
)

// What secrets and keys begin with (Standard Webhooks 1.0.0, "Signature scheme").
const (
	secretPrefix = "whsec_"
	publicPrefix = "whpk_"
)

// key is a secret and an Ed25519 key that were made together.
type key struct {
	// Secret is as ParseSecret takes it.
	Secret string `json:"secret"`
	Seed   []byte `json:"seed"`
	// Until is zero of the newest.
	Until time.Time `json:"until,omitzero"`
}

// NewSecret makes a secret of 32 random bytes.
func NewSecret() string {
	b := make([]byte, 32)
	rand.Read(b)
	return secretPrefix + base64.StdEncoding.EncodeToString(b)
}

// ParseSecret returns the bytes of "whsec_" and base64: 24 to 64.
func ParseSecret(s string) ([]byte, error) {
	text, found := strings.CutPrefix(s, secretPrefix)
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if !found || err != nil || len(b) < 24 || len(b) > 64 {
		return nil, fault.Errorf(fault.Invalid, "a secret is whsec_ and 24 to 64 bytes in base64; leave it away and one is made")
	}
	return b, nil
}

// newKey makes a key for a secret.
func newKey(secret string) (key, error) {
	if _, err := ParseSecret(secret); err != nil {
		return key{}, err
	}
	seed := make([]byte, ed25519.SeedSize)
	rand.Read(seed)
	return key{Secret: secret, Seed: seed}, nil
}

func (k key) public() string {
	public := ed25519.NewKeyFromSeed(k.Seed).Public().(ed25519.PublicKey)
	return publicPrefix + base64.StdEncoding.EncodeToString(public)
}

func (k key) secretID() string {
	sum := sha256.Sum256([]byte(k.Secret))
	return hex.EncodeToString(sum[:4])
}

// sign puts id, time and signatures into the header of a request: for each key that is good, HMAC-SHA256 (v1) and Ed25519 (v1a).
func sign(header http.Header, keys []key, id string, at time.Time, body []byte) error {
	var signatures []string
	for _, k := range keys {
		if !k.Until.IsZero() && !at.Before(k.Until) {
			continue
		}
		hmac, err := standardwebhooks.NewWebhook(k.Secret)
		if err != nil {
			return fmt.Errorf("read a secret: %w", err)
		}
		v1, err := hmac.Sign(id, at, body)
		if err != nil {
			return fmt.Errorf("sign event %s: %w", id, err)
		}
		content := append([]byte(id+"."+strconv.FormatInt(at.Unix(), 10)+"."), body...)
		v1a := ed25519.Sign(ed25519.NewKeyFromSeed(k.Seed), content)
		signatures = append(signatures, v1, "v1a,"+base64.StdEncoding.EncodeToString(v1a))
	}
	header.Set(standardwebhooks.HeaderWebhookID, id)
	header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	return nil
}
