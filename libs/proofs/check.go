package proofs

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/lineage"
)

// Result is what a file was found to prove.
type Result struct {
	// Kind is inclusion, consistency, header or checkpoint.
	Kind string
	// Head is the signed header that it rests on; nil where that is a note.
	Head *Signed
	// Note is the signed note that it rests on; nil where that is a header.
	Note *Note
	// From is, of a consistency proof, the earlier block.
	From *Signed
	// Number and Leaf are, of an inclusion proof, those of the event, and Event are its bytes where they are in the file.
	Number uint64
	Leaf   lineage.Hash
	Event  []byte
}

// Check says what a file proves, or what is wrong with it: one of this program's, a signed note, or a proof of c2sp.org/tlog-proof. It
// needs nothing but the file and keys. A note is checked with a key in trust alone; where there is none it fails with fault.Invalid.
func Check(data []byte, trust Trust) (*Result, error) {
	switch {
	case bytes.HasPrefix(data, []byte(tlogProofHead)):
		return checkTlogProof(data, trust)
	case bytes.HasPrefix(data, []byte(originPrefix)):
		n, err := openNote(data, trust)
		if err != nil {
			return nil, err
		}
		return &Result{Kind: "checkpoint", Note: n}, nil
	}
	var named struct{ Format string }
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&named); err != nil {
		return nil, fmt.Errorf("this is no proof, checkpoint or signed header, or it was altered or cut off: %w", err)
	}
	switch named.Format {
	case InclusionFormat:
		return checkInclusion(data, trust)
	case ConsistencyFormat:
		return checkConsistency(data, trust)
	case HeaderFormat:
		h, s, err := openHeader(data, trust)
		if err != nil {
			return nil, err
		}
		return &Result{Kind: "header", Head: s}, written(h, data)
	}
	return nil, fmt.Errorf("the file is of format %q, which is no proof, checkpoint or signed header", named.Format)
}

func checkInclusion(data []byte, trust Trust) (*Result, error) {
	p, err := decode[Inclusion](data)
	if err != nil {
		return nil, err
	}
	s, err := p.Check(trust)
	if err != nil {
		return nil, err
	}
	return &Result{Kind: "inclusion", Head: s, Number: p.Number, Leaf: p.Leaf, Event: p.Event}, written(p, data)
}

func checkConsistency(data []byte, trust Trust) (*Result, error) {
	p, err := decode[Consistency](data)
	if err != nil {
		return nil, err
	}
	from, to, err := p.Check(trust)
	if err != nil {
		return nil, err
	}
	return &Result{Kind: "consistency", Head: to, From: from}, written(p, data)
}

func openHeader(data []byte, trust Trust) (Header, *Signed, error) {
	h, err := decode[Header](data)
	if err != nil {
		return h, nil, err
	}
	s, err := h.Head.Check(trust)
	return h, s, err
}

// openNote is OpenNote with the keys that are trusted for its agency.
func openNote(signed []byte, trust Trust) (*Note, error) {
	_, id, err := NoteOf(signed)
	if err != nil {
		return nil, fmt.Errorf("the checkpoint is of no journal: %w", err)
	}
	keys := trust.whole(id.Agency)
	if len(keys) == 0 {
		return nil, fault.Errorf(fault.Invalid, "a signed note has no key in it: give the one of %s with --key; at its node it is printed by: counterfoil checkpoint %s --vkey", id.Agency, id)
	}
	return OpenNote(signed, keys)
}
