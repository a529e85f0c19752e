package blind

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/cloudflare/circl/oprf"
	"github.com/cloudflare/circl/zk/dleq"

	"github.com/counterfoil/counterfoil/libs/fault"
)

// MinSecret is how many random bytes an asker's secret has to have.
const MinSecret = 32

// ErrProof is returned by Finish when the answer was not worked out with the key that the holder published.
var ErrProof = errors.New("the proof of the blind check does not hold")

// Question is one blind check at the asker. It can be asked again with the same arguments when the answer is there, so
// that nothing has to be kept. It is for one goroutine at a time.
type Question struct {
	inputs   int
	elements [][]byte
	data     *oprf.FinalizeData
}

// Ask makes a question of inputs, in their order. What blinds an input follows from the asker's secret, the check's id,
// the input's index and the input itself. A check's id is to be used once: the same input at the same index of two checks with
// one id gives the same element. It refuses none or more than MaxElements inputs, and one above MaxInput bytes.
func Ask(secret []byte, checkID string, inputs [][]byte) (*Question, error) {
	return AskPadded(secret, checkID, inputs, len(inputs))
}

// AskPadded makes a question of exactly size elements, so that their number tells nothing: after the inputs come dummies that
// follow from the secret, and that are the asker's alone to know.
func AskPadded(secret []byte, checkID string, inputs [][]byte, size int) (*Question, error) {
	switch {
	case len(secret) < MinSecret:
		return nil, fmt.Errorf("ask a blind check: the secret has %d bytes, not %d or more", len(secret), MinSecret)
	case checkID == "":
		return nil, errors.New("ask a blind check: it has no id")
	case size < 1 || size > MaxElements:
		return nil, fault.Errorf(fault.Invalid, "a blind check of %d elements was asked for; 1 to %d are allowed", size, MaxElements)
	case len(inputs) > size:
		return nil, fault.Errorf(fault.Invalid, "a blind check of %d elements has no room for %d inputs; name fewer parties or ratings", size, len(inputs))
	}
	all := make([][]byte, 0, size)
	for _, input := range inputs {
		if len(input) > MaxInput {
			return nil, fault.Errorf(fault.Invalid, "an input of a blind check has %d bytes; %d are allowed", len(input), MaxInput)
		}
		all = append(all, input)
	}
	for i := len(inputs); i < size; i++ {
		dummy, err := derive(secret, 32, "dummy", checkID, strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		all = append(all, dummy)
	}
	blinds := make([]oprf.Blind, size)
	for i, input := range all {
		uniform, err := derive(secret, 48, "blind", checkID, strconv.Itoa(i), string(input))
		if err != nil {
			return nil, err
		}
		blinds[i] = suite.Group().HashToScalar(uniform, []byte(domain))
	}
	return ask(all, blinds, len(inputs))
}

// derive returns size bytes that follow from the secret and what they are for (HKDF with SHA-256).
func derive(secret []byte, size int, purpose ...string) ([]byte, error) {
	out, err := hkdf.Key(sha256.New, secret, nil, encode(purpose...), size)
	if err != nil {
		return nil, fmt.Errorf("derive what a blind check needs: %w", err)
	}
	return out, nil
}

func ask(inputs [][]byte, blinds []oprf.Blind, own int) (*Question, error) {
	client, err := newClient(generator)
	if err != nil {
		return nil, err
	}
	data, request, err := client.DeterministicBlind(inputs, blinds)
	if err != nil {
		return nil, fmt.Errorf("ask a blind check: %w", err)
	}
	elements, err := marshalElements(request.Elements)
	if err != nil {
		return nil, fmt.Errorf("ask a blind check: %w", err)
	}
	return &Question{inputs: own, elements: elements, data: data}, nil
}

// generator stands for the holder's key while a question is made: RFC 9497 needs none for that, the library asks for one.
var generator, _ = suite.Group().Generator().MarshalBinaryCompress()

func newClient(public []byte) (*oprf.VerifiableClient, error) {
	key := new(oprf.PublicKey)
	if len(public) != ElementSize {
		return nil, fmt.Errorf("read a public key of blind checks: it has %d bytes, not %d", len(public), ElementSize)
	}
	if err := key.UnmarshalBinary(suite, public); err != nil {
		return nil, fmt.Errorf("read a public key of blind checks: %w", err)
	}
	client := oprf.NewVerifiableClient(suite, key)
	return &client, nil
}

// Elements are what goes on record and to the holders: ElementSize bytes each, random to everybody without the secret.
func (q *Question) Elements() [][]byte {
	elements := make([][]byte, len(q.elements))
	for i, element := range q.elements {
		elements[i] = bytes.Clone(element)
	}
	return elements
}

// Finish returns the token of each input, in the inputs' order and without the dummies', from a holder's answer. public
// is the key that the holder published its tokens with. It returns ErrProof when the answer was worked out with another one, or
// for other elements, and another error when the answer has not its form. It may be called for several holders.
func (q *Question) Finish(public []byte, evaluated [][]byte, proof []byte) (tokens [][]byte, err error) {
	client, err := newClient(public)
	if err != nil {
		return nil, err
	}
	if len(evaluated) != len(q.elements) {
		return nil, fmt.Errorf("finish a blind check: the answer has %d elements, the question %d", len(evaluated), len(q.elements))
	}
	points, err := parseElements(evaluated)
	if err != nil {
		return nil, fmt.Errorf("finish a blind check: %w", err)
	}
	evaluation := &oprf.Evaluation{Elements: points, Proof: new(dleq.Proof)}
	if err := evaluation.Proof.UnmarshalBinary(suite.Group(), proof); err != nil {
		return nil, fmt.Errorf("finish a blind check: %w", err)
	}
	tokens, err = client.Finalize(q.data, evaluation)
	switch {
	case errors.Is(err, oprf.ErrInvalidProof):
		return nil, fmt.Errorf("finish a blind check: %w", ErrProof)
	case err != nil:
		return nil, fmt.Errorf("finish a blind check: %w", err)
	}
	return tokens[:q.inputs], nil
}

// domain keeps what is hashed here apart from everything else, and one version of it from the next.
const domain = "counterfoil blind check v1"

// encode writes fields behind the domain, each with its length before it in four bytes, so that no two lists of fields
// have one encoding.
func encode(fields ...string) string {
	var b strings.Builder
	for _, field := range append([]string{domain}, fields...) {
		n := uint32(len(field))
		b.Write([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
		b.WriteString(field)
	}
	return b.String()
}
