package list

import (
	"bytes"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/screening"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
	screeningv1 "github.com/counterfoil/counterfoil/proto/counterfoil/screening/v1"
)

// maxEntries is how many entries, and how many keys, one command may have.
const maxEntries = 1000

// Record puts a part of an edition on record: entries that it adds or states otherwise, and keys that it left out. What is on
// record already is skipped, so a part may be sent again. Nothing is added to an edition that was recorded to its end, nor
// to an older one.
func Record(view ledger.View, cmd *screeningv1.RecordListRequest) ([]proto.Message, error) {
	last, err := latest(view, cmd.GetSource())
	if err != nil {
		return nil, err
	}
	if err := checkEdition(last, cmd.GetEdition(), cmd.GetParticulars()); err != nil {
		return nil, err
	}
	if max(len(cmd.GetEntries()), len(cmd.GetRemoved())) > maxEntries {
		return nil, fault.Errorf(fault.Invalid, "a part of an edition has at most %d entries; send it in several parts", maxEntries)
	}
	r := recording{view: view, source: cmd.GetSource(), edition: cmd.GetEdition(), seen: map[string]bool{}}
	if last != nil {
		r.home = last
	}
	for _, e := range cmd.GetEntries() {
		if err := r.state(e); err != nil {
			return nil, err
		}
	}
	for _, key := range cmd.GetRemoved() {
		if err := r.remove(key); err != nil {
			return nil, err
		}
	}
	if len(r.facts) > 0 && last.GetEdition().GetEdition() == cmd.GetEdition() {
		return nil, fault.Errorf(fault.Precondition, "the edition of %s of list %s is on record to its end; nothing can be added to it", cmd.GetEdition(), cmd.GetSource())
	}
	return r.beside(), nil
}

type recording struct {
	view            ledger.View
	source, edition string
	seen            map[string]bool
	facts           []proto.Message
	// home is a row of the list that is on record: all of a list stands in one journal. Nil until there is one.
	home interface{ GetJournal() string }
}

// beside has the facts recorded where the list stands.
func (r *recording) beside() []proto.Message {
	if r.home == nil {
		return r.facts
	}
	for i, f := range r.facts {
		r.facts[i] = ledger.Beside(r.home, f)
	}
	return r.facts
}

// state adds an entry, also one that an edition had left out, or states it anew.
func (r *recording) state(given *screeningv1.ListEntry) error {
	e, err := r.checked(given)
	if err != nil {
		return err
	}
	before, err := r.find(e.GetKey())
	switch {
	case err != nil:
		return err
	case before == nil || before.GetStatus() == ledgerv1.Status_STATUS_WITHDRAWN:
		r.facts = append(r.facts, &screeningv1.ListEntryAdded{EntryId: e.EntryId, Entry: e, Edition: r.edition})
	case !bytes.Equal(before.GetEntry().GetDigest(), e.GetDigest()):
		r.facts = append(r.facts, &screeningv1.ListEntryAmended{EntryId: e.EntryId, Entry: e, Edition: r.edition})
	}
	return nil
}

// remove says that an entry is not on its list any more.
func (r *recording) remove(key string) error {
	before, err := r.find(key)
	switch {
	case err != nil:
		return err
	case before == nil:
		return fault.Errorf(fault.NotFound, "entry %q is not on record from list %s", key, r.source)
	case before.GetStatus() != ledgerv1.Status_STATUS_WITHDRAWN:
		r.facts = append(r.facts, &screeningv1.ListEntryRemoved{EntryId: before.GetId(), Edition: r.edition})
	}
	return nil
}

// checked returns the entry as it is recorded, with its id and digest, once it holds together.
func (r *recording) checked(given *screeningv1.ListEntry) (*screeningv1.ListEntry, error) {
	e := proto.CloneOf(given)
	switch {
	case e.GetKey() == "":
		return nil, fault.Errorf(fault.Invalid, "an entry of list %s has no key", r.source)
	case e.GetSource() != "" && e.GetSource() != r.source:
		return nil, fault.Errorf(fault.Invalid, "entry %q is of list %s and not of %s", e.GetKey(), e.GetSource(), r.source)
	case len(e.GetNames()) == 0:
		return nil, fault.Errorf(fault.Invalid, "entry %q of list %s has no name", e.GetKey(), r.source)
	}
	e.Source = r.source
	digest := screening.EntryDigest(e)
	if len(e.GetDigest()) > 0 && !bytes.Equal(e.GetDigest(), digest) {
		return nil, fault.Errorf(fault.Invalid, "the digest of entry %q of list %s is not that of its content; read the list again", e.GetKey(), r.source)
	}
	e.EntryId, e.Digest = EntryID(r.view.Agency(), r.source, e.GetKey()), digest
	return e, nil
}

// find returns an entry that is on record, once per command; nil when there is none. One that a later edition made what it
// is, is refused.
func (r *recording) find(key string) (*ledgerv1.ListEntry, error) {
	if r.seen[key] {
		return nil, fault.Errorf(fault.Invalid, "entry %q of list %s is in the command twice", key, r.source)
	}
	r.seen[key] = true
	id := EntryID(r.view.Agency(), r.source, key)
	e, err := r.view.ListEntry(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", id, err)
	case e == nil:
		return nil, nil
	case e.GetEdition() > r.edition:
		return nil, fault.Errorf(fault.Precondition, "entry %q of list %s is on record as the edition of %s has it; the older one of %s cannot be recorded after it", key, r.source, e.GetEdition(), r.edition)
	}
	if r.home == nil {
		r.home = e
	}
	return e, nil
}
