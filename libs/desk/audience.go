package desk

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/counterfoil/counterfoil/libs/directory"
	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/journal"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	eventv1 "github.com/counterfoil/counterfoil/proto/counterfoil/event/v1"
)

// journalOf finds the one journal that all facts of a command go into.
func (d *Desk) journalOf(tx *ledger.Tx, marking string, facts []proto.Message) (journal.ID, error) {
	var id journal.ID
	for _, fact := range facts {
		group, err := d.group(tx, fact, marking)
		if err != nil {
			return id, err
		}
		if id.Group != "" && group != id.Group {
			return id, fault.Errorf(fault.Precondition, "the sharing rules send what this command records to both %s and %s; one command goes to one group: mend the rules in the directory", id.Group, group)
		}
		id = journal.ID{Agency: d.Agency, Group: group}
	}
	return id, nil
}

// statements is the package of what is said in the directory, whose group no rule chooses.
var statements = (&directoryv1.AgencyRegistered{}).ProtoReflect().Descriptor().ParentFile().Package()

// group is the sharing group for a fact and a marking: its own choice, or the rules', which cannot change while the
// transaction is held.
func (d *Desk) group(tx *ledger.Tx, fact proto.Message, marking string) (string, error) {
	if group, chosen := chosenGroup(d.Agency, fact); chosen {
		return group, nil
	}
	kind := fact.ProtoReflect().Descriptor().FullName()
	key := string(kind) + " " + marking
	if group, ok := d.groups[key]; ok {
		return group, nil
	}
	group, err := tx.SharingGroup(kind, marking, d.Agency)
	if err == nil {
		d.groups[key] = group
	}
	return group, err
}

// chosenGroup is the group of a fact that no rule chooses one for: it chose one itself, or is said in the directory.
func chosenGroup(agency string, fact proto.Message) (group string, chosen bool) {
	if dated, ok := fact.(ledger.Dated); ok && dated.Group != "" {
		return dated.Group, true
	}
	kind := fact.ProtoReflect().Descriptor().FullName()
	return directory.Group, kind.Parent() == statements || agency == directory.Authority
}

// dryRun says what a command would record, and who would read it.
func (d *Desk) dryRun(tx *ledger.Tx, marking string, facts []proto.Message) (*eventv1.Receipt, error) {
	run := &eventv1.DryRun{}
	if len(facts) == 0 {
		return &eventv1.Receipt{DryRun: run}, nil
	}
	id, err := d.journalOf(tx, marking, facts)
	if err != nil {
		return nil, err
	}
	run.Journal = id.String()
	for _, fact := range facts {
		packed, err := anypb.New(plain(fact))
		if err != nil {
			return nil, err
		}
		run.Facts = append(run.Facts, packed)
	}
	readers, err := directory.Readers(tx.View, id)
	if err != nil {
		return nil, err
	}
	for _, r := range readers {
		if r.Reads {
			run.Readers = append(run.Readers, r.Agency)
			continue
		}
		run.Withheld = append(run.Withheld, &eventv1.Withheld{Agency: r.Agency, Rule: r.Rule})
	}
	return &eventv1.Receipt{Subject: subject(plain(facts[0])), DryRun: run}, nil
}

// plain is the fact in what a rule says of it.
func plain(fact proto.Message) proto.Message {
	if dated, ok := fact.(ledger.Dated); ok {
		return dated.Message
	}
	return fact
}

// subject is what a fact is about: by the contract, its first field.
func subject(fact proto.Message) string {
	m := fact.ProtoReflect()
	if field := m.Descriptor().Fields().ByNumber(1); field != nil && field.Kind() == protoreflect.StringKind && !field.IsList() {
		return m.Get(field).String()
	}
	return ""
}

// noKey is why nothing can be sealed for a group.
func (d *Desk) noKey(view ledger.View, group string, cause error) error {
	row, err := view.Group(group)
	switch {
	case err != nil:
		return err
	case !directory.Publishes(row, d.Agency):
		return fault.Errorf(fault.Precondition, "%s is not an agency that records for group %s; the coordinating authority says who is: counterfoil group define %s",
			d.Agency, group, group)
	}
	return fault.Errorf(fault.Precondition, "nothing can be recorded for group %s: %v", group, cause)
}
