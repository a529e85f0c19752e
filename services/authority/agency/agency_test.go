package agency_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/counterfoil/counterfoil/libs/fault"
	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/ledger/ledgertest"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
	"github.com/counterfoil/counterfoil/services/authority/agency"
	"github.com/counterfoil/counterfoil/services/authority/group"
)

var (
	one, two  = []byte("11111111111111111111111111111111"), []byte("22222222222222222222222222222222")
	customs   = &directoryv1.AgencyRegistered{Agency: "customs", SigningKey: &directoryv1.SigningKey{Public: one}, SealingKey: &directoryv1.SealingKey{Public: one}}
	keeper    = &directoryv1.AgencyRegistered{Agency: "authority"}
	directory = &directoryv1.GroupDefined{Group: "directory", Members: []string{"authority", "customs"}}
	border    = &directoryv1.GroupDefined{Group: "border", Purpose: "declarations", Members: []string{"customs"}, Publishers: []string{"customs"}}
	closed    = &directoryv1.AgencyRemoved{Agency: "customs", Reason: "closed"}
	halted    = &directoryv1.AgencySuspended{Agency: "customs", Reason: "audit"}
	founded   = []proto.Message{keeper, customs, directory, border}

	fromStart = directoryv1.HistoryRule_HISTORY_RULE_FROM_START
)

func request(name string, key []byte) *directoryv1.JoinRequest {
	return &directoryv1.JoinRequest{Agency: name, Title: "Audit office", State: "XA", Service: "observer", SigningKey: key, SealingKey: key}
}

func registered(name string, key []byte) *directoryv1.AgencyRegistered {
	return &directoryv1.AgencyRegistered{
		Agency: name, Title: "Audit office", State: "XA", Service: "observer",
		SigningKey: &directoryv1.SigningKey{Public: key}, SealingKey: &directoryv1.SealingKey{Public: key},
	}
}

func with(g *directoryv1.GroupDefined, edit func(*directoryv1.GroupDefined)) *directoryv1.GroupDefined {
	g = proto.CloneOf(g)
	edit(g)
	return g
}

func TestAdd(t *testing.T) {
	enters := func(g *directoryv1.GroupDefined) *directoryv1.GroupDefined {
		return with(g, func(g *directoryv1.GroupDefined) { g.Members = append(g.Members, "audit") })
	}
	tests := []struct {
		name    string
		given   []proto.Message
		cmd     *directoryv1.AddAgencyRequest
		want    []proto.Message
		wantErr error
	}{
		{"into a group", founded, &directoryv1.AddAgencyRequest{Request: request("audit", two), Memberships: []*directoryv1.Membership{{Group: "border"}}},
			[]proto.Message{registered("audit", two), enters(directory), enters(border)}, nil},
		{"like another", founded, &directoryv1.AddAgencyRequest{Request: request("audit", two), Like: "customs"},
			[]proto.Message{registered("audit", two), enters(directory), with(enters(border), func(g *directoryv1.GroupDefined) { g.Publishers = append(g.Publishers, "audit") })}, nil},
		{"with a history of its own", founded, &directoryv1.AddAgencyRequest{Request: request("audit", two), Memberships: []*directoryv1.Membership{{Group: "border", History: fromStart}}},
			[]proto.Message{registered("audit", two), enters(directory), with(enters(border), func(g *directoryv1.GroupDefined) {
				g.Exceptions = []*directoryv1.Exception{{Agency: "audit", History: fromStart}}
			})}, nil},
		{"again, the same", founded, &directoryv1.AddAgencyRequest{Request: request("customs", one), Memberships: []*directoryv1.Membership{{Group: "border"}}}, nil, nil},
		{"a name that is taken", founded, &directoryv1.AddAgencyRequest{Request: request("customs", two)}, nil, fault.Conflict},
		{"one that was removed", append(slices.Clone(founded), closed), &directoryv1.AddAgencyRequest{Request: request("customs", two)},
			[]proto.Message{&directoryv1.AgencyReadmitted{Agency: "customs", SigningKey: &directoryv1.SigningKey{Public: two}, SealingKey: &directoryv1.SealingKey{Public: two}}}, nil},
		{"into no group", founded, &directoryv1.AddAgencyRequest{Request: request("audit", two), Memberships: []*directoryv1.Membership{{Group: "none"}}}, nil, fault.NotFound},
		{"like nobody", founded, &directoryv1.AddAgencyRequest{Request: request("audit", two), Like: "nobody"}, nil, fault.NotFound},
		{"from a date without the date", founded, &directoryv1.AddAgencyRequest{Request: request("audit", two),
			Memberships: []*directoryv1.Membership{{Group: "border", History: directoryv1.HistoryRule_HISTORY_RULE_FROM_DATE}}}, nil, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := agency.Add(ledgertest.GivenAs(t, "authority", tt.given...), tt.cmd)
			if diff := cmp.Diff(tt.want, got, protocmp.Transform()); diff != "" || !errors.Is(err, tt.wantErr) {
				t.Errorf("Add: %v\n%s", err, diff)
			}
		})
	}
}

