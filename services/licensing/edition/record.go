package edition

import (
	"bytes"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/published"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	licensingv1 "github.com/counterfoil/counterfoil/proto/counterfoil/licensing/v1"
	transferv1 "github.com/counterfoil/counterfoil/proto/counterfoil/transfer/v1"
)

// Record puts a part of an edition on record: what it adds, states otherwise and leaves out. What is on record already
// is skipped, so a part may be sent again. Everything is recorded as of the edition's date. A correction is true from when
// the decision was: who asks what was true then, as it is known now, gets what the latest edition says.
//
// A licence that an officer revoked stays revoked whatever an edition does with it, and nothing is recorded. An
// edition older than the latest one that was recorded to its end is refused, as is anything new for that one.
func Record(view ledger.View, req *licensingv1.RecordEditionRequest) ([]proto.Message, error) {
	at, err := day(req.Edition, req.Particulars)
	if err != nil {
		return nil, err
	}
	last, err := latest(view, req.Source)
	if err != nil {
		return nil, err
	}
	if last != nil && req.Edition < last.Edition {
		return nil, fault.Errorf(fault.Precondition, "the edition of %s is on record to its end; the older one of %s cannot be recorded after it", last.Edition, req.Edition)
	}
	r := recording{view: view, source: req.Source, edition: req.Edition, at: at, seen: map[string]bool{}}
	for _, a := range req.Added {
		if err := r.add(a); err != nil {
			return nil, err
		}
	}
	for _, c := range req.Changed {
		if err := r.change(c); err != nil {
			return nil, err
		}
	}
	for _, id := range req.Withdrawn {
		if err := r.withdraw(id); err != nil {
			return nil, err
		}
	}
	if last != nil && req.Edition == last.Edition && len(r.facts) > 0 {
		return nil, fault.Errorf(fault.Precondition, "the edition of %s is on record to its end; nothing can be added to it", req.Edition)
	}
	return r.facts, nil
}

type recording struct {
	view            ledger.View
	source, edition string
	at              time.Time // of the edition
	seen            map[string]bool
	facts           []proto.Message
}

func (r *recording) add(a *licensingv1.Addition) error {
	e := a.GetEntry()
	decidedAt, err := check(e)
	if err != nil {
		return err
	}
	if a.Ordinal == 0 {
		return fault.Errorf(fault.Invalid, "an entry of %s has no ordinal; count equal entries from 1", e.Date)
	}
	id := published.EntryID(r.view.Agency(), r.source, e.Digest, a.Ordinal)
	found, err := r.find(id)
	if err != nil {
		return err
	}
	if found != nil && found.status != ledgerv1.Status_STATUS_WITHDRAWN {
		if !bytes.Equal(found.published.GetDigest(), e.Digest) {
			return fault.Errorf(fault.Conflict, "%s is on record with another content; compare the edition with what is on record again", id)
		}
		return nil
	}
	r.decide(id, e, decidedAt)
	return nil
}

func (r *recording) change(c *licensingv1.Change) error {
	e := c.GetEntry()
	if _, err := check(e); err != nil {
		return err
	}
	found, err := r.find(c.Id)
	switch {
	case err != nil:
		return err
	case found == nil:
		return fault.Errorf(fault.NotFound, "%s is not on record from %s", c.Id, r.source)
	case found.refused != e.Refused:
		return fault.Errorf(fault.Invalid, "%s cannot change from a grant to a refusal or back; withdraw it and add the other", c.Id)
	case found.status == ledgerv1.Status_STATUS_WITHDRAWN:
		return fault.Errorf(fault.Conflict, "%s was withdrawn; compare the edition with what is on record again", c.Id)
	case found.status == ledgerv1.Status_STATUS_REVOKED, bytes.Equal(found.published.GetDigest(), e.Digest):
		return nil
	}
	switch {
	case !e.Refused:
		r.say(found.decidedAt, &licensingv1.LicenceAmended{LicenceId: c.Id, Deal: deal(e), Published: r.published(e)})
	case found.criteria > 0 && len(e.Criteria) == 0:
		// An amendment leaves alone what it does not carry, so it cannot take the last criterion away.
		r.say(found.decidedAt, &licensingv1.EntryWithdrawn{Id: c.Id, Source: r.source, Edition: r.edition})
		r.decide(c.Id, e, found.decidedAt)
	default:
		r.say(found.decidedAt, &licensingv1.DenialAmended{DenialId: c.Id, Deal: deal(e), Criteria: e.Criteria, Published: r.published(e)})
	}
	return nil
}

