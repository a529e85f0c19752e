package directory

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/counterfoil/counterfoil/libs/seal"
	directoryv1 "github.com/counterfoil/counterfoil/proto/counterfoil/directory/v1"
)

// Member is an agency's public side.
type Member struct {
	Agency, Title, State string
	// Signing is Ed25519, Sealing is X25519.
	Signing, Sealing []byte
}

// Audience is a sharing group as it is defined.
type Audience struct {
	Group, Purpose, LegalBasis string
	Members                    []string
}

// Found returns the facts that a directory begins with: every agency registered, every group defined and given a first
// key, and the sharing rules adopted. The keys are made here, wrapped for the members, and kept nowhere else.
func Found(members []Member, audiences []Audience, rules []*directoryv1.SharingRule, from time.Time) ([]proto.Message, error) {
	var facts []proto.Message
	for _, m := range members {
		facts = append(facts, &directoryv1.AgencyRegistered{
			Agency: m.Agency, Title: m.Title, State: m.State,
			SigningKey: &directoryv1.SigningKey{Public: m.Signing, ValidFrom: timestamppb.New(from)},
			SealingKey: &directoryv1.SealingKey{Public: m.Sealing},
		})
	}
	for _, a := range audiences {
		facts = append(facts, &directoryv1.GroupDefined{
			Group: a.Group, Purpose: a.Purpose, LegalBasis: a.LegalBasis, Members: a.Members,
			History: directoryv1.HistoryRule_HISTORY_RULE_FROM_START,
		})
		if a.Group == Group {
			continue // the directory is not sealed
		}
		issued, err := Issue(a.Group, 1, a.Members, members)
		if err != nil {
			return nil, err
		}
		facts = append(facts, issued)
	}
	return append(facts, &directoryv1.SharingRuleAdopted{Rules: rules}), nil
}

// Issue makes a new key for an epoch of a group and wraps it for each of its members.
func Issue(group string, epoch uint32, agencies []string, members []Member) (*directoryv1.GroupKeyIssued, error) {
	key := seal.NewKey()
	issued := &directoryv1.GroupKeyIssued{Group: group, Epoch: epoch}
	for _, agency := range agencies {
		i := slices.IndexFunc(members, func(m Member) bool { return m.Agency == agency })
		if i < 0 {
			return nil, fmt.Errorf("group %s names agency %s, which is not registered", group, agency)
		}
		wrapped, err := seal.Wrap(members[i].Sealing, key, seal.Place(group, epoch, agency))
		if err != nil {
			return nil, fmt.Errorf("wrap the key of group %s for %s: %w", group, agency, err)
		}
		issued.Wrapped = append(issued.Wrapped, &directoryv1.WrappedKey{Agency: agency, Sealed: wrapped})
	}
	return issued, nil
}
