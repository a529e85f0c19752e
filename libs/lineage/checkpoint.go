package lineage

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Trees keeps the trees of journals that were asked for, 64 bytes for each of their events, so that each block is read once. The
// zero Trees is empty. Safe for concurrent use.
type Trees struct {
	mu    sync.Mutex
	trees map[journal.ID]*tree
}

// Signed is a journal up to one of its blocks, whose header its agency signed.
type Signed struct {
	ID journal.ID
	// Header as signed, and read.
	HeaderBytes, Signature []byte
	Header                 *eventv1.Header
	// Key is the public key that it was signed with.
	Key ed25519.PublicKey
}

// Checkpoint is a journal up to one of its blocks, with the hashes that lead to the root in its header.
type Checkpoint struct {
	Signed
	tree tree
}

// At returns the checkpoint at the end of an extent. What it returns was checked: the events of the ledger hash to the root in the
// header, and the agency's key signed that. Of a copy that begins later only the later events have hashes.
func (t *Trees) At(view ledger.View, extent *reportingv1.Extent) (*Checkpoint, error) {
	id, err := journal.ParseID(extent.GetJournal())
	if err != nil {
		return nil, err
	}
	signed, err := SignedAt(view, id, extent.GetEvents())
	if err != nil {
		return nil, err
	}
	c := &Checkpoint{Signed: *signed}
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := t.trees[id]
	if kept == nil || kept.reach(view, c) != nil { // the ledger may have been built anew, from a copy that begins elsewhere
		if kept, err = emptyTree(view, id); err != nil {
			return nil, err
		}
		if err := kept.reach(view, c); err != nil {
			return nil, fmt.Errorf("hash %s up to block %d: %w", id, extent.GetBlock(), err)
		}
		if t.trees == nil {
			t.trees = map[journal.ID]*tree{}
		}
		t.trees[id] = kept
	}
	c.tree = *kept
	return c, nil
}

// SignedAt returns the header of the block that ends at event number events of a journal. Its signature was checked. What the ledger's
// events hash to was held against it when they were folded.
func SignedAt(view ledger.View, id journal.ID, events uint64) (*Signed, error) {
	s, err := signedAt(view, id, events)
	if err != nil {
		return nil, fmt.Errorf("find the signed header of %s at event %d: %w", id, events, err)
	}
	return s, nil
}

func signedAt(view ledger.View, id journal.ID, events uint64) (*Signed, error) {
	b, err := view.Block(id, events)
	switch {
	case err != nil:
		return nil, err
	case b == nil:
		return nil, fault.Errorf(fault.NotFound, "event %d of %s is not in the copy of this ledger", events, id)
	}
	s := &Signed{ID: id, HeaderBytes: b.GetHeader(), Signature: b.GetSignature(), Header: &eventv1.Header{}}
	if err := proto.Unmarshal(b.GetHeader(), s.Header); err != nil {
		return nil, err
	}
	if s.Header.GetSize() != events {
		return nil, fmt.Errorf("block %d ends at event %d, not %d", s.Header.GetNumber(), s.Header.GetSize(), events)
	}
	if s.Key, err = keyOf(view, id.Agency, s.Header.GetKeyId()); err != nil {
		return nil, err
	}
	block := &journal.Block{ID: id, Header: s.Header, HeaderBytes: s.HeaderBytes, Signature: s.Signature}
	return s, block.VerifySignature(s.Key)
}

// Keys are the signing keys of an agency that the directory has: those that the authority registered, then those that the agency
// changed to.
func Keys(view ledger.View, agency string) (keys []ed25519.PublicKey, err error) {
	row, err := view.AgencyRow(agency)
	if err != nil {
		return nil, fmt.Errorf("read agency %s: %w", agency, err)
	}
	own, err := view.AgencyKeys(agency + "/keys")
	if err != nil {
		return nil, fmt.Errorf("read the keys of %s: %w", agency, err)
	}
	for _, k := range slices.Concat(row.GetSigningKeys(), own.GetSigningKeys()) {
		keys = append(keys, k.GetPublic())
	}
	return keys, nil
}

// keyOf is the key of an agency that a header names.
func keyOf(view ledger.View, agency string, keyID []byte) (ed25519.PublicKey, error) {
	known, err := Keys(view, agency)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(known, func(k ed25519.PublicKey) bool { return bytes.Equal(journal.KeyID(k), keyID) })
	if i < 0 {
		return nil, fault.Errorf(fault.NotFound, "key %x of agency %s is not in the directory; counterfoil doctor says whether it was read", keyID, agency)
	}
	return known[i], nil
}

// emptyTree is a journal's tree before anything of it was read.
func emptyTree(view ledger.View, id journal.ID) (*tree, error) {
	p, err := view.Position(id)
	if err != nil {
		return nil, err
	}
	if p.GetStartEvents() == 0 {
		return newTree(0, nil, int64(p.GetEvents()))
	}
	release, err := view.Release(ledger.ReleaseID(id.Agency, id.Group, view.Agency()))
	if err != nil {
		return nil, fmt.Errorf("read where the copy of %s begins: %w", id, err)
	}
	starts := append([]*directoryv1.JournalStart{release.GetStart()}, release.GetEarlierStarts()...)
	i := slices.IndexFunc(starts, func(s *directoryv1.JournalStart) bool { return s.GetEvents() == p.GetStartEvents() })
	if i < 0 {
		return nil, fault.Errorf(fault.Precondition, "the copy of %s here begins after event %d, and what is before it hashes to is not on record: nothing of it can be proved here; ask %s for it",
			id, p.GetStartEvents(), id.Agency)
	}
	edge, err := edgeOf(id, starts[i].GetFrontier())
	if err != nil {
		return nil, err
	}
	return newTree(int64(p.GetStartEvents()), edge, int64(p.GetEvents()))
}

