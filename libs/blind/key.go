// Package blind asks another agency whether it holds a record like one's own, so that neither the question nor a miss
// tells it anything: the verifiable oblivious pseudorandom function of RFC 9497 with P-256 and SHA-256. docs/blind.md
// says who learns what.
package blind

import (
	"bytes"
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
	"strconv"

	"github.com/cloudflare/circl/oprf"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/whole"
)

const (
	// MaxElements is how many elements a question may have.
	MaxElements = 256
	// ElementSize is the size of an element and of a public key in bytes: a compressed point of P-256.
	ElementSize = 33
	// TokenSize is the size of a token in bytes.
	TokenSize = sha256.Size
	// MaxInput is how long an input may be in bytes (RFC 9497, section 1.2).
	MaxInput = math.MaxUint16

	pemType = "COUNTERFOIL BLIND CHECK KEY"
)

var suite = oprf.SuiteP256

// Key is what a holder makes tokens with and answers questions with. Its methods may be called from several goroutines.
type Key struct {
	scalar []byte // private
	public []byte
}

// NewKey makes a key from 32 bytes of random, which is crypto/rand's Reader but in tests. It fails when random does.
func NewKey(random io.Reader) (*Key, error) {
	seed := make([]byte, 32)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, fmt.Errorf("make a blind check key: %w", err)
	}
	private, err := oprf.DeriveKey(suite, oprf.VerifiableMode, seed, []byte(domain))
	if err != nil {
		return nil, fmt.Errorf("make a blind check key: %w", err)
	}
	scalar, err := private.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("make a blind check key: %w", err)
	}
	return parseKey(scalar)
}

func parseKey(scalar []byte) (*Key, error) {
	private := new(oprf.PrivateKey)
	if err := private.UnmarshalBinary(suite, scalar); err != nil {
		return nil, err
	}
	public, err := private.Public().MarshalBinary()
	if err != nil {
		return nil, err
	}
	return &Key{scalar: scalar, public: public}, nil
}

// server reads the key anew each time: the library writes to a key's numbers where it encodes them, and goroutines that
// share them would race.
func (k *Key) server() (*oprf.VerifiableServer, error) {
	private := new(oprf.PrivateKey)
	if err := private.UnmarshalBinary(suite, k.scalar); err != nil {
		return nil, fmt.Errorf("read the blind check key: %w", err)
	}
	server := oprf.NewVerifiableServer(suite, private)
	return &server, nil
}

// ReadKey reads what WriteKey wrote. It refuses a file that others on the machine can read.
func ReadKey(path string) (*Key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read the blind check key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("read the blind check key: %s has mode %04o and others on this machine can read it; type: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the blind check key: %w", err)
	}
	block, rest := pem.Decode(data)
	if block == nil || block.Type != pemType || len(bytes.TrimSpace(rest)) > 0 {
		return nil, fmt.Errorf("read the blind check key: %s is no %s in PEM", path, pemType)
	}
	k, err := parseKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read the blind check key in %s: %w", path, err)
	}
	return k, nil
}

// WriteKey puts a key in a new PEM file of mode 0600, whole or not at all. It fails with fs.ErrExist where there is a
// file: tokens that were published with a key that is gone answer nobody.
func WriteKey(path string, k *Key) error {
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("keep the blind check key: %s: %w", path, fs.ErrExist)
	}
	if err := whole.Write(path, pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: k.scalar}), 0o600); err != nil {
		return fmt.Errorf("keep the blind check key: %w", err)
	}
	return nil
}

// Public returns the key's public side, ElementSize bytes, which goes on record: with it an asker sees that every asker
// is answered with one key.
func (k *Key) Public() []byte { return bytes.Clone(k.public) }

// Answer evaluates the elements of a question, in their order, and proves (64 bytes) that it did so with this key. It
// refuses no elements, more than MaxElements, and any that is no compressed point of P-256; the identity has no such
// form. How often somebody may ask is the caller's to limit.
func (k *Key) Answer(elements [][]byte) (evaluated [][]byte, proof []byte, err error) {
	points, err := parseElements(elements)
	if err != nil {
		return nil, nil, err
	}
	server, err := k.server()
	if err != nil {
		return nil, nil, err
	}
	evaluation, err := server.Evaluate(&oprf.EvaluationRequest{Elements: points})
	if err != nil {
		return nil, nil, fmt.Errorf("answer a blind check: %w", err)
	}
	if evaluated, err = marshalElements(evaluation.Elements); err != nil {
		return nil, nil, fmt.Errorf("answer a blind check: %w", err)
	}
	if proof, err = evaluation.Proof.MarshalBinary(); err != nil {
		return nil, nil, fmt.Errorf("answer a blind check: %w", err)
	}
	return evaluated, proof, nil
}

// Tokens returns what a holder publishes: a token for each different input, and others that only look like tokens, so
// that their number is a multiple of padTo and at least padTo. They are sorted, by bytes.Compare. The padding follows from
// the key: were it drawn anew each time, two publications would show which tokens are in both, and those are the true ones.
func (k *Key) Tokens(inputs [][]byte, padTo int) ([][]byte, error) {
	if padTo < 1 {
		return nil, fmt.Errorf("make blind check tokens: pad to %d is not positive", padTo)
	}
	server, err := k.server()
	if err != nil {
		return nil, err
	}
	tokens := make([][]byte, 0, len(inputs)+padTo)
	for _, input := range inputs {
		if len(input) > MaxInput {
			return nil, fault.Errorf(fault.Invalid, "an input of a blind check has %d bytes; %d are allowed", len(input), MaxInput)
		}
		token, err := server.FullEvaluate(input)
		if err != nil {
			return nil, fmt.Errorf("make a blind check token: %w", err)
		}
		tokens = append(tokens, token)
	}
	slices.SortFunc(tokens, bytes.Compare)
	tokens = slices.CompactFunc(tokens, bytes.Equal)
	for i := 0; len(tokens) == 0 || len(tokens)%padTo != 0; i++ {
		token, err := derive(k.scalar, TokenSize, "padding", strconv.Itoa(i))
		if err != nil {
			return nil, fmt.Errorf("pad blind check tokens: %w", err)
		}
		tokens = append(tokens, token)
	}
	slices.SortFunc(tokens, bytes.Compare)
	return tokens, nil
}

func parseElements(elements [][]byte) ([]oprf.Blinded, error) {
	if n := len(elements); n == 0 || n > MaxElements {
		return nil, fault.Errorf(fault.Invalid, "a blind check has %d elements; 1 to %d are allowed", n, MaxElements)
	}
	points := make([]oprf.Blinded, len(elements))
	for i, element := range elements {
		points[i] = suite.Group().NewElement()
		if len(element) != ElementSize || points[i].UnmarshalBinary(element) != nil || points[i].IsIdentity() {
			return nil, fault.Errorf(fault.Invalid, "element %d of the blind check is no compressed point of P-256", i+1)
		}
	}
	return points, nil
}

func marshalElements(points []oprf.Blinded) ([][]byte, error) {
	elements := make([][]byte, len(points))
	for i, p := range points {
		var err error
		if elements[i], err = p.MarshalBinaryCompress(); err != nil {
			return nil, err
		}
	}
	return elements, nil
}
