// Package seal keeps what a sharing group says among its members: a symmetric key per epoch of the group, wrapped for
// each member, and bodies sealed with it.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/rand"
	"errors"
	"fmt"
)

// KeySize is the size of a group key in bytes (AES-256).
const KeySize = 32

// ErrOpen is returned when a sealed text was altered, or sealed with another key or for another place.
var ErrOpen = errors.New("sealed text does not open")

// NewKey returns a fresh group key.
func NewKey() []byte {
	key := make([]byte, KeySize)
	rand.Read(key) // crypto/rand never fails since Go 1.24: it ends the program instead
	return key
}

// Seal returns plain encrypted under key (AES-256-GCM, random nonce in front) and bound to place: Open needs the same
// place. Safe for concurrent use.
func Seal(key, plain []byte, place string) ([]byte, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	return aead.Seal(make([]byte, 0, len(plain)+aead.Overhead()), nil, plain, []byte(place)), nil
}

// Open undoes Seal. It returns ErrOpen when anything was altered.
func Open(key, sealed []byte, place string) ([]byte, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nil, sealed, []byte(place))
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("group key has %d bytes, not %d", len(key), KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// GenerateMember returns a new X25519 key pair that group keys are wrapped for: the private key's 32 bytes, to be kept
// in a file of mode 0600, and the public key's.
func GenerateMember() (private, public []byte, err error) {
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("generate sealing key: %w", err)
	}
	return key.Bytes(), key.PublicKey().Bytes(), nil
}

// Wrap encrypts a group key for one member (HPKE, DHKEM X25519, HKDF-SHA256, AES-256-GCM). place names group, epoch
// and member, so that a wrapped key cannot be passed off as another one.
func Wrap(public, key []byte, place string) ([]byte, error) {
	pk, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("read sealing key: %w", err)
	}
	return hpke.Seal(pk, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(place), key)
}

// Unwrap undoes Wrap with the member's private key. It returns ErrOpen when the key was wrapped for somebody or
// something else.
func Unwrap(private, wrapped []byte, place string) ([]byte, error) {
	key, err := ecdh.X25519().NewPrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("read private sealing key: %w", err)
	}
	sk, err := hpke.NewDHKEMPrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("read private sealing key: %w", err)
	}
	plain, err := hpke.Open(sk, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(place), wrapped)
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// Place is what a wrapped key is bound to; group is "agency/group" for the key of a publisher's journal.
func Place(group string, epoch uint32, member string) string {
	return fmt.Sprintf("counterfoil group key v1\n%s\n%d\n%s", group, epoch, member)
}

// Public returns the public key of a member's private one.
func Public(private []byte) ([]byte, error) {
	key, err := ecdh.X25519().NewPrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("read private sealing key: %w", err)
	}
	return key.PublicKey().Bytes(), nil
}
