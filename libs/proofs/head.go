package proofs

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/lineage"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// maxEvents is more than any journal can have: a ledger counts events in 32 bits.
const maxEvents = 1 << 32

// Head is a journal up to the end of one of its blocks. All but the key is in the header, which the key signed.
type Head struct {
	// Journal is "agency/group".
	Journal string `json:"journal"`
	Block   uint64 `json:"block"`
	// Events is how many the journal has up to there, and Root what they hash to (RFC 6962).
	Events uint64       `json:"events"`
	Root   lineage.Hash `json:"root"`
	// Header is a counterfoil.event.v1.Header; Signature is over "counterfoil block v1\n" and Header.
	Header    []byte `json:"header"`
	Signature []byte `json:"signature"`
	// Key is the Ed25519 public key.
	Key []byte `json:"key"`
}

// NewHead returns the head that a header states. It is not checked.
func NewHead(header, signature, key []byte) (Head, error) {
	h := &eventv1.Header{}
	if err := proto.Unmarshal(header, h); err != nil {
		return Head{}, fmt.Errorf("read a header: %w", err)
	}
	if len(h.GetRoot()) != tlog.HashSize {
		return Head{}, fmt.Errorf("the root in the header of block %d has %d bytes", h.GetNumber(), len(h.GetRoot()))
	}
	id := journal.ID{Agency: h.GetAgency(), Group: h.GetGroup()}
	return Head{id.String(), h.GetNumber(), h.GetSize(), lineage.Hash(h.GetRoot()), header, signature, key}, nil
}

// Signed is what a head was found to be.
type Signed struct {
	ID     journal.ID
	Block  uint64
	Events uint64
	Root   lineage.Hash
	// RecordedAt is when its agency says that the block was written.
	RecordedAt time.Time
	// KeyID names the key that signed it: SHA-256, the first 8 bytes, in hexadecimal digits.
	KeyID string
}

// Check says what a head states, or what is wrong with it. That the key is one of the agency it says is for trust to know.
func (h Head) Check(trust Trust) (*Signed, error) {
	stated, err := NewHead(h.Header, h.Signature, h.Key)
	if err != nil {
		return nil, err
	}
	header := &eventv1.Header{}
	if err := proto.Unmarshal(h.Header, header); err != nil {
		return nil, fmt.Errorf("read a header: %w", err)
	}
	id, err := journal.ParseID(stated.Journal)
	if err != nil {
		return nil, fmt.Errorf("the header names no journal: %w", err)
	}
	of := fmt.Sprintf("the header of block %d of %s", stated.Block, stated.Journal)
	switch {
	case stated.Events == 0 || stated.Events > maxEvents:
		return nil, fmt.Errorf("%s says that the journal has %d events", of, stated.Events)
	case h.Journal != stated.Journal:
		return nil, fmt.Errorf("%s is shown as one of %s", of, h.Journal)
	case h.Block != stated.Block:
		return nil, fmt.Errorf("%s is shown as that of block %d", of, h.Block)
	case h.Events != stated.Events:
		return nil, fmt.Errorf("%s is over %d events, and is shown as over %d", of, stated.Events, h.Events)
	case h.Root != stated.Root:
		return nil, fmt.Errorf("%s has another root than the one that is shown", of)
	case !bytes.Equal(header.GetKeyId(), journal.KeyID(h.Key)):
		return nil, fmt.Errorf("%s names key %x, and the key that is shown is %x", of, header.GetKeyId(), journal.KeyID(h.Key))
	}
	block := &journal.Block{ID: id, Header: header, HeaderBytes: h.Header, Signature: h.Signature}
	if err := block.VerifySignature(h.Key); err != nil {
		return nil, fmt.Errorf("%s is not signed by the key that is shown: %w", of, err)
	}
	s := &Signed{id, h.Block, h.Events, h.Root, header.GetRecordedAt().AsTime(), hex.EncodeToString(header.GetKeyId())}
	return s, trust.check(id.Agency, h.Key)
}
