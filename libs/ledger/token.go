package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"github.com/counterfoil/counterfoil/libs/fault"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
)

// A token is base64url of what it says and the first bytes of the SHA-256 of that, which catches a garbled one.
const tokenSum = 4

func sealToken(content []byte) string {
	sum := sha256.Sum256(content)
	return base64.RawURLEncoding.EncodeToString(append(content, sum[:tokenSum]...))
}

func openToken(token string) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < tokenSum {
		return nil, false
	}
	content := raw[:len(raw)-tokenSum]
	sum := sha256.Sum256(content)
	return content, bytes.Equal(sum[:tokenSum], raw[len(content):])
}

// What a page token says: its kind, the file's incarnation, what was asked, 8 bytes, and the place to go on from.
const (
	pageKind   = 'p'
	pageLength = 1 + 16 + 8 + 8
)

func (v View) pageToken(asked []byte, next place) string {
	content := append([]byte{pageKind}, v.file.incarnation[:]...)
	return sealToken(binary.BigEndian.AppendUint64(append(content, asked...), uint64(next)))
}

// parsePageToken returns the place to go on from; 0 of an empty token.
func (v View) parsePageToken(token string, asked []byte) (place, error) {
	if token == "" {
		return 0, nil
	}
	content, ok := openToken(token)
	switch {
	case !ok || len(content) != pageLength || content[0] != pageKind:
		return 0, fault.Errorf(fault.Invalid, "the page token is garbled; use it as it was given, or start again without one")
	case !bytes.Equal(content[1:17], v.file.incarnation[:]):
		return 0, fault.Errorf(fault.Invalid, "the ledger was built anew since the page token was given; start again without one")
	case !bytes.Equal(content[17:25], asked):
		return 0, fault.Errorf(fault.Invalid, "the page token is of another table, filter or order; start again without one")
	}
	return parsePlace(content[25:]), nil
}

// askedFor is the same for the same question.
func askedFor(of queryv1.Table, f *queryv1.Filter, order queryv1.Order) ([]byte, error) {
	content, err := encode(binary.AppendUvarint(binary.AppendUvarint(nil, uint64(of)), uint64(order)), f)
	sum := sha256.Sum256(content)
	return sum[:8], err
}
