package ledgertest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// KeyOf is an agency's signing key in Signed histories.
func KeyOf(agency string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(agency))
	return ed25519.NewKeyFromSeed(seed[:])
}

// Signed returns the history with its blocks chained, under their Merkle roots, and signed, as agencies write them. change may alter
// each event before, and each block once it is written; both may be nil.
func Signed(h Journals, change func(journal.ID, *eventv1.Event), written func(*journal.Block)) Journals {
	signed := Journals{}
	ids := slices.SortedFunc(maps.Keys(h), func(x, y journal.ID) int { return strings.Compare(x.String(), y.String()) })
	for _, id := range ids {
		blocks := h[id]
		head := &journal.Head{ID: id}
		for _, b := range blocks {
			var entries []journal.Entry
			for _, e := range b.Entries {
				event := proto.CloneOf(e.Event)
				if change != nil {
					change(id, event)
				}
				entries = append(entries, must(journal.DecodeEntry(e.Number, must(proto.MarshalOptions{Deterministic: true}.Marshal(event)))))
			}
			_, sealed, next, err := journal.Sealer{Signer: KeyOf(id.Agency)}.Write(head, entries, b.Header.RecordedAt.AsTime())
			must(sealed, err)
			sealed.Sequence, sealed.ReceivedAt = b.Sequence, b.ReceivedAt
			if written != nil {
				written(sealed)
			}
			head, signed[id] = &next, append(signed[id], sealed)
		}
	}
	return signed
}