// reach adds the leaves of a ledger's copy up to those that a header signs, and holds the root against it.
func (t *tree) reach(view ledger.View, c *Checkpoint) error {
	size := int64(c.Header.GetSize())
	if t.size < size {
		err := view.EachLeaf(c.ID, uint64(t.size), func(number uint64, leaf tlog.Hash) error {
			if int64(number) != t.size+1 {
				return fmt.Errorf("event %d follows event %d", number, t.size)
			}
			return t.add(leaf)
		})
		if err != nil {
			return err
		}
	}
	root, err := tlog.TreeHash(size, t)
	if err == nil && !bytes.Equal(root[:], c.Header.GetRoot()) {
		err = fmt.Errorf("the events do not hash to the root that is signed; counterfoil verify says more")
	}
	return err
}

// Leaf is the leaf hash of an event.
func (c *Checkpoint) Leaf(number uint64) (Hash, error) {
	if err := c.holds(number); err != nil {
		return Hash{}, err
	}
	h, err := c.tree.leaf(number)
	return Hash(h), err
}

func (c *Checkpoint) holds(number uint64) error {
	if start := uint64(c.tree.start); number <= start && number > 0 {
		return fault.Errorf(fault.Precondition, "event %d of %s is from before the copy here begins, after event %d: only %s can prove it", number, c.ID, start, c.ID.Agency)
	}
	if number == 0 || number > c.Header.GetSize() {
		return fmt.Errorf("event %d of %s is not among the %d that were signed", number, c.ID, c.Header.GetSize())
	}
	return nil
}

// Prove returns the proof that an event is in the journal. It was checked.
func (c *Checkpoint) Prove(number uint64) (*reportingv1.InclusionProof, error) {
	leaf, err := c.Leaf(number)
	if err != nil {
		return nil, err
	}
	proof, err := tlog.ProveRecord(int64(c.Header.GetSize()), int64(number)-1, &c.tree)
	if err != nil {
		return nil, fmt.Errorf("prove event %d of %s: %w", number, c.ID, err)
	}
	p := &reportingv1.InclusionProof{
		LeafHash: leaf[:], LeafIndex: number - 1, TreeSize: c.Header.GetSize(), Root: c.Header.GetRoot(),
		Header: c.HeaderBytes, Signature: c.Signature, Key: c.Key, Signer: c.ID.Agency,
	}
	for i := range proof {
		p.Hashes = append(p.Hashes, proof[i][:])
	}
	return p, Check(p, c.ID, number)
}

// Prune returns the fewest nodes by which the root is recomputed from the leaf hashes of events, whose numbers are in order and each
// there once.
func (c *Checkpoint) Prune(numbers []uint64) ([]Node, error) {
	for _, n := range numbers {
		if err := c.holds(n); err != nil {
			return nil, err
		}
	}
	return c.tree.prune(int64(c.Header.GetSize()), numbers)
}

// Check says what is wrong with a proof that an event is in a journal: whether its hashes lead to the root in the header, and whether
// the key signed that. That it is the agency's key is for the caller to know.
func Check(p *reportingv1.InclusionProof, id journal.ID, number uint64) error {
	h := &eventv1.Header{}
	if err := proto.Unmarshal(p.GetHeader(), h); err != nil {
		return fmt.Errorf("read the header of a proof: %w", err)
	}
	of := journal.ID{Agency: h.GetAgency(), Group: h.GetGroup()}
	switch {
	case of != id || p.GetSigner() != id.Agency:
		return fmt.Errorf("the proof is of journal %s, signed by %s", of, p.GetSigner())
	case p.GetLeafIndex()+1 != number || p.GetTreeSize() != h.GetSize() || !bytes.Equal(p.GetRoot(), h.GetRoot()):
		return fmt.Errorf("the proof is of event %d in a tree of %d events, not of event %d under the header that it shows", p.GetLeafIndex()+1, p.GetTreeSize(), number)
	case len(p.GetRoot()) != tlog.HashSize || len(p.GetLeafHash()) != tlog.HashSize || !bytes.Equal(h.GetKeyId(), journal.KeyID(p.GetKey())):
		return fmt.Errorf("the proof of event %d of %s has no hash, or not the key that its header names", number, id)
	}
	var hashes tlog.RecordProof
	for _, raw := range p.GetHashes() {
		if len(raw) != tlog.HashSize {
			return fmt.Errorf("a hash in the proof of event %d of %s has %d bytes", number, id, len(raw))
		}
		hashes = append(hashes, tlog.Hash(raw))
	}
	if err := tlog.CheckRecord(hashes, int64(p.GetTreeSize()), tlog.Hash(p.GetRoot()), int64(p.GetLeafIndex()), tlog.Hash(p.GetLeafHash())); err != nil {
		return fmt.Errorf("event %d of %s is not in the tree: %w", number, id, err)
	}
	block := &journal.Block{ID: id, Header: h, HeaderBytes: p.GetHeader(), Signature: p.GetSignature()}
	return block.VerifySignature(p.GetKey())
}
