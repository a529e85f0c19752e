package proofs

import (
	"crypto"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/lineage"
	queryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/query/v1"
	reportingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/reporting/v1"
)

// Source makes proofs out of a ledger. Safe for concurrent use.
type Source struct {
	// Signer gives the agency's Ed25519 signing key, for checkpoints of its own journals; nil: it signs none.
	Signer func() crypto.Signer

	trees lineage.Trees
}

// Latest returns where a journal stands in a ledger, as its agency signed it. Its signature was checked.
func Latest(view ledger.View, id journal.ID) (*queryv1.SignedHead, error) {
	p, err := view.Position(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the position of %s: %w", id, err)
	case p.GetEvents() <= p.GetStartEvents():
		return nil, fault.Errorf(fault.NotFound, "nothing of journal %s is on record at %s; what is there shows: counterfoil status", id, view.Agency())
	}
	signed, err := lineage.SignedAt(view, id, p.GetEvents())
	if err != nil {
		return nil, err
	}
	return headOf(signed), nil
}

// Noted is Latest with a checkpoint that this agency signs, of its own journals. It fails with fault.Precondition for those of others, of
// which only they can say that.
func (s *Source) Noted(view ledger.View, id journal.ID) (*queryv1.SignedHead, error) {
	switch {
	case id.Agency != view.Agency():
		return nil, fault.Errorf(fault.Precondition, "a checkpoint of %s is for %s to sign; the header of its last block, which %s signed, is the one that is here: counterfoil checkpoint %s --header", id, id.Agency, id.Agency, id)
	case s.Signer == nil:
		return nil, fault.Errorf(fault.Precondition, "this ledger is read without the signing key of %s: ask its node; the header of the last block is here: counterfoil checkpoint %s --header", id.Agency, id)
	}
	h, err := Latest(view, id)
	if err != nil {
		return nil, err
	}
	return h, s.note(view, id, h)
}

// note signs a checkpoint over the same root as a head's.
func (s *Source) note(view ledger.View, id journal.ID, h *queryv1.SignedHead) error {
	agency, err := view.AgencyRow(id.Agency)
	if err != nil {
		return fmt.Errorf("read agency %s: %w", id.Agency, err)
	}
	origin, err := Origin(agency.GetState(), id)
	if err != nil {
		return err
	}
	signed, verifierKey, err := SignNote(origin, h.GetEvents(), tlog.Hash(h.GetRoot()), s.Signer())
	h.Note, h.VerifierKey = string(signed), verifierKey
	return err
}

func headOf(c *lineage.Signed) *queryv1.SignedHead {
	return &queryv1.SignedHead{
		Journal: c.ID.String(), Block: c.Header.GetNumber(), Events: c.Header.GetSize(), Root: c.Header.GetRoot(), RecordedAt: c.Header.GetRecordedAt(),
		Header: c.HeaderBytes, Signature: c.Signature, Key: c.Key,
	}
}

// Prove returns the proof of an event, named by its UUID or as agency/group/number. It was checked. That of one whose content was
// withdrawn is of its leaf hash.
func (s *Source) Prove(view ledger.View, event string, withEvent bool) (*queryv1.ProveResponse, error) {
	res, err := locate(view, event)
	if err != nil {
		return nil, err
	}
	id, err := journal.ParseID(res.GetJournal())
	if err != nil {
		return nil, err
	}
	if res.Head, err = Latest(view, id); err != nil {
		return nil, err
	}
	c, err := s.trees.At(view, &reportingv1.Extent{Journal: id.String(), Block: res.Head.Block, Events: res.Head.Events})
	if err != nil {
		return nil, err
	}
	if res.Proof, err = c.Prove(res.GetNumber()); err != nil {
		return nil, err
	}
	switch {
	case !withEvent:
		res.Event = nil
	case res.GetWithdrawn():
		return nil, fault.Errorf(fault.Precondition, "event %s was withdrawn and its content is gone: leave out --with-event to prove its leaf hash", event)
	}
	if id.Agency != view.Agency() || s.Signer == nil {
		return res, nil
	}
	if err := s.note(view, id, res.Head); err != nil {
		return nil, err
	}
	p, err := InclusionOf(res)
	if err != nil {
		return nil, err
	}
	res.TlogProof = string(TlogProof(p, []byte(res.Head.Note)))
	return res, nil
}