func TestShuttingOut(t *testing.T) {
	key := &directoryv1.GroupKeyIssued{Group: "directory", Epoch: 2}
	reissue := func(_ ledger.View, members []string) (*directoryv1.GroupKeyIssued, error) {
		if slices.Contains(members, "customs") {
			t.Errorf("the directory's new key is for %v", members)
		}
		return key, nil
	}
	leaves := func(g *directoryv1.GroupDefined) *directoryv1.GroupDefined {
		return with(g, func(g *directoryv1.GroupDefined) {
			other := func(m string) bool { return m == "customs" }
			g.Members, g.Publishers = slices.DeleteFunc(g.Members, other), slices.DeleteFunc(g.Publishers, other)
		})
	}
	suspend := func(v ledger.View, name string) ([]proto.Message, error) {
		return agency.Suspend(v, &directoryv1.SuspendAgencyRequest{Agency: name, Reason: "audit"})
	}
	resume := func(v ledger.View, name string) ([]proto.Message, error) {
		return agency.Resume(v, &directoryv1.ResumeAgencyRequest{Agency: name})
	}
	remove := func(v ledger.View, name string) ([]proto.Message, error) {
		return agency.Remove(v, &directoryv1.RemoveAgencyRequest{Agency: name, Reason: "closed"}, reissue)
	}
	tests := []struct {
		name    string
		given   []proto.Message
		decide  func(ledger.View, string) ([]proto.Message, error)
		agency  string
		want    []proto.Message
		wantErr error
	}{
		{"suspend", founded, suspend, "customs", []proto.Message{halted}, nil},
		{"suspend twice", append(slices.Clone(founded), halted), suspend, "customs", nil, nil},
		{"suspend who was removed", append(slices.Clone(founded), closed), suspend, "customs", nil, fault.Precondition},
		{"suspend nobody", founded, suspend, "nobody", nil, fault.NotFound},
		{"suspend the authority", founded, suspend, "authority", nil, fault.Precondition},
		{"resume", append(slices.Clone(founded), halted), resume, "customs", []proto.Message{&directoryv1.AgencyResumed{Agency: "customs"}}, nil},
		{"resume who takes part", founded, resume, "customs", nil, nil},
		{"remove", founded, remove, "customs", []proto.Message{closed, leaves(border), leaves(directory), key}, nil},
		{"remove who is suspended", append(slices.Clone(founded), halted), remove, "customs", []proto.Message{closed, leaves(border), leaves(directory), key}, nil},
		{"remove twice", append(slices.Clone(founded), closed), remove, "customs", nil, nil},
		{"remove the authority", founded, remove, "authority", nil, fault.Precondition},
		{"remove nobody", founded, remove, "nobody", nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.decide(ledgertest.GivenAs(t, "authority", tt.given...), tt.agency)
			if diff := cmp.Diff(tt.want, got, protocmp.Transform(), protocmp.IgnoreEmptyMessages()); diff != "" || !errors.Is(err, tt.wantErr) {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

func TestGroupsAndRules(t *testing.T) {
	define := func(g *directoryv1.GroupDefined) func(ledger.View) ([]proto.Message, error) {
		return func(v ledger.View) ([]proto.Message, error) {
			return group.Define(v, &directoryv1.DefineGroupRequest{Group: g})
		}
	}
	committee := &directoryv1.GroupDefined{Group: "committee", Purpose: "denials", Members: []string{"customs"}}
	tests := []struct {
		name    string
		given   []proto.Message
		decide  func(ledger.View) ([]proto.Message, error)
		want    []proto.Message
		wantErr error
	}{
		{"define a group", founded, define(committee), []proto.Message{committee}, nil},
		{"define it again, the same", append(slices.Clone(founded), committee), define(proto.CloneOf(committee)), nil, nil},
		{"define the directory", founded, define(directory), nil, fault.Invalid},
		{"define a group without a purpose", founded, define(&directoryv1.GroupDefined{Group: "committee"}), nil, fault.Invalid},
		{"define a group with nobody", founded, define(&directoryv1.GroupDefined{Group: "committee", Purpose: "p", Members: []string{"nobody"}}), nil, fault.NotFound},
		{"define a group with one who was removed", append(slices.Clone(founded), closed), define(committee), nil, fault.NotFound},
		{"define a publisher who is no member", founded, define(&directoryv1.GroupDefined{Group: "committee", Purpose: "p", Publishers: []string{"customs"}}), nil, fault.Invalid},
		{"adopt a rule", founded, func(v ledger.View) ([]proto.Message, error) {
			return group.AdoptRules(v, &directoryv1.AdoptRulesRequest{Rules: []*directoryv1.SharingRule{{Group: "border"}}})
		}, []proto.Message{&directoryv1.SharingRuleAdopted{Rules: []*directoryv1.SharingRule{{Group: "border"}}}}, nil},
		{"adopt a rule for no group", founded, func(v ledger.View) ([]proto.Message, error) {
			return group.AdoptRules(v, &directoryv1.AdoptRulesRequest{Rules: []*directoryv1.SharingRule{{Group: "none"}}})
		}, nil, fault.Invalid},
		{"name contacts of nobody", founded, func(v ledger.View) ([]proto.Message, error) {
			return agency.NameContacts(v, &directoryv1.NameContactsRequest{Contacts: &directoryv1.ContactsNamed{Agency: "nobody"}})
		}, nil, fault.NotFound},
		{"assign a kind that is none", founded, func(v ledger.View) ([]proto.Message, error) {
			return agency.AssignCompetences(v, &directoryv1.AssignCompetencesRequest{Competences: &directoryv1.CompetencesAssigned{
				Agency: "customs", Competences: []*directoryv1.Competence{{Kind: "smuggling"}},
			}})
		}, nil, fault.Invalid},
		{"end a key that is not the agency's", founded, func(v ledger.View) ([]proto.Message, error) {
			return agency.EndKey(v, &directoryv1.EndSigningKeyRequest{Ended: &directoryv1.SigningKeyEnded{Agency: "customs", KeyId: two}}, func(public []byte) []byte { return public })
		}, nil, fault.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.decide(ledgertest.GivenAs(t, "authority", tt.given...))
			if diff := cmp.Diff(tt.want, got, protocmp.Transform(), protocmp.IgnoreEmptyMessages()); diff != "" || !errors.Is(err, tt.wantErr) {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}