func (r *recording) withdraw(id string) error {
	found, err := r.find(id)
	switch {
	case err != nil:
		return err
	case found == nil:
		return fault.Errorf(fault.NotFound, "%s is not on record from %s", id, r.source)
	case found.status == ledgerv1.Status_STATUS_WITHDRAWN, found.status == ledgerv1.Status_STATUS_REVOKED:
		return nil
	}
	r.say(found.decidedAt, &licensingv1.EntryWithdrawn{Id: id, Source: r.source, Edition: r.edition})
	return nil
}

// decide grants or denies, anew when the entry had been withdrawn.
func (r *recording) decide(id string, e *licensingv1.Entry, at time.Time) {
	if e.Refused {
		r.say(at, &licensingv1.LicenceDenied{DenialId: id, Deal: deal(e), Criteria: e.Criteria, Published: r.published(e)})
		return
	}
	r.say(at, &licensingv1.LicenceGranted{LicenceId: id, Deal: deal(e), Published: r.published(e)})
}

func (r *recording) say(occurred time.Time, fact proto.Message) {
	r.facts = append(r.facts, ledger.Dated{Message: fact, OccurredAt: occurred, RecordedAt: r.at})
}

func (r *recording) published(e *licensingv1.Entry) *licensingv1.Published {
	return &licensingv1.Published{Source: r.source, Digest: e.Digest, Date: e.Date, Edition: r.edition}
}

// decision is a licence or a denial that was read from a register.
type decision struct {
	refused   bool
	status    ledgerv1.Status
	published *licensingv1.Published
	decidedAt time.Time
	criteria  int
}

// find returns what is on record under an id, once per request; nil when there is nothing. An id of something else than
// an entry of the source, or one that a later edition made what it is, is refused.
func (r *recording) find(id string) (*decision, error) {
	if r.seen[id] {
		return nil, fault.Errorf(fault.Invalid, "%s is in the request twice", id)
	}
	r.seen[id] = true
	d, err := find(r.view, id)
	switch {
	case err != nil || d == nil:
		return nil, err
	case d.published.GetSource() != r.source:
		return nil, fault.Errorf(fault.Invalid, "%s was not read from %s", id, r.source)
	case d.published.GetEdition() > r.edition:
		return nil, fault.Errorf(fault.Precondition, "%s is on record as the edition of %s has it; the older one of %s cannot be recorded after it", id, d.published.Edition, r.edition)
	}
	return d, nil
}

func find(view ledger.View, id string) (*decision, error) {
	l, err := view.Licence(id)
	if err != nil {
		return nil, err
	}
	if l != nil {
		return &decision{status: l.Status, published: l.Published, decidedAt: l.DecidedAt.AsTime()}, nil
	}
	d, err := view.Denial(id)
	if d == nil || err != nil {
		return nil, err
	}
	return &decision{refused: true, status: d.Status, published: d.Published, decidedAt: d.DecidedAt.AsTime(), criteria: len(d.Criteria)}, nil
}

// check refuses an entry that does not hold together, and returns when it was decided.
func check(e *licensingv1.Entry) (time.Time, error) {
	at, err := decided(e.GetDate())
	if err != nil {
		return at, err
	}
	for i, l := range e.Lines {
		if l.Number != uint32(i+1) {
			return at, fault.Errorf(fault.Invalid, "line %d of an entry of %s has the number %d; number lines from 1", i+1, e.Date, l.Number)
		}
	}
	if !e.Refused && len(e.Criteria) > 0 {
		return at, fault.Errorf(fault.Invalid, "an entry of %s was granted and has criteria of a refusal", e.Date)
	}
	if !bytes.Equal(e.Digest, published.Digest(e)) {
		return at, fault.Errorf(fault.Invalid, "the digest of an entry of %s is not that of its content; read the edition again", e.Date)
	}
	return at, nil
}

func deal(e *licensingv1.Entry) *licensingv1.Deal {
	return &licensingv1.Deal{
		Kind: transferv1.Kind_KIND_EXPORT, Destination: e.Destination, Onward: e.Onward, Sources: e.Sources, Lines: e.Lines,
	}
}
