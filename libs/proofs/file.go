package proofs

import (
	"bytes"
	"encoding/json"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/lineage"
)

// The formats of the files, in their field "format".
const (
	InclusionFormat   = "counterfoil-inclusion/1"
	ConsistencyFormat = "counterfoil-consistency/1"
	HeaderFormat      = "counterfoil-header/1"
)

// Inclusion is the file that proves that an event is in a journal.
type Inclusion struct {
	Format string `json:"format"`
	Head   Head   `json:"head"`
	// Number of the event in the journal, from 1; its index in the tree is one less.
	Number uint64       `json:"number"`
	Leaf   lineage.Hash `json:"leaf"`
	// Hashes lead from the leaf to the root, the leaf's sibling first (RFC 6962, 2.1.1).
	Hashes []lineage.Hash `json:"hashes"`
	// Event is the event as recorded, where it goes along.
	Event []byte `json:"event,omitempty"`
}

// Consistency is the file that proves that a journal was only added to.
type Consistency struct {
	Format string `json:"format"`
	From   Head   `json:"from"`
	To     Head   `json:"to"`
	// Hashes are as RFC 6962, 2.1.2, has them.
	Hashes []lineage.Hash `json:"hashes"`
}

// Header is the file with a signed header.
type Header struct {
	Format string `json:"format"`
	Head   Head   `json:"head"`
}

// Encode writes a file: JSON, always the same bytes for the same content.
func Encode(file any) ([]byte, error) {
	data, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode a proof: %w", err)
	}
	return append(data, '\n'), nil
}

// decode reads a file. What Encode would have written otherwise is read too, and told by written.
func decode[T any](data []byte) (file T, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil {
		return file, fmt.Errorf("the file does not read, it was altered or cut off: %w", err)
	}
	return file, nil
}

// written says where a file is otherwise than Encode writes what is in it.
func written(file any, data []byte) error {
	again, err := Encode(file)
	if err != nil || bytes.Equal(again, data) {
		return err
	}
	same := 0
	for same < len(again) && same < len(data) && again[same] == data[same] {
		same++
	}
	return fmt.Errorf("what the file says holds, and it is not written as this program writes it: see line %d; it was altered", 1+bytes.Count(data[:same], []byte("\n")))
}

// Check says what is wrong with an inclusion proof.
func (p *Inclusion) Check(trust Trust) (*Signed, error) {
	s, err := p.Head.Check(trust)
	if err != nil {
		return nil, err
	}
	if p.Number == 0 || p.Number > s.Events {
		return nil, fmt.Errorf("event %d is not among the %d events of %s that were signed", p.Number, s.Events, s.ID)
	}
	if leaf := journal.LeafHash(p.Event); len(p.Event) > 0 && lineage.Hash(leaf) != p.Leaf {
		return nil, fmt.Errorf("the event in the file is not the one that is proved: it hashes to %x, the proof is of %x", leaf[:], p.Leaf[:])
	}
	if err := tlog.CheckRecord(hashes(p.Hashes), int64(s.Events), tlog.Hash(s.Root), int64(p.Number-1), tlog.Hash(p.Leaf)); err != nil {
		return nil, fmt.Errorf("the hashes do not lead from event %d to the root of the %d events of %s that was signed: %w", p.Number, s.Events, s.ID, err)
	}
	return s, nil
}

// Check says what is wrong with a consistency proof.
func (p *Consistency) Check(trust Trust) (from, to *Signed, err error) {
	if from, err = p.From.Check(trust); err != nil {
		return nil, nil, fmt.Errorf("of the earlier block: %w", err)
	}
	if to, err = p.To.Check(trust); err != nil {
		return nil, nil, fmt.Errorf("of the later block: %w", err)
	}
	switch {
	case from.ID != to.ID:
		return nil, nil, fmt.Errorf("the earlier block is of %s and the later of %s", from.ID, to.ID)
	case from.Events == 0 || from.Events > to.Events:
		return nil, nil, fmt.Errorf("the earlier block ends at event %d and the later at event %d", from.Events, to.Events)
	}
	if err := tlog.CheckTree(hashes(p.Hashes), int64(to.Events), tlog.Hash(to.Root), int64(from.Events), tlog.Hash(from.Root)); err != nil {
		return nil, nil, fmt.Errorf("the hashes do not show that the %d events of %s begin with the %d of before: %w", to.Events, to.ID, from.Events, err)
	}
	return from, to, nil
}

// hashes are hashes as tlog takes them.
func hashes(list []lineage.Hash) (out []tlog.Hash) {
	for _, h := range list {
		out = append(out, tlog.Hash(h))
	}
	return out
}
