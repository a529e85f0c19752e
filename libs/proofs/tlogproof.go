package proofs

import (
	"bytes"
	"fmt"

	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/lineage"
)

// tlogProofHead begins a proof of c2sp.org/tlog-proof.
const tlogProofHead = "c2sp.org/tlog-proof@v1\n"

// TlogProof writes an inclusion proof under a note over the same root (c2sp.org/tlog-proof). Its extra data is the event as recorded,
// where it goes along, and otherwise its leaf hash: nothing in the format says of which leaf a proof is.
func TlogProof(p *Inclusion, signed []byte) []byte {
	out := proof.TLogProof{Index: p.Number - 1, Checkpoint: signed, ExtraData: p.Event}
	if len(p.Event) == 0 {
		out.ExtraData = p.Leaf[:]
	}
	for _, h := range p.Hashes {
		out.Hashes = append(out.Hashes, h)
	}
	return out.Marshal()
}

// checkTlogProof says what a proof of c2sp.org/tlog-proof proves, or what is wrong with it.
func checkTlogProof(data []byte, trust Trust) (*Result, error) {
	var in proof.TLogProof
	if err := in.Unmarshal(data); err != nil {
		return nil, fmt.Errorf("the file does not read, it was altered or cut off: %w", err)
	}
	n, err := openNote(in.Checkpoint, trust)
	if err != nil {
		return nil, err
	}
	r := &Result{Kind: "inclusion", Note: n, Number: in.Index + 1, Event: in.ExtraData}
	switch {
	case len(in.ExtraData) == 0:
		return nil, fmt.Errorf("the proof says nothing of the event that it is of: it has no extra data")
	case len(in.ExtraData) == tlog.HashSize: // an event has an id and random bytes, and is longer
		r.Leaf, r.Event = lineage.Hash(in.ExtraData), nil
	default:
		r.Leaf = lineage.Hash(journal.LeafHash(in.ExtraData))
	}
	if in.Index >= n.Events {
		return nil, fmt.Errorf("event %d is not among the %d events of %s that were signed", r.Number, n.Events, n.ID)
	}
	var list tlog.RecordProof
	for _, h := range in.Hashes {
		list = append(list, h)
	}
	if err := tlog.CheckRecord(list, int64(n.Events), n.Root, int64(in.Index), tlog.Hash(r.Leaf)); err != nil {
		return nil, fmt.Errorf("the hashes do not lead from event %d to the root of the %d events of %s that was signed: %w", r.Number, n.Events, n.ID, err)
	}
	if !bytes.Equal(in.Marshal(), data) {
		return nil, fmt.Errorf("what the file says holds, and it is not written as c2sp.org/tlog-proof has it; it was altered")
	}
	return r, nil
}
