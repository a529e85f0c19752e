package directory

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/ledger"
	"github.com/counterfoil/counterfoil/libs/seal"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
)

// Member is an agency's public side.
type Member struct {
	Agency, Title, State, Service, Consent string
	// PostOf is set on a customs post: the agency that counts for it.
	PostOf string
	// Signing is Ed25519, Sealing is X25519.
	Signing, Sealing []byte
}

// Found returns the facts that a directory begins with: every agency registered, every group defined, the directory's
// first key, which everybody was handed, wrapped for the members too, and the sharing rules adopted.
func Found(members []Member, groups []*directoryv1.GroupDefined, rules []*directoryv1.SharingRule, key []byte, from time.Time) ([]proto.Message, error) {
	var facts []proto.Message
	for _, m := range members {
		facts = append(facts, m.registered(from))
	}
	for _, g := range groups {
		facts = append(facts, g)
		if g.Group != Group {
			continue
		}
		issued, err := issue(1, key, g.Members, func(agency string) ([]byte, error) { return sealingOf(members, agency) })
		if err != nil {
			return nil, err
		}
		facts = append(facts, issued)
	}
	return append(facts, &directoryv1.SharingRuleAdopted{Rules: rules}), nil
}

func (m Member) registered(from time.Time) *directoryv1.AgencyRegistered {
	return &directoryv1.AgencyRegistered{
		Agency: m.Agency, Title: m.Title, State: m.State, Service: m.Service, Consent: m.Consent, PostOf: m.PostOf,
		SigningKey: &directoryv1.SigningKey{Public: m.Signing, ValidFrom: timestamppb.New(from)},
		SealingKey: &directoryv1.SealingKey{Public: m.Sealing},
	}
}

func sealingOf(members []Member, agency string) ([]byte, error) {
	i := slices.IndexFunc(members, func(m Member) bool { return m.Agency == agency })
	if i < 0 {
		return nil, fmt.Errorf("group %s names agency %s, which is not registered", Group, agency)
	}
	return members[i].Sealing, nil
}

// issue wraps a key of the directory for each of its members.
func issue(epoch uint32, key []byte, agencies []string, sealing func(agency string) ([]byte, error)) (*directoryv1.GroupKeyIssued, error) {
	issued := &directoryv1.GroupKeyIssued{Group: Group, Epoch: epoch}
	for _, agency := range agencies {
		public, err := sealing(agency)
		if err != nil {
			return nil, err
		}
		wrapped, err := seal.Wrap(public, key, seal.Place(Group, epoch, agency))
		if err != nil {
			return nil, fmt.Errorf("wrap the directory's key for %s: %w", agency, err)
		}
		issued.Wrapped = append(issued.Wrapped, &directoryv1.WrappedKey{Agency: agency, Sealed: wrapped})
	}
	return issued, nil
}

// Reissue returns a new key of the directory, one epoch above the last, wrapped for the members that stay. The authority
// records it; blocks after that one are sealed with it.
func Reissue(view ledger.View, members []string) (*directoryv1.GroupKeyIssued, error) {
	group, err := view.Group(Group)
	if err != nil {
		return nil, err
	}
	return issue(uint32(len(group.GetKeys()))+1, seal.NewKey(), members, func(agency string) ([]byte, error) { return SealingKey(view, agency) })
}