// locate finds where an event stands in this ledger, with its bytes.
func locate(view ledger.View, event string) (*queryv1.ProveResponse, error) {
	if u, err := uuid.Parse(event); err == nil {
		e, err := view.EventByID(u)
		if err == nil && e == nil {
			err = fault.Errorf(fault.NotFound, "event %s is not on record at %s; one that was withdrawn is named as agency/group/number", event, view.Agency())
		}
		return at(e), err
	}
	cut := max(0, strings.LastIndexByte(event, '/'))
	id, idErr := journal.ParseID(event[:cut])
	number, numberErr := strconv.ParseUint(strings.TrimPrefix(event[cut:], "/"), 10, 64)
	if idErr != nil || numberErr != nil {
		return nil, fault.Errorf(fault.Invalid, "name an event by its UUID or as agency/group/number; %q is neither", event)
	}
	e, err := view.Event(id, number)
	if e != nil || err != nil {
		return at(e), err
	}
	gone, err := view.Withdrawn(id, number)
	if gone || err != nil {
		return &queryv1.ProveResponse{Journal: id.String(), Number: number, Withdrawn: gone}, err
	}
	repeats, err := view.RepeatsOf(&queryv1.RecordedEvent{Journal: id.String(), Number: number})
	if err != nil {
		return nil, fmt.Errorf("read what repeats event %s: %w", event, err)
	}
	if len(repeats) > 0 {
		return at(repeats[0]), nil
	}
	p, err := view.Position(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the position of %s: %w", id, err)
	case number > 0 && number <= p.GetStartEvents():
		return nil, fault.Errorf(fault.Precondition, "event %s is from before the copy here begins, after event %d: only %s can prove it", event, p.GetStartEvents(), id.Agency)
	}
	return nil, fault.Errorf(fault.NotFound, "event %s is not on record at %s, which has %d events of %s", event, view.Agency(), p.GetEvents(), id)
}

func at(e *queryv1.RecordedEvent) *queryv1.ProveResponse {
	return &queryv1.ProveResponse{Journal: e.GetJournal(), Number: e.GetNumber(), Id: e.GetId(), Kind: e.GetKind(), Event: e.GetRaw()}
}

// InclusionOf is the file of a proof that came from a node. It is not checked.
func InclusionOf(res *queryv1.ProveResponse) (*Inclusion, error) {
	head, err := SignedHeadOf(res.GetHead())
	if err != nil {
		return nil, err
	}
	p := &Inclusion{Format: InclusionFormat, Head: head, Number: res.GetNumber(), Event: res.GetEvent()}
	if p.Leaf, err = hashOf(res.GetProof().GetLeafHash()); err != nil {
		return nil, err
	}
	p.Hashes, err = hashesOf(res.GetProof().GetHashes())
	return p, err
}

// SignedHeadOf is the head that came from a node. It is not checked, but what it says is what its header says.
func SignedHeadOf(h *queryv1.SignedHead) (Head, error) {
	return NewHead(h.GetHeader(), h.GetSignature(), h.GetKey())
}

func hashOf(raw []byte) (h lineage.Hash, err error) {
	if len(raw) != len(h) {
		return h, fmt.Errorf("a hash has %d bytes: %s", len(raw), hex.EncodeToString(raw))
	}
	return lineage.Hash(raw), nil
}

func hashesOf(raw [][]byte) ([]lineage.Hash, error) {
	list := make([]lineage.Hash, len(raw))
	for i := range raw {
		var err error
		if list[i], err = hashOf(raw[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}
