package screening

import (
	"bytes"
	"crypto/sha256"
	"slices"

	"google.golang.org/protobuf/proto"

	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

// EntryDigest is the SHA-256 over the content of an entry of a watch list: all but its id, its source and the digest itself.
// Entries with the same content have the same digest, in whichever edition they are.
func EntryDigest(e *screeningv1.ListEntry) []byte {
	e = proto.CloneOf(e)
	e.EntryId, e.Source, e.Digest = "", "", nil
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(e)
	if err != nil {
		return nil // an entry is what was decoded, or made of valid text
	}
	sum := sha256.Sum256(data)
	return sum[:]
}

// ListDigest is the SHA-256 over the sorted digests of the entries of an edition.
func ListDigest(entries [][]byte) []byte {
	sum := sha256.New()
	for _, d := range slices.SortedFunc(slices.Values(entries), bytes.Compare) {
		sum.Write(d)
	}
	return sum.Sum(nil)
}
