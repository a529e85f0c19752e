package people

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/counterfoil/counterfoil/libs/fault"
)

const (
	// The cost of a new hash: what OWASP's Password Storage Cheat Sheet asks of Argon2id at least.
	memory  = 19 << 10 // KiB
	passes  = 2
	threads = 1

	saltLen, keyLen = 16, 32

	// The most that a hash in a file may cost: a file must not make the node run out of memory or time.
	maxMemory = 256 << 10 // KiB
	maxPasses = 10
	maxPHC    = 300

	// MinSecret and MaxSecret are how long a secret that a person chooses may be, in bytes.
	MinSecret, MaxSecret = 12, 1024

	// The first letters of tokens, so that one that got where it does not belong is recognised.
	sessionPrefix, tokenPrefix = "cfs_", "cft_"
)

// hash is a secret as it is kept: Argon2id, in the PHC string format.
type hash struct {
	memory, passes uint32
	threads        uint8
	salt, key      []byte
}

// newHash hashes a secret with a new salt.
func newHash(secret string) hash {
	h := hash{memory: memory, passes: passes, threads: threads, salt: random(saltLen)}
	h.key = h.of(secret, keyLen)
	return h
}

func (h hash) of(secret string, n int) []byte {
	return argon2.IDKey([]byte(secret), h.salt, h.passes, h.memory, h.threads, uint32(n))
}

// matches compares in constant time. It takes tens of milliseconds and h.memory KiB.
func (h hash) matches(secret string) bool {
	return subtle.ConstantTimeCompare(h.of(secret, len(h.key)), h.key) == 1
}

func (h hash) String() string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.passes, h.threads, b64(h.salt), b64(h.key))
}

// parseHash reads the PHC string of an Argon2id hash. It takes only what hash.String writes: one form per hash.
func parseHash(s string) (hash, error) {
	var h hash
	if len(s) > maxPHC {
		return h, fmt.Errorf("a hash has at most %d bytes", maxPHC)
	}
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return h, fmt.Errorf("not an Argon2id hash of version %d", argon2.Version)
	}
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return h, errors.New("a hash names memory, passes and threads")
	}
	m, errM := cost(costs[0], "m=", maxMemory)
	t, errT := cost(costs[1], "t=", maxPasses)
	p, errP := cost(costs[2], "p=", 16)
	if err := errors.Join(errM, errT, errP); err != nil {
		return h, err
	}
	salt, errS := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	key, errK := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if err := errors.Join(errS, errK); err != nil {
		return h, err
	}
	if len(salt) < 8 || len(salt) > 64 || len(key) < 16 || len(key) > 64 || m < 8*p {
		return h, errors.New("salt, key or memory of the hash is too small or too large")
	}
	h = hash{memory: m, passes: t, threads: uint8(p), salt: salt, key: key}
	if h.String() != s {
		return hash{}, errors.New("the hash is not written in its one form")
	}
	return h, nil
}

func cost(text, name string, most uint64) (uint32, error) {
	digits, ok := strings.CutPrefix(text, name)
	n, err := strconv.ParseUint(digits, 10, 32)
	if !ok || err != nil || n == 0 || n > most {
		return 0, fmt.Errorf("%q is not %s1 to %s%d", text, name, name, most)
	}
	return uint32(n), nil
}

// NewSecret returns a secret for a person: 130 random bits.
func NewSecret() string { return rand.Text() }

func checkSecret(secret string) error {
	if len(secret) < MinSecret || len(secret) > MaxSecret {
		return fault.Errorf(fault.Invalid, "a secret has %d to %d bytes; this one has %d", MinSecret, MaxSecret, len(secret))
	}
	return nil
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// newToken returns 256 random bits as text.
func newToken(prefix string) string { return prefix + base64.RawURLEncoding.EncodeToString(random(32)) }

// digest is how a token is kept: it has too many random bits to be guessed, so that one fast hash is enough.
type digest [sha256.Size]byte

func digestOf(token string) digest { return sha256.Sum256([]byte(token)) }

func (d digest) equal(other digest) bool { return subtle.ConstantTimeCompare(d[:], other[:]) == 1 }

func (d digest) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(d[:])), nil }

func (d *digest) UnmarshalText(text []byte) error {
	if len(text) != 2*len(d) {
		return fmt.Errorf("a SHA-256 has %d hexadecimal digits", 2*len(d))
	}
	_, err := hex.Decode(d[:], text)
	return err
}
