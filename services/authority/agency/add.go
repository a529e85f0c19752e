package agency

import (
	"bytes"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	ledgerv1 "github.com/counterfoil/counterfoil/proto/counterfoil/ledger/v1"
)

const (
	directoryGroup = "directory"
	removed        = ledgerv1.AgencyStatus_AGENCY_STATUS_REMOVED
	suspended      = ledgerv1.AgencyStatus_AGENCY_STATUS_SUSPENDED
)

// Add registers an agency and makes it a member of the directory and of the groups named, or, one that was removed, takes
// it in again with new keys. Adding it again with the same keys adds what memberships it does not have.
func Add(view ledger.View, cmd *directoryv1.AddAgencyRequest) ([]proto.Message, error) {
	r := cmd.GetRequest()
	if err := Post(view, r.GetService(), r.GetState(), cmd.GetPostOf()); err != nil {
		return nil, err
	}
	registered, err := register(view, r, cmd.GetPostOf(), cmd.GetParticulars().GetOccurredAt())
	if err != nil {
		return nil, err
	}
	memberships, err := Memberships(view, cmd.GetLike(), cmd.GetMemberships())
	if err != nil {
		return nil, err
	}
	facts := registered
	if len(registered) > 0 && len(r.Contacts) > 0 {
		facts = append(facts, &directoryv1.ContactsNamed{Agency: r.Agency, Contacts: r.Contacts})
	}
	memberships = append([]*directoryv1.Membership{{Group: directoryGroup}}, memberships...)
	for _, m := range memberships {
		group, err := enter(view, r.Agency, m)
		if err != nil {
			return nil, err
		}
		if group != nil {
			facts = append(facts, group)
		}
	}
	return facts, nil
}

func register(view ledger.View, r *directoryv1.JoinRequest, postOf string, at *timestamppb.Timestamp) ([]proto.Message, error) {
	signing, sealing := &directoryv1.SigningKey{Public: r.SigningKey, ValidFrom: at}, &directoryv1.SealingKey{Public: r.SealingKey}
	known, err := view.AgencyRow(r.Agency)
	switch {
	case err != nil:
		return nil, err
	case known == nil:
		return []proto.Message{&directoryv1.AgencyRegistered{
			Agency: r.Agency, Title: r.Title, State: r.State, Service: r.Service, Consent: r.Consent, SigningKey: signing, SealingKey: sealing, PostOf: postOf,
		}}, nil
	case known.Status == removed:
		return []proto.Message{&directoryv1.AgencyReadmitted{Agency: r.Agency, SigningKey: signing, SealingKey: sealing}}, nil
	}
	if postOf != known.GetPostOf() {
		return nil, fault.Errorf(fault.Conflict, "agency %s is registered %s; that stays as it is", r.Agency, post(known.GetPostOf()))
	}
	same := func(k *directoryv1.SigningKey) bool { return bytes.Equal(k.Public, r.SigningKey) }
	if !slices.ContainsFunc(known.SigningKeys, same) || !bytes.Equal(known.SealingKey.GetPublic(), r.SealingKey) {
		return nil, fault.Errorf(fault.Conflict, "agency %s takes part already, with other keys; give the new one another name, or remove %s first", r.Agency, r.Agency)
	}
	return nil, nil
}

func post(of string) string {
	if of == "" {
		return "as no post"
	}
	return "as a post of " + of
}

// Post refuses an agency that a newcomer cannot be a post of: a post is a customs agency, and the one it is of counts licences
// for the same State. Empty is right for everybody.
func Post(view ledger.View, service, state, of string) error {
	if of == "" {
		return nil
	}
	counter, err := view.AgencyRow(of)
	switch {
	case err != nil:
		return err
	case service != "customs":
		return fault.Errorf(fault.Invalid, "only a customs agency is a post of another; this one serves %s", service)
	case counter == nil || counter.Status == removed:
		return fault.Errorf(fault.NotFound, "agency %s, which the new one is to be a post of, does not take part; see: counterfoil directory show", of)
	case counter.Service != "customs" || counter.PostOf != "" || counter.State != state:
		return fault.Errorf(fault.Invalid, "%s is no customs agency that counts licences for %s", of, state)
	}
	return nil
}

// Memberships are the groups that a newcomer is put into: those of the agency that it is like, with what is said of single
// ones in their place.
func Memberships(view ledger.View, like string, named []*directoryv1.Membership) ([]*directoryv1.Membership, error) {
	all := slices.Clone(named)
	if like == "" {
		return all, nil
	}
	model, err := view.AgencyRow(like)
	if err != nil {
		return nil, err
	}
	if model == nil || model.Status == removed {
		return nil, fault.Errorf(fault.NotFound, "agency %s, which the new one is to be like, does not take part; see: counterfoil directory show", like)
	}
	groups, err := view.Groups()
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		said := slices.ContainsFunc(named, func(m *directoryv1.Membership) bool { return m.Group == g.Id })
		if g.Id == directoryGroup || said || !slices.Contains(g.Members, like) {
			continue
		}
		publishes := len(g.Publishers) > 0 && slices.Contains(g.Publishers, like)
		all = append(all, &directoryv1.Membership{Group: g.Id, Publishes: publishes})
	}
	return all, nil
}

// enter is the group with one more member; nil when it is one already, as it is said.
func enter(view ledger.View, agency string, m *directoryv1.Membership) (*directoryv1.GroupDefined, error) {
	g, err := view.Group(m.Group)
	switch {
	case err != nil:
		return nil, err
	case g == nil:
		return nil, fault.Errorf(fault.NotFound, "there is no group %s; see: counterfoil directory show, or define it: counterfoil group define %s", m.Group, m.Group)
	case m.History == directoryv1.HistoryRule_HISTORY_RULE_FROM_DATE && m.HistoryFrom == nil:
		return nil, fault.Errorf(fault.Invalid, "history of group %s from a date needs the date", m.Group)
	}
	defined := Defined(g)
	if !slices.Contains(defined.Members, agency) {
		defined.Members = append(defined.Members, agency)
	}
	if m.Publishes && len(g.Publishers) > 0 && !slices.Contains(defined.Publishers, agency) {
		defined.Publishers = append(defined.Publishers, agency)
	}
	defined.Exceptions = slices.DeleteFunc(defined.Exceptions, func(e *directoryv1.Exception) bool { return e.Agency == agency })
	if m.History != directoryv1.HistoryRule_HISTORY_RULE_UNSPECIFIED {
		defined.Exceptions = append(defined.Exceptions, &directoryv1.Exception{Agency: agency, History: m.History, HistoryFrom: m.HistoryFrom})
	}
	if proto.Equal(defined, Defined(g)) {
		return nil, nil
	}
	return defined, nil
}

// Defined is a group as it stands, to be changed.
func Defined(g *ledgerv1.Group) *directoryv1.GroupDefined {
	return &directoryv1.GroupDefined{
		Group: g.Id, Purpose: g.Purpose, LegalBasis: g.LegalBasis, Members: slices.Clone(g.Members), Publishers: slices.Clone(g.Publishers),
		History: g.History, HistoryFrom: g.HistoryFrom, Exceptions: slices.Clone(g.Exceptions),
	}
}
